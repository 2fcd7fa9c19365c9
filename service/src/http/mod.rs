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
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
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

use crate::problem::{Kind, Problem};
use crate::state::App;

/// Smaller answers fit in one packet as they are.
const PACKED_FROM: u16 = 1_024;

/// The whole service.
pub fn router(app: App) -> Router {
    let mut page = Router::new();
    let mut rest = Router::new();
    let by_address = from_fn_with_state(app.clone(), admit::by_address);
    let by_key = from_fn_with_state(app.clone(), admit::by_key);
    for route in ROUTES {
        let handler = (route.handler)();
        match route.caller {
            Caller::Page => page = page.route(route.path, handler.layer(by_address.clone())),
            Caller::Shop => rest = rest.route(route.path, handler.layer(by_key.clone())),
            Caller::Anyone if route.is_limited() => rest = rest.route(route.path, handler.layer(by_address.clone())),
            Caller::Anyone => rest = rest.route(route.path, handler),
        }
    }
    let api = page.layer(from_fn(cors)).merge(rest).with_state(app.clone());
    let html = crate::pages::router(app.clone()).layer(by_address.clone());
    let html = html.merge(crate::pages::first_party(app.clone()).layer(by_key));
    let html = html.layer(from_fn_with_state(app.clone(), html_headers));
    api.merge(html)
        .merge(embed::router(app.clone()).layer(by_address))
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::Method) })
        .layer(DefaultBodyLimit::max(limits::REQUEST_BYTES))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| Problem::new(Kind::Internal).into_response()))
        .layer(from_fn_with_state(app, observe))
        // A document is a quarter of its size then. No cookie goes with a request, so nobody can have
        // a stranger's browser ask for the same answer again and again and read its length.
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(PACKED_FROM))))
}

/// A page reads every answer, refusals too, or it could not say what is wrong.
/// Handlers have refused foreign origins by then: nothing of anyone's is in those answers.
async fn cors(request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
    }
    response
}

/// Counts and, where something failed, logs: by route template, never by address.
async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = in_our_words(next.run(request).await);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::REFERRER_POLICY) {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    let template = path.as_deref().and_then(|path| ROUTES.iter().map(|route| route.path).find(|known| *known == path));
    let status = response.status().as_u16();
    app.metrics.answered(template.unwrap_or("other"), status);
    if status >= 500 {
        eprintln!("candor: {method} {} {status} {} ms", template.unwrap_or("other"), start.elapsed().as_millis());
    }
    response
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
