//! HTTP: one table of routes builds the router and `/openapi.json`.

mod admit;
mod answer;
mod caller;
mod choices;
mod decisions;
mod embed;
mod evaluation;
mod feedback;
mod health;
mod live;
mod notice;
mod openapi;
mod person;
mod recommendations;
mod routes;
mod session;

use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use candor_protocol::limits;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

pub use admit::{group_of, stranger};
pub use answer::{personal, public};
pub use caller::{Page, Shop, shop_of};
pub use openapi::document as openapi_document;
pub use routes::{Caller, ROUTES, Route};

use crate::log::log;
use crate::problem::{Kind, Problem};
use crate::state::App;

/// Smaller answers fit in one packet as they are.
const PACKED_FROM: u16 = 1_024;

/// The whole service.
pub fn router(app: App) -> Router {
    let mut api = Router::new();
    for route in ROUTES {
        api = api.route(route.path, (route.handler)());
    }
    let by_address = from_fn_with_state(app.clone(), admit::by_address);
    let html = crate::pages::router(app.clone()).layer(by_address.clone());
    let html = html.merge(crate::pages::first_party(app.clone()).layer(from_fn_with_state(app.clone(), admit::by_key)));
    let html = html.layer(from_fn_with_state(app.clone(), html_headers));
    api.with_state(app.clone())
        .merge(html)
        .merge(embed::router(app.clone()).layer(by_address))
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::Method) })
        .layer(DefaultBodyLimit::max(limits::REQUEST_BYTES))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| Problem::new(Kind::Internal).into_response()))
        .layer(from_fn_with_state(app, around))
        // A document is a quarter of its size then. No cookie goes with a request, so nobody can have
        // a stranger's browser ask for the same answer again and again and read its length.
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(PACKED_FROM))))
}

/// Lets in as the route says, answers in our words, counts and, where something failed, logs: by route
/// template, never by address. One layer for all of it: each costs more than what it does.
async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let route = Route::of(&request);
    let page = route.is_some_and(|route| route.caller == Caller::Page);
    let origin = request.headers().get(header::ORIGIN).filter(|_| page).cloned();
    let response = match route {
        Some(route) => admit::to(route, &app, request, next).await,
        None => next.run(request).await,
    };
    let mut response = in_our_words(response);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::REFERRER_POLICY) {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    if page {
        cors(headers, origin);
    }
    let template = route.map_or("other", |route| route.path);
    let status = response.status().as_u16();
    app.metrics.answered(template, status);
    if status >= 500 {
        log(format_args!("{method} {template} {status} {} ms", start.elapsed().as_millis()));
    }
    response
}

/// A page reads every answer, refusals too, or it could not say what is wrong.
/// To a foreign origin those are all there is: nothing of anyone's is in them.
fn cors(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
    }
}

/// axum refuses what it cannot take apart in plain words, which may quote what was sent.
fn in_our_words(response: Response) -> Response {
    let kind = match response.status().as_u16() {
        413 => Kind::TooLarge,
        400 | 411..=422 => Kind::Malformed,
        _ => return response,
    };
    let plain = |value: &HeaderValue| value.as_bytes().starts_with(b"text/plain");
    if response.headers().get(header::CONTENT_TYPE).is_some_and(plain) {
        return Problem::new(kind).into_response();
    }
    response
}

/// What every HTML page of the service says about itself.
async fn html_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let ancestors = match app.config.frame_ancestors.as_slice() {
        [] => "'none'".to_owned(),
        origins => origins.join(" "),
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http: data:; font-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
