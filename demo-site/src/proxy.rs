//! The shop's first-party path to the service's pages: the browser speaks to the
//! shop alone, and the shop's server says whose page it is.

use crate::app::App;
use crate::visitor::Visitor;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_protocol::text;

/// A form of the service's pages is a few hundred bytes.
const BODY_BYTES: usize = 64 * 1024;
const PASSED_ON: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::ACCEPT, header::ACCEPT_LANGUAGE, HeaderName::from_static("sec-gpc")];
const PASSED_BACK: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::LOCATION,
    header::CACHE_CONTROL,
    header::CONTENT_SECURITY_POLICY,
    header::REFERRER_POLICY,
    header::X_CONTENT_TYPE_OPTIONS,
    header::CONTENT_DISPOSITION,
];

/// A page of the service's, as it stands, with the shop's key and the subject.
pub async fn forward(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::read(&parts.headers, None, &app.shelf);
    let Some(asked) = parts.uri.path_and_query().filter(|asked| is_page(asked.path())) else { return no_page() };
    let Ok(method) = reqwest::Method::from_bytes(parts.method.as_str().as_bytes()) else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Some(mut sent) = app.gate.on_behalf(method, asked, visitor.subject().as_deref()) else { return no_page() };
    for name in PASSED_ON {
        if let Some(value) = parts.headers.get(&name) {
            sent = sent.header(name, value);
        }
    }
    // A form decides, and so does the signal with which a page is opened.
    let decides = parts.method == Method::POST || visitor.gpc;
    // By itself, so that a browser that leaves meanwhile does not leave the earlier answer standing.
    let answered = tokio::spawn(async move {
        let answer = sent.body(body).send().await;
        // Also without an answer: the service may have heard it.
        if decides {
            app.forget(&visitor);
        }
        answer
    });
    match answered.await {
        Ok(Ok(answer)) => back(answer).await,
        _ => (StatusCode::BAD_GATEWAY, "The service that knows why does not answer. The shop works as always.")
            .into_response(),
    }
}

/// The pages there are, letter for letter: with the shop's key any other path is open too.
fn is_page(path: &str) -> bool {
    match path.strip_prefix("/candor/") {
        Some("choices" | "card.css") => true,
        Some(rest) => rest.strip_prefix("why/").is_some_and(text::is_recommendation_id),
        None => false,
    }
}

fn no_page() -> Response {
    (StatusCode::NOT_FOUND, "The shop has no such page.").into_response()
}

async fn back(answer: reqwest::Response) -> Response {
    let mut headers = HeaderMap::new();
    for name in PASSED_BACK {
        if let Some(value) = answer.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let status = answer.status();
    match answer.bytes().await {
        Ok(bytes) => (status, headers, Body::from(bytes)).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
