use axum::extract::{Path, State};
use axum::response::Response;
use candor_protocol::{Against, Choices, Decision, Outcome, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::personal;
use super::caller::{Page, Shop, read_json};
use super::choices::missing;
use crate::acts::{Viewer, incoming};
use crate::deciding::CAPABILITY_EXPIRED;
use crate::explaining::explain;
use crate::problem::{Kind, Problem};
use crate::state::App;

#[derive(Deserialize, JsonSchema)]
pub struct Request {
    #[allow(dead_code)]
    site: String,
    #[allow(dead_code)]
    capability: Option<String>,
    /// At most 2 KiB each.
    #[schemars(with = "Vec<Decision>")]
    decisions: Vec<Value>,
}

#[derive(Deserialize, JsonSchema)]
pub struct OfShop {
    #[schemars(with = "Vec<Decision>")]
    decisions: Vec<Value>,
}

#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// One per decision, in their order; immutable.
    pub outcomes: Vec<Outcome>,
    /// What stands now on this device.
    pub choices: Choices,
    /// What stands against the grants that were superseded, now; it may change, outcomes do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Against>,
    /// Hash of the notice in force. A page that shows another one asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Runs of this device's numbers that never arrived, though later ones have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<[u64; 2]>,
}

/// `POST /v1/decisions`: answered after they are on disk.
pub async fn post(State(app): State<App>, page: Page<Request>) -> Result<Response, Problem> {
    let capability = page.subject_or_expired()?;
    app.holder(&page.site, capability).await?;
    let viewer = Viewer { subject: &capability.subject, device: Some(&capability.device) };
    let expired = capability.expires_at <= app.now();
    let decisions = incoming(&page.sent.decisions);
    let (outcomes, choices) = app.decide(page.site.clone(), viewer, expired, decisions).await?;
    // With a new capability all of it is sent again; the denials have had their effect, and a grant beside one of
    // them stays untaken: its outcome says why.
    if expired && outcomes.iter().any(|outcome| outcome.reason.as_deref() == Some(CAPABILITY_EXPIRED)) {
        return Err(Problem::because(Kind::BadCapability, "Its time has passed; denials were taken all the same."));
    }
    let device = Some(capability.device.as_str());
    let against = explain(&app, &page.site, &capability.subject, device, &outcomes, &choices).await?;
    let person = app.person(&page.site.id, &capability.subject).await?;
    let missing = person.map(|person| missing(&person, &capability.device)).unwrap_or_default();
    let notice = page.site.notice(app.now()).map(|published| published.hash.clone());
    Ok(personal(Answer { outcomes, choices, against, notice, missing }))
}

/// `POST /v1/subjects/{id}/decisions`: decisions the shop's server brings, such as those of its telephone agents.
pub async fn of_shop(
    State(app): State<App>,
    shop: Shop,
    Path(name): Path<String>,
    body: axum::body::Bytes,
) -> Result<Response, Problem> {
    if body.len() > limits::REQUEST_BYTES {
        return Err(Problem::new(Kind::TooLarge));
    }
    let sent: OfShop = read_json(&body)?;
    let person = app.named(&shop.site, &name).await?.ok_or(Problem::new(Kind::UnknownSubject))?;
    let viewer = Viewer { subject: &person.id, device: None };
    let (outcomes, choices) = app.decide(shop.site.clone(), viewer, false, incoming(&sent.decisions)).await?;
    let against = explain(&app, &shop.site, &person.id, None, &outcomes, &choices).await?;
    let notice = shop.site.notice(app.now()).map(|published| published.hash.clone());
    // These come from many devices at once; the desk has their gaps.
    Ok(personal(Answer { outcomes, choices, against, notice, missing: Vec::new() }))
}
