//! The page as a device: what it lends to the decisions that are made on it.

use candor_card::{History, Person, SaveState};
use candor_choices::device::{Cause, Device, DeviceState, KnownAs};
use candor_choices::{Event, Status};
use candor_protocol::write::Object;
use candor_protocol::{Change, Choice, Choices, Decision, Obstacle, Place, Timestamp};
use gloo_timers::callback::Timeout;

use crate::app::{App, app, choices_object, now};
use crate::shared::differences;

impl Device for App {
    fn state(&self) -> &DeviceState {
        &self.state
    }
    fn has_service(&self) -> bool {
        !self.site.is_empty()
    }
    fn now(&self) -> Timestamp {
        now()
    }
    fn random(&self) -> f64 {
        js_sys::Math::random()
    }
    fn fresh_id(&self) -> String {
        self.host.id()
    }
    fn id(&self) -> String {
        self.host.device()
    }
    fn words_hash(&self, lang: &str) -> String {
        self.hash_of_words(lang)
    }
    fn kept(&self, key: &str) -> String {
        self.host.kept(key)
    }
    fn next_seq(&self, of: &str) -> u64 {
        self.host.next(of) as u64
    }
    fn set(&self, key: &str, value: &str) -> bool {
        self.host.set(key, value)
    }
    fn remove(&self, key: &str) {
        self.host.remove(key);
    }
    fn ask_who(&self) {
        self.host.person();
    }
    fn renew(&self) {
        self.host.renew();
    }

    fn send(&self, decisions: &[Decision], keepalive: bool) {
        let list = candor_protocol::write::list(decisions.iter().map(Decision::to_json));
        let grants = decisions.iter().flat_map(Decision::changes).any(|change| change.choice == Choice::Granted);
        self.host.send(&list, keepalive, grants);
    }

    fn share(&self, choices: &Choices) {
        self.host.share(&choices_object(choices).end());
    }

    fn set_timer(&self, ms: u64) {
        let tick = || {
            if let Some(app) = app() {
                app.outbox_event(Event::Tick, Cause::OtherDevice);
            }
        };
        *self.timer.borrow_mut() = Some(Timeout::new(u32::try_from(ms).unwrap_or(u32::MAX), tick));
    }

    fn decided(&self, changes: &[Change], master: bool) {
        // It lies in no storage until it is known whose it is.
        let state = if self.state.of.borrow().is_empty() { SaveState::Unkept } else { SaveState::Local };
        self.shared().note(changes, state, master);
        self.redraw();
    }

    fn settle(&self, changes: &[Change], status: Status) {
        let mut shared = self.shared();
        // Where that cannot be asked, a no lies on the device and a yes nowhere.
        let unowned = self.state.of.borrow().is_empty();
        for change in changes {
            let state = match status {
                Status::Local if unowned && change.choice == Choice::Granted => SaveState::Unkept,
                Status::Local => SaveState::Local,
                Status::Refused => SaveState::Failed,
                // Of a decision with several changes some may be in force.
                _ if change.choice == Choice::Denied || self.stands().known.has(change) => SaveState::Saved,
                _ => SaveState::Superseded,
            };
            let obstacle = if state == SaveState::Superseded { self.obstacle(change) } else { Obstacle::default() };
            shared.settle(change, state, obstacle);
        }
        drop(shared);
        self.redraw();
    }

    fn tell_status(&self, decision: &str, status: Status) {
        let mut detail = Object::new();
        detail.text("decision", decision);
        detail.text("status", status.as_str());
        self.host.announce("saved", detail);
    }

    fn became(&self, before: &Choices, after: &Choices, cause: Cause) {
        for (control, datum, choice) in differences(before, after) {
            self.cards.forget_seen();
            // What did not come into force here may be on by now.
            self.shared().saves.retain(|save| save.state != SaveState::Superseded || save.control != control);
            let mut detail = Object::new();
            detail.text("control", &control);
            if let Some(datum) = datum {
                detail.text("datum", &datum);
            }
            detail.text("choice", choice);
            detail.text("cause", cause.as_str());
            self.host.announce("choice", detail);
        }
    }

    fn redraw(&self) {
        self.draw_again();
    }

    fn person_left(&self) {
        self.cards.forget_documents();
        *self.timer.borrow_mut() = None;
        let mut shared = self.shared();
        shared.saves.clear();
        shared.history = History::Closed;
        shared.person = Person::Anonymous;
    }

    /// After the first act of an anonymous visitor: what the loader may answer before we are here.
    fn keep_state(&self) {
        if self.state.known_as.get() == KnownAs::SignedIn || self.host.kept("device").is_empty() {
            return;
        }
        let allowed = self.in_force(|choices, notice| {
            let mut list = String::new();
            for control in &notice.controls {
                if candor_choices::allowed(choices, notice, control.purpose(), control.subject_matter()) {
                    list.push_str(if list.is_empty() { "\"" } else { ",\"" });
                    list.push_str(&control.id);
                    list.push('"');
                }
            }
            list
        });
        let mut state = choices_object(&self.stands().choices);
        state.raw("allowed", &["[", &allowed.unwrap_or_default(), "]"].concat());
        // What was found before a signal came says nothing of what holds under it.
        state.boolean("signal", self.stands().gpc);
        // A press is no word of the service's: it makes nothing newer.
        state.number("at", self.stands().loaded_at.0 as u64);
        self.host.set("state", &state.end());
    }
}

impl App {
    /// Why a grant did not come into force. A place without its moment is no explanation: then there is the plain sentence.
    fn obstacle(&self, change: &Change) -> Obstacle {
        let tell = |when| self.host.against(&change.control, change.datum.as_deref().unwrap_or_default(), when);
        let (code, ms) = (tell(false) as usize, tell(true));
        let at = (ms > 0.0).then_some(Timestamp(ms as i64));
        let place = (code & 7).checked_sub(1).map(Place::nth).filter(|place| at.is_some() || *place == Place::Anew);
        Obstacle { place, at, terms_changed: code > 7 }
    }
}
