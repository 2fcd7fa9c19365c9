use axum::extract::State;
use axum::response::Response;
use candor_protocol::text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::personal;
use super::caller::Page;
use crate::clock::fresh_id;
use crate::deciding::Note;
use crate::live::What;
use crate::problem::{Kind, Problem};
use crate::state::App;
use crate::store::Change;

const TEXT_CHARS: usize = 2_000;

#[derive(Deserialize, JsonSchema)]
pub struct Request {
    #[allow(dead_code)]
    site: String,
    /// None: a stranger's. One that does not hold is refused.
    #[allow(dead_code)]
    capability: Option<String>,
    recommendation: String,
    item: Option<String>,
    kind: About,
    /// At most 2,000 characters.
    text: Option<String>,
}

#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum About {
    NotForMe,
    WrongReason,
    WrongData,
    AskPerson,
}

#[derive(Serialize, JsonSchema)]
pub struct Answer {
    pub id: String,
    pub state: &'static str,
}

/// `POST /v1/feedback`: not for me, or something is wrong.
pub async fn post(State(app): State<App>, page: Page<Request>) -> Result<Response, Problem> {
    let sent = &page.sent;
    let item_fits = sent.item.as_deref().is_none_or(text::is_id);
    if !text::is_recommendation_id(&sent.recommendation) || !item_fits {
        return Err(Problem::because(Kind::Malformed, "`recommendation` or `item` is no id."));
    }
    if sent.text.as_ref().is_some_and(|text| text.chars().count() > TEXT_CHARS) {
        return Err(Problem::because(Kind::TooLarge, "`text` has more than 2,000 characters."));
    }
    let subject = match page.subject_if_sent(&app)? {
        Some(capability) => Some(app.holder(&page.site, capability).await?.id.clone()),
        None => None,
    };
    let (site, wanted) = (page.site.id.clone(), sent.recommendation.clone());
    if app.read(move |view| view.recommendation(&site, &wanted)).await?.is_none() {
        return Err(Problem::new(Kind::NotReady));
    }
    if subject.is_none() {
        page.stranger(&app)?;
    }
    let id = fresh_id(&*app.chance, "fb_");
    let kind = match sent.kind {
        About::NotForMe => "not-for-me",
        About::WrongReason => "wrong-reason",
        About::WrongData => "wrong-data",
        About::AskPerson => "ask-person",
    };
    let change = Change::Feedback {
        id: id.clone(),
        site: page.site.id.clone(),
        subject,
        recommendation: sent.recommendation.clone(),
        item: sent.item.clone(),
        kind: kind.to_owned(),
        text: sent.text.as_deref().map(text::clean),
        at: app.now(),
    };
    app.writer.ask(Note { site: page.site.id.clone(), what: What::Feedback, change }).await?;
    Ok(personal(Answer { id, state: "received" }))
}
