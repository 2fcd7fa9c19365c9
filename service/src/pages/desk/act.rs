//! What the privacy team does: uncover, download, erase, find. All of it is logged first.

use axum::Form;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use candor_desk::pages::Problem as Sorry;
use candor_protocol::text;
use serde::Deserialize;

use super::super::answer::see;
use super::gate::{Seated, Visitor};
use crate::deciding::{NOBODY, Note};
use crate::live::What;
use crate::problem::Problem;
use crate::store::Change;

#[derive(Deserialize)]
pub struct Evidence {
    token: String,
    recommendation: String,
    /// A form that chose none sends none.
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
pub struct File {
    token: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
pub struct Step {
    token: String,
    /// The state that was on the page.
    from: String,
    state: String,
    /// Whose page it was pressed on; empty for the first page.
    #[serde(default)]
    person: String,
}

/// Why somebody looks.
const REASONS: [&str; 3] = ["asked", "complaint", "audit"];

#[derive(Deserialize)]
pub struct Erase {
    token: String,
    sure: Option<String>,
}

#[derive(Deserialize)]
pub struct Customer {
    token: String,
    customer: String,
}

/// `POST /desk/person/{id}/evidence`: logs the asking, then shows for two minutes.
pub async fn evidence(Seated(visitor): Seated, Path(id): Path<String>, Form(sent): Form<Evidence>) -> Response {
    let known = REASONS.contains(&sent.reason.as_str());
    if !visitor.sealed(&sent.token) || !known || !text::is_recommendation_id(&sent.recommendation) {
        return visitor.sorry(Sorry::Stale);
    }
    let what = format!("evidence {} {}", sent.recommendation, sent.reason);
    match log(&visitor, &id, &what).await {
        Ok(()) => see(&visitor.link(&format!("/person/{}", candor_desk::encoded(&id)))),
        Err(problem) => visitor.failed(&problem),
    }
}

/// `POST /desk/person/{id}/file`: everything that is kept of a person, as JSON.
pub async fn file(Seated(visitor): Seated, Path(id): Path<String>, Form(sent): Form<File>) -> Response {
    if !visitor.sealed(&sent.token) || !REASONS.contains(&sent.reason.as_str()) {
        return visitor.sorry(Sorry::Stale);
    }
    let exported = match log(&visitor, &id, &format!("file - {}", sent.reason)).await {
        Ok(()) => visitor.app.export(&visitor.site, &id).await,
        Err(problem) => Err(problem),
    };
    match exported {
        Ok(file) => {
            let text = serde_json::to_string_pretty(&file).unwrap_or_default();
            let mut response = ([(header::CONTENT_TYPE, "application/json")], text).into_response();
            let name = format!("attachment; filename=\"access-file-{id}.json\"");
            if let Ok(name) = HeaderValue::from_str(&name) {
                response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
            }
            response
        }
        Err(problem) => visitor.failed(&problem),
    }
}

/// `POST /desk/person/{id}/erase`
pub async fn erase(Seated(visitor): Seated, Path(id): Path<String>, Form(sent): Form<Erase>) -> Response {
    if !visitor.sealed(&sent.token) {
        return visitor.sorry(Sorry::Stale);
    }
    if sent.sure.as_deref() != Some("yes") {
        return see(&visitor.link(&format!("/person/{}/erase", candor_desk::encoded(&id))));
    }
    let (app, site) = (&visitor.app, &visitor.site);
    // The line that stays names nobody, or the erasure would not be one.
    let erased = match app.known(site, &id).await {
        Ok(person) => app.erase(site.clone(), &person.id).await,
        Err(problem) => Err(problem),
    };
    let logged = match erased {
        Ok(()) => app.reveal(site, NOBODY, visitor.name(), "erase").await,
        Err(problem) => Err(problem),
    };
    match logged {
        Ok(()) => see(&visitor.link("?said=erased")),
        Err(problem) => visitor.failed(&problem),
    }
}

/// `POST /desk/feedback/{id}`: what was done about what a customer reported, and by whom.
pub async fn feedback(Seated(visitor): Seated, Path(id): Path<String>, Form(sent): Form<Step>) -> Response {
    if !visitor.sealed(&sent.token) || !candor_desk::feedback::next(&sent.from).contains(&sent.state.as_str()) {
        return visitor.sorry(Sorry::Stale);
    }
    let site = visitor.site.id.clone();
    let change = Change::FeedbackStep {
        site: site.clone(),
        feedback: id,
        from: sent.from,
        state: sent.state,
        who: visitor.name().to_owned(),
        at: visitor.app.now(),
    };
    match visitor.app.writer.ask(Note { site, what: What::Feedback, change }).await {
        Ok(()) if sent.person.is_empty() => see(&format!("{}#h-feedback", visitor.link(""))),
        Ok(()) => {
            see(&format!("{}#h-feedback", visitor.link(&format!("/person/{}", candor_desk::encoded(&sent.person)))))
        }
        Err(problem) => visitor.failed(&problem),
    }
}

/// `POST /desk/find`: by pseudonym, by its short form, or by the shop's customer number.
pub async fn find(Seated(visitor): Seated, Form(sent): Form<Customer>) -> Response {
    if !visitor.sealed(&sent.token) {
        return visitor.sorry(Sorry::Stale);
    }
    let name = sent.customer.trim();
    let found = if name.starts_with("sub_") {
        visitor.app.named(&visitor.site, name).await
    } else {
        match short(&visitor, name).await {
            Ok(None) => visitor.app.named(&visitor.site, &format!("shop:{name}")).await,
            Ok(Some(id)) => visitor.app.named(&visitor.site, &id).await,
            Err(problem) => Err(problem),
        }
    };
    match found {
        Ok(Some(person)) => see(&visitor.link(&format!("/person/{}", candor_desk::encoded(&person.id)))),
        Ok(None) => visitor.sorry(Sorry::NotFound),
        Err(problem) => visitor.failed(&problem),
    }
}

/// The pseudonym that is written "XYZ-123" at the desk, among the newest thousand.
async fn short(visitor: &Visitor, name: &str) -> Result<Option<String>, Problem> {
    let (site, name) = (visitor.site.id.clone(), name.to_uppercase());
    let rows = visitor.app.read(move |view| view.subjects(&site, None, 1_000)).await?;
    Ok(rows.into_iter().map(|row| row.id).find(|id| candor_desk::view::Who::new(id.clone()).name() == name))
}

async fn log(visitor: &Visitor, id: &str, what: &str) -> Result<(), Problem> {
    let person = visitor.app.known(&visitor.site, id).await?;
    visitor.app.reveal(&visitor.site, &person.id, visitor.name(), what).await
}
