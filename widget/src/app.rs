//! The one state behind all cards of a page.

use std::cell::{Cell, OnceCell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

use candor_choices::Outbox;
use candor_protocol::write::Object;
use candor_protocol::{Change, Choices};
use candor_words::{Catalogue, Words};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use web_sys::{AbortController, BroadcastChannel};

use crate::chance;
use crate::deciding::Made;
use crate::host::Host;
use crate::intl::Intl;
use crate::session::Session;
use crate::shared::{Shared, differences};
use crate::shelf::Shelf;

pub struct App {
    pub host: Host,
    pub site: String,
    pub origin: String,
    pub shelf: Shelf,
    pub device: String,
    shared: RefCell<Shared>,
    /// Every card is drawn again when it changes; cards are few, and redrawing touches only what is new.
    changed: ArcTrigger,
    pub session: RefCell<Option<Session>>,
    /// One asking at a time; those who come meanwhile wait for its end.
    pub asking: RefCell<Option<js_sys::Promise>>,
    pub outbox: RefCell<Outbox>,
    /// Whose decisions the outbox holds: a subject, or `anon`.
    pub outbox_of: RefCell<String>,
    /// What each decision of this page changes, for when its outcome is told.
    pub made: RefCell<Vec<(String, Vec<Change>)>>,
    pub timer: RefCell<Option<Timeout>>,
    /// Decisions made before anybody could be asked who this is.
    pub held: RefCell<Vec<(Vec<Change>, Made)>>,
    pub live: RefCell<Option<AbortController>>,
    pub tabs: RefCell<Option<BroadcastChannel>>,
    pub identified: Cell<bool>,
    words: RefCell<Vec<(String, Rc<Said>)>>,
}

struct Said {
    catalogue: Catalogue,
    locale: Intl,
    hash: String,
}

/// Why the page's choices are other than they were.
#[derive(Clone, Copy)]
pub enum Cause {
    Stored,
    Customer,
    Tab,
    OtherDevice,
    Signal,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Cause::Stored => "stored",
            Cause::Customer => "customer",
            Cause::Tab => "tab",
            Cause::OtherDevice => "other-device",
            Cause::Signal => "signal",
        }
    }
}

thread_local! {
    static APP: OnceCell<Rc<App>> = const { OnceCell::new() };
}

/// The app, once started. Everything exported asks for it, and does nothing without.
pub fn app() -> Option<Rc<App>> {
    APP.with(|cell| cell.get().cloned())
}

/// Starts something that ends by itself. Boxed, so that what drives it is there once.
pub fn go(work: impl Future<Output = ()> + 'static) {
    let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    wasm_bindgen_futures::spawn_local(work);
}

pub fn start(host: Host) -> Rc<App> {
    let site = host.site();
    let shelf = Shelf::open(&site);
    let navigator = web_sys::window().map(|window| window.navigator());
    let gpc = navigator
        .as_ref()
        .is_some_and(|n| js_sys::Reflect::get(n, &"globalPrivacyControl".into()).is_ok_and(|v| v.is_truthy()));
    let offline = navigator.as_ref().is_some_and(|n| !n.on_line());
    let made = Rc::new(App {
        origin: host.origin(),
        // Kept from the first act on; until then a name for this page view alone.
        device: shelf.get("device").unwrap_or_else(chance::device_id),
        shared: RefCell::new(Shared::new(gpc, offline)),
        changed: ArcTrigger::new(),
        session: RefCell::default(),
        asking: RefCell::default(),
        outbox: RefCell::new(Outbox::new()),
        outbox_of: RefCell::default(),
        made: RefCell::default(),
        timer: RefCell::default(),
        held: RefCell::default(),
        live: RefCell::default(),
        tabs: RefCell::default(),
        identified: Cell::new(false),
        words: RefCell::default(),
        site,
        shelf,
        host,
    });
    APP.with(|cell| cell.get_or_init(|| made).clone())
}

impl App {
    /// Whether there is a service to ask; a page with inline documents needs none.
    pub fn has_service(&self) -> bool {
        !self.site.is_empty()
    }

    pub fn url(&self, path: &str) -> String {
        [&self.origin, path].concat()
    }

    /// The start of every request's body.
    pub fn body(&self) -> Object {
        let mut body = Object::new();
        body.text("site", &self.site);
        body
    }

    pub fn add_words(&self, lang: &str, catalogue: Catalogue, hash: &str) {
        let said =
            Said { catalogue, locale: Intl::new(if lang == "en" { "en-GB" } else { lang }), hash: hash.to_owned() };
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

    /// Changes what all cards show.
    pub fn change(&self, how: impl FnOnce(&mut Shared)) {
        how(&mut self.shared.borrow_mut());
        self.redraw();
    }

    #[inline(never)]
    pub fn redraw(&self) {
        self.changed.notify();
    }

    /// In a card's view: draw again when something changes.
    pub fn watch(&self) {
        self.changed.track();
    }

    pub fn peek<T>(&self, at: impl FnOnce(&Shared) -> T) -> T {
        at(&self.shared.borrow())
    }

    pub fn look(&self) -> std::cell::Ref<'_, Shared> {
        self.shared.borrow()
    }

    /// Shows what stands now, and tells the page what became different.
    pub fn show_choices(&self, cause: Cause) {
        let before = self.peek(|shared| shared.choices.clone());
        let after = {
            let outbox = self.outbox.borrow();
            self.peek(|shared| candor_choices::on_screen(&shared.known, outbox.waiting()))
        };
        if after != before {
            self.change(|shared| shared.choices = after.clone());
        }
        for (control, datum, choice) in differences(&before, &after) {
            let mut detail = Object::new();
            detail.text("control", &control);
            if let Some(datum) = datum {
                detail.text("datum", &datum);
            }
            detail.text("choice", choice);
            detail.text("cause", cause.as_str());
            self.host.tell("choice", detail, None);
        }
    }

    /// Takes over what the service says, unless something newer is known.
    pub fn adopt(&self, choices: Choices, cause: Cause) -> bool {
        let newer = self
            .peek(|shared| !shared.loaded || shared.known.epoch != choices.epoch || shared.known.rev <= choices.rev);
        if newer {
            self.change(|shared| {
                shared.known = choices;
                shared.loaded = true;
                shared.unreachable = false;
            });
            self.show_choices(cause);
            self.keep_state();
        }
        newer
    }

    /// What the page may act on. An unanswered denial counts at once, an unanswered grant not.
    pub fn allowed(&self, purpose: &str, source: &str) -> bool {
        let outbox = self.outbox.borrow();
        self.peek(|shared| {
            let Some(notice) = &shared.notice else { return false };
            let in_force = candor_choices::in_force(&shared.known, outbox.waiting());
            candor_choices::allowed(&in_force, notice, purpose, source)
        })
    }

    /// After the first act of an anonymous visitor: what the loader may answer before we are here.
    pub fn keep_state(&self) {
        if self.identified.get() || self.shelf.get("device").is_none() {
            return;
        }
        let allowed: Vec<String> = self.peek(|shared| {
            let controls = shared.notice.iter().flat_map(|notice| &notice.controls);
            controls
                .filter(|control| self.allowed(control.purpose(), control.subject_matter()))
                .map(|control| quoted(&control.id))
                .collect()
        });
        let mut state = self.peek(|shared| choices_object(&shared.choices));
        state.raw("allowed", &["[", &allowed.join(","), "]"].concat());
        state.number("until", u64::try_from(chance::now().plus_hours(24).0).unwrap_or(0));
        self.shelf.set("state", &state.end());
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
            let refs: Vec<String> = control.left_out.iter().map(|datum| quoted(datum)).collect();
            one.raw("left_out", &["[", &refs.join(","), "]"].concat());
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

/// An id as JSON text: ids hold nothing that needs escaping.
fn quoted(id: &str) -> String {
    ["\"", id, "\""].concat()
}
