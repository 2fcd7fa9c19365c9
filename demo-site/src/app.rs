//! The shop's routes.

use crate::gate::{Gate, Without};
use crate::pages::{chat, list, shop, sixty};
use crate::picks::{self, Picks, Place};
use crate::policy::{Origins, Policy};
use crate::proxy::forward;
use crate::relay::Line;
use crate::shelf::Shelf;
use crate::token::TokenMaker;
use crate::visitor::{self, Visitor};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Form, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::Markup;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Clone)]
pub struct App {
    pub shelf: Arc<Shelf>,
    pub gate: Arc<Gate>,
    pub tokens: Arc<TokenMaker>,
    pub line: Line,
    /// The shop's own.
    pub origin: String,
    pub origins: Origins,
    pub deep_chat: Option<Bytes>,
}

#[derive(Deserialize, Default)]
struct Asked {
    persona: Option<String>,
    csp: Option<String>,
    place: Option<String>,
    item: Option<String>,
}

pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(sixty_seconds))
        .route("/shop", get(home))
        .route("/list", get(fragment))
        .route("/product/{id}", get(product))
        .route("/basket", get(basket))
        .route("/basket/add", post(add))
        .route("/basket/remove", post(remove))
        .route("/chat", get(chat_page))
        .route("/chat/answer", post(chat_answer))
        .route("/token", get(token))
        .route("/session/subject", post(subject))
        .route("/session/chosen", post(chosen))
        .route("/demo/line", get(line))
        .route("/demo/cut", post(cut))
        .route("/demo/mend", post(mend))
        .route("/drawing/{file}", get(drawing))
        .route("/assets/{file}", get(asset))
        .route("/vendor/deep-chat.js", get(deep_chat))
        .route("/.well-known/gpc.json", get(gpc))
        .route("/candor/kept", get(crate::kept::read).put(crate::kept::keep).delete(crate::kept::clear))
        .route("/candor/why/{recommendation}", get(forward).post(forward))
        .route("/candor/choices", get(forward).post(forward))
        .route("/candor/card.css", get(forward))
        .fallback(lost)
        .layer(from_fn_with_state(app.clone(), same_origin))
        .with_state(app)
}

/// What changes something comes from the shop's own pages.
async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_foreign(request.headers(), &app.origin) && request.method() != axum::http::Method::GET {
        return (StatusCode::FORBIDDEN, "Only the shop's own pages may ask for this.").into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap, own: &str) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.as_bytes());
    // The pages that say why send no referrer, and so a form of theirs says "null"; the browser still vouches for it.
    let vouched = said("origin") == Some(b"null") && said("sec-fetch-site") == Some(b"same-origin");
    said("origin").is_some_and(|origin| origin != own.as_bytes()) && !vouched
}

async fn sixty_seconds(State(app): State<App>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let visitor = app.visitor(&headers, &asked);
    let picks = app.choose(&visitor, &Place::Home).await;
    app.page(&visitor, &asked, false, picks.map(|picks| sixty::page(&app, &visitor, &picks)))
}

async fn home(State(app): State<App>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let visitor = app.visitor(&headers, &asked);
    let picks = app.choose(&visitor, &Place::Home).await;
    app.page(&visitor, &asked, false, picks.map(|picks| shop::home(&app, &visitor, &picks)))
}

async fn product(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let visitor = app.visitor(&headers, &asked);
    let Some(product) = app.shelf.catalogue.get(&id) else { return app.lost(&visitor, &asked) };
    let picks = app.choose(&visitor, &Place::Product(id.clone())).await;
    app.page(&visitor, &asked, false, picks.map(|picks| shop::product(&app, &visitor, product, &picks)))
}

async fn basket(State(app): State<App>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let visitor = app.visitor(&headers, &asked);
    let picks = app.choose(&visitor, &Place::Basket).await;
    app.page(&visitor, &asked, false, picks.map(|picks| shop::basket(&app, &visitor, &picks)))
}

/// The list alone, made anew: a page asks for it when a choice was saved.
async fn fragment(State(app): State<App>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let visitor = app.visitor(&headers, &asked);
    let place = match (asked.place.as_deref(), &asked.item) {
        (Some("basket"), _) => Place::Basket,
        (Some("product"), Some(item)) => Place::Product(item.clone()),
        _ => Place::Home,
    };
    let picks = app.choose_anew(&visitor, &place).await;
    app.page(&visitor, &asked, false, picks.map(|picks| list::section(&app.shelf, &picks, &place, visitor.language)))
}

async fn chat_page(State(app): State<App>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let visitor = app.visitor(&headers, &asked);
    app.page(&visitor, &asked, true, Ok(chat::page(&app, &visitor)))
}

#[derive(Deserialize)]
struct Said {
    text: Option<String>,
    decided: Option<bool>,
}

/// One answer of the scripted assistant, as the HTML of a message.
async fn chat_answer(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    axum::Json(said): axum::Json<Said>,
) -> Response {
    let visitor = app.visitor(&headers, &asked);
    let understood = match said {
        Said { decided: Some(true), .. } => chat::Understood::Decided,
        Said { text, .. } => chat::Understood::of(&text.unwrap_or_default()),
    };
    let picks = match understood {
        chat::Understood::Decided => app.choose_anew(&visitor, &Place::Chat).await,
        _ => app.choose(&visitor, &Place::Chat).await,
    };
    match picks {
        Ok(picks) => {
            let html = chat::answer(&app.shelf, &picks, understood, visitor.language).into_string();
            private(axum::Json(serde_json::json!({ "html": html })).into_response())
        }
        Err(fault) => failed(&fault),
    }
}

#[derive(Deserialize)]
struct Item {
    item: String,
}

async fn add(State(app): State<App>, headers: HeaderMap, Form(form): Form<Item>) -> Response {
    let mut visitor = app.visitor(&headers, &Asked::default());
    if app.shelf.catalogue.get(&form.item).is_some() {
        visitor.add(&form.item);
    }
    with_cookie(Redirect::to("/basket").into_response(), &visitor.basket_cookie())
}

async fn remove(State(app): State<App>, headers: HeaderMap, Form(form): Form<Item>) -> Response {
    let mut visitor = app.visitor(&headers, &Asked::default());
    visitor.remove(&form.item);
    with_cookie(Redirect::to("/basket").into_response(), &visitor.basket_cookie())
}

/// Who is signed in, as a token for Candor; nothing for whoever is not.
async fn token(State(app): State<App>, headers: HeaderMap) -> Response {
    let visitor = app.visitor(&headers, &Asked::default());
    private(match visitor.persona.customer().map(|customer| app.tokens.token(customer)) {
        Some(Ok(token)) => token.into_response(),
        Some(Err(fault)) => failed(&fault),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

#[derive(Deserialize)]
struct Subject {
    subject: String,
}

/// After an anonymous visitor's first grant the page tells the shop which subject that made.
async fn subject(axum::Json(sent): axum::Json<Subject>) -> Response {
    match visitor::subject_cookie(&sent.subject) {
        Some(cookie) => with_cookie(StatusCode::NO_CONTENT.into_response(), &cookie),
        None => (StatusCode::BAD_REQUEST, "This is no subject.").into_response(),
    }
}

/// A choice was saved while a page without a list was open: the next list goes by nothing older.
async fn chosen(State(app): State<App>, headers: HeaderMap) -> StatusCode {
    app.forget(&app.visitor(&headers, &Asked::default()));
    StatusCode::NO_CONTENT
}

/// Global Privacy Control is obeyed by an origin, so each says it of itself: the service's own
/// file does not speak for the shop. The date is that of the last change of what is said.
async fn gpc() -> Response {
    let said = serde_json::json!({ "gpc": true, "lastUpdate": "2026-11-24" });
    nosniff(([(header::CACHE_CONTROL, "public, max-age=86400")], axum::Json(said)).into_response())
}

async fn line(State(app): State<App>) -> Response {
    private(axum::Json(serde_json::json!({ "cut": app.line.is_cut() })).into_response())
}

async fn cut(State(app): State<App>, headers: HeaderMap) -> Response {
    app.line.cut();
    line_answer(&headers)
}

async fn mend(State(app): State<App>, headers: HeaderMap) -> Response {
    app.line.mend();
    line_answer(&headers)
}

/// A form's sender goes back to its page; a script is told that it is done.
fn line_answer(headers: &HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") {
        Redirect::to("/#step-5").into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    }
}

async fn drawing(State(app): State<App>, Path(file): Path<String>) -> Response {
    match file.strip_suffix(".svg").and_then(|id| app.shelf.drawing(id)) {
        Some(svg) => kept("image/svg+xml", svg.into()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn asset(Path(file): Path<String>) -> Response {
    let (kind, text) = match file.as_str() {
        "shop.css" => ("text/css; charset=utf-8", include_str!("../assets/shop.css")),
        "shop.js" => ("text/javascript; charset=utf-8", include_str!("../assets/shop.js")),
        "sixty.js" => ("text/javascript; charset=utf-8", include_str!("../assets/sixty.js")),
        "chat.js" => ("text/javascript; charset=utf-8", include_str!("../assets/chat.js")),
        "gpc.js" => ("text/javascript; charset=utf-8", include_str!("../assets/gpc.js")),
        "mark.svg" => ("image/svg+xml", include_str!("../assets/mark.svg")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    nosniff(response)
}

async fn deep_chat(State(app): State<App>) -> Response {
    match app.deep_chat {
        Some(bytes) => kept("text/javascript; charset=utf-8", bytes),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn lost(State(app): State<App>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    app.lost(&app.visitor(&headers, &asked), &asked)
}

impl App {
    fn visitor(&self, headers: &HeaderMap, asked: &Asked) -> Visitor {
        Visitor::read(headers, asked.persona.as_deref(), &self.shelf)
    }

    async fn choose(&self, visitor: &Visitor, place: &Place) -> Result<Picks, String> {
        picks::choose(&self.shelf, &self.gate, visitor, place, Without::LastAnswer).await
    }

    /// After a choice: what was allowed before it says nothing any more.
    async fn choose_anew(&self, visitor: &Visitor, place: &Place) -> Result<Picks, String> {
        // A product's list asks about nobody and so forgets nothing; the next page's would go by the old answer.
        self.forget(visitor);
        picks::choose(&self.shelf, &self.gate, visitor, place, Without::Nothing).await
    }

    /// Something was decided: what the service said of this visitor before counts no more.
    pub fn forget(&self, visitor: &Visitor) {
        if let Some(subject) = visitor.subject() {
            self.gate.forget(&subject);
        }
    }

    /// A page is one person's: no cache keeps it for another.
    fn page(&self, visitor: &Visitor, asked: &Asked, chat: bool, made: Result<Markup, String>) -> Response {
        let mut response = match made {
            Ok(markup) => private(axum::response::Html(markup.into_string()).into_response()),
            Err(fault) => return failed(&fault),
        };
        let policy = Policy::parse(asked.csp.as_deref()).header(&self.origins, chat);
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if asked.persona.is_some() {
            return with_cookie(response, &visitor.persona_cookie());
        }
        response
    }

    fn lost(&self, visitor: &Visitor, asked: &Asked) -> Response {
        let mut response = self.page(visitor, asked, false, Ok(shop::lost(self, visitor)));
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }
}

fn private(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Cookie, Sec-GPC"));
    nosniff(response)
}

fn kept(kind: &'static str, body: Bytes) -> Response {
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    nosniff(response)
}

fn nosniff(mut response: Response) -> Response {
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn failed(fault: &str) -> Response {
    eprintln!("{fault}");
    (StatusCode::INTERNAL_SERVER_ERROR, "The shop could not make this page.").into_response()
}
