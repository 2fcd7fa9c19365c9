//! Answers as they go out.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

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
    let Ok(text) = serde_json::to_string(body) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}
