//! Who asks: a page of the site, or the shop's server.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use candor_protocol::limits;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::admit;
use crate::capability::Capability;
use crate::directory::Site;
use crate::limits::Of;
use crate::network::Group;
use crate::problem::{Kind, Problem};
use crate::state::App;

/// A page's call: its site, which names the page's origin, and what it sent.
pub struct Page<T> {
    pub site: Arc<Site>,
    pub sent: T,
    capability: Option<Capability>,
    from: Option<Group>,
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
        let from = admit::group_of(app, &parts);
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
        in_turn(app, &site, capability.as_ref(), Weight::of(parts.uri.path(), &value))?;
        let sent = serde_json::from_value(value).map_err(|fault| malformed(&fault))?;
        Ok(Page { site, sent, capability, from })
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

    /// The capability, in time, or none where none was sent: who says who they are is no stranger because
    /// it does not hold.
    pub fn subject_if_sent(&self, app: &App) -> Result<Option<&Capability>, Problem> {
        self.capability.is_some().then(|| self.subject(app)).transpose()
    }

    /// Something is about to be kept for someone who brought no capability.
    pub fn stranger(&self, app: &App) -> Result<(), Problem> {
        admit::stranger(app, self.from)
    }

    /// The capability, which must be there; its time may have passed.
    pub fn subject_or_expired(&self) -> Result<&Capability, Problem> {
        self.capability.as_ref().ok_or_else(|| Problem::because(Kind::BadCapability, "None was sent."))
    }
}

impl FromRequestParts<App> for Shop {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        shop_of(app, parts)
    }
}

/// Whose secret key it is. A wrong one costs its address a turn.
pub fn shop_of(app: &App, parts: &Parts) -> Result<Shop, Problem> {
    let word = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match word.and_then(|word| word.strip_prefix("Bearer ")).and_then(|key| app.shop(key)) {
        Some((site, reference)) => {
            app.limits.take(Of::Shop, &site.id, 1, app.now())?;
            Ok(Shop { site, reference })
        }
        None => {
            admit::address(app, admit::group_of(app, parts))?;
            Err(Problem::new(Kind::BadKey))
        }
    }
}

/// What a page's request counts.
#[derive(Clone, Copy)]
struct Weight {
    /// As many as there are decisions; with a "no" among them as many as there are changes, each decision at
    /// least one.
    cost: u32,
    denies: bool,
}

impl Weight {
    fn of<'a>(path: &str, sent: &'a Value) -> Self {
        let decisions = match sent.get("decisions").and_then(Value::as_array) {
            Some(decisions) if path == "/v1/decisions" => decisions.as_slice(),
            _ => &[],
        };
        let changes = |one: &'a Value| one.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut choices = decisions.iter().flat_map(changes).filter_map(|change| change.get("choice"));
        let denies = choices.any(|choice| choice == "denied");
        // A "no" is taken whatever it names and whatever comes with it, and each change of it is kept.
        let each = decisions.iter().map(|one| if denies { changes(one).len().max(1) } else { 1 });
        let cost: usize = each.sum();
        Weight { cost: u32::try_from(cost).unwrap_or(u32::MAX).max(1), denies }
    }
}

/// A "no" has turns of its own, by its subject alone: what others ask of the same site, or the
/// same person asked before, does not hold it up.
fn in_turn(app: &App, site: &Site, capability: Option<&Capability>, weight: Weight) -> Result<(), Problem> {
    let now = app.now();
    if let Some(capability) = capability {
        app.limits.take_of_person(&capability.subject, weight.denies, weight.cost, now)?;
        if weight.denies {
            return Ok(());
        }
    }
    app.limits.take(Of::Site, &site.id, 1, now)
}

/// The site a page names in the address, for what is the same for everyone.
pub fn site_of(app: &App, headers: &HeaderMap, site: Option<&str>) -> Result<Arc<Site>, Problem> {
    let origin = known_origin(app, headers)?;
    let site = find_site(app, site.unwrap_or_default())?;
    check_origin(app, &site, origin.as_deref())?;
    app.limits.take(Of::Site, &site.id, 1, app.now())?;
    Ok(site)
}

pub fn read_json<'a, T: Deserialize<'a>>(bytes: &'a Bytes) -> Result<T, Problem> {
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
