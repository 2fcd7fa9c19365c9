use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use candor_protocol::Choices;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::personal;
use super::caller::Page;
use crate::acts::{history as told, reported, with_steps};
use crate::people::Person;
use crate::problem::{Kind, Problem};
use crate::state::App;

/// A device that lost more than this has lost its storage; the first runs say so.
const GAPS: usize = 16;

#[derive(Deserialize, JsonSchema)]
pub struct Request {
    #[allow(dead_code)]
    site: String,
    #[allow(dead_code)]
    capability: Option<String>,
    /// What the page has; the answer is 204 if it is still so.
    epoch: Option<String>,
    rev: Option<u64>,
    /// Hash of the notice the page shows; where another one is in force the answer is not 204.
    notice: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub struct Own {
    #[allow(dead_code)]
    site: String,
    #[allow(dead_code)]
    capability: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Answer {
    #[serde(flatten)]
    pub choices: Choices,
    /// Hash of the notice in force. A page that shows another one asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Runs of this device's numbers that never arrived, though later ones have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<[u64; 2]>,
}

#[derive(Serialize, JsonSchema)]
pub struct History {
    /// Decisions as they came, each with `outcome` and `received_at`.
    pub decisions: Vec<Value>,
    /// What this subject reported, newest first, each with its `state` (`received`, `looked-at`,
    /// `answered`, `mended`) and the `steps` that led there.
    pub feedback: Vec<Value>,
}

/// `POST /v1/choices`: what stands on this device.
pub async fn post(State(app): State<App>, page: Page<Request>) -> Result<Response, Problem> {
    let capability = page.subject(&app)?;
    let person = app.holder(&page.site, capability).await?;
    if person.closed {
        return Err(Problem::new(Kind::Closed));
    }
    let choices = app.choices_of(&page.site, &person, Some(&capability.device));
    // A grant can lapse without a new rev: then there is something to tell.
    let lapsed = choices.controls.iter().any(|control| control.lapsed);
    let notice = page.site.notice(app.now()).map(|published| published.hash.clone());
    let renoticed = page.sent.notice.is_some() && page.sent.notice != notice;
    if !lapsed && !renoticed && page.sent.epoch.as_ref() == Some(&choices.epoch) && page.sent.rev == Some(choices.rev) {
        let mut response = StatusCode::NO_CONTENT.into_response();
        response.headers_mut().insert("cache-control", axum::http::HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    let missing = missing(&person, &capability.device);
    Ok(personal(Answer { choices, notice, missing }))
}

/// What never came of this device, first and last of each run.
pub fn missing(person: &Person, device: &str) -> Vec<[u64; 2]> {
    person.record.missing(device, GAPS).into_iter().map(|run| [*run.start(), *run.end()]).collect()
}

/// `POST /v1/history`: what this subject decided, and what became of it.
pub async fn history(State(app): State<App>, page: Page<Own>) -> Result<Response, Problem> {
    let subject = app.holder(&page.site, page.subject(&app)?).await?.id.clone();
    let (decisions, feedback) = app
        .read(move |view| Ok((view.decisions_of(&subject)?, with_steps(view, view.feedback_of(&subject)?)?)))
        .await?;
    Ok(personal(History { decisions: told(&decisions), feedback: reported(&feedback) }))
}
