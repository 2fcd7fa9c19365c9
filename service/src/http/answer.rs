//! Answers as they go out.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Most answers fit into so many bytes.
const USUAL: usize = 512;

/// JSON that is about a person: kept by nobody on the way, passed on by no link.
pub fn personal(body: impl serde::Serialize) -> Response {
    json(&body, &[(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")])
}

/// JSON that is the same for everyone.
pub fn public(body: impl serde::Serialize) -> Response {
    json(&body, &[(header::CACHE_CONTROL, "no-cache")])
}

/// JSON text as it is.
pub fn personal_text(body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}

fn json(body: &impl serde::Serialize, headers: &[(HeaderName, &'static str)]) -> Response {
    let mut text = Vec::with_capacity(USUAL);
    if serde_json::to_writer(&mut text, body).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut response = Response::new(Body::from(text));
    let json = (header::CONTENT_TYPE, "application/json");
    for (name, value) in std::iter::once(&json).chain(headers) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
