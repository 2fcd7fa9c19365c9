//! The explanation behind one card: inline on the page, or brought by the service.

use std::sync::Arc;

use candor_card::{DocumentState, Feedback, Memory, Target};
use candor_choices::device::{Cause, Device};
use candor_protocol::{Change, Choice, Control, Explanation, Kind, Node, Notice, Standing, Surface};
use candor_reasoning::{Without, preview};
use wasm_bindgen::JsValue;
use web_sys::Element;

use crate::app::App;
use crate::node::{self, Js};

/// What belongs to one card alone.
#[derive(Debug, Clone)]
pub struct Own {
    pub recommendation: String,
    pub source: String,
    pub item: Option<String>,
    pub surface: Surface,
    pub document: DocumentState,
    /// The notice that came with an inline document.
    pub notice: Option<Arc<Notice>>,
    /// The document came with the page, and is whoever's it is that looks.
    pub inline: bool,
    pub preview: Option<Target>,
    pub sources_open: bool,
    pub feedback: Vec<Feedback>,
    pub moved: bool,
    /// What the last view showed, so that nothing jumps.
    pub memory: Memory,
    /// The list that was promised when something was switched off, and what it rested on.
    expected: Option<(Vec<String>, Arc<Explanation>)>,
}

impl Own {
    pub fn of(element: &Element) -> Self {
        let mut own = Own {
            recommendation: String::new(),
            source: String::new(),
            item: None,
            surface: Surface::Storefront,
            document: DocumentState::Loading,
            notice: None,
            inline: false,
            preview: None,
            sources_open: false,
            feedback: Vec::new(),
            moved: false,
            memory: Memory::default(),
            expected: None,
        };
        own.follow(element);
        own
    }

    pub fn follow(&mut self, element: &Element) {
        let read = |name: &str| element.get_attribute(name).filter(|value| candor_protocol::text::is_id(value));
        self.recommendation = read("recommendation").unwrap_or_default();
        self.source = read("source").unwrap_or_default();
        self.item = read("item");
    }

    pub fn ready(&self) -> Option<&Arc<Explanation>> {
        match &self.document {
            DocumentState::Ready { document, .. } => Some(document),
            _ => None,
        }
    }

    /// Before a denial: the list it promises.
    pub fn expect(&mut self, changes: &[Change]) {
        self.moved = false;
        self.expected = self.promise(changes);
    }

    fn promise(&self, changes: &[Change]) -> Option<(Vec<String>, Arc<Explanation>)> {
        let document = self.ready()?;
        let mut without = Without::default();
        for change in changes {
            let factor = document.factors.iter().position(|f| f.control.as_deref() == Some(&change.control))?;
            match (&change.datum, change.choice) {
                (_, Choice::Granted) => return None,
                (None, Choice::Denied) => without.factors.push(factor),
                (Some(datum), Choice::Denied) => without.data.push((factor, datum.clone())),
            }
        }
        Some((preview(document, &without).ok()?.items, document.clone()))
    }

    /// Takes the document as it came. Answers whether a promise was broken though nothing had moved.
    pub fn settle(&mut self, document: DocumentState) -> bool {
        let mut broken = false;
        if let DocumentState::Ready { document, .. } = &document {
            self.surface = document.surface;
            broken = self.hold_to(document);
        }
        // Right after a switch the page still names the old list: what it held stays until the new one comes.
        if self.ready().is_none() || !matches!(document, DocumentState::Withdrawn { .. }) {
            self.document = document;
        }
        broken
    }

    /// The list that is served, held against the promise.
    fn hold_to(&mut self, served: &Explanation) -> bool {
        let Some((list, promised)) = self.expected.take() else { return false };
        if served.id == promised.id || list == served.shown {
            return false;
        }
        let same = |factor: &candor_protocol::Factor| {
            promised.factors.iter().find(|f| f.id == factor.id).is_none_or(|f| f.inputs == factor.inputs)
        };
        let unmoved = served.inputs == promised.inputs && served.factors.iter().all(same);
        self.moved = !unmoved;
        unmoved
    }
}

/// A document, and its notice, that came with the page: shown without any service.
pub fn read_inline(app: &App, own: &mut Own, document: JsValue, notice: JsValue) -> Result<(), String> {
    let document = node::read(document, Explanation::read).map_err(|fault| fault.brief())?;
    own.inline = true;
    if !notice.is_undefined() {
        own.notice = Some(Arc::new(node::read(notice, Notice::read).map_err(|fault| fault.brief())?));
    }
    if !app.has_service() {
        stand_on(app, &document);
    }
    let mut stands = app.state.stands.borrow_mut();
    if stands.notice.is_none() {
        stands.notice.clone_from(&own.notice);
        stands.notice_hash.clone_from(&document.notice);
    }
    drop(stands);
    own.settle(DocumentState::Ready { document: Arc::new(document), reference: false });
    Ok(())
}

/// Without a service: what the document used is what stands, until it is switched off here.
fn stand_on(app: &App, document: &Explanation) {
    let mut choices = app.stands().known.clone();
    if choices.epoch.is_empty() {
        choices.epoch.clone_from(&document.base.epoch);
        choices.rev = document.base.rev;
    }
    for factor in document.factors.iter().filter(|factor| factor.kind == Kind::Personal) {
        if let Some(id) = &factor.control
            && choices.control(id).is_none()
        {
            let place = choices.controls.partition_point(|control| control.id < *id);
            choices.controls.insert(place, Control { choice: Standing::Granted, ..Control::unset(id) });
        }
    }
    app.stand(choices, Cause::Stored);
}

/// What the service says of a recommendation. The text says why it cannot be read.
pub fn read(node: Js) -> Result<DocumentState, String> {
    let mut factors = Vec::new();
    for entry in node.items_of("factors") {
        factors.extend(entry.text().or_else(|| entry.text_of("id")));
    }
    match (node.text_of("state").as_deref(), node.get("explanation")) {
        (Some("general"), _) => Ok(DocumentState::General),
        (Some("withdrawn"), _) => Ok(DocumentState::Withdrawn { factors }),
        (Some("expired"), _) => Ok(DocumentState::Expired { factors }),
        (Some("ready"), Some(document)) => Ok(DocumentState::Ready {
            document: Arc::new(Explanation::read(document).map_err(|fault| fault.brief())?),
            reference: node.text_of("origin").as_deref() == Some("reference"),
        }),
        _ => Err(String::new()),
    }
}
