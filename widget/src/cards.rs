//! The cards on the page: each mounted in its element, each freed with it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use candor_card::{
    Act, AskFacts, Card as Drawn, Common, DocumentState, Feedback, FeedbackState, History, PanelFacts, PanelState, Tree,
    WhyFacts, ask, panel, why,
};
use candor_protocol::{Binding, Surface};
use candor_words::Words;
use js_sys::Function;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use crate::app::{App, app, go};
use crate::deciding::Made;
use crate::document::{self, Own};
use crate::record;

/// One card.
pub struct Card {
    pub id: u32,
    kind: Kind,
    pub element: Element,
    target: HtmlElement,
    pub lang: String,
    close: Function,
    own: RefCell<Own>,
    /// Dropped, it takes the markup away and frees all that belongs to it.
    mounted: RefCell<Option<Box<dyn Held>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Why,
    Ask,
    Choices,
}

impl Card {
    pub fn peek<T>(&self, at: impl FnOnce(&Own) -> T) -> T {
        at(&self.own.borrow())
    }

    pub fn change(&self, how: impl FnOnce(&mut Own)) {
        how(&mut self.own.borrow_mut());
        if let Some(app) = app() {
            app.redraw();
        }
    }
}

trait Held {}
impl<T> Held for T {}

thread_local! {
    static CARDS: RefCell<Vec<Rc<Card>>> = const { RefCell::new(Vec::new()) };
    static NEXT: RefCell<u32> = const { RefCell::new(1) };
}

/// Draws the card of an element. The text says what is wrong with its document.
pub fn mount(kind: &str, target: HtmlElement, element: Element, lang: &str, close: Function) -> Result<(), String> {
    let Some(app) = app() else { return Err("not started".to_owned()) };
    let kind = match kind {
        "ask" => Kind::Ask,
        "choices" => Kind::Choices,
        _ => Kind::Why,
    };
    let id = NEXT.with(|next| {
        let mut next = next.borrow_mut();
        *next += 1;
        *next
    });
    let mut own = Own::of(&element);
    if kind == Kind::Why {
        document::read_inline(&app, &element, &mut own)?;
    }
    if CARDS.with(|cards| cards.borrow().is_empty()) {
        app.change(|shared| {
            shared.saves.clear();
            shared.history = History::Closed;
        });
    }
    set_language(&app, &target, lang);
    let (own, mounted) = (RefCell::new(own), RefCell::default());
    let card = Rc::new(Card { id, kind, element, target: target.clone(), lang: lang.to_owned(), close, own, mounted });
    CARDS.with(|cards| cards.borrow_mut().push(card.clone()));
    *card.mounted.borrow_mut() = Some(draw(id, target));
    go(async move { fetch(&app, &card).await });
    Ok(())
}

pub fn unmount(element: &Element) {
    // Out of the list first: what dropping it calls may look there.
    let gone = CARDS.with(|cards| {
        let mut cards = cards.borrow_mut();
        let at = cards.iter().position(|card| card.element == *element);
        at.map(|at| cards.swap_remove(at))
    });
    drop(gone);
    let watched = CARDS.with(|cards| cards.borrow().iter().any(|card| card.kind != Kind::Ask));
    if let Some(app) = app().filter(|_| !watched) {
        app.stop_listening();
    }
}

/// The element's attributes changed under an open card.
pub fn refresh(element: &Element) {
    let found = CARDS.with(|cards| cards.borrow().iter().find(|card| card.element == *element).cloned());
    let (Some(app), Some(card)) = (app(), found) else { return };
    card.change(|own| own.follow(&card.element));
    go(async move { fetch(&app, &card).await });
}

/// Every open card asks again, after the connection came back.
pub fn refresh_all() {
    let all = CARDS.with(|cards| cards.borrow().clone());
    for card in all {
        let lost = card.peek(|own| matches!(own.document, DocumentState::Unreachable));
        if lost {
            refresh(&card.element);
        }
    }
}

async fn fetch(app: &Rc<App>, card: &Rc<Card>) {
    match card.kind {
        // Seen, not touched: only what is the same for everyone.
        Kind::Ask => {
            if app.notice().await.is_err() {
                (card.close).call0(&JsValue::UNDEFINED).ok();
            }
        }
        Kind::Choices => {
            let gathered = app.gather(Surface::Storefront, &card.lang).await;
            app.change(|shared| {
                shared.unreachable = gathered.is_err();
                shared.loaded |= gathered.is_ok();
            });
            app.listen();
        }
        Kind::Why => document::fetch(app, card).await,
    }
}

fn draw(id: u32, target: HtmlElement) -> Box<dyn Held> {
    Box::new(leptos::mount::mount_to(target, move || {
        view! { <Drawn draw=Arc::new(move || tree(id)) on=Arc::new(move |act| act_on(id, act)) /> }
    }))
}

/// What a card shows now; asked again whenever something changes.
fn tree(id: u32) -> Tree {
    let (Some(app), Some(card)) = (app(), card(id)) else { return Tree::default() };
    app.watch();
    app.with_words(&card.lang, |words| card.draw(&app, words)).unwrap_or_default()
}

fn card(id: u32) -> Option<Rc<Card>> {
    CARDS.with(|cards| cards.borrow().iter().find(|card| card.id == id).cloned())
}

impl Card {
    fn draw(&self, app: &App, words: &Words<'_>) -> Tree {
        let (mut own, shared) = (self.own.borrow_mut(), app.look());
        let own = &mut *own;
        let notice = own.notice.as_deref().or(shared.notice.as_deref());
        let common = Common {
            notice,
            choices: &shared.choices,
            saves: &shared.saves,
            offline: shared.offline,
            gpc: shared.gpc,
            // The choices mark them.
            device_off: &[],
            history: &shared.history,
            html: None,
        };
        match self.kind {
            Kind::Why => {
                let facts = WhyFacts {
                    common,
                    document: &own.document,
                    person: shared.person,
                    item: own.item.as_deref(),
                    preview: own.preview.as_ref(),
                    sources_open: own.sources_open,
                    moved: own.moved,
                    feedback: &own.feedback,
                    checked_on_device: true,
                };
                why(&facts, &mut own.memory, words)
            }
            Kind::Ask => {
                let control = ["recommendations/", &own.source].concat();
                let save = shared.saves.iter().rev().find(|save| save.control == control && save.datum.is_none());
                let url = app.has_service().then(|| app.url(&["/choices?site=", &app.site].concat()));
                let facts = AskFacts {
                    notice: shared.notice.as_deref(),
                    source: &own.source,
                    answer: save.map(|save| (save.choice, save.state)),
                    choices_url: url.as_deref(),
                    html: None,
                };
                ask(&facts, words)
            }
            Kind::Choices => {
                let state = match (shared.loaded, shared.unreachable) {
                    (true, _) => PanelState::Ready,
                    (false, true) => PanelState::Unreachable,
                    (false, false) => PanelState::Loading,
                };
                panel(&PanelFacts { common, state }, words)
            }
        }
    }
}

fn act_on(id: u32, act: Act) {
    let (Some(app), Some(card)) = (app(), card(id)) else { return };
    match act {
        Act::Decide { changes, method, master } => {
            card.change(|own| own.expect(&changes));
            let surface = card.peek(|own| own.surface);
            app.decide(changes, Made { method, surface, lang: card.lang.clone(), master, binds: Binding::Account });
        }
        Act::Preview(target) => card.change(|own| own.preview = target),
        Act::ShowSources => show_sources(&card),
        Act::Feedback(kind) => {
            card.change(|own| own.feedback.push(Feedback { kind, state: FeedbackState::Sending }));
            go(async move {
                let state = record::feedback(&app, &card, kind).await;
                card.change(|own| {
                    if let Some(sent) = own.feedback.iter_mut().rev().find(|sent| sent.kind == kind) {
                        sent.state = state;
                    }
                });
            });
        }
        Act::History => go(async move { record::history(&app).await }),
        Act::Export => go(async move { record::export(&app).await }),
        Act::Retry => go(async move {
            if card.peek(|own| matches!(own.document, DocumentState::Unreachable)) {
                card.change(|own| own.document = DocumentState::Loading);
            }
            fetch(&app, &card).await;
        }),
        Act::OpenChoices => app.host.panel(),
        Act::Close => {
            let _ = card.close.call0(&JsValue::UNDEFINED);
        }
    }
}

fn show_sources(card: &Card) {
    card.change(|own| own.sources_open = true);
    if let Ok(Some(details)) = card.target.query_selector("details[data-layer=sources]") {
        let _ = details.set_attribute("open", "");
        if let Ok(Some(summary)) = details.query_selector("summary") {
            let _ = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(summary).map(|summary| summary.focus());
        }
    }
}

fn set_language(app: &App, target: &HtmlElement, lang: &str) {
    target.set_lang(lang);
    if let Some(direction) = app.with_words(lang, |words| words.locale.direction().as_str()) {
        target.set_dir(direction);
    }
}
