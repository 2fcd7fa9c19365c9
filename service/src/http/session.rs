use axum::extract::State;
use axum::response::Response;
use candor_protocol::{Timestamp, text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::personal;
use super::caller::Page;
use crate::capability::Capability;
use crate::deciding::{BEFORE_ERASURE, Session, SignedIn};
use crate::directory::Site;
use crate::pages;
use crate::problem::{Kind, Problem};
use crate::state::App;
use crate::token;

/// A signed-in person's capability; the shop's token brings a new one.
const SIGNED_IN_HOURS: i64 = 1;
/// An anonymous person's, at the least; nothing but the last one brings a new one.
const ANONYMOUS_DAYS: i64 = 400;
/// After so many pages ask for a new one. Fewer than [`AFTER_GRANTS_DAYS`]: what is granted with an old one, too, ends before it.
const RENEWED_AFTER_DAYS: i64 = 7;
/// It outlives what was granted with it by so much: what is in force can be seen and taken back.
const AFTER_GRANTS_DAYS: i64 = 31;

#[derive(Deserialize, JsonSchema)]
pub struct Request {
    /// Publishable key.
    #[allow(dead_code)]
    site: String,
    /// An id of the browser's own making.
    device: String,
    /// The shop's JWT for who is signed in. None: an anonymous subject.
    token: Option<String>,
    /// This browser's anonymous capability: renewed, or closed at sign-in.
    #[allow(dead_code)]
    capability: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Answer {
    pub subject: String,
    /// Goes into the body of further calls, never into an address.
    pub capability: String,
    pub epoch: String,
    pub rev: u64,
    pub expires_at: Timestamp,
    /// Of an anonymous person: from when on a page asks for a new one, while there is time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_at: Option<Timestamp>,
}

/// `POST /v1/session`: signed in with the shop's token, or a new anonymous subject.
pub async fn post(State(app): State<App>, page: Page<Request>) -> Result<Response, Problem> {
    let device = page.sent.device.clone();
    if !text::is_id(&device) {
        return Err(Problem::because(Kind::Malformed, "`device` is no id."));
    }
    // What these devices say must come from the service itself.
    if device == BEFORE_ERASURE || device.starts_with(pages::DEVICE) {
        return Err(Problem::because(Kind::Malformed, "`device` is a name the service keeps for itself."));
    }
    let signed_in = match &page.sent.token {
        Some(word) => {
            let sign_in = token::verify(word, &page.site.id, &page.site.token_keys, app.now())?;
            Some(SignedIn {
                customer: app.customer_hash(&page.site.id, &sign_in.customer),
                token: app.secret.keyed("token", &[&page.site.id, &sign_in.jti]),
                until: sign_in.until,
            })
        }
        None => None,
    };
    // Renewing needs a capability in time; closing only one that was ours.
    let anonymous = match signed_in {
        Some(_) => page.subject_or_expired().ok(),
        None => page.capability(&app),
    };
    if page.sent.capability.is_some() && anonymous.is_none() {
        return Err(Problem::because(Kind::BadCapability, "Its time has passed."));
    }
    let mut goes_on = false;
    if let Some(capability) = anonymous {
        match app.holder(&page.site, capability).await {
            // Whoever was erased, or was somebody signed in, is no longer gone on with.
            Err(problem) if !matches!(problem.kind, Kind::Erased | Kind::BadCapability) => return Err(problem),
            Err(_) => {}
            Ok(person) => goes_on = person.customer.is_none(),
        }
    }
    let anonymous = anonymous.map(|capability| capability.subject.clone());
    if signed_in.is_none() && !goes_on {
        page.stranger(&app)?;
    }
    let session = Session { core: app.core(), site: page.site.clone(), device: device.clone(), signed_in, anonymous };
    let (subject, choices, is_anonymous) = app.writer.ask(session).await?;
    let expires_at =
        if is_anonymous { outliving(&page.site, app.now()) } else { app.now().plus_hours(SIGNED_IN_HOURS) };
    let capability = Capability { site: page.site.id.clone(), subject: subject.clone(), device, expires_at };
    Ok(personal(Answer {
        subject,
        capability: capability.sign(&app.secret),
        epoch: choices.epoch,
        rev: choices.rev,
        expires_at,
        renew_at: is_anonymous.then(|| app.now().plus_days(RENEWED_AFTER_DAYS)),
    }))
}

fn outliving(site: &Site, now: Timestamp) -> Timestamp {
    now.plus_days(ANONYMOUS_DAYS).max(site.terms.grants_end(now).plus_days(AFTER_GRANTS_DAYS))
}
