//! The one state behind all cards of a page.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use candor_choices::device::{Device, DeviceState, Stands};
use candor_protocol::write::{Object, joined};
use candor_protocol::{Choices, Timestamp};
use candor_words::{Catalogue, Words};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use crate::cards::Cards;
use crate::host::Host;
use crate::shared::Shared;
use crate::tongue::Spoken;

pub struct App {
    pub host: Host,
    pub site: String,
    shared: RefCell<Shared>,
    /// Every card is drawn again when it changes; cards are few, and redrawing touches only what is new.
    changed: ArcTrigger,
    pub state: DeviceState,
    pub timer: RefCell<Option<Timeout>>,
    words: RefCell<Vec<(String, Rc<Said>)>>,
    pub cards: Cards,
}

struct Said {
    catalogue: Catalogue,
    locale: Spoken,
    hash: String,
}

thread_local! {
    static APP: Cell<Option<&'static App>> = const { Cell::new(None) };
}

/// The app, once started: it lives as long as its instance. Everything exported asks for it, and does nothing without.
pub fn app() -> Option<&'static App> {
    APP.get()
}

pub fn start(host: Host) {
    let site = host.site();
    // Without a service nothing is ever sent, and nothing kept.
    let shared = Shared { unkept: site.is_empty(), ..Shared::default() };
    let made = Box::leak(Box::new(App {
        site,
        shared: RefCell::new(shared),
        state: DeviceState::new(host.gpc()),
        changed: ArcTrigger::new(),
        timer: RefCell::default(),
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

    pub fn hash_of_words(&self, lang: &str) -> String {
        self.said(lang).map(|said| said.hash.clone()).unwrap_or_default()
    }

    /// What all cards show, to be changed; follow it with [`App::draw_again`].
    pub fn shared(&self) -> std::cell::RefMut<'_, Shared> {
        self.shared.borrow_mut()
    }

    pub fn look(&self) -> Ref<'_, Shared> {
        self.shared.borrow()
    }

    pub fn draw_again(&self) {
        self.changed.notify();
    }

    /// What stands, as every card shows it.
    pub fn stands(&self) -> Ref<'_, Stands> {
        self.state.stands.borrow()
    }

    /// In a card's view: draw again when something changes.
    pub fn watch(&self) {
        self.changed.track();
    }

    /// What the page may act on. An unanswered denial counts at once, an unanswered grant not.
    pub fn allowed(&self, purpose: &str, source: &str) -> bool {
        self.in_force(|choices, notice| candor_choices::allowed(choices, notice, purpose, source)).unwrap_or(false)
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
