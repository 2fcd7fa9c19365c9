//! One person at the desk, and the step before erasing them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use candor_desk::pages;
use candor_desk::view::{Person, Stands, Who};

use super::super::answer::html;
use super::gate::{Seated, Visitor};
use super::overview::{gaps_of, look, refused, report};
use super::{masked, shown};
use crate::acts::with_steps;
use crate::problem::{Kind, Problem};

const LISTS: usize = 5;
const LINES: usize = 400;

/// `GET /desk/person/{id}`
pub async fn page(Seated(visitor): Seated, Path(id): Path<String>) -> Response {
    match gather(&visitor, &id).await {
        Ok(person) => html(StatusCode::OK, pages::person(&visitor.desk(), &person, &visitor.speech())),
        Err(problem) => visitor.failed(&problem),
    }
}

/// `GET /desk/person/{id}/erase`
pub async fn erase(Seated(visitor): Seated, Path(id): Path<String>) -> Response {
    match stock(&visitor, &id).await {
        Ok((decisions, lists)) => {
            let page = pages::erase(&visitor.desk(), &Who::new(id), decisions, lists, &visitor.speech());
            html(StatusCode::OK, page)
        }
        Err(problem) => visitor.failed(&problem),
    }
}

async fn stock(visitor: &Visitor, id: &str) -> Result<(u64, u64), Problem> {
    let person = visitor.app.known(&visitor.site, id).await?;
    let id = person.id.clone();
    let read =
        move |view: &dyn crate::store::Reads| Ok((view.decisions_of(&id)?, view.recommendations_of(&id, LINES)?));
    let (decisions, lists) = visitor.app.read(read).await?;
    Ok((decisions.len() as u64, lists.len() as u64))
}

async fn gather(visitor: &Visitor, id: &str) -> Result<Person, Problem> {
    let (app, site) = (&visitor.app, &visitor.site);
    let known = app.known(site, id).await?;
    let (subject, site_id) = (known.id.clone(), site.id.clone());
    let (row, decisions, lists, refusals, feedback, mut reveals) = app
        .read(move |view| {
            Ok((
                view.subject(&subject)?,
                view.decisions_of(&subject)?,
                view.recommendations_of(&subject, LISTS)?,
                view.refusals_of(&subject, LINES)?,
                with_steps(view, view.feedback_of(&subject)?)?,
                view.reveals(&site_id, None, LINES)?,
            ))
        })
        .await?;
    let row = row.ok_or(Problem::new(Kind::UnknownSubject))?;
    reveals.retain(|reveal| reveal.subject == known.id);
    let unmasked = masked::uncovered(app, &reveals, visitor.name(), &known.id, None);
    let mut timeline = Vec::new();
    for received in decisions.iter().rev() {
        timeline.push(shown::decided(app, site, &known.id, received, unmasked).await?);
    }
    let mut served = Vec::new();
    for kept in &lists {
        let uncovered = masked::uncovered(app, &reveals, visitor.name(), &known.id, Some(&kept.id));
        served.extend(masked::served(app, site, kept, uncovered, visitor.tables.tag()).await?);
    }
    let notice = site.notice(app.now()).map(|published| published.notice.clone());
    let choices = app.choices_of(site, &known, None);
    let controls = notice.iter().flat_map(|notice| &notice.controls);
    let standing = controls
        .map(|control| {
            let stands = choices.control(&control.id);
            Stands {
                control: control.id.clone(),
                choice: choices.standing(&control.id).as_str().to_owned(),
                left_out: stands.map_or(0, |stands| stands.left_out.len()),
                by_signal: stands.is_some_and(|stands| stands.by_signal),
                lapsed: stands.is_some_and(|stands| stands.lapsed),
            }
        })
        .collect();
    Ok(Person {
        who: Who::new(&known.id),
        created_at: row.created_at,
        account: known.customer.is_some(),
        rev: choices.rev,
        standing,
        timeline,
        gaps: gaps_of(&known).collect(),
        served,
        refused: refused(&refusals, LINES),
        feedback: feedback.iter().map(report).collect(),
        looks: reveals.iter().map(look).collect(),
        notice,
    })
}
