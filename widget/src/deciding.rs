//! From a switch to the service: what a person decides goes into the outbox, and
//! the outbox's effects are carried out here.

use std::rc::Rc;

use candor_card::SaveState;
use candor_choices::{Effect, Entry, Event, Failure as Lost, State, Status};
use candor_protocol::write::Object;
use candor_protocol::{
    Binding, Change, Choice, Choices, Content, Decision, DecisionMethod, Node, Outcome, Standing, Surface, Tier,
};
use gloo_timers::callback::Timeout;

use crate::app::{App, Cause, go};
use crate::chance::{decision_id, now, share};
use crate::net::{self, Failure};
use crate::node::{Js, read, read_text};

/// Decisions not answered yet; the loader looks for these at the start of a page.
const WAITING: &str = "out:";
/// Answered ones, kept in case the service comes back in another epoch.
const KEPT: &str = "kept:";

/// How a decision came about.
pub struct Made {
    pub method: DecisionMethod,
    pub surface: Surface,
    pub lang: String,
    pub master: bool,
    pub binds: Binding,
}

impl App {
    /// Takes effect here at once, then travels.
    pub fn decide(self: &Rc<Self>, changes: Vec<Change>, made: Made) {
        if changes.is_empty() {
            return;
        }
        self.act();
        self.change(|shared| shared.note(&changes, SaveState::Local, made.master));
        if !self.has_service() {
            return self.decide_here(&changes);
        }
        if !self.outbox_of.borrow().is_empty() {
            return self.decide_now(changes, &made);
        }
        // Nobody has asked yet who this is; whose decision it is has to be known first.
        let app = self.clone();
        go(async move {
            if app.session().await.is_ok() {
                app.decide_now(changes, &made);
            } else {
                // A refusal holds on this device meanwhile; a grant waits, for no failure grants.
                let denials: Vec<Change> = changes.iter().filter(|c| c.choice == Choice::Denied).cloned().collect();
                app.decide_here(&denials);
                app.change(|shared| shared.settle(&changes, SaveState::Local));
                app.held.borrow_mut().push((changes, made));
            }
        });
    }

    /// Decisions that were held because nobody could be asked who this is.
    pub async fn release(self: &Rc<Self>) {
        let none = self.held.borrow().is_empty();
        if none || self.session().await.is_err() {
            return;
        }
        for (changes, made) in self.held.take() {
            self.decide_now(changes, &made);
        }
    }

    fn decide_now(self: &Rc<Self>, changes: Vec<Change>, made: &Made) {
        if self.stays_here(&changes) {
            return self.decide_here(&changes);
        }
        // A grant under Global Privacy Control stands when its maker was told of it: the signal goes first.
        let told = self.peek(|shared| {
            let marked =
                |id: &str| shared.notice.as_ref().and_then(|n| n.control(id)).is_some_and(|control| control.gpc);
            let known = |id: &str| shared.choices.control(id).is_some_and(|c| c.by_signal || c.despite_signal);
            let granted = changes.iter().filter(|change| change.choice == Choice::Granted && change.datum.is_none());
            let new = granted.filter(|change| shared.gpc && marked(&change.control) && !known(&change.control));
            new.map(|change| Change { choice: Choice::Denied, ..change.clone() }).collect::<Vec<Change>>()
        });
        if !told.is_empty() {
            let signal = Made { method: DecisionMethod::Signal, lang: made.lang.clone(), ..*made };
            self.decide_quietly(told, &signal);
        }
        let decision = self.decision(Content::Changes(changes), made);
        self.forget_refusals(decision.changes());
        self.outbox_event(Event::Decided(decision), Cause::Customer);
    }

    /// What is sent for the person without a press of theirs: a signal, or a refusal made before signing in.
    pub fn decide_quietly(self: &Rc<Self>, changes: Vec<Change>, made: &Made) {
        if !changes.is_empty() {
            let decision = self.decision(Content::Changes(changes), made);
            self.outbox_event(Event::Decided(decision), Cause::Signal);
        }
    }

    /// A refusal makes no subject: without one it stays on the device.
    fn stays_here(&self, changes: &[Change]) -> bool {
        self.session.borrow().is_none()
            && self.outbox.borrow().entries().is_empty()
            && changes.iter().all(|change| change.choice == Choice::Denied)
    }

    fn decide_here(&self, changes: &[Change]) {
        let mut known = self.peek(|shared| shared.known.clone());
        for change in changes {
            apply(&mut known, change);
        }
        let kept = self.has_service() && self.keep_refusals(&known);
        self.change(|shared| {
            shared.known = known;
            shared.settle(changes, if kept { SaveState::Saved } else { SaveState::Local });
        });
        self.show_choices(Cause::Customer);
        self.keep_state();
    }

    fn keep_refusals(&self, known: &Choices) -> bool {
        let denied: Vec<&str> =
            known.controls.iter().filter(|c| c.choice == Standing::Denied).map(|c| c.id.as_str()).collect();
        self.shelf.set("refused", &denied.join(" "))
    }

    /// What was refused here before anybody was known.
    pub fn refusals(&self) -> Vec<String> {
        let text = self.shelf.get("refused").unwrap_or_default();
        text.split(' ').filter(|id| candor_protocol::text::is_id(id)).map(str::to_owned).collect()
    }

    fn forget_refusals(&self, changes: &[Change]) {
        let before = self.refusals();
        let granted = |id: &String| changes.iter().any(|c| c.control == *id && c.choice == Choice::Granted);
        let left: Vec<&str> = before.iter().filter(|id| !granted(id)).map(String::as_str).collect();
        if left.len() != before.len() {
            self.shelf.set("refused", &left.join(" "));
        }
    }

    fn decision(&self, content: Content, made: &Made) -> Decision {
        self.peek(|shared| Decision {
            id: decision_id(),
            device: self.device.clone(),
            seq: 0,
            notice: shared.notice_hash.clone(),
            served: self.words_hash(&made.lang),
            locale: made.lang.clone(),
            surface: made.surface,
            tier: Tier::Wasm,
            binds: made.binds,
            content,
            base: shared.known.base(),
            method: made.method,
            occurred_at: now(),
        })
    }

    /// From the person's first act on the device may remember.
    fn act(&self) {
        if self.has_service() && self.shelf.get("device").is_none() {
            self.shelf.set("device", &self.device);
        }
    }

    /// The outbox of whoever it now is, as storage holds it. An empty name: of nobody.
    pub fn open_outbox(self: &Rc<Self>, of: &str) {
        if *self.outbox_of.borrow() == of {
            return;
        }
        *self.outbox_of.borrow_mut() = of.to_owned();
        *self.outbox.borrow_mut() = candor_choices::Outbox::new();
        *self.timer.borrow_mut() = None;
        self.load_outbox();
    }

    /// Also after another tab wrote.
    pub fn load_outbox(self: &Rc<Self>) {
        let of = self.outbox_of.borrow().clone();
        if of.is_empty() {
            return;
        }
        let mut entries = Vec::new();
        for prefix in [WAITING, KEPT] {
            for key in self.shelf.keys(&[prefix, &of, ":"].concat()) {
                let text = self.shelf.get(&key).unwrap_or_default();
                // What is no entry is no choice; it is left where it lies.
                entries.extend(read_text(&text, |node| Entry::read(node).ok()));
            }
        }
        let next_seq = self.shelf.get(&["seq:", &of].concat()).and_then(|text| text.parse().ok()).unwrap_or(1);
        self.outbox_event(Event::Loaded { entries, next_seq }, Cause::Stored);
    }

    pub fn has_waiting(&self) -> bool {
        !self.shelf.keys(WAITING).is_empty()
    }

    pub fn outbox_event(self: &Rc<Self>, event: Event, cause: Cause) {
        let effects = self.outbox.borrow_mut().handle(event, now(), share());
        self.show_choices(cause);
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Store(entry) => self.store(&entry),
            Effect::StoreNextSeq(next) => {
                self.shelf.set(&["seq:", &self.outbox_of.borrow()].concat(), &next.to_string());
            }
            Effect::Remove(id) => self.drop_entry(&id),
            Effect::Send { decisions, keepalive } => self.send(decisions, keepalive),
            Effect::SetTimer(ms) => {
                let app = self.clone();
                let tick = move || app.outbox_event(Event::Tick, Cause::OtherDevice);
                *self.timer.borrow_mut() = Some(Timeout::new(u32::try_from(ms).unwrap_or(u32::MAX), tick));
            }
            Effect::Renew => {
                *self.session.borrow_mut() = None;
                let app = self.clone();
                go(async move {
                    if app.session().await.is_ok_and(|session| session.is_some()) {
                        app.outbox_event(Event::Flush, Cause::OtherDevice);
                    }
                });
            }
            Effect::Announce { decision, status } => self.announce(&decision, status),
            Effect::CloseGap { seq, reason } => {
                let made = Made {
                    method: DecisionMethod::Switch,
                    surface: Surface::Storefront,
                    lang: "en".to_owned(),
                    master: false,
                    binds: Binding::Account,
                };
                let void = Decision { seq, ..self.decision(Content::Void(reason), &made) };
                self.outbox_event(Event::Decided(void), Cause::Customer);
            }
        }
    }

    fn store(&self, entry: &Entry) {
        let of = self.outbox_of.borrow();
        let key = |prefix: &str| [prefix, &of, ":", &entry.decision.id].concat();
        let (to, from) = match entry.state {
            State::Waiting => (WAITING, KEPT),
            State::Kept { .. } | State::Aside { .. } => (KEPT, WAITING),
        };
        self.shelf.set(&key(to), &entry.to_json());
        self.shelf.remove(&key(from));
        let mut made = self.made.borrow_mut();
        if !made.iter().any(|(id, _)| *id == entry.decision.id) {
            made.push((entry.decision.id.clone(), entry.decision.changes().to_vec()));
        }
    }

    fn drop_entry(&self, id: &str) {
        let of = self.outbox_of.borrow();
        for prefix in [WAITING, KEPT] {
            self.shelf.remove(&[prefix, of.as_str(), ":", id].concat());
        }
    }

    fn announce(&self, decision: &str, status: Status) {
        let (state, word) = match status {
            Status::Local => (SaveState::Local, "local"),
            Status::Saved => (SaveState::Saved, "saved"),
            Status::Superseded => (SaveState::Superseded, "superseded"),
            Status::Refused => (SaveState::Failed, "refused"),
        };
        let made = self.made.borrow().iter().find(|(id, _)| id == decision).map(|(_, changes)| changes.clone());
        let changes = made.unwrap_or_default();
        self.change(|shared| shared.settle(&changes, state));
        let mut detail = Object::new();
        detail.text("decision", decision);
        detail.text("status", word);
        self.host.tell("saved", detail, None);
    }

    fn send(self: &Rc<Self>, decisions: Vec<Decision>, keepalive: bool) {
        let app = self.clone();
        let list: Vec<String> = decisions.iter().map(Decision::to_json).collect();
        let list = ["[", &list.join(","), "]"].concat();
        let grants = decisions.iter().flat_map(Decision::changes).any(|change| change.choice == Choice::Granted);
        // A page that is going away waits for nothing: the request leaves in this turn.
        let ready = self.session.borrow().clone();
        let of = self.outbox_of.borrow().clone();
        go(async move {
            let session = match ready {
                Some(session) => Ok(Some(session)),
                None if grants => app.session_for_grant().await.map(Some),
                None => app.session().await,
            };
            let answer = match session {
                Ok(Some(session)) => {
                    let mut body = app.body();
                    body.text("capability", &session.capability);
                    body.raw("decisions", &list);
                    net::post(&app.url("/v1/decisions"), &body.end(), keepalive).await
                }
                Ok(None) => Err(Failure::Unreachable),
                Err(failure) => Err(failure),
            };
            app.heard(answer.as_ref().err().copied());
            // Somebody else came meanwhile: the answer is about another outbox.
            if *app.outbox_of.borrow() != of {
                return;
            }
            match answer.map(|value| value.and_then(|value| read(value, read_answer))) {
                Ok(Some((outcomes, choices))) => {
                    let epoch = choices.epoch.clone();
                    let effects = app.outbox.borrow_mut().handle(Event::Answered { epoch, outcomes }, now(), share());
                    app.share_choices(&choices);
                    app.adopt(choices, Cause::OtherDevice);
                    for effect in effects {
                        app.carry_out(effect);
                    }
                }
                Ok(None) => app.lost(Lost::Unreachable, None),
                Err(Failure::Unreachable) => app.lost(Lost::Unreachable, None),
                Err(Failure::Status { code, retry_after_ms }) => {
                    let lost = match code {
                        401 | 403 => Lost::Capability,
                        408 | 429 | 500.. => Lost::Busy,
                        _ => Lost::Refused,
                    };
                    app.lost(lost, retry_after_ms);
                }
            }
        });
    }

    fn lost(self: &Rc<Self>, failure: Lost, retry_after_ms: Option<u64>) {
        self.outbox_event(Event::Failed { failure, retry_after_ms }, Cause::OtherDevice);
    }
}

fn read_answer(node: Js) -> Option<(Vec<Outcome>, Choices)> {
    let list = node.get("outcomes")?;
    let outcomes = (0..list.len()).filter_map(|index| Outcome::read(list.at(index)?).ok()).collect();
    Some((outcomes, Choices::read(node.get("choices")?).ok()?))
}

/// Without a service the page's own choices are all there is.
fn apply(choices: &mut Choices, change: &Change) {
    let id = &change.control;
    let place = choices.controls.partition_point(|control| control.id < *id);
    if choices.controls.get(place).is_none_or(|control| control.id != *id) {
        choices.controls.insert(place, candor_protocol::Control::unset(id));
    }
    let Some(control) = choices.controls.get_mut(place) else { return };
    match (&change.datum, change.choice) {
        (None, Choice::Granted) => control.choice = Standing::Granted,
        (None, Choice::Denied) => control.choice = Standing::Denied,
        (Some(datum), Choice::Granted) => control.left_out.retain(|known| known != datum),
        (Some(datum), Choice::Denied) => {
            control.left_out.push(datum.clone());
            control.left_out.sort_unstable();
            control.left_out.dedup();
        }
    }
}
