//! The cards on the page: each mounted in its element, each freed with it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use candor_card::{
    Act, AskFacts, Card as Drawn, Common, DocumentState, Feedback, FeedbackState, History, PanelFacts, PanelState,
    SaveState, Signal, Tree, WhyFacts, ask, panel, why,
};
use candor_choices::device::{Device, Made};
use candor_protocol::Binding;
use candor_protocol::write::Object;
use candor_words::Words;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use crate::app::{App, app};
use crate::document::{self, Own};

/// One card.
pub struct Card {
    id: u32,
    kind: Kind,
    pub element: Element,
    lang: String,
    pub own: RefCell<Own>,
    /// Dropped, it takes the markup away and frees all that belongs to it.
    mounted: RefCell<Option<Box<dyn Held>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Why,
    Ask,
    Choices,
}

trait Held {}
impl<T> Held for T {}

/// What the page's cards have to themselves.
#[derive(Default)]
pub struct Cards {
    open: RefCell<Vec<Rc<Card>>>,
    made: Cell<u32>,
    /// Documents this page was shown, by recommendation: a card opened again is drawn at once.
    seen: RefCell<Vec<(String, DocumentState)>>,
}

/// More than a page shows lists.
const SEEN_MOST: usize = 16;

/// Draws the card of an element. The text says what is wrong with its document.
pub fn mount(
    kind: &str,
    target: HtmlElement,
    element: Element,
    lang: &str,
    document: JsValue,
    notice: JsValue,
) -> Result<(), String> {
    let Some(app) = app() else { return Err("not started".to_owned()) };
    let kind = match kind {
        "ask" => Kind::Ask,
        "choices" => Kind::Choices,
        _ => Kind::Why,
    };
    let id = app.cards.made.get();
    app.cards.made.set(id.wrapping_add(1));
    let mut own = Own::of(&element);
    if kind == Kind::Why {
        if !document.is_undefined() {
            document::read_inline(app, &mut own, document, notice)?;
        } else if let Some(seen) = app.cards.seen(&own.recommendation) {
            own.settle(seen);
        }
    }
    if app.cards.open.borrow().is_empty() {
        let mut shared = app.shared();
        // What is saved was said; what is on its way, or did not come into force, may not have been seen yet.
        shared.saves.retain(|save| save.state != SaveState::Saved);
        shared.history = History::Closed;
    }
    let (own, mounted) = (RefCell::new(own), RefCell::default());
    let card = Rc::new(Card { id, kind, element, lang: lang.to_owned(), own, mounted });
    app.cards.open.borrow_mut().push(card.clone());
    *card.mounted.borrow_mut() = Some(draw(id, target));
    Ok(())
}

impl Cards {
    pub fn unmount(&self, element: &Element) {
        let mut open = self.open.borrow_mut();
        let at = open.iter().position(|card| card.element == *element);
        let gone = at.map(|at| open.swap_remove(at));
        // Out of the list first: what dropping it calls may look there.
        drop(open);
        drop(gone);
    }

    pub fn find(&self, element: &Element) -> Option<Rc<Card>> {
        self.open.borrow().iter().find(|card| card.element == *element).cloned()
    }

    fn by_id(&self, id: u32) -> Option<Rc<Card>> {
        self.open.borrow().iter().find(|card| card.id == id).cloned()
    }

    /// What a recommendation turned out to be, for as long as the page and its person last.
    pub fn remember(&self, recommendation: &str, document: &DocumentState) {
        let mut seen = self.seen.borrow_mut();
        if let Some(place) = seen.iter().position(|(known, _)| known == recommendation) {
            seen.remove(place);
        } else if seen.len() >= SEEN_MOST {
            seen.remove(0);
        }
        seen.push((recommendation.to_owned(), document.clone()));
    }

    fn seen(&self, recommendation: &str) -> Option<DocumentState> {
        self.seen.borrow().iter().find(|(known, _)| known == recommendation).map(|(_, seen)| seen.clone())
    }

    /// What was shown rests on choices that stand no longer.
    pub fn forget_seen(&self) {
        self.seen.borrow_mut().clear();
    }

    /// Somebody else may be at the page: what was asked for the one before is not theirs.
    pub fn forget_documents(&self) {
        self.forget_seen();
        for card in self.open.borrow().iter() {
            let mut own = card.own.borrow_mut();
            if !own.inline {
                *own = Own::of(&card.element);
            }
        }
    }
}

fn draw(id: u32, target: HtmlElement) -> Box<dyn Held> {
    Box::new(leptos::mount::mount_to(target, move || {
        view! { <Drawn draw=Arc::new(move || tree(id)) on=Arc::new(move |act| act_on(id, act)) /> }
    }))
}

/// What a card shows now; asked again whenever something changes.
fn tree(id: u32) -> Tree {
    let Some(app) = app() else { return Tree::default() };
    let Some(card) = app.cards.by_id(id) else { return Tree::default() };
    app.watch();
    app.with_words(&card.lang, |words| card.draw(app, words)).unwrap_or_default()
}

impl Card {
    fn draw(&self, app: &App, words: &Words<'_>) -> Tree {
        let (mut own, shared, stands) = (self.own.borrow_mut(), app.look(), app.stands());
        let own = &mut *own;
        let notice = own.notice.as_deref().or(stands.notice.as_deref());
        let common = Common {
            notice,
            choices: &stands.choices,
            saves: &shared.saves,
            offline: shared.offline,
            signal: match (stands.gpc, shared.by_tool) {
                (true, true) => Signal::ShopTool,
                (true, false) => Signal::Browser,
                _ => Signal::None,
            },
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
                let url = app.has_service().then(|| [&app.host.origin(), "/choices?site=", &app.site].concat());
                let facts = AskFacts {
                    notice: stands.notice.as_deref(),
                    source: &own.source,
                    answer: save.map(|save| (save.choice, save.state, save.obstacle)),
                    choices_url: url.as_deref(),
                    html: None,
                };
                ask(&facts, words)
            }
            Kind::Choices => {
                let state = match (stands.loaded, shared.unreachable) {
                    (true, _) => PanelState::Ready,
                    (false, true) => PanelState::Unreachable,
                    (false, false) => PanelState::Loading,
                };
                panel(&PanelFacts { common, state }, words)
            }
        }
    }
}

fn act_on(id: u32, act: &Act) {
    let Some(app) = app() else { return };
    let Some(card) = app.cards.by_id(id) else { return };
    match act {
        &Act::Decide { ref changes, method, master } => {
            card.own.borrow_mut().expect(changes);
            let surface = card.own.borrow().surface;
            let notice = app.stands().notice_hash.clone();
            let lang = card.lang.clone();
            app.decide(changes.clone(), Made { method, surface, notice, lang, master, binds: Binding::Account });
        }
        Act::Preview(target) => card.own.borrow_mut().preview.clone_from(target),
        Act::ShowSources => {
            card.own.borrow_mut().sources_open = true;
            app.host.act("sources", &card.element, "");
        }
        &Act::Feedback(kind) => {
            let mut own = card.own.borrow_mut();
            own.feedback.push(Feedback { kind, state: FeedbackState::Sending });
            let mut detail = Object::new();
            detail.text("recommendation", &own.recommendation);
            if let Some(item) = &own.item {
                detail.text("item", item);
            }
            detail.text("kind", kind.as_str());
            drop(own);
            app.host.act("feedback", &card.element, &detail.end());
        }
        Act::History => {
            app.shared().history = History::Loading;
            app.host.act("history", &card.element, "");
        }
        Act::Export => {
            let choices = crate::app::choices_object(&app.stands().choices).end();
            app.host.act("export", &card.element, &choices);
        }
        Act::Retry => {
            let mut own = card.own.borrow_mut();
            if matches!(own.document, DocumentState::Unreachable) {
                own.document = DocumentState::Loading;
            }
            drop(own);
            app.host.act("retry", &card.element, "");
        }
        Act::OpenChoices => app.host.act("choices", &card.element, ""),
        Act::Close => app.host.act("close", &card.element, ""),
    }
    app.redraw();
}
