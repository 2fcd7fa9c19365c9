//! A device of a person: what it knows, what was decided on it, and what becomes
//! of that.
//!
//! The page's Wasm and the simulator both are one: they lend the senses (storage,
//! network, clock, chance: the required methods of [`Device`]) and tell what was
//! heard. Everything between a press and a request is here, so that what is
//! simulated is what customers run.
//!
//! Nothing is borrowed while a sense is called: it may call in here again.

mod deciding;
mod hearing;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use candor_protocol::{Binding, Change, Choices, Decision, DecisionMethod, Notice, Surface, Timestamp};

use crate::{Entry, Outbox, Status};

/// Decisions not answered yet lie under storage keys that begin so.
pub const WAITING: &str = "out:";
/// Answered ones, kept in case the service comes back in another epoch, and those set aside.
pub const KEPT: &str = "kept:";

/// What a device knows, and what is under way.
#[derive(Debug)]
pub struct DeviceState {
    /// What stands.
    pub stands: RefCell<Stands>,
    /// Whose decisions the outbox holds: a subject, `anon`, or empty while nobody has asked.
    pub of: RefCell<String>,
    /// Whom the service knows the person as.
    pub known_as: Cell<KnownAs>,
    /// Decisions on their way.
    pub outbox: RefCell<Outbox>,
    /// What each decision made here changes, for when its outcome is told.
    pub made: RefCell<Vec<(String, Vec<Change>)>>,
    /// Decisions made before anybody could be asked who this is.
    pub held: RefCell<Vec<(Vec<Change>, Made)>>,
}

impl DeviceState {
    /// Of a page that has just begun. `gpc`: the browser sends Global Privacy Control.
    pub fn new(gpc: bool) -> Self {
        DeviceState {
            stands: RefCell::new(Stands { gpc, ..Stands::default() }),
            of: RefCell::default(),
            known_as: Cell::default(),
            outbox: RefCell::new(Outbox::new()),
            made: RefCell::default(),
            held: RefCell::default(),
        }
    }
}

/// What stands, as far as this device knows.
#[derive(Debug, Clone, Default)]
pub struct Stands {
    /// The notice in force.
    pub notice: Option<Arc<Notice>>,
    /// Its hash, as the service names it.
    pub notice_hash: String,
    /// The service's last answer.
    pub known: Choices,
    /// What is on screen: with the decisions not answered yet on top.
    pub choices: Choices,
    /// The browser sends Global Privacy Control.
    pub gpc: bool,
    /// The service was asked and answered, or there is nobody to ask about.
    pub loaded: bool,
    /// When that was.
    pub loaded_at: Timestamp,
}

/// Whom the service knows a device's person as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownAs {
    /// No subject: whatever was refused stays on this device.
    #[default]
    Nobody,
    /// A subject that this device made at its first grant.
    Anonymous,
    /// The person the shop's token names.
    SignedIn,
}

/// How a decision came about.
#[derive(Debug, Clone)]
pub struct Made {
    /// By what the person did, or a signal.
    pub method: DecisionMethod,
    /// Where.
    pub surface: Surface,
    /// Under the notice of this hash, which was on screen.
    pub notice: String,
    /// In which language.
    pub lang: String,
    /// By the switch that stands for several.
    pub master: bool,
    /// Whom it binds.
    pub binds: Binding,
}

impl Made {
    /// Without a press of the person's.
    fn quietly<D: Device + ?Sized>(device: &D, method: DecisionMethod, lang: &str, binds: Binding) -> Self {
        let notice = device.state().stands.borrow().notice_hash.clone();
        Made { method, surface: Surface::Storefront, notice, lang: lang.to_owned(), master: false, binds }
    }
}

/// Why a device's choices are other than they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// They were read from storage or from the service for the first time.
    Stored,
    /// The person at this device decided.
    Customer,
    /// Another tab told it.
    Tab,
    /// The service told it.
    OtherDevice,
    /// A signal such as Global Privacy Control.
    Signal,
}

impl Cause {
    const WORDS: &[(Cause, &str)] = &[
        (Cause::Stored, "stored"),
        (Cause::Customer, "customer"),
        (Cause::Tab, "tab"),
        (Cause::OtherDevice, "other-device"),
        (Cause::Signal, "signal"),
    ];

    /// The cause a page names so; an unknown word is [`Cause::Stored`].
    pub fn parse(word: &str) -> Self {
        Self::WORDS.iter().find(|(_, known)| *known == word).map_or(Cause::Stored, |(cause, _)| *cause)
    }

    /// As pages are told.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(cause, _)| *cause == self).map_or("", |(_, word)| word)
    }
}

/// A device. What it has no body for is lent by whoever runs it; the rest is the
/// same for everyone.
pub trait Device {
    /// What it knows.
    fn state(&self) -> &DeviceState;
    /// Whether there is a service at all; a page with inline documents needs none.
    fn has_service(&self) -> bool;
    /// By the device's own clock, which decides nothing.
    fn now(&self) -> Timestamp;
    /// Drawn evenly from 0 to 1.
    fn random(&self) -> f64;
    /// A fresh id for a decision.
    fn fresh_id(&self) -> String;
    /// The device's id: the stored one, or one for this page view alone.
    fn id(&self) -> String;
    /// Hash of the words that are on screen in this language.
    fn words_hash(&self, lang: &str) -> String;
    /// What storage holds under this key; empty where it holds nothing.
    fn kept(&self, key: &str) -> String;
    /// The number under `seq:` and whose outbox it is; 1 for none.
    fn next_seq(&self, of: &str) -> u64;
    /// Keeps it. Whether it will still be there when the page is gone.
    fn set(&self, key: &str, value: &str) -> bool;
    /// Forgets it.
    fn remove(&self, key: &str);
    /// Finds out who it is; [`Device::person_is`] or [`Device::hold`] is called then.
    fn ask_who(&self);
    /// A new capability, then [`crate::Event::Flush`].
    fn renew(&self);
    /// One request; [`Device::answered`] or [`Device::failed`] is called then.
    fn send(&self, decisions: &[Decision], keepalive: bool);
    /// The other tabs hear what stands.
    fn share(&self, choices: &Choices);
    /// Hands in [`crate::Event::Tick`] after so many milliseconds, and not for an earlier call.
    fn set_timer(&self, ms: u64);
    /// A person decided this just now.
    fn decided(&self, changes: &[Change], master: bool);
    /// How far these have come.
    fn settle(&self, changes: &[Change], status: Status);
    /// How far a decision has come, for the page to know.
    fn tell_status(&self, decision: &str, status: Status);
    /// The choices on screen became others.
    fn became(&self, before: &Choices, after: &Choices, cause: Cause);
    /// Something that is shown has changed.
    fn redraw(&self);
    /// Somebody else may be at the page: what belongs to the person before goes.
    fn person_left(&self);
    /// May be answered from storage before the device's code is there: called when what stands has moved.
    fn keep_state(&self);

    /// Takes effect here at once, then travels.
    fn decide(&self, changes: Vec<Change>, made: Made) {
        deciding::decide(self, changes, made);
    }

    /// It cannot be asked who this is. A refusal holds on this device meanwhile; a grant waits, for no failure grants.
    fn hold(&self) {
        deciding::hold(self);
    }

    /// What was refused here before anybody was known.
    fn refusals(&self) -> Vec<Change> {
        deciding::refusals(self)
    }

    /// What happened to the outbox.
    fn outbox_event(&self, event: crate::Event, cause: Cause) {
        deciding::outbox_event(self, event, cause);
    }

    /// `flush`, `online` or `hidden`, as the page names them; every other word is `flush`.
    fn page_event(&self, name: &str) {
        hearing::page_event(self, name);
    }

    /// Shows what stands now, and tells the page what became different.
    fn show_choices(&self, cause: Cause) {
        hearing::show_choices(self, cause);
    }

    /// Who it is: the outbox of `of` (a subject, or `anon`) as storage holds it.
    fn person_is(&self, of: &str, known_as: KnownAs) {
        hearing::person_is(self, of, known_as);
    }

    /// What storage holds of the outbox; also after another tab wrote.
    fn stored(&self, entries: Vec<Entry>, next_seq: u64, cause: Cause) {
        hearing::stored(self, entries, next_seq, cause);
    }

    /// What another tab says stands, with the outbox as storage holds it by then: taken over at once, for what lies
    /// between is shown nowhere. The other tab has written down already that what it tells of is answered.
    fn heard(&self, entries: Vec<Entry>, next_seq: u64, choices: Choices) {
        hearing::heard(self, entries, next_seq, choices);
    }

    /// What stands, from the service.
    fn stand(&self, choices: Choices, cause: Cause) {
        hearing::stand(self, choices, cause);
    }

    /// Nobody is known: what was refused on this device is all there is.
    fn alone(&self) {
        hearing::alone(self);
    }

    /// Notice, person and what stands were asked for and are there.
    fn gathered(&self, lang: &str) {
        hearing::gathered(self, lang);
    }

    /// The service's answer to decisions.
    fn answered(&self, outcomes: Vec<candor_protocol::Outcome>, choices: Choices) {
        hearing::answered(self, outcomes, choices);
    }

    /// The request with decisions failed: its HTTP status, 0 where there was no answer.
    fn failed(&self, status: u16, retry_after_ms: Option<u64>) {
        hearing::failed(self, status, retry_after_ms);
    }

    /// Somebody else may be at the page now: what is known is about nobody in particular.
    fn forget_person(&self) {
        hearing::forget_person(self);
    }

    /// What the page may act on, asked with `ask`; nothing without a notice. An
    /// unanswered denial counts at once, an unanswered grant not.
    fn in_force<T>(&self, ask: impl FnOnce(&Choices, &Notice) -> T) -> Option<T>
    where
        Self: Sized,
    {
        let stands = self.state().stands.borrow();
        let notice = stands.notice.as_ref()?;
        Some(ask(&deciding::acts_on(self, &stands), notice))
    }
}
