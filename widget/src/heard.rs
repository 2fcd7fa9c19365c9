//! What the drivers heard: from the service, from storage, from other tabs.

use std::sync::Arc;

use candor_card::{DocumentState, FeedbackState, History, Person, SaveState};
use candor_choices::device::{Cause, Device, KnownAs};
use candor_choices::{Entry, State, Status};
use candor_protocol::{Choices, Node, Notice, Outcome};
use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::app::{App, app};
use crate::document;
use crate::node;
use crate::node::{Js, read};
use crate::record::read_history;

/// `{notice, hash}` as served. False: it makes no sense.
#[wasm_bindgen]
pub fn notice(value: JsValue) -> bool {
    let Some(app) = app() else { return false };
    let served = read(value, |node| Some((Notice::read(node.get("notice")?).ok()?, node.text_of("hash")?)));
    let Some((notice, hash)) = served else { return false };
    let mut stands = app.state.stands.borrow_mut();
    stands.notice = Some(Arc::new(notice));
    stands.notice_hash = hash;
    let loaded = stands.loaded;
    drop(stands);
    app.redraw();
    // What stands was heard of first.
    if loaded {
        app.keep_state();
    }
    true
}

/// Who it is: the outbox of `of` (a subject, or `anon`) as storage holds it.
/// `subject`: the service knows them; `signed_in`: by the shop's token.
#[wasm_bindgen]
pub fn known(of: &str, subject: bool, signed_in: bool) {
    let Some(app) = app() else { return };
    let known_as = match (subject, signed_in) {
        (false, _) => KnownAs::Nobody,
        (true, false) => KnownAs::Anonymous,
        (true, true) => KnownAs::SignedIn,
    };
    app.person_is(of, known_as);
    app.shared().person = if signed_in { Person::SignedIn } else { Person::Anonymous };
    app.redraw();
}

/// It cannot be asked who this is.
#[wasm_bindgen]
pub fn unknown() {
    if let Some(app) = app() {
        app.hold();
    }
}

/// What storage holds of the outbox; also after another tab wrote, or said what stands. What is no entry is no
/// choice: the place of the first such, or -1.
#[wasm_bindgen]
pub fn stored(list: JsValue, next_seq: f64, by_tab: bool, choices: JsValue) -> i32 {
    let Some(app) = app() else { return -1 };
    let mut unread = -1;
    let entries = read(list, |node| {
        let mut entries = Vec::new();
        for entry in node.items() {
            match Entry::read(entry) {
                Ok(entry) => entries.push(entry),
                Err(_) if unread < 0 => unread = entries.len() as i32,
                Err(_) => {}
            }
        }
        entries
    });
    if let Ok(choices) = read(choices, Choices::read) {
        app.heard(entries, next_seq as u64, choices);
        settle(app, app.state.outbox.borrow().entries());
        return unread;
    }
    settle(app, &entries);
    let cause = if by_tab { Cause::Tab } else { Cause::Stored };
    app.stored(entries, next_seq as u64, cause);
    // What an earlier page decided and nobody answered yet.
    if !by_tab {
        for decision in app.state.outbox.borrow().waiting() {
            app.shared().note(decision.changes(), SaveState::Local, false);
        }
        app.redraw();
    }
    unread
}

/// Says of each decision how far another tab, or an earlier page, got with it.
fn settle(app: &App, entries: &[Entry]) {
    for entry in entries {
        let changes = entry.decision.changes();
        match entry.state {
            // What this page itself heard of it says more.
            // What stands by then is heard of after this.
            State::Kept { rev, .. } if rev <= app.stands().known.rev && app.look().waits(changes) => {
                app.settle(changes, Status::Saved);
            }
            // Until something later is decided about it.
            State::Aside { .. } => {
                app.shared().note(changes, SaveState::Failed, false);
                app.redraw();
            }
            _ => {}
        }
    }
}

/// What stands, from the service. False: it makes no sense.
#[wasm_bindgen]
pub fn stand(value: JsValue, cause: &str) -> bool {
    let (Some(app), Ok(choices)) = (app(), read(value, Choices::read)) else { return false };
    app.stand(choices, Cause::parse(cause));
    true
}

/// Nobody is known: what was refused on this device is all there is.
#[wasm_bindgen]
pub fn alone() {
    if let Some(app) = app() {
        app.alone();
    }
}

/// Everything that was asked for when a card opened is there, or is not to be had.
#[wasm_bindgen]
pub fn gathered(lang: &str, reached: bool) {
    let Some(app) = app() else { return };
    let mut shared = app.shared();
    shared.unreachable = !reached;
    drop(shared);
    app.state.stands.borrow_mut().loaded |= reached;
    app.redraw();
    if reached {
        app.gathered(lang);
    }
}

/// How things are around the page: 0, whether there is no way to the service, as its last answer, or
/// none, tells; 1, there is nowhere to keep what waits; 2, the shop's own consent tool says no.
#[wasm_bindgen]
pub fn state(what: u8, is: bool) {
    let Some(app) = app() else { return };
    let mut shared = app.shared();
    match what {
        0 => shared.offline = is,
        1 => {
            let outbox = app.state.outbox.borrow();
            let held = app.state.held.borrow();
            let waits = outbox.waiting().flat_map(|decision| decision.changes());
            shared.keep_nothing(is, waits.chain(held.iter().flat_map(|(changes, _)| changes)));
        }
        _ => {
            shared.by_tool = is;
            app.state.stands.borrow_mut().gpc = is || app.host.gpc();
        }
    }
    drop(shared);
    app.redraw();
    app.show_choices(Cause::Signal);
}

/// The answer about a recommendation: its document, or `not-ready` or `unreachable` and nothing.
#[wasm_bindgen]
pub fn explained(element: Element, recommendation: &str, value: JsValue, state: &str) {
    let Some(app) = app() else { return };
    let Some(card) = app.cards.find(&element) else { return };
    let mut own = card.own.borrow_mut();
    // The element may want another document by now.
    if own.recommendation != recommendation {
        return;
    }
    let (mut broken, mut fault) = (false, String::new());
    match node::read(value, document::read) {
        Ok(document) => {
            app.cards.remember(recommendation, &document);
            broken = own.settle(document);
        }
        Err(why) => {
            fault = why;
            if own.ready().is_none() {
                own.document = if state == "not-ready" { DocumentState::NotReady } else { DocumentState::Unreachable };
            }
        }
    }
    drop(own);
    app.redraw();
    // The page may call in here while it is told: nothing is held any more.
    if !fault.is_empty() {
        app.host.diagnose("document", &fault, "Try `candor check`.");
    }
    if broken {
        app.host.diagnose("preview-differs", "The list is not its preview.", "Rank with what the service allows.");
    }
}

/// The service's answer to decisions. False: it makes no sense.
#[wasm_bindgen]
pub fn answered(value: JsValue) -> bool {
    let (Some(app), Some((outcomes, choices))) = (app(), read(value, read_answer)) else { return false };
    app.answered(outcomes, choices);
    true
}

/// The request with decisions failed: its status, 0 where there was no answer, 1 where another tab is sending.
#[wasm_bindgen]
pub fn failed(status: u16, retry_after_ms: Option<f64>) {
    if let Some(app) = app() {
        app.failed(status, retry_after_ms.map(|ms| ms as u64));
    }
}

/// What became of the feedback sent last from this card; without an id it was not received.
#[wasm_bindgen]
pub fn received(element: Element, kind: &str, id: Option<String>) {
    let Some(app) = app() else { return };
    let Some(card) = app.cards.find(&element) else { return };
    if let Some(sent) = card.own.borrow_mut().feedback.iter_mut().rev().find(|sent| sent.kind.as_str() == kind) {
        sent.state = id.map_or(FeedbackState::Failed, |id| FeedbackState::Received { id });
    }
    app.redraw();
}

/// The person's record; nothing: it is not to be had, or, `local`, was never sent anywhere.
#[wasm_bindgen]
pub fn history(value: JsValue, local: bool) {
    let Some(app) = app() else { return };
    app.shared().history = if local { History::LocalOnly } else { read(value, read_history) };
    app.redraw();
}

fn read_answer(node: Js) -> Option<(Vec<Outcome>, Choices)> {
    let choices = Choices::read(node.get("choices")?).ok()?;
    let mut outcomes = Vec::new();
    for outcome in node.get("outcomes")?.items() {
        outcomes.extend(Outcome::read(outcome).ok());
    }
    Some((outcomes, choices))
}
