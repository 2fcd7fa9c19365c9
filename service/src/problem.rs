//! What the service answers when it cannot do what was asked: RFC 9457, with a fix.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_protocol::Fault;
use serde_json::{Map, Value, json};

use crate::gauge::Wait;
use crate::limits::Of;
use crate::store::StoreFault;

/// One problem of one request.
#[derive(Debug, Clone)]
pub struct Problem {
    pub kind: Kind,
    /// What was wrong this time; never personal data.
    pub detail: Option<String>,
    /// JSON Pointer to the place in what was sent.
    pub place: Option<String>,
    /// Code of the fault in a document.
    pub fault: Option<&'static str>,
    /// Seconds after which to ask again.
    pub retry_after: Option<u64>,
    /// Further members, such as the current choices.
    pub more: Map<String, Value>,
}

/// One line per kind: its code, status, title, fix.
macro_rules! kinds {
    ($($variant:ident $code:literal $status:literal $title:literal $fix:literal)*) => {
        /// The kinds of problem. The code is stable; `type` is `urn:candor:problem:<code>`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $title] $variant,)* }
        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];
            pub fn code(self) -> &'static str { match self { $(Kind::$variant => $code,)* } }
            pub fn status(self) -> u16 { match self { $(Kind::$variant => $status,)* } }
            pub fn title(self) -> &'static str { match self { $(Kind::$variant => $title,)* } }
            pub fn fix(self) -> &'static str { match self { $(Kind::$variant => $fix,)* } }
        }
    };
}

kinds! {
    Malformed "malformed" 400 "The request is not well formed." "Send one JSON object in UTF-8; see /openapi.json."
    Invalid "invalid" 422 "The document is not valid." "See `place` and `fix`; `candor check DOCUMENT` says the same."
    TooLarge "too-large" 413 "The request is too large." "A page sends at most 48 KiB, a decision at most 2 KiB, a document at most 1 MiB."
    UnknownSite "unknown-site" 404 "No site has this publishable key." "Check `site`, or add it: candor site add ID --name NAME --origin ORIGIN."
    Origin "origin-not-allowed" 403 "This origin is not one of the site's." "Add it exactly as scheme, host and port: candor site add ID --name NAME --origin ORIGIN."
    NoNotice "no-notice" 409 "The site has published no notice." "Publish one: candor notice publish SITE FILE."
    UnknownNotice "unknown-notice" 422 "The site has not published this notice." "Use the hash that GET /v1/notice gives."
    NotAllowed "not-allowed" 409 "The document rests on data that is not allowed now." "Ask for an evaluation, make the list again with just that, and send it with the epoch and rev of the answer."
    DifferentBytes "different-bytes" 409 "Another document of this id is kept." "Give every list an id of its own."
    NotReady "not-ready" 404 "No such recommendation, or not yet." "Try again after Retry-After; the shop's server sends the document."
    NotFound "not-found" 404 "There is nothing at this address." "See /openapi.json."
    Method "method-not-allowed" 405 "This address does not take this method." "See /openapi.json."
    BadToken "bad-token" 401 "The sign-in token is not accepted." "Sign one with the registered algorithm and key: `aud` the site, `sub` the customer, `exp` at most 5 minutes ahead, a fresh `jti`."
    BadCapability "bad-capability" 401 "The capability is not accepted." "Ask for a new one at /v1/session."
    BadKey "bad-key" 401 "The secret key is not accepted." "Send `Authorization: Bearer sk_…`; make one: candor key new SITE."
    Closed "subject-closed" 403 "This anonymous subject was closed at sign-in." "Go on with the subject of the sign-in."
    Erased "erased" 410 "The subject was erased." "Nothing is kept of it; start anew with /v1/session."
    UnknownSubject "unknown-subject" 404 "No such subject." "Use the id that /v1/session or an evaluation gave."
    TooMany "too-many" 429 "Too many at once." "Try again after Retry-After; `candor serve --help` names the limits."
    TooSlow "too-slow" 408 "The request did not arrive in time." "Send it again, at once and whole."
    Busy "busy" 503 "Too much at once." "Try again after Retry-After."
    Storage "storage" 503 "What was sent could not be kept, and was not." "Try again after Retry-After; the service's log and /readyz name the file and what to do."
    Internal "internal" 500 "The service failed here." "See its log; nothing was kept."
}

impl Problem {
    pub fn new(kind: Kind) -> Self {
        let waits = matches!(kind, Kind::Busy | Kind::Storage | Kind::NotReady | Kind::TooSlow);
        Problem { kind, detail: None, place: None, fault: None, retry_after: waits.then_some(1), more: Map::new() }
    }

    pub fn because(kind: Kind, detail: impl Into<String>) -> Self {
        Problem { detail: Some(detail.into()), ..Problem::new(kind) }
    }

    /// One key of a limit used all its turns.
    pub fn too_many(of: Of, wait: Wait) -> Self {
        let detail = format!("The limit `{}` is reached.", of.code());
        Problem { retry_after: Some(wait.0), ..Problem::because(Kind::TooMany, detail) }
    }

    pub fn with(mut self, name: &str, value: impl serde::Serialize) -> Self {
        self.more.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    pub fn body(&self) -> Value {
        let mut body = json!({
            "type": format!("urn:candor:problem:{}", self.kind.code()),
            "title": self.kind.title(),
            "status": self.kind.status(),
            "fix": self.kind.fix(),
        });
        if let Value::Object(fields) = &mut body {
            if let Some(detail) = &self.detail {
                fields.insert("detail".into(), detail.clone().into());
            }
            if let Some(place) = &self.place {
                fields.insert("place".into(), place.clone().into());
            }
            if let Some(fault) = self.fault {
                fields.insert("fault".into(), fault.into());
            }
            fields.extend(self.more.clone());
        }
        body
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let mut problem = Problem::because(Kind::Invalid, fault.message()).with("fix", fault.fix());
        problem.fault = Some(fault.code.as_str());
        problem.place = Some(fault.place);
        problem
    }
}

impl From<StoreFault> for Problem {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Gone => Problem::new(Kind::Erased),
            fault => Problem::because(Kind::Storage, fault.code()),
        }
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Problem::new(kind)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
