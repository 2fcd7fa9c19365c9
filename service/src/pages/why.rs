//! `GET /why/{recommendation}`: the card without any script.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use candor_card::{
    DocumentState, Feedback, FeedbackKind, FeedbackState, Html, Memory, Person, Target, WhyInput, why as draw,
};
use candor_protocol::{Surface, text};
use candor_words::{Key, Locale, Words, bundled};

use super::answer::{from_elsewhere, see};
use super::customer::{Anyone, Customer};
use super::frame::{Page, page};
use super::seal;
use crate::acts::{Visible, read_document};
use crate::clock::fresh_id;
use crate::deciding::Note;
use crate::directory::Site;
use crate::http::stranger;
use crate::limits::Of;
use crate::live::What;
use crate::problem::{Kind, Problem};
use crate::state::App;
use crate::store::Change;

/// Who has nothing but the link.
const ANYONE: &str = "";

/// With a link alone: what is the same for everyone.
pub async fn open(State(app): State<App>, anyone: Anyone, Path(id): Path<String>) -> Response {
    let found = match site_of(&app, &anyone, &id).await {
        Ok(Some(site)) => site,
        Ok(None) => return Problem::new(Kind::NotReady).into_response(),
        Err(problem) => return problem.into_response(),
    };
    let mut input = WhyInput::loading(Surface::Storefront);
    input.document = match app.visible(&found, &id, None).await {
        Ok(visible) => document(visible),
        Err(problem) => return problem.into_response(),
    };
    input.notice = notice(&app, &found);
    input.checked_on_device = false;
    let here = format!("/why/{id}?lang={}", anyone.language());
    let token = seal::token(&app, &found, "card", ANYONE);
    input.html = Some(Html { action: here.clone(), hidden: vec![("token".into(), token)], here });
    let asked = &anyone.asked;
    input.preview = asked.preview.clone().map(|source| Target { source, datum: asked.datum.clone() });
    input.feedback = asked.sent.as_deref().and_then(sent).into_iter().collect();
    show(&app, &anyone, &found, input, false)
}

/// Feedback of whoever has the link; nothing is switched here.
pub async fn tell(
    State(app): State<App>,
    anyone: Anyone,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (Some(kind), false) = (field("feedback"), from_elsewhere(&headers)) else { return stale() };
    let sealed = |site: &Site| seal::holds(&app, site, "card", ANYONE, field("token").unwrap_or_default());
    let told = match site_of(&app, &anyone, &id).await {
        Ok(Some(site)) if !sealed(&site) => return stale(),
        Ok(Some(site)) => match stranger(&app, anyone.from) {
            Ok(()) => report(&app, &site, None, &id, kind).await,
            Err(problem) => Err(problem),
        },
        Ok(None) => Err(Problem::new(Kind::NotReady)),
        Err(problem) => Err(problem),
    };
    match told {
        Ok(number) => see(&format!("/why/{id}?lang={}&sent={kind}.{number}", anyone.language())),
        Err(problem) => problem.into_response(),
    }
}

/// On the shop's own path: the card of whoever the shop says looks.
pub async fn own(State(app): State<App>, mut customer: Customer, Path(id): Path<String>) -> Response {
    match gather(&app, &mut customer, &id).await {
        Ok(input) => show(&app, &customer.anyone, &customer.site, input, true),
        Err(problem) => problem.into_response(),
    }
}

/// A switch, a purchase left out, Undo, or feedback; then the card again.
pub async fn act(
    State(app): State<App>,
    customer: Customer,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let token = field("token").unwrap_or_default();
    if !customer.is_known() || from_elsewhere(&headers) || !customer.sealed(&app, token) {
        return stale();
    }
    if !text::is_recommendation_id(&id) {
        return Problem::new(Kind::NotReady).into_response();
    }
    let here = format!("/candor/why/{id}?lang={}", customer.anyone.language());
    let done = match field("feedback") {
        Some(kind) => {
            let subject = customer.person.as_ref().map(|person| person.id.clone());
            let turn = app.limits.take(Of::Subject, subject.as_deref().unwrap_or(customer.holder()), 1, app.now());
            let told = match turn {
                Ok(()) => report(&app, &customer.site, subject, &id, kind).await,
                Err(problem) => Err(problem),
            };
            match told {
                Ok(number) => Ok(format!("{here}&sent={kind}.{number}")),
                Err(problem) => Err(problem),
            }
        }
        None => customer.decide(&app, &fields, Surface::Storefront).await.map(|()| here),
    };
    match done {
        Ok(address) => see(&address),
        Err(problem) => problem.into_response(),
    }
}

async fn gather(app: &App, customer: &mut Customer, id: &str) -> Result<WhyInput, Problem> {
    customer.obey_signal(app).await;
    let mut input = WhyInput::loading(Surface::Storefront);
    input.signal = customer.signal;
    input.document = document(app.visible(&customer.site, id, customer.viewer()).await?);
    input.notice = notice(app, &customer.site);
    input.choices = customer.choices(app);
    input.checked_on_device = false;
    input.person = if customer.signed_in() { Person::SignedIn } else { Person::Anonymous };
    // A list that is the same for everyone has switches for nobody.
    if customer.is_known() && !matches!(input.document, DocumentState::General) {
        input.saves = customer.saves(app).await?;
        input.history = customer.history(app).await?;
        input.html = Some(customer.html(app, &format!("/candor/why/{id}")));
    }
    let asked = &customer.anyone.asked;
    input.preview = asked.preview.clone().map(|source| Target { source, datum: asked.datum.clone() });
    input.sources_open = input.preview.is_some() || !input.saves.is_empty();
    input.feedback = asked.sent.as_deref().and_then(sent).into_iter().collect();
    Ok(input)
}

fn document(visible: Option<Visible>) -> DocumentState {
    match visible {
        None => DocumentState::NotReady,
        Some(Visible::General) => DocumentState::General,
        Some(Visible::Withdrawn { factors, .. }) => DocumentState::Withdrawn { factors },
        Some(Visible::Expired { kept }) => {
            DocumentState::Expired { factors: kept.factors.split_whitespace().map(str::to_owned).collect() }
        }
        Some(Visible::Ready { kept, body }) => match read_document(&body) {
            Ok(document) => DocumentState::Ready { document: Arc::new(document), reference: kept.reference },
            Err(_) => DocumentState::Unreachable,
        },
    }
}

pub fn notice(app: &App, site: &Site) -> Option<Arc<candor_protocol::Notice>> {
    site.notice(app.now()).map(|published| Arc::new(published.notice.clone()))
}

fn show(app: &App, anyone: &Anyone, site: &Site, input: WhyInput, first_party: bool) -> Response {
    let words = Words { catalogue: bundled(anyone.language()), locale: anyone.tables };
    let status = match input.document {
        DocumentState::NotReady => StatusCode::NOT_FOUND,
        DocumentState::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    let choices = if first_party { "/candor/choices?" } else { "/choices?" };
    let address = format!("{choices}site={}&lang={}", candor_desk::encoded(&site.id), anyone.language());
    let frame = Page {
        title: words.plain(Key::PageWhy),
        language: anyone.language(),
        direction: anyone.tables.direction().as_str(),
        links: vec![(words.plain(Key::PageChoices), address)],
        first_party,
        status,
    };
    page(app, frame, draw(&input.facts(), &mut Memory::default(), &words))
}

/// The site of a recommendation, where the address does not say it.
async fn site_of(app: &App, anyone: &Anyone, id: &str) -> Result<Option<Arc<Site>>, Problem> {
    let directory = app.directory();
    for site in directory.sites() {
        if anyone.asked.site.as_ref().is_some_and(|wanted| *wanted != site.id) {
            continue;
        }
        let (site_id, id) = (site.id.clone(), id.to_owned());
        if app.read(move |view| view.recommendation(&site_id, &id)).await?.is_some() {
            return Ok(Some(site.clone()));
        }
    }
    Ok(None)
}

async fn report(app: &App, site: &Site, subject: Option<String>, id: &str, kind: &str) -> Result<String, Problem> {
    if feedback_kind(kind).is_none() {
        return Err(Problem::because(Kind::Malformed, "No such feedback."));
    }
    let (site, wanted) = (site.id.clone(), id.to_owned());
    let looked = site.clone();
    if app.read(move |view| view.recommendation(&looked, &wanted)).await?.is_none() {
        return Err(Problem::new(Kind::NotReady));
    }
    let number = fresh_id(&*app.chance, "fb_");
    let change = Change::Feedback {
        id: number.clone(),
        site: site.clone(),
        subject,
        recommendation: id.to_owned(),
        item: None,
        kind: kind.to_owned(),
        text: None,
        at: app.now(),
    };
    app.writer.ask(Note { site, what: What::Feedback, change }).await?;
    Ok(number)
}

pub fn stale() -> Response {
    let problem = Problem::because(Kind::Malformed, "The form is too old or came from elsewhere; open the page again.");
    (StatusCode::FORBIDDEN, problem).into_response()
}

/// `kind.number`, as the address says it after feedback was taken.
fn sent(word: &str) -> Option<Feedback> {
    let (kind, id) = word.split_once('.')?;
    let kind = feedback_kind(kind)?;
    text::is_id(id).then(|| Feedback { kind, state: FeedbackState::Received { id: id.to_owned() } })
}

fn feedback_kind(word: &str) -> Option<FeedbackKind> {
    [FeedbackKind::NotForMe, FeedbackKind::WrongReason, FeedbackKind::WrongData, FeedbackKind::AskPerson]
        .into_iter()
        .find(|kind| kind.as_str() == word)
}
