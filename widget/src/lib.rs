//! Candor in the page: mounts the card and drives storage, network and tabs.
//!
//! The loader (TypeScript) is on every page and small; this is fetched when
//! somebody turns to a chip. It never panics by intent; if it traps all the same,
//! the loader drops the instance and makes another from the kept module, so
//! nothing that matters is only in its memory.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod app;
mod cards;
mod chance;
mod deciding;
mod document;
mod gather;
mod host;
mod intl;
mod net;
mod node;
mod record;
mod session;
mod shared;
mod shelf;

use candor_choices::Event;
use candor_protocol::Surface;
use candor_words::Catalogue;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{Element, HtmlElement};

use crate::app::{Cause, go};

/// Once per instance, before anything else.
#[wasm_bindgen]
pub fn start(host: host::Host) {
    app::start(host).join_tabs();
}

/// The words of one language, with the hash of their file.
#[wasm_bindgen]
pub fn words(lang: &str, messages: JsValue, hash: &str) {
    let Some(app) = app::app().filter(|app| !app.has_words(lang)) else { return };
    match node::read(messages, Catalogue::read) {
        Ok(catalogue) => app.add_words(lang, catalogue, hash),
        Err(fault) => {
            app.host.diagnose("words", &fault.to_string(), "Serve every file of one build of pkg/, unchanged.")
        }
    }
}

/// Draws an element's card; answers what is wrong with its document, if anything is.
#[wasm_bindgen]
pub fn mount(kind: &str, target: HtmlElement, element: Element, lang: &str, close: Function) -> Option<String> {
    cards::mount(kind, target, element, lang, close).err()
}

#[wasm_bindgen]
pub fn unmount(element: Element) {
    cards::unmount(&element);
}

#[wasm_bindgen]
pub fn refresh(element: Element) {
    cards::refresh(&element);
}

#[wasm_bindgen]
pub fn identify() {
    if let Some(app) = app::app() {
        app.identify();
    }
}

#[wasm_bindgen]
pub fn forget() -> Promise {
    promise(Box::pin(async {
        if let Some(app) = app::app() {
            record::forget(&app).await;
        }
        JsValue::UNDEFINED
    }))
}

/// The page came to the front, or back to the network: what waits is sent.
#[wasm_bindgen]
pub fn flush(online: bool) {
    let Some(app) = app::app() else { return };
    if online {
        app.heard(None);
        cards::refresh_all();
    }
    if !app.has_waiting() && app.held.borrow().is_empty() {
        return;
    }
    go(async move {
        app.release().await;
        if app.session().await.is_ok() {
            app.outbox_event(if online { Event::Online } else { Event::Flush }, Cause::Stored);
        }
    });
}

#[wasm_bindgen]
pub fn offline() {
    if let Some(app) = app::app() {
        app.change(|shared| shared.offline = true);
    }
}

/// The page is being hidden: what waits leaves with it, denials first.
#[wasm_bindgen]
pub fn hidden() {
    if let Some(app) = app::app() {
        app.outbox_event(Event::Hidden, Cause::Customer);
        app.stop_listening();
    }
}

/// `{epoch, rev, controls}` as far as anybody is known.
#[wasm_bindgen]
pub fn choices() -> Promise {
    promise(Box::pin(async {
        let Some(app) = app::app() else { return JsValue::NULL };
        if app.has_service() {
            let _ = app.gather(Surface::Storefront, "en").await;
        }
        let text = app.peek(|shared| app::choices_object(&shared.choices).end());
        node::parse(&text).unwrap_or(JsValue::NULL)
    }))
}

#[wasm_bindgen]
pub fn allowed(purpose: &str, source: &str) -> bool {
    app::app().is_some_and(|app| app.allowed(purpose, source))
}

#[wasm_bindgen]
pub fn subject() -> Option<String> {
    let app = app::app()?;
    app.session.borrow().as_ref().map(|session| session.subject.clone())
}

/// Boxed, so that the machinery behind a promise is there once.
fn promise(work: std::pin::Pin<Box<dyn Future<Output = JsValue>>>) -> Promise {
    future_to_promise(async move { Ok(work.await) })
}
