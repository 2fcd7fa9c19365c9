//! Whose page it is. Only the shop's server knows, on the shop's own path.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use candor_card::{History, Html, Past, Save, SaveState, Signal};
use candor_choices::against;
use candor_protocol::{Change, ChangeResult, Choices, Decision, DecisionMethod, Outcome};
use serde::Deserialize;
use serde_json::Value;

use super::seal;
use crate::acts::Viewer;
use crate::directory::Site;
use crate::explaining::{place, received};
use crate::http::{group_of, shop_of};
use crate::limits::Of;
use crate::locale::{self, Tables};
use crate::network::Group;
use crate::people::{Person, parsed};
use crate::problem::Problem;
use crate::state::App;

/// The shop's own pages keep no storage: what is refused on them is refused by one device of the person, and what is
/// granted by one for each form, whose name begins so.
pub const DEVICE: &str = "first-party";
/// How long a decision made here says "Saved" and offers Undo.
const FRESH_MS: i64 = 600_000;

/// What an address may carry.
#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    pub site: Option<String>,
    pub lang: Option<String>,
    pub preview: Option<String>,
    pub datum: Option<String>,
    pub sent: Option<String>,
}

/// A browser that opens a page, of which nothing more is known.
pub struct Anyone {
    pub asked: Asked,
    pub tables: &'static Tables,
    pub from: Option<Group>,
}

/// A customer, as the shop's server says.
pub struct Customer {
    pub site: Arc<Site>,
    /// `sub_…` or `shop:…`; none: nobody is signed in.
    name: Option<String>,
    pub person: Option<Arc<Person>>,
    pub anyone: Anyone,
    /// Global Privacy Control, as the shop's server passes it on.
    pub signal: Signal,
    /// What the signal denied and could not be recorded: it holds on this page all the same.
    pub unrecorded: Vec<Change>,
}

impl FromRequestParts<App> for Anyone {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let Query(asked) = Query::<Asked>::try_from_uri(&parts.uri).unwrap_or_default();
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Anyone { tables: locale::chosen(asked.lang.as_deref(), accepted), asked, from: group_of(app, parts) })
    }
}

impl FromRequestParts<App> for Customer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let refused = |problem: Problem| problem.into_response();
        let site = shop_of(app, parts).map_err(refused)?.site;
        let name = word(&parts.headers, "candor-subject").filter(|name| !name.is_empty()).map(str::to_owned);
        let person = match &name {
            Some(name) => app.named(&site, name).await.map_err(refused)?,
            None => None,
        };
        // Whoever sends a form is counted by what it says: a "no" waits for nothing that was looked at.
        if let Some(person) = person.as_ref().filter(|_| parts.method != Method::POST) {
            app.limits.take(Of::Subject, &person.id, 1, app.now()).map_err(refused)?;
        }
        let Ok(anyone) = Anyone::from_request_parts(parts, app).await;
        // Global Privacy Control where no script reads it.
        let signal = if word(&parts.headers, "sec-gpc") == Some("1") { Signal::Browser } else { Signal::None };
        Ok(Customer { site, name, person, anyone, signal, unrecorded: Vec::new() })
    }
}

impl Customer {
    /// What forms are sealed with.
    pub fn holder(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Whether a form came from a page of this customer.
    pub fn sealed(&self, app: &App, token: &str) -> bool {
        seal::holds(app, &self.site, "card", self.holder(), token)
    }

    pub fn is_known(&self) -> bool {
        self.name.is_some()
    }

    pub fn signed_in(&self) -> bool {
        match &self.person {
            Some(person) => person.customer.is_some(),
            None => self.name.as_deref().is_some_and(|name| name.starts_with("shop:")),
        }
    }

    pub fn viewer(&self) -> Option<Viewer<'_>> {
        self.person.as_ref().map(|person| Viewer { subject: &person.id, device: None })
    }

    pub fn choices(&self, app: &App) -> Choices {
        let unknown = || Choices { epoch: app.epoch().to_owned(), ..Choices::default() };
        let mut choices = self.person.as_ref().map_or_else(unknown, |person| app.choices_of(&self.site, person, None));
        for change in &self.unrecorded {
            candor_choices::set(&mut choices, change);
        }
        choices
    }

    /// Forms of this page. They say under which notice and choices they were shown.
    pub fn html(&self, app: &App, path: &str) -> Html {
        let notice = self.site.notice(app.now()).map(|published| published.hash.clone()).unwrap_or_default();
        let choices = self.choices(app);
        let here = format!("{path}?lang={}", self.anyone.language());
        Html {
            action: here.clone(),
            hidden: vec![
                ("token".into(), seal::token(app, &self.site, "card", self.holder())),
                ("notice".into(), notice),
                ("epoch".into(), choices.epoch),
                ("rev".into(), choices.rev.to_string()),
            ],
            here,
        }
    }

    /// What was decided on these pages a moment ago, as the card says it.
    pub async fn saves(&self, app: &App) -> Result<Vec<Save>, Problem> {
        let Some(person) = &self.person else { return Ok(Vec::new()) };
        let id = person.id.clone();
        let rows = app.read(move |view| view.decisions_of(&id)).await?;
        let kept = rows.iter().map(parsed).collect::<Result<Vec<_>, _>>()?;
        let (history, choices, now) = (received(&rows, &kept), self.choices(app), app.now());
        let mut saves: Vec<Save> = Vec::new();
        for (row, (decision, outcome)) in rows.iter().zip(&kept) {
            if !decision.device.starts_with(DEVICE) || now.0 - row.received_at.0 >= FRESH_MS {
                continue;
            }
            if decision.method == DecisionMethod::Signal {
                // Nobody pressed this; what was pressed before it no longer stands.
                saves.retain(|save| !decision.changes().iter().any(|change| change.control == save.control));
                continue;
            }
            let place = |denial: &Decision| place(denial, Some(DEVICE));
            let against = against(decision, &outcome.results, &history, &choices, &self.site.terms, now, place);
            let many = decision.changes().len() > 1;
            for (at, change) in decision.changes().iter().enumerate() {
                saves.retain(|save| save.control != change.control || save.datum != change.datum);
                let known = against.iter().find(|one| one.control == change.control && one.datum == change.datum);
                let state = match outcome.results.get(at) {
                    Some(ChangeResult::Applied) => SaveState::Saved,
                    // On by now all the same: a form that was sent twice says nothing else than it did once.
                    Some(ChangeResult::Superseded) if choices.has(change) => SaveState::Saved,
                    Some(ChangeResult::Superseded) => SaveState::Superseded,
                    None => SaveState::Failed,
                };
                saves.push(Save {
                    control: change.control.clone(),
                    datum: change.datum.clone(),
                    choice: change.choice,
                    state,
                    obstacle: known.map(|one| one.obstacle).unwrap_or_default(),
                    master: many,
                });
            }
        }
        Ok(saves)
    }

    /// The person's own record, newest first: without a script nothing fetches it later.
    pub async fn history(&self, app: &App) -> Result<History, Problem> {
        let Some(person) = &self.person else { return Ok(History::Lines(Vec::new())) };
        let id = person.id.clone();
        let decisions = app.read(move |view| view.decisions_of(&id)).await?;
        let mut lines = Vec::new();
        for received in decisions.iter().rev() {
            let Some((decision, outcome)) = read(&received.body, &received.outcome) else { continue };
            for (at, change) in decision.changes().iter().enumerate() {
                lines.push(Past {
                    at: received.received_at,
                    change: change.clone(),
                    method: decision.method,
                    superseded: outcome.results.get(at) == Some(&ChangeResult::Superseded),
                });
            }
        }
        Ok(History::Lines(lines))
    }
}

impl Anyone {
    pub fn language(&self) -> &'static str {
        self.tables.tag()
    }
}

fn read(body: &str, outcome: &str) -> Option<(Decision, Outcome)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let outcome: Value = serde_json::from_str(outcome).ok()?;
    Some((Decision::read(&body).ok()?, Outcome::read(&outcome).ok()?))
}

fn word<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // `to_str` knows ASCII alone; a shop's own ids may be any text.
    headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
}
