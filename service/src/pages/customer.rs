//! Whose page it is. Only the shop's server knows, on the shop's own path.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use candor_card::{History, Html, Past, Save, SaveState};
use candor_choices::against;
use candor_protocol::{
    Base, Binding, Change, ChangeResult, Choice, Choices, Content, Decision, DecisionMethod, Outcome, Surface, Tier,
    text,
};
use serde::Deserialize;
use serde_json::Value;

use crate::acts::Viewer;
use crate::clock::hex;
use crate::deciding::{Incoming, Session, SignedIn};
use crate::directory::Site;
use crate::explaining::{place, received};
use crate::http::{group_of, shop_of};
use crate::locale::{self, Tables};
use crate::network::Group;
use crate::people::{Person, parsed};
use crate::problem::{Kind, Problem};
use crate::secret::sha256;
use crate::state::App;

/// The shop's own pages are one device of the person: they keep no storage.
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
        let Ok(anyone) = Anyone::from_request_parts(parts, app).await;
        Ok(Customer { site, name, person, anyone })
    }
}

impl Customer {
    /// What forms are sealed with.
    pub fn holder(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
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
        self.person.as_ref().map_or_else(unknown, |person| app.choices_of(&self.site, person, None))
    }

    /// Forms of this page. They say under which notice and choices they were shown.
    pub fn html(&self, app: &App, path: &str) -> Html {
        let notice = self.site.notice(app.now()).map(|published| published.hash.clone()).unwrap_or_default();
        let choices = self.choices(app);
        let here = format!("{path}?lang={}", self.anyone.language());
        Html {
            action: here.clone(),
            hidden: vec![
                ("token".into(), super::seal::token(app, "card", self.holder())),
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
            if decision.device != DEVICE || now.0 - row.received_at.0 >= FRESH_MS {
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

    /// Takes what a form sent and makes the decision.
    pub async fn decide(&self, app: &App, fields: &[(String, String)], surface: Surface) -> Result<(), Problem> {
        let changes = changes(fields).ok_or_else(|| Problem::because(Kind::Malformed, "The form names no choice."))?;
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let known = |name: &str| field(name).filter(|value| text::is_id(value)).unwrap_or_default().to_owned();
        let subject = self.subject(app).await?;
        let id = subject.clone();
        let decisions = app.read(move |view| view.decisions_of(&id)).await?;
        let last = decisions
            .iter()
            .filter_map(|received| read(&received.body, &received.outcome))
            .filter(|(decision, _)| decision.device == DEVICE)
            .map(|(decision, _)| decision.seq)
            .max();
        let now = app.now();
        let decision = Decision {
            id: fresh_uuid(app),
            device: DEVICE.to_owned(),
            seq: last.unwrap_or(0) + 1,
            notice: known("notice"),
            served: hex(&sha256(candor_words::bundled_file(self.anyone.language()).as_bytes())),
            locale: self.anyone.language().to_owned(),
            surface,
            tier: Tier::Html,
            binds: Binding::Account,
            content: Content::Changes(changes),
            base: Base { epoch: known("epoch"), rev: field("rev").and_then(|rev| rev.parse().ok()).unwrap_or(0) },
            method: DecisionMethod::Switch,
            occurred_at: now,
        };
        let viewer = Viewer { subject: &subject, device: None };
        app.decide(self.site.clone(), viewer, false, vec![Incoming::Read(decision)]).await.map(|_| ())
    }

    /// The person's subject; a customer the shop signed in gets one now.
    async fn subject(&self, app: &App) -> Result<String, Problem> {
        if let Some(person) = &self.person {
            return Ok(person.id.clone());
        }
        let Some(customer) = self.name.as_deref().and_then(|name| name.strip_prefix("shop:")) else {
            return Err(Problem::new(Kind::UnknownSubject));
        };
        let mut token = [0; 32];
        app.chance.fill(&mut token);
        let signed_in = SignedIn { customer: app.customer_hash(&self.site.id, customer), token, until: app.now() };
        let session = Session {
            core: app.core(),
            site: self.site.clone(),
            device: DEVICE.to_owned(),
            signed_in: Some(signed_in),
            anonymous: None,
        };
        app.writer.ask(session).await.map(|(subject, _, _)| subject)
    }
}

impl Anyone {
    pub fn language(&self) -> &'static str {
        self.tables.tag()
    }
}

/// `control` and `choice`, perhaps with `datum`; or `change` once per control.
fn changes(fields: &[(String, String)]) -> Option<Vec<Change>> {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let change = |control: &str, choice: &str, datum: Option<&str>| {
        let fits = text::is_id(control) && datum.is_none_or(text::is_id);
        let choice = Choice::parse(choice).filter(|_| fits)?;
        Some(Change { control: control.to_owned(), choice, datum: datum.map(str::to_owned) })
    };
    if let (Some(control), Some(choice)) = (field("control"), field("choice")) {
        return Some(vec![change(control, choice, field("datum"))?]);
    }
    let several = fields.iter().filter(|(name, _)| name == "change");
    let changes: Option<Vec<_>> = several
        .map(|(_, value)| value.rsplit_once('=').and_then(|(control, choice)| change(control, choice, None)))
        .collect();
    changes.filter(|changes| !changes.is_empty() && changes.len() <= candor_protocol::limits::CHANGES)
}

fn read(body: &str, outcome: &str) -> Option<(Decision, Outcome)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let outcome: Value = serde_json::from_str(outcome).ok()?;
    Some((Decision::read(&body).ok()?, Outcome::read(&outcome).ok()?))
}

/// A UUID version 7 (RFC 9562, 5.7).
fn fresh_uuid(app: &App) -> String {
    let mut bytes = [0u8; 16];
    app.chance.fill(&mut bytes);
    bytes[..6].copy_from_slice(&app.now().0.to_be_bytes()[2..]);
    bytes[6] = 0x70 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    let digits = hex(&bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn word<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_is_one_change_or_several_or_refused() {
        let one = changes(&fields(&[("control", "recommendations/orders"), ("choice", "denied"), ("datum", "22698")]));
        assert_eq!(one.unwrap()[0].datum.as_deref(), Some("22698"));
        let two = changes(&fields(&[("change", "a/b=denied"), ("change", "a/c=granted")])).unwrap();
        assert_eq!((two[0].choice, two[1].control.as_str()), (Choice::Denied, "a/c"));
        for bad in [&[("control", "a/b")][..], &[("control", "a b"), ("choice", "denied")], &[("change", "a/b=unset")]]
        {
            assert_eq!(changes(&fields(bad)), None, "{bad:?}");
        }
    }
}
