//! Candor in the page: what a card shows, what a press means, and which
//! decisions wait. It is all sense and no senses: requests, storage, tabs and
//! timers are the drivers' (`loader/core/`), who call in here with what they
//! heard and are called with what is to be done.
//!
//! The loader (TypeScript) is on every page and small; this is fetched when
//! somebody turns to a chip. It never panics by intent; if it traps all the same,
//! the loader drops the instance and makes another from the kept module, so
//! nothing that matters is only in its memory.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod app;
mod cards;
mod deciding;
mod document;
mod heard;
mod host;
mod node;
mod record;
mod shared;
mod tongue;

use candor_choices::device::Device;
use candor_words::Catalogue;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

pub use heard::*;

use crate::app::app;

/// Once per instance, before anything else.
#[wasm_bindgen]
pub fn start(host: host::Host) {
    app::start(host);
}

/// The words of one language in the order of their file, with its hash.
#[wasm_bindgen]
pub fn words(lang: &str, messages: JsValue, hash: &str) {
    let Some(app) = app().filter(|app| !app.has_words(lang)) else { return };
    match node::read(messages, Catalogue::read_in_order) {
        Ok(catalogue) => app.add_words(lang, catalogue, hash),
        Err(fault) => app.host.diagnose("words", &fault.brief(), "Serve one build of pkg/, whole."),
    }
}

/// Draws an element's card; answers what is wrong with its document, if anything is.
#[wasm_bindgen]
pub fn mount(
    kind: &str,
    target: HtmlElement,
    element: Element,
    lang: &str,
    document: JsValue,
    notice: JsValue,
) -> Option<String> {
    cards::mount(kind, target, element, lang, document, notice).err()
}

#[wasm_bindgen]
pub fn unmount(element: Element) {
    if let Some(app) = app() {
        app.cards.unmount(&element);
    }
}

/// The element's attributes changed under an open card.
#[wasm_bindgen]
pub fn follow(element: Element) {
    let Some(app) = app() else { return };
    if let Some(card) = app.cards.find(&element) {
        card.own.borrow_mut().follow(&element);
        app.redraw();
    }
}

/// `flush`, `online` or `hidden`: what waits is sent, as far as it may be.
#[wasm_bindgen]
pub fn event(name: &str) {
    if let Some(app) = app() {
        app.page_event(name);
    }
}

/// Whether decisions wait for somebody to say whose they are.
#[wasm_bindgen]
pub fn holds() -> bool {
    app().is_some_and(|app| !app.state.held.borrow().is_empty())
}

/// Somebody else may be at the page now.
#[wasm_bindgen]
pub fn forget() {
    if let Some(app) = app() {
        app.forget_person();
        app.redraw();
    }
}

/// `{epoch, rev, controls}` as far as anybody is known, as JSON.
#[wasm_bindgen]
pub fn choices() -> String {
    app().map(|app| app::choices_object(&app.stands().choices).end()).unwrap_or_default()
}

#[wasm_bindgen]
pub fn allowed(purpose: &str, source: &str) -> bool {
    app().is_some_and(|app| app.allowed(purpose, source))
}
