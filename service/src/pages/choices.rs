//! `GET /choices`: all switches without any script.

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use candor_card::{History, Html, PanelInput, PanelState, panel};
use candor_protocol::{Choices, Surface};
use candor_words::{Key, Locale, Words, bundled};

use super::answer::{from_elsewhere, see};
use super::customer::{Anyone, Customer};
use super::frame::{Page, page};
use super::why;
use crate::directory::Site;
use crate::problem::{Kind, Problem};
use crate::state::App;

const PATH: &str = "/candor/choices";

/// With a link alone: the texts, which are the same for everyone.
pub async fn open(State(app): State<App>, anyone: Anyone) -> Response {
    let Some(site) = app.site(anyone.asked.site.as_deref().unwrap_or_default()) else {
        return Problem::new(Kind::UnknownSite).into_response();
    };
    let mut input = unknown();
    input.notice = why::notice(&app, &site);
    let here = format!("/choices?site={}&lang={}", candor_desk::encoded(&site.id), anyone.language());
    // No switch is drawn for nobody; it says that this is a page, not a card over one.
    input.html = Some(Html { action: here.clone(), hidden: Vec::new(), here });
    show(&app, &anyone, &site, &input, false)
}

/// On the shop's own path: the switches of whoever the shop says looks.
pub async fn own(State(app): State<App>, mut customer: Customer) -> Response {
    match gather(&app, &mut customer).await {
        Ok(input) => show(&app, &customer.anyone, &customer.site, &input, true),
        Err(problem) => problem.into_response(),
    }
}

/// A switch; then the page again.
pub async fn act(
    State(app): State<App>,
    customer: Customer,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let token = fields.iter().find(|(name, _)| name == "token").map_or("", |(_, token)| token);
    if !customer.is_known() || from_elsewhere(&headers) || !customer.sealed(&app, token) {
        return why::stale();
    }
    match customer.decide(&app, &fields, Surface::Storefront).await {
        Ok(()) => see(&format!("{PATH}?lang={}", customer.anyone.language())),
        Err(problem) => problem.into_response(),
    }
}

async fn gather(app: &App, customer: &mut Customer) -> Result<PanelInput, Problem> {
    customer.obey_signal(app).await;
    let mut input = unknown();
    input.signal = customer.signal;
    input.notice = why::notice(app, &customer.site);
    if customer.is_known() {
        input.state = PanelState::Ready;
        input.choices = customer.choices(app);
        input.saves = customer.saves(app).await?;
        input.history = customer.history(app).await?;
        input.html = Some(customer.html(app, PATH));
    }
    Ok(input)
}

fn unknown() -> PanelInput {
    PanelInput {
        state: PanelState::Unknown,
        notice: None,
        choices: Choices::default(),
        saves: Vec::new(),
        offline: false,
        signal: candor_card::Signal::None,
        device_off: Vec::new(),
        history: History::Closed,
        html: None,
    }
}

fn show(app: &App, anyone: &Anyone, site: &Site, input: &PanelInput, first_party: bool) -> Response {
    let words = Words { catalogue: bundled(anyone.language()), locale: anyone.tables };
    let frame = Page {
        title: format!("{} · {}", words.plain(Key::PageChoices), site.name),
        language: anyone.language(),
        direction: anyone.tables.direction().as_str(),
        links: Vec::new(),
        first_party,
        status: StatusCode::OK,
    };
    page(app, frame, panel(&input.facts(), &words))
}
