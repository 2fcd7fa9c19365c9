//! The explanation behind one card: inline on the page, or asked of the service.

use std::rc::Rc;
use std::sync::Arc;

use candor_card::{DocumentState, Feedback, Memory, Target};
use candor_protocol::write::Object;
use candor_protocol::{Change, Choice, Control, Explanation, Kind, Node, Notice, Standing, Surface};
use candor_reasoning::{Without, preview};
use gloo_timers::future::TimeoutFuture;
use web_sys::Element;

use crate::app::{App, Cause};
use crate::cards::Card;
use crate::net::{self, Failure};
use crate::node::{self, Js, parse};

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
    inline: bool,
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

    fn ready(&self) -> Option<Arc<Explanation>> {
        match &self.document {
            DocumentState::Ready { document, .. } => Some(document.clone()),
            _ => None,
        }
    }

    /// Before a denial: the list it promises.
    pub fn expect(&mut self, changes: &[Change]) {
        self.moved = false;
        self.expected = self.ready().and_then(|document| {
            let mut without = Without::default();
            for change in changes {
                let factor = document.factors.iter().position(|f| f.control.as_deref() == Some(&change.control))?;
                match (&change.datum, change.choice) {
                    (_, Choice::Granted) => return None,
                    (None, Choice::Denied) => without.factors.push(factor),
                    (Some(datum), Choice::Denied) => without.data.push((factor, datum.clone())),
                }
            }
            let list = preview(&document, &without).ok()?.items;
            Some((list, document))
        });
    }

    /// After it: the list that is served, held against the promise.
    /// Whether the promise was broken though nothing had moved.
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

/// Two scripts inside the element: shown without any service.
pub fn read_inline(app: &App, element: &Element, own: &mut Own) -> Result<(), String> {
    let script = |name: &str| {
        let select = ["script[type='application/json'][data-candor='", name, "']"].concat();
        let script = element.query_selector(&select).ok().flatten()?;
        Some(parse(&script.text_content().unwrap_or_default()).ok_or_else(|| [name, ": not JSON"].concat()))
    };
    let Some(document) = script("explanation").transpose()? else { return Ok(()) };
    let told = |fault: candor_protocol::Fault| fault.to_string();
    let document = node::read(document, Explanation::read).map_err(told)?;
    let notice =
        script("notice").transpose()?.map(|notice| node::read(notice, Notice::read)).transpose().map_err(told)?;
    if !app.has_service() {
        stand_on(app, &document);
    }
    let known = app.peek(|shared| shared.notice.is_some());
    if let Some(notice) = notice.as_ref().filter(|_| !known) {
        app.set_notice(notice.clone(), document.notice.clone());
    }
    own.surface = document.surface;
    own.notice = notice.map(Arc::new);
    own.inline = true;
    own.document = DocumentState::Ready { document: Arc::new(document), reference: false };
    Ok(())
}

/// Without a service: what the document used is what stands, until it is switched off here.
fn stand_on(app: &App, document: &Explanation) {
    let mut choices = app.look().known.clone();
    if choices.epoch.is_empty() {
        choices.epoch.clone_from(&document.base.epoch);
        choices.rev = document.base.rev;
    }
    let used = document.factors.iter().filter(|factor| factor.kind == Kind::Personal);
    for id in used.filter_map(|factor| factor.control.as_ref()) {
        if choices.control(id).is_none() {
            choices.controls.push(Control { choice: Standing::Granted, ..Control::unset(id) });
        }
    }
    choices.controls.sort_by(|a, b| a.id.cmp(&b.id));
    app.adopt(choices, Cause::Stored);
}

/// Asks for the document, and for what stands, once the card is open.
pub async fn fetch(app: &Rc<App>, card: &Rc<Card>) {
    let (id, inline, surface) = card.peek(|own| (own.recommendation.clone(), own.inline, own.surface));
    if !app.has_service() {
        return;
    }
    let gathered = app.gather(surface, &card.lang).await;
    app.listen();
    if inline || id.is_empty() {
        return;
    }
    if gathered.is_err() {
        return give_up(card);
    }
    for attempt in 0..6 {
        let answer = ask(app, &id).await;
        // The element may want another document by now.
        if card.peek(|own| own.recommendation != id) {
            return;
        }
        match answer {
            Ok(document) => return settle(app, card, document),
            Err(Failure::Status { code: 404, retry_after_ms }) if attempt < 5 => {
                card.change(|own| {
                    if own.ready().is_none() {
                        own.document = DocumentState::NotReady;
                    }
                });
                let wait = retry_after_ms.unwrap_or(1_000).clamp(250, 10_000);
                TimeoutFuture::new(u32::try_from(wait).unwrap_or(1_000)).await;
            }
            Err(_) => return give_up(card),
        }
    }
}

async fn ask(app: &Rc<App>, id: &str) -> Result<DocumentState, Failure> {
    let mut body: Object = app.body();
    if let Some(session) = &*app.session.borrow() {
        body.text("capability", &session.capability);
    }
    let answer = net::post(&app.url(&["/v1/recommendations/", id].concat()), &body.end(), false).await;
    app.heard(answer.as_ref().err().copied());
    let value = answer?.ok_or(Failure::Unreachable)?;
    node::read(value, |node| read(app, node)).ok_or(Failure::Unreachable)
}

fn read(app: &App, node: Js) -> Option<DocumentState> {
    let factors = || {
        let list = node.get("factors");
        let entry = |index| {
            let entry = list.as_ref()?.at(index)?;
            entry.text().or_else(|| entry.text_of("id"))
        };
        (0..list.as_ref().map_or(0, Node::len)).filter_map(entry).collect::<Vec<String>>()
    };
    match node.text_of("state").as_deref() {
        Some("general") => Some(DocumentState::General),
        Some("withdrawn") => Some(DocumentState::Withdrawn { factors: factors() }),
        Some("expired") => Some(DocumentState::Expired { factors: factors() }),
        Some("ready") => match Explanation::read(node.get("explanation")?) {
            Ok(document) => Some(DocumentState::Ready {
                document: Arc::new(document),
                reference: node.text_of("origin").as_deref() == Some("reference"),
            }),
            Err(fault) => {
                app.host.diagnose("document", &fault.to_string(), "See what `candor check` says of the document.");
                None
            }
        },
        _ => None,
    }
}

fn settle(app: &App, card: &Card, document: DocumentState) {
    let mut broken = false;
    card.change(|own| {
        if let DocumentState::Ready { document, .. } = &document {
            own.surface = document.surface;
            broken = own.hold_to(document);
        }
        // Right after a switch the page still names the old list: what it held stays until the new one comes.
        let old = own.ready().is_some() && matches!(document, DocumentState::Withdrawn { .. });
        if !old {
            own.document = document;
        }
    });
    if broken {
        app.host.diagnose(
            "preview-differs",
            "The list served is not the one that was previewed, though nothing it rests on has changed.",
            "See that the ranker uses exactly what the service allows.",
        );
    }
}

fn give_up(card: &Card) {
    card.change(|own| {
        if own.ready().is_none() {
            own.document = DocumentState::Unreachable;
        }
    });
}
