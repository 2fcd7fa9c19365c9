//! Requests to the service: CORS-simple, without cookies, never without an end.

use candor_protocol::Timestamp;
use gloo_timers::callback::Timeout;
use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestInit, Response};

use crate::chance::now;

const PATIENCE_MS: u32 = 10_000;

/// Why there is no good answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Offline, blocked, timed out, cut, or nonsense.
    Unreachable,
    Status {
        code: u16,
        retry_after_ms: Option<u64>,
    },
}

impl Failure {
    pub fn is(self, wanted: u16) -> bool {
        matches!(self, Failure::Status { code, .. } if code == wanted)
    }
}

/// `text/plain` JSON, so that nothing preflights. `None`: 204.
pub async fn post(url: &str, body: &str, keepalive: bool) -> Result<Option<JsValue>, Failure> {
    read(request(url, Some(body), keepalive, None).await?).await
}

pub async fn get(url: &str) -> Result<Option<JsValue>, Failure> {
    read(request(url, None, false, None).await?).await
}

/// The body as it came, for a file.
pub async fn post_text(url: &str, body: &str) -> Result<String, Failure> {
    let answer = request(url, Some(body), false, None).await?;
    let text = answer.text().map_err(|_| Failure::Unreachable)?;
    JsFuture::from(text).await.ok().and_then(|text| text.as_string()).ok_or(Failure::Unreachable)
}

/// With a `stop` of the caller's the answer may take for ever; without, ten seconds.
pub async fn request(
    url: &str,
    body: Option<&str>,
    keepalive: bool,
    stop: Option<&AbortController>,
) -> Result<Response, Failure> {
    let window = web_sys::window().ok_or(Failure::Unreachable)?;
    // Not through RequestInit's setters: it knows no `keepalive`.
    let init = Object::new();
    let set = |name: &str, value: &JsValue| Reflect::set(&init, &JsValue::from_str(name), value).is_ok();
    set("credentials", &"omit".into());
    set("cache", &"no-store".into());
    set("referrerPolicy", &"no-referrer".into());
    if let Some(body) = body {
        set("method", &"POST".into());
        set("body", &body.into());
    }
    if keepalive {
        set("keepalive", &JsValue::TRUE);
    }
    let own = AbortController::new().ok();
    if let Some(stop) = stop.or(own.as_ref()) {
        set("signal", &stop.signal());
    }
    let patience = own.filter(|_| stop.is_none()).map(|own| Timeout::new(PATIENCE_MS, move || own.abort()));
    let answer = JsFuture::from(window.fetch_with_str_and_init(url, init.unchecked_ref::<RequestInit>())).await;
    drop(patience);
    let answer: Response = answer.ok().and_then(|a| a.dyn_into().ok()).ok_or(Failure::Unreachable)?;
    if answer.ok() {
        return Ok(answer);
    }
    let retry_after_ms = answer.headers().get("retry-after").ok().flatten().and_then(|text| wait(&text));
    Err(Failure::Status { code: answer.status(), retry_after_ms })
}

async fn read(answer: Response) -> Result<Option<JsValue>, Failure> {
    if answer.status() == 204 {
        return Ok(None);
    }
    let body = answer.json().map_err(|_| Failure::Unreachable)?;
    JsFuture::from(body).await.map(Some).map_err(|_| Failure::Unreachable)
}

/// Seconds, or a date.
fn wait(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let at = js_sys::Date::parse(text);
    at.is_finite().then(|| u64::try_from(Timestamp(at as i64).0 - now().0).unwrap_or(0))
}
