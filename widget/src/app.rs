//! The one state behind all cards of a page.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use candor_choices::Outbox;
use candor_protocol::write::{Object, joined};
use candor_protocol::{Change, Choices, Timestamp};
use candor_words::{Catalogue, Words};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use crate::cards::Cards;
use crate::deciding::Made;
use crate::host::Host;
use crate::shared::{Shared, differences};
use crate::tongue::Spoken;

pub struct App {
    pub host: Host,
    pub site: String,
    shared: RefCell<Shared>,
    /// Every card is drawn again when it changes; cards are few, and redrawing touches only what is new.
    changed: ArcTrigger,
    /// Whose decisions the outbox holds: a subject, `anon`, or empty while nobody has asked.
    pub outbox_of: RefCell<String>,
    pub known_as: Cell<KnownAs>,
    pub outbox: RefCell<Outbox>,
    /// What each decision of this page changes, for when its outcome is told.
    pub made: RefCell<Vec<(String, Vec<Change>)>>,
    pub timer: RefCell<Option<Timeout>>,
    /// Decisions made before anybody could be asked who this is.
    pub held: RefCell<Vec<(Vec<Change>, Made)>>,
    words: RefCell<Vec<(String, Rc<Said>)>>,
    pub cards: Cards,
}

/// Whom the service knows this page's person as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownAs {
    /// No subject: whatever was refused stays on this device.
    Nobody,
    /// A subject that this device made at its first grant.
    Anonymous,
    /// The person the shop's token names.
    SignedIn,
}

struct Said {
    catalogue: Catalogue,
    locale: Spoken,
    hash: String,
}

/// Why the page's choices are other than they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Stored,
    Customer,
    Tab,
    OtherDevice,
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

    pub fn parse(word: &str) -> Self {
        Self::WORDS.iter().find(|(_, known)| *known == word).map_or(Cause::Stored, |(cause, _)| *cause)
    }

    fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(cause, _)| *cause == self).map_or("", |(_, word)| word)
    }
}

thread_local! {
    static APP: Cell<Option<&'static App>> = const { Cell::new(None) };
}

/// The app, once started: it lives as long as its instance. Everything exported asks for it, and does nothing without.
pub fn app() -> Option<&'static App> {
    APP.get()
}

pub fn start(host: Host) {
    let made = Box::leak(Box::new(App {
        site: host.site(),
        shared: RefCell::new(Shared::new(host.gpc())),
        changed: ArcTrigger::new(),
        outbox_of: RefCell::default(),
        known_as: Cell::new(KnownAs::Nobody),
        outbox: RefCell::new(Outbox::new()),
        made: RefCell::default(),
        timer: RefCell::default(),
        held: RefCell::default(),
        words: RefCell::default(),
        cards: Cards::default(),
        host,
    }));
    APP.set(Some(made));
}

pub fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

impl App {
    /// Whether there is a service to ask; a page with inline documents needs none.
    pub fn has_service(&self) -> bool {
        !self.site.is_empty()
    }

    pub fn add_words(&self, lang: &str, catalogue: Catalogue, hash: &str) {
        let language = if lang == "en" { "en-GB" } else { lang };
        let locale = Spoken { tongue: self.host.tongue(language), language: language.to_owned() };
        let said = Said { catalogue, locale, hash: hash.to_owned() };
        self.words.borrow_mut().push((lang.to_owned(), Rc::new(said)));
    }

    pub fn has_words(&self, lang: &str) -> bool {
        self.said(lang).is_some()
    }

    pub fn with_words<T>(&self, lang: &str, say: impl FnOnce(&Words<'_>) -> T) -> Option<T> {
        let said = self.said(lang)?;
        Some(say(&Words { catalogue: &said.catalogue, locale: &said.locale }))
    }

    fn said(&self, lang: &str) -> Option<Rc<Said>> {
        self.words.borrow().iter().find(|(known, _)| known == lang).map(|(_, said)| said.clone())
    }

    pub fn words_hash(&self, lang: &str) -> String {
        self.said(lang).map(|said| said.hash.clone()).unwrap_or_default()
    }

    /// What all cards show, to be changed; follow it with [`App::redraw`].
    pub fn shared(&self) -> std::cell::RefMut<'_, Shared> {
        self.shared.borrow_mut()
    }

    pub fn look(&self) -> Ref<'_, Shared> {
        self.shared.borrow()
    }

    pub fn redraw(&self) {
        self.changed.notify();
    }

    /// In a card's view: draw again when something changes.
    pub fn watch(&self) {
        self.changed.track();
    }

    /// Shows what stands now, and tells the page what became different.
    pub fn show_choices(&self, cause: Cause) {
        let before = self.look().choices.clone();
        let after = candor_choices::on_screen(&self.look().known, self.outbox.borrow().waiting());
        if after != before {
            self.shared().choices = after.clone();
            self.redraw();
        }
        for (control, datum, choice) in differences(&before, &after) {
            self.cards.forget_seen();
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

    /// Takes over what the service says, unless something newer is known.
    pub fn adopt(&self, choices: Choices, cause: Cause) {
        let mut shared = self.shared();
        if shared.loaded && shared.known.epoch == choices.epoch && shared.known.rev > choices.rev {
            return;
        }
        shared.known = choices;
        shared.loaded = true;
        shared.unreachable = false;
        drop(shared);
        self.redraw();
        self.show_choices(cause);
        self.keep_state();
    }

    /// What the page may act on. An unanswered denial counts at once, an unanswered grant not.
    pub fn allowed(&self, purpose: &str, source: &str) -> bool {
        self.in_force(|choices, notice| candor_choices::allowed(choices, notice, purpose, source)).unwrap_or(false)
    }

    fn in_force<T>(&self, ask: impl FnOnce(&Choices, &candor_protocol::Notice) -> T) -> Option<T> {
        let shared = self.look();
        let notice = shared.notice.as_ref()?;
        let in_force = candor_choices::in_force(&shared.known, self.outbox.borrow().waiting());
        Some(ask(&in_force, notice))
    }

    /// After the first act of an anonymous visitor: what the loader may answer before we are here.
    pub fn keep_state(&self) {
        if self.known_as.get() == KnownAs::SignedIn || self.host.get("device").is_none() {
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
        let mut state = choices_object(&self.look().choices);
        state.raw("allowed", &["[", &allowed.unwrap_or_default(), "]"].concat());
        state.number("until", u64::try_from(now().plus_hours(24).0).unwrap_or(0));
        self.host.set("state", &state.end());
    }
}

/// `{epoch, rev, controls}` as pages and tabs are told.
pub fn choices_object(choices: &Choices) -> Object {
    let mut controls = Object::new();
    for control in &choices.controls {
        let mut one = Object::new();
        one.text("choice", control.choice.as_str());
        one.number("rev", control.rev);
        if !control.left_out.is_empty() {
            // Ids hold nothing that needs escaping.
            one.raw("left_out", &["[\"", &joined(&control.left_out, "\",\""), "\"]"].concat());
        }
        for (name, set) in [
            ("by_signal", control.by_signal),
            ("despite_signal", control.despite_signal),
            ("lapsed", control.lapsed),
            ("device_only", control.device_only),
        ] {
            if set {
                one.boolean(name, true);
            }
        }
        controls.raw(&control.id, &one.end());
    }
    let mut out = Object::new();
    out.text("epoch", &choices.epoch);
    out.number("rev", choices.rev);
    out.raw("controls", &controls.end());
    out
}
