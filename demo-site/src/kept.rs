//! What Candor's page asks the shop's own server to keep. Safari empties a page's
//! storage after seven days without a visit; it leaves a cookie that came by HTTP.

use crate::app::App;
use crate::visitor::{SUBJECT, cookie};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// No script reads it, and only this path gets it.
const KEPT: &str = "candor_device";
/// Says that there is something in the other one; nothing else.
const MARK: &str = "candor_kept";
/// What fits into a cookie with its name.
const CHARACTERS: usize = 3_584;
const YEAR: u32 = 31_536_000;

/// `GET /candor/kept`
pub async fn read(State(app): State<App>, headers: HeaderMap) -> Response {
    if !is_own(&headers, &app.origin, true) {
        return refused();
    }
    match cookie(&headers, KEPT).filter(|text| is_opaque(text)) {
        Some(text) => plain((StatusCode::OK, text.to_owned()).into_response()),
        None => plain(StatusCode::NO_CONTENT.into_response()),
    }
}

/// `PUT /candor/kept`
pub async fn keep(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let is_plain = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_own(&headers, &app.origin, false) || !is_plain {
        return refused();
    }
    let Ok(bytes) = axum::body::to_bytes(body, CHARACTERS).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) if is_opaque(text) => with_cookies(&app, &[(KEPT, text, YEAR), (MARK, "1", YEAR)]),
        _ => plain(StatusCode::BAD_REQUEST.into_response()),
    }
}

/// `DELETE /candor/kept`: there is nobody any more, for the shop neither.
pub async fn clear(State(app): State<App>, headers: HeaderMap) -> Response {
    if !is_own(&headers, &app.origin, false) {
        return refused();
    }
    with_cookies(&app, &[(KEPT, "", 0), (MARK, "", 0), (SUBJECT, "", 0)])
}

/// From the shop's own pages. Browsers that do not say so of a plain read get no further
/// with it: another origin cannot see the answer, and its requests bring no cookie.
fn is_own(headers: &HeaderMap, own: &str, is_read: bool) -> bool {
    match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) if site != "same-origin" => false,
        (_, Some(origin)) => origin == own,
        (site, None) => site.is_some() || is_read,
    }
}

/// Nothing in it means anything in a header.
fn is_opaque(text: &str) -> bool {
    (1..=CHARACTERS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn with_cookies(app: &App, cookies: &[(&str, &str, u32)]) -> Response {
    let secure = if app.origin.starts_with("https:") { "; Secure" } else { "" };
    let mut response = plain(StatusCode::NO_CONTENT.into_response());
    for (name, value, age) in cookies {
        let place = match *name {
            KEPT => "Path=/candor; HttpOnly",
            MARK => "Path=/",
            _ => "Path=/; HttpOnly",
        };
        let cookie = format!("{name}={value}; {place}; SameSite=Lax; Max-Age={age}{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn refused() -> Response {
    plain((StatusCode::FORBIDDEN, "Only the shop's own pages may ask for this.").into_response())
}

fn plain(mut response: Response) -> Response {
    for (name, value) in [
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
