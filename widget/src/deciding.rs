//! From a switch to the service: what a person decides goes into the outbox, and
//! the outbox's effects are handed to the drivers here.

use candor_card::{History, Person, SaveState};
use candor_choices::{Effect, Entry, Event, State, Status, signal_changes};
use candor_protocol::write::Object;
use candor_protocol::{Binding, Change, Choice, Choices, Content, Decision, DecisionMethod, Standing, Surface, Tier};
use gloo_timers::callback::Timeout;

use crate::app::{App, Cause, KnownAs, now};

/// Decisions not answered yet; the loader looks for these at the start of a page.
const WAITING: &str = "out:";
/// Answered ones, kept in case the service comes back in another epoch.
const KEPT: &str = "kept:";

/// How a decision came about.
#[derive(Debug, Clone)]
pub struct Made {
    pub method: DecisionMethod,
    pub surface: Surface,
    pub lang: String,
    pub master: bool,
    pub binds: Binding,
}

impl Made {
    /// Without a press of the person's.
    fn quietly(method: DecisionMethod, lang: &str, binds: Binding) -> Self {
        Made { method, surface: Surface::Storefront, lang: lang.to_owned(), master: false, binds }
    }
}

impl App {
    /// Takes effect here at once, then travels.
    pub fn decide(&'static self, changes: Vec<Change>, made: Made) {
        if changes.is_empty() {
            return;
        }
        // From the person's first act on the device may remember.
        if self.has_service() && self.host.get("device").is_none() {
            self.host.set("device", &self.host.device());
        }
        self.shared().note(&changes, SaveState::Local, made.master);
        self.redraw();
        if !self.has_service() {
            self.decide_here(&changes);
        } else if self.outbox_of.borrow().is_empty() {
            // Nobody has asked yet who this is; whose decision it is has to be known first.
            self.held.borrow_mut().push((changes, made));
            self.host.person();
        } else {
            self.decide_now(changes, &made);
        }
    }

    /// Decisions that were held because nobody could be asked who this is.
    pub fn release(&'static self) {
        for (changes, made) in self.held.take() {
            self.decide_now(changes, &made);
        }
    }

    /// It cannot be asked who this is. A refusal holds on this device meanwhile; a grant waits, for no failure grants.
    pub fn hold(&self) {
        let held = self.held.take();
        for (changes, _) in &held {
            for change in changes.iter().filter(|change| change.choice == Choice::Denied) {
                self.decide_here(std::slice::from_ref(change));
            }
            self.settle(changes, SaveState::Local);
        }
        self.held.borrow_mut().extend(held);
    }

    fn decide_now(&'static self, changes: Vec<Change>, made: &Made) {
        // A refusal makes no subject: without one it stays on the device.
        let refusal = changes.iter().all(|change| change.choice == Choice::Denied);
        if refusal && self.known_as.get() == KnownAs::Nobody && self.outbox.borrow().entries().is_empty() {
            return self.decide_here(&changes);
        }
        // A grant under Global Privacy Control stands when its maker was told of it: the signal goes first.
        let signal = Made { method: DecisionMethod::Signal, ..made.clone() };
        self.decide_quietly(self.told_of(&changes), &signal);
        self.forget_refusals(&changes);
        let decision = self.decision(Content::Changes(changes), made);
        self.outbox_event(Event::Decided(decision), Cause::Customer);
    }

    /// What the signal denies of these, where nothing yet says that it did.
    fn told_of(&self, changes: &[Change]) -> Vec<Change> {
        let shared = self.look();
        let mut denied = Vec::new();
        if let Some(notice) = shared.notice.as_ref().filter(|_| shared.gpc) {
            for change in changes.iter().filter(|change| change.choice == Choice::Granted && change.datum.is_none()) {
                let marked = notice.control(&change.control).is_some_and(|control| control.gpc);
                let stands = shared.choices.control(&change.control);
                if marked && !stands.is_some_and(|c| c.by_signal || c.despite_signal) {
                    denied.push(Change { choice: Choice::Denied, ..change.clone() });
                }
            }
        }
        denied
    }

    /// What is sent for the person without a press of theirs: a signal, or a refusal made before signing in.
    fn decide_quietly(&'static self, changes: Vec<Change>, made: &Made) {
        if !changes.is_empty() {
            let decision = self.decision(Content::Changes(changes), made);
            self.outbox_event(Event::Decided(decision), Cause::Signal);
        }
    }

    fn decide_here(&self, changes: &[Change]) {
        let mut known = self.look().known.clone();
        for change in changes {
            candor_choices::set(&mut known, change);
        }
        // What an earlier page refused stays refused: this one may not have looked at it yet.
        let mut denied = self.host.get("refused").unwrap_or_default();
        for change in changes.iter().filter(|change| change.choice == Choice::Denied && change.datum.is_none()) {
            if !denied.split_ascii_whitespace().any(|id| id == change.control) {
                denied.push(' ');
                denied.push_str(&change.control);
            }
        }
        let kept = self.has_service() && self.host.set("refused", &denied);
        self.shared().known = known;
        self.settle(changes, if kept { SaveState::Saved } else { SaveState::Local });
        self.show_choices(Cause::Customer);
        self.keep_state();
    }

    pub fn settle(&self, changes: &[Change], state: SaveState) {
        self.shared().settle(changes, state);
        self.redraw();
    }

    /// What was refused here before anybody was known.
    pub fn refusals(&self) -> Vec<String> {
        let text = self.host.get("refused").unwrap_or_default();
        let mut refused = Vec::new();
        for id in text.split_ascii_whitespace().filter(|id| candor_protocol::text::is_id(id)) {
            refused.push(id.to_owned());
        }
        refused
    }

    fn forget_refusals(&self, changes: &[Change]) {
        let (mut left, mut gone) = (String::new(), false);
        for id in self.refusals() {
            if changes.iter().any(|change| change.control == id && change.choice == Choice::Granted) {
                gone = true;
            } else {
                left.push_str(&id);
                left.push(' ');
            }
        }
        if gone {
            self.host.set("refused", &left);
        }
    }

    /// What was refused here before signing in binds this device; sent once per account.
    pub fn carry_refusals(&'static self, lang: &str) {
        let key = ["carried:", &self.outbox_of.borrow()].concat();
        let carried = self.host.get(&key).unwrap_or_default();
        let mut changes = Vec::new();
        for id in self.refusals() {
            if !carried.split_ascii_whitespace().any(|known| known == id) {
                changes.push(Change { control: id, choice: Choice::Denied, datum: None });
            }
        }
        if !changes.is_empty() {
            self.host.set(&key, &self.host.get("refused").unwrap_or_default());
            self.decide_quietly(changes, &Made::quietly(DecisionMethod::Switch, lang, Binding::Device));
        }
    }

    /// Global Privacy Control switches off what is on, for a person the service knows; once.
    pub fn obey_signal(&'static self, lang: &str) {
        let shared = self.look();
        let mut changes = Vec::new();
        if let Some(notice) = shared.notice.as_ref().filter(|_| shared.gpc) {
            for change in signal_changes(&shared.choices, notice) {
                if shared.choices.standing(&change.control) == Standing::Granted {
                    changes.push(change);
                }
            }
        }
        drop(shared);
        self.decide_quietly(changes, &Made::quietly(DecisionMethod::Signal, lang, Binding::Account));
    }

    fn decision(&self, content: Content, made: &Made) -> Decision {
        let shared = self.look();
        Decision {
            id: self.host.id(),
            device: self.host.device(),
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
        }
    }

    pub fn outbox_event(&'static self, event: Event, cause: Cause) {
        let effects = self.outbox.borrow_mut().handle(event, now(), js_sys::Math::random());
        self.show_choices(cause);
        self.carry_out(effects);
    }

    pub fn carry_out(&'static self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store(entry) => self.store(&entry),
                Effect::StoreNextSeq(next) => {
                    self.host.set(&["seq:", &self.outbox_of.borrow()].concat(), &candor_protocol::write::number(next));
                }
                Effect::Remove(id) => self.move_entry(&id, "", ""),
                Effect::Send { decisions, keepalive } => self.send(&decisions, keepalive),
                Effect::SetTimer(ms) => {
                    let tick = move || self.outbox_event(Event::Tick, Cause::OtherDevice);
                    *self.timer.borrow_mut() = Some(Timeout::new(u32::try_from(ms).unwrap_or(u32::MAX), tick));
                }
                Effect::Renew => self.host.renew(),
                Effect::Announce { decision, status } => self.tell_status(&decision, status),
                Effect::CloseGap { seq, reason } => {
                    let made = Made::quietly(DecisionMethod::Switch, "en", Binding::Account);
                    let void = Decision { seq, ..self.decision(Content::Void(reason), &made) };
                    self.outbox_event(Event::Decided(void), Cause::Customer);
                }
            }
        }
    }

    fn store(&self, entry: &Entry) {
        let id = &entry.decision.id;
        let to = match entry.state {
            State::Waiting => WAITING,
            State::Kept { .. } | State::Aside { .. } => KEPT,
        };
        self.move_entry(id, to, &entry.to_json());
        let mut made = self.made.borrow_mut();
        if !made.iter().any(|(known, _)| known == id) {
            made.push((id.clone(), entry.decision.changes().to_vec()));
        }
    }

    /// Under one of the two, or under neither.
    fn move_entry(&self, id: &str, to: &str, text: &str) {
        let of = self.outbox_of.borrow();
        let key = |prefix: &str| [prefix, of.as_str(), ":", id].concat();
        if !to.is_empty() {
            self.host.set(&key(to), text);
        }
        for prefix in [WAITING, KEPT] {
            if prefix != to {
                self.host.remove(&key(prefix));
            }
        }
    }

    fn tell_status(&self, decision: &str, status: Status) {
        let (state, word) = match status {
            Status::Local => (SaveState::Local, "local"),
            Status::Saved => (SaveState::Saved, "saved"),
            Status::Superseded => (SaveState::Superseded, "superseded"),
            Status::Refused => (SaveState::Failed, "refused"),
        };
        let made = self.made.borrow().iter().find(|(id, _)| id == decision).map(|(_, changes)| changes.clone());
        self.settle(&made.unwrap_or_default(), state);
        let mut detail = Object::new();
        detail.text("decision", decision);
        detail.text("status", word);
        self.host.announce("saved", detail);
    }

    fn send(&self, decisions: &[Decision], keepalive: bool) {
        let list = candor_protocol::write::list(decisions.iter().map(Decision::to_json));
        let grants = decisions.iter().flat_map(Decision::changes).any(|change| change.choice == Choice::Granted);
        self.host.send(&list, keepalive, grants);
    }

    /// Somebody else may be at the page now: what is known is about nobody in particular.
    pub fn forget_person(&self) {
        self.cards.forget_documents();
        self.held.borrow_mut().clear();
        self.known_as.set(KnownAs::Nobody);
        self.outbox_of.borrow_mut().clear();
        *self.outbox.borrow_mut() = candor_choices::Outbox::new();
        *self.timer.borrow_mut() = None;
        let mut shared = self.shared();
        shared.known = Choices::default();
        shared.choices = Choices::default();
        shared.loaded = false;
        shared.saves.clear();
        shared.history = History::Closed;
        shared.person = Person::Anonymous;
    }
}
