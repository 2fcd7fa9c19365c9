//! Who may look, and at which site.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_desk::Speech;
use candor_desk::pages::{self, Problem as Sorry};
use candor_desk::view::{Desk, Viewer};
use candor_protocol::Timestamp;
use serde::Deserialize;

use super::super::answer::{from_elsewhere, html};
use super::super::seal;
use crate::clock::{base32, hex};
use crate::directory::Site;
use crate::locale::{self, Tables};
use crate::secret::{Hash, same};
use crate::state::App;

pub const COOKIE: &str = "candor_desk";
pub const SESSION_MS: i64 = 8 * 3_600_000;

/// What an address of the desk may carry.
#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    pub site: Option<String>,
    pub lang: Option<String>,
    pub before: Option<i64>,
    pub said: Option<String>,
}

/// Someone who stands before the desk, signed in or not.
pub struct Visitor {
    pub app: App,
    pub site: Arc<Site>,
    pub asked: Asked,
    pub tables: &'static Tables,
    /// None: nobody signed in, and this desk has no guests.
    pub viewer: Option<Viewer>,
    /// What forms are sealed with: the session, or what all guests share.
    pub holder: String,
    path: String,
    elsewhere: bool,
}

/// Someone who may look.
pub struct Seated(pub Visitor);

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Query(asked) = Query::<Asked>::try_from_uri(&parts.uri).unwrap_or_default();
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let tables = locale::chosen(asked.lang.as_deref(), accepted);
        let session = session(app, &parts.headers);
        let wanted = asked.site.clone().or_else(|| session.as_ref().map(|session| session.site.id.clone()));
        let site = match wanted {
            Some(id) => app.site(&id),
            None => app.directory().sites().min_by(|a, b| a.id.cmp(&b.id)).cloned(),
        };
        let Some(site) = site else {
            return Err(crate::problem::Problem::new(crate::problem::Kind::UnknownSite).into_response());
        };
        let session = session.filter(|session| session.site.id == site.id);
        let (viewer, holder) = match session {
            Some(session) => (Some(Viewer::Team), session.word),
            None if app.config.desk_guest => (Some(Viewer::Guest), "guest".to_owned()),
            None => (None, "nobody".to_owned()),
        };
        let path = parts.uri.path().to_owned();
        let elsewhere = from_elsewhere(&parts.headers);
        Ok(Visitor { app: app.clone(), site, asked, tables, viewer, holder, path, elsewhere })
    }
}

impl FromRequestParts<App> for Seated {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        if visitor.viewer.is_none() {
            let page = pages::sign_in(&visitor.desk(), false, &visitor.speech());
            return Err(html(StatusCode::UNAUTHORIZED, page));
        }
        Ok(Seated(visitor))
    }
}

impl Visitor {
    pub fn speech(&self) -> Speech<'static> {
        Speech::new(self.tables)
    }

    pub fn viewer(&self) -> Viewer {
        self.viewer.unwrap_or(Viewer::Guest)
    }

    /// As the log of who looked names them.
    pub fn name(&self) -> &'static str {
        match self.viewer() {
            Viewer::Guest => "guest",
            Viewer::Team => "desk",
        }
    }

    pub fn desk(&self) -> Desk {
        // A form that failed has no page of its own to come back to.
        // Who is not let in is not told what is behind an address either.
        let path = if self.viewer.is_some() { self.path.trim_end_matches('/') } else { "/desk" };
        let path = ["/evidence", "/file", "/find", "/replay", "/sign-in", "/sign-out"]
            .iter()
            .find_map(|end| path.strip_suffix(end))
            .unwrap_or(path);
        Desk {
            site: self.site.id.clone(),
            name: self.site.name.clone(),
            viewer: self.viewer(),
            token: seal::token(&self.app, &self.site, "desk", &self.holder),
            now: self.app.now(),
            here: format!("{path}?site={}", candor_desk::encoded(&self.site.id)),
        }
    }

    /// Whether a form came from a page of this desk.
    pub fn sealed(&self, token: &str) -> bool {
        !self.elsewhere && seal::holds(&self.app, &self.site, "desk", &self.holder, token)
    }

    pub fn link(&self, path: &str) -> String {
        self.desk().link(path, &self.speech())
    }

    pub fn sorry(&self, sorry: Sorry) -> Response {
        let status = match sorry {
            Sorry::NotFound => StatusCode::NOT_FOUND,
            Sorry::Stale => StatusCode::FORBIDDEN,
            Sorry::Broken => StatusCode::SERVICE_UNAVAILABLE,
        };
        html(status, pages::sorry(&self.desk(), sorry, &self.speech()))
    }

    pub fn failed(&self, problem: &crate::problem::Problem) -> Response {
        use crate::problem::Kind;
        match problem.kind {
            Kind::UnknownSubject | Kind::Erased => self.sorry(Sorry::NotFound),
            _ => self.sorry(Sorry::Broken),
        }
    }
}

struct Session {
    site: Arc<Site>,
    word: String,
}

/// The cookie's value: site, end, the key's hash, and a keyed hash over them.
/// A key that is taken back ends its sessions.
pub fn session_word(app: &App, site: &Site, key: &Hash, until: Timestamp) -> String {
    let fields = format!("{}~{}~{}", until.0, hex(key), hex(site.id.as_bytes()));
    format!("{fields}~{}", base32(&app.secret.keyed("desk-session", &[&fields])))
}

fn session(app: &App, headers: &HeaderMap) -> Option<Session> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let word = cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?
        .to_owned();
    let (fields, mac) = word.rsplit_once('~')?;
    if !same(base32(&app.secret.keyed("desk-session", &[fields])).as_bytes(), mac.as_bytes()) {
        return None;
    }
    let mut parts = fields.split('~');
    let until = Timestamp(parts.next()?.parse().ok()?);
    let key: Hash = unhex(parts.next()?)?.try_into().ok()?;
    let site = app.site(&String::from_utf8(unhex(parts.next()?)?).ok()?)?;
    (until > app.now() && site.is_desk_key(&key)).then_some(Session { site, word })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    text.len().is_multiple_of(2).then(|| (0..text.len()).step_by(2).map(pair).collect::<Option<_>>())?
}
