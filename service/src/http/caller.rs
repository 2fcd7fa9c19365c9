//! Who asks: a page of the site, or the shop's server.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use candor_protocol::limits;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::capability::Capability;
use crate::directory::Site;
use crate::problem::{Kind, Problem};
use crate::state::App;

/// A page's call: its site, which names the page's origin, and what it sent.
pub struct Page<T> {
    pub site: Arc<Site>,
    pub sent: T,
    capability: Option<Capability>,
}

/// A call of the shop's server, by its secret key.
pub struct Shop {
    pub site: Arc<Site>,
    /// The key of our recommender behind the gate.
    pub reference: bool,
}

impl<T: DeserializeOwned> FromRequest<App> for Page<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        // Before anything is read: an origin that no site names gets nothing.
        let origin = known_origin(app, &parts.headers)?;
        let bytes =
            axum::body::to_bytes(body, limits::REQUEST_BYTES).await.map_err(|_| Problem::new(Kind::TooLarge))?;
        let value: Value = read_json(&bytes)?;
        let site = find_site(app, value.get("site").and_then(Value::as_str).unwrap_or_default())?;
        check_origin(app, &site, origin.as_deref())?;
        let capability = match value.get("capability").and_then(Value::as_str) {
            Some(word) => {
                let capability = Capability::read(&app.secret, &site.id, word);
                Some(capability.ok_or_else(|| Problem::because(Kind::BadCapability, "It is not one of this site's."))?)
            }
            None => None,
        };
        let sent = serde_json::from_value(value).map_err(|fault| malformed(&fault))?;
        Ok(Page { site, sent, capability })
    }
}

impl<T> Page<T> {
    /// The capability, if one was sent and its time has not passed.
    pub fn capability(&self, app: &App) -> Option<&Capability> {
        self.capability.as_ref().filter(|capability| capability.expires_at > app.now())
    }

    /// The capability, which must be there and in time.
    pub fn subject(&self, app: &App) -> Result<&Capability, Problem> {
        self.subject_or_expired()?;
        self.capability(app).ok_or_else(|| Problem::because(Kind::BadCapability, "Its time has passed."))
    }

    /// The capability, which must be there; its time may have passed.
    pub fn subject_or_expired(&self) -> Result<&Capability, Problem> {
        self.capability.as_ref().ok_or_else(|| Problem::because(Kind::BadCapability, "None was sent."))
    }
}

impl FromRequestParts<App> for Shop {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let word = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = word.and_then(|word| word.strip_prefix("Bearer ")).ok_or(Problem::new(Kind::BadKey))?;
        let (site, reference) = app.shop(key).ok_or(Problem::new(Kind::BadKey))?;
        Ok(Shop { site, reference })
    }
}

/// The site a page names in the address, for what is the same for everyone.
pub fn site_of(app: &App, headers: &HeaderMap, site: Option<&str>) -> Result<Arc<Site>, Problem> {
    let origin = known_origin(app, headers)?;
    let site = find_site(app, site.unwrap_or_default())?;
    check_origin(app, &site, origin.as_deref())?;
    Ok(site)
}

pub fn read_json<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|fault| malformed(&fault))
}

/// serde's own words may quote what was sent, so only the place is told.
fn malformed(fault: &serde_json::Error) -> Problem {
    let what = if fault.is_data() { "A field is missing or has another type" } else { "This is not JSON" };
    match fault.line() {
        0 => Problem::because(Kind::Malformed, format!("{what}.")),
        line => Problem::because(Kind::Malformed, format!("{what}, at line {line}, column {}.", fault.column())),
    }
}

fn known_origin(app: &App, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(None) };
    let origin = origin.to_str().map_err(|_| Problem::new(Kind::Origin))?;
    if app.directory().knows_origin(origin) || is_own(app, origin) {
        Ok(Some(origin.to_owned()))
    } else {
        Err(Problem::new(Kind::Origin))
    }
}

fn find_site(app: &App, id: &str) -> Result<Arc<Site>, Problem> {
    app.site(id).ok_or(Problem::new(Kind::UnknownSite))
}

/// Browsers send the origin and pages cannot change it; other programs send what they like.
fn check_origin(app: &App, site: &Site, origin: Option<&str>) -> Result<(), Problem> {
    match origin {
        Some(origin) if !is_own(app, origin) && !site.origins.iter().any(|known| known == origin) => {
            Err(Problem::new(Kind::Origin))
        }
        _ => Ok(()),
    }
}

fn is_own(app: &App, origin: &str) -> bool {
    let public = app.config.public_url.as_str();
    !origin.is_empty() && public.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
