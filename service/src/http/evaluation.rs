//! OpenID AuthZEN 1.0: may this source be used for this person, for this purpose?

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use candor_protocol::{Choices, Duration, LegalBasis, Standing, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

use super::answer::personal;
use super::caller::{Shop, read_json};
use crate::directory::Site;
use crate::metrics::count;
use crate::people::Person;
use crate::problem::{Kind, Problem};
use crate::state::App;

/// The most a shop may rely on an answer.
const VALID_MS: i64 = 60_000;
const MOST: usize = 64;

#[derive(Deserialize, JsonSchema, Clone)]
pub struct Subject<'a> {
    /// `subject`.
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    /// `sub_…`, or `shop:` and the shop's own id of a customer.
    #[serde(borrow)]
    id: Cow<'a, str>,
}

#[derive(Deserialize, JsonSchema, Clone)]
pub struct Action<'a> {
    /// The purpose, such as `recommendations`.
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize, JsonSchema, Clone)]
pub struct Resource<'a> {
    /// `source` or `channel`.
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

#[derive(Deserialize, JsonSchema, Clone, Default)]
pub struct Context {
    /// Allowed only if the account and this device both allow.
    device: Option<String>,
    /// The page's request to the shop carried `Sec-GPC: 1`: of what the notice marks `gpc` only a
    /// grant given in the knowledge of the signal allows.
    gpc: Option<bool>,
}

impl Context {
    /// What it does not say itself is as said above.
    fn under(self, above: Option<&Context>) -> Context {
        let Some(above) = above else { return self };
        Context { device: self.device.or_else(|| above.device.clone()), gpc: self.gpc.or(above.gpc) }
    }
}

#[derive(Deserialize, JsonSchema)]
pub struct Request<'a> {
    #[serde(borrow)]
    subject: Subject<'a>,
    #[serde(borrow)]
    action: Action<'a>,
    #[serde(borrow)]
    resource: Resource<'a>,
    #[serde(default)]
    context: Context,
}

#[derive(Deserialize, JsonSchema)]
pub struct Requests<'a> {
    #[serde(borrow)]
    subject: Option<Subject<'a>>,
    #[serde(borrow)]
    action: Option<Action<'a>>,
    #[serde(borrow)]
    resource: Option<Resource<'a>>,
    context: Option<Context>,
    /// Each may leave out what stands above.
    #[serde(borrow)]
    evaluations: Vec<Partial<'a>>,
}

#[derive(Deserialize, JsonSchema)]
pub struct Partial<'a> {
    #[serde(borrow)]
    subject: Option<Subject<'a>>,
    #[serde(borrow)]
    action: Option<Action<'a>>,
    #[serde(borrow)]
    resource: Option<Resource<'a>>,
    context: Option<Context>,
}

#[derive(Serialize, JsonSchema)]
pub struct Answer<'a> {
    pub decision: bool,
    pub context: Because<'a>,
}

#[derive(Serialize, JsonSchema)]
pub struct Answers<'a> {
    pub evaluations: Vec<Answer<'a>>,
}

/// Why, and under what choices.
#[derive(Serialize, JsonSchema)]
pub struct Because<'a> {
    pub epoch: String,
    pub rev: u64,
    /// Null where the shop's customer is not known.
    pub subject: Option<String>,
    /// Data of this source that must not be used.
    pub left_out: Vec<String>,
    pub reason: &'static str,
    /// Whether the person may be asked: nobody decided, a grant lapsed, a signal said no for them, or
    /// they said no themselves longer ago than the notice's `reask_after`, which is never less than twelve months.
    pub may_ask: bool,
    /// Hash of the notice in force.
    pub notice: Option<&'a str>,
    pub valid_until: Timestamp,
}

/// `POST /access/v1/evaluation`
pub async fn one(State(app): State<App>, shop: Shop, body: Bytes) -> Result<Response, Problem> {
    let Request { subject, action, resource, context } = read_json(&body)?;
    let person = find(&app, &shop.site, &subject).await?;
    let gone = app.denied_before_erasure(&shop.site, &subject.id, person.is_some()).await?;
    Ok(personal(evaluate(&app, &shop.site, person.as_deref(), &gone, &action, &resource, &context)?))
}

/// The subject asked about last, who it is, and what was denied before an erasure.
type Found<'a> = (Cow<'a, str>, Option<Arc<Person>>, Arc<[String]>);

/// `POST /access/v1/evaluations`
pub async fn many(State(app): State<App>, shop: Shop, body: Bytes) -> Result<Response, Problem> {
    let all: Requests<'_> = read_json(&body)?;
    if all.evaluations.len() > MOST {
        return Err(Problem::because(Kind::TooLarge, "At most 64 evaluations at once."));
    }
    let mut evaluations = Vec::with_capacity(all.evaluations.len());
    let mut found: Option<Found<'_>> = None;
    for part in all.evaluations {
        let missing =
            |name| Problem::because(Kind::Malformed, format!("`{name}` is neither above nor in the evaluation."));
        let subject = part.subject.or_else(|| all.subject.clone()).ok_or_else(|| missing("subject"))?;
        let action = part.action.or_else(|| all.action.clone()).ok_or_else(|| missing("action"))?;
        let resource = part.resource.or_else(|| all.resource.clone()).ok_or_else(|| missing("resource"))?;
        let context = part.context.unwrap_or_default().under(all.context.as_ref());
        let (person, gone) = match &found {
            Some((id, person, gone)) if *id == subject.id => (person.clone(), gone.clone()),
            _ => {
                let person = find(&app, &shop.site, &subject).await?;
                let gone = app.denied_before_erasure(&shop.site, &subject.id, person.is_some()).await?;
                found = Some((subject.id.clone(), person.clone(), gone.clone()));
                (person, gone)
            }
        };
        evaluations.push(evaluate(&app, &shop.site, person.as_deref(), &gone, &action, &resource, &context)?);
    }
    Ok(personal(Answers { evaluations }))
}

async fn find(app: &App, site: &Site, subject: &Subject<'_>) -> Result<Option<Arc<Person>>, Problem> {
    if subject.r#type != "subject" {
        return Err(Problem::because(Kind::Malformed, "The type of the subject is `subject`."));
    }
    app.named(site, &subject.id).await
}

fn evaluate<'a>(
    app: &App,
    site: &'a Site,
    person: Option<&Person>,
    gone: &[String],
    action: &Action<'_>,
    resource: &Resource<'_>,
    context: &Context,
) -> Result<Answer<'a>, Problem> {
    if !matches!(&*resource.r#type, "source" | "channel") {
        return Err(Problem::because(Kind::Malformed, "The type of the resource is `source` or `channel`."));
    }
    let now = app.now();
    let until = Timestamp(now.0 + VALID_MS);
    let choices_at = |at| match person {
        Some(person) => person.record.choices(&site.terms, at, context.device.as_deref()),
        None => Choices { epoch: app.epoch().to_owned(), ..Choices::default() },
    };
    let choices = choices_at(now);
    let control = format!("{}/{}", action.name, resource.id);
    let asked = Asked { control: &control, kind: &resource.r#type, gpc: context.gpc == Some(true) };
    let (decision, mut reason) = judge(site, person, &choices, &asked, now);
    // Erased, and not back yet: of what was known, the "no" is left.
    if !decision && person.is_none() && gone.contains(&control) {
        reason = "denied";
    }
    // Nothing is promised beyond the moment at which a grant or a notice ends.
    let lasts = !decision || judge(site, person, &choices_at(until), &asked, until).0;
    count(&app.metrics.evaluations);
    if !decision {
        count(&app.metrics.refusals);
        let known = |word: &str| if candor_protocol::text::is_id(word) { word.to_owned() } else { "unknown".into() };
        app.refused(
            &site.id,
            person.map(|person| person.id.as_str()),
            &known(&action.name),
            &known(&resource.id),
            reason,
        );
    }
    let left_out = choices.control(&control).map(|control| control.left_out.clone()).unwrap_or_default();
    Ok(Answer {
        decision,
        context: Because {
            epoch: choices.epoch,
            rev: choices.rev,
            subject: person.map(|person| person.id.clone()),
            left_out,
            reason,
            may_ask: may_ask(site, person, &control, context.device.as_deref(), reason, now),
            notice: site.notice(now).map(|published| published.hash.as_str()),
            valid_until: if lasts { until } else { now },
        },
    })
}

/// A refusal ends the asking for a while; what was refused stays refused.
fn may_ask(
    site: &Site,
    person: Option<&Person>,
    control: &str,
    device: Option<&str>,
    reason: &str,
    now: Timestamp,
) -> bool {
    match reason {
        "unset" | "lapsed" | "unknown-subject" | "denied-by-signal" => true,
        "denied" | "denied-on-device" => {
            let refused = person.and_then(|person| person.record.refused_at(control, device));
            let (Some(refused), Some(published)) = (refused, site.notice(now)) else { return false };
            // Twelve months, whatever the notice says; longer where it says so.
            [Duration::months(12), published.notice.reask_after].iter().all(|span| now >= span.after(refused))
        }
        _ => false,
    }
}

/// What is asked about, apart from whose choices decide.
struct Asked<'a> {
    control: &'a str,
    /// `source` or `channel`.
    kind: &'a str,
    /// The browser sends Global Privacy Control.
    gpc: bool,
}

fn judge(
    site: &Site,
    person: Option<&Person>,
    choices: &Choices,
    asked: &Asked<'_>,
    now: Timestamp,
) -> (bool, &'static str) {
    let &Asked { control, kind, gpc } = asked;
    let Some(published) = site.notice(now) else { return (false, "no-notice") };
    let notice = &published.notice;
    let Some(found) = notice.control(control) else { return (false, "unknown-control") };
    let matter = found.subject_matter();
    if (kind == "source" && notice.source(matter).is_none()) || (kind == "channel" && notice.channel(matter).is_none())
    {
        return (false, "unknown-control");
    }
    if found.legal_basis == LegalBasis::Required {
        return (true, "required");
    }
    let Some(person) = person else { return (false, "unknown-subject") };
    if person.closed {
        return (false, "subject-closed");
    }
    if candor_choices::allowed(choices, notice, found.purpose(), matter) {
        // The page may never load what records the signal, so it counts here before anything is recorded.
        let ended = gpc && candor_choices::signal_ends(found, choices);
        return if ended { (false, "denied-by-signal") } else { (true, "granted") };
    }
    let reason = match choices.control(control) {
        Some(control) if control.device_only => "denied-on-device",
        Some(control) if control.choice == Standing::Denied && control.by_signal => "denied-by-signal",
        Some(control) if control.choice == Standing::Denied => "denied",
        Some(control) if control.lapsed => "lapsed",
        _ => "unset",
    };
    (false, reason)
}
