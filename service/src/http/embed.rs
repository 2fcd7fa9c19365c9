//! The widget's files under `/embed`: for every site, from any page.

use std::path::Path as FilePath;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::{Kind, Problem};
use crate::state::App;

pub fn router(app: App) -> Router {
    Router::new().route("/embed/{file}", get(file)).with_state(app)
}

async fn file(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let missing = || Problem::new(Kind::NotFound);
    let folder = app.config.embed.as_deref().ok_or_else(missing)?;
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let kind = kind(&name).filter(|_| plain && !name.starts_with('.')).ok_or_else(missing)?;
    let brotli =
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(accepts_brotli);
    let packed = if brotli { tokio::fs::read(folder.join(format!("{name}.br"))).await.ok() } else { None };
    let is_packed = packed.is_some();
    let bytes = match packed {
        Some(bytes) => bytes,
        None => tokio::fs::read(folder.join(FilePath::new(&name))).await.map_err(|_| missing())?,
    };
    let keep = if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    let mut response = bytes.into_response();
    let out = response.headers_mut();
    for (header, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, keep),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (header::VARY, "Accept-Encoding"),
    ] {
        out.insert(header, HeaderValue::from_static(value));
    }
    if is_packed {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Ok(response)
}

fn kind(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "css" => "text/css; charset=utf-8",
        "ts" => "text/plain; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        _ => return None,
    })
}

fn accepts_brotli(list: &str) -> bool {
    list.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next() == Some("br") && !parts.any(|q| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Whether the name holds a hash of the content: at least 8 hexadecimal digits between `-` or `.`.
fn is_hashed(name: &str) -> bool {
    name.split(['-', '.', '_']).any(|part| part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_hash_are_kept_for_ever_and_others_not() {
        assert!(is_hashed("candor-1a2b3c4d.js"));
        assert!(is_hashed("words-pl.00ff00ff.json"));
        assert!(!is_hashed("candor.js"));
        assert!(!is_hashed("manifest.json"));
    }

    #[test]
    fn brotli_is_sent_only_to_those_who_take_it() {
        assert!(accepts_brotli("gzip, deflate, br"));
        assert!(accepts_brotli("br;q=0.5"));
        assert!(!accepts_brotli("gzip, br;q=0"));
        assert!(!accepts_brotli("gzip"));
    }
}
