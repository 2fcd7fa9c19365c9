//! What is told to the shop's other systems, and what could not be.

use axum::Form;
use axum::http::StatusCode;
use axum::response::Response;
use candor_desk::pages::{self, Problem as Sorry};
use candor_desk::view::{Endpoint, Letter, Post, Who};
use candor_protocol::Timestamp;
use serde::Deserialize;

use super::super::answer::{html, see};
use super::gate::{Seated, Visitor};
use crate::deciding::Note;
use crate::live::What;
use crate::problem::Problem;
use crate::store::Change;
use crate::store::post::Posting;

const LETTERS: usize = 100;
const DAY_MS: i64 = 86_400_000;

#[derive(Deserialize)]
pub struct Replay {
    token: String,
    endpoint: String,
    /// Empty: all of the endpoint's.
    message: String,
}

/// `GET /desk/webhooks`
pub async fn page(Seated(visitor): Seated) -> Response {
    match gather(&visitor).await {
        Ok(post) => html(StatusCode::OK, pages::webhooks(&visitor.desk(), &post, &visitor.speech())),
        Err(problem) => visitor.failed(&problem),
    }
}

/// `POST /desk/webhooks/replay`: what was given up is sent again, one or all.
pub async fn replay(Seated(visitor): Seated, Form(sent): Form<Replay>) -> Response {
    if !visitor.sealed(&sent.token) {
        return visitor.sorry(Sorry::Stale);
    }
    let (site, at) = (visitor.site.id.clone(), visitor.app.now());
    let message = Some(sent.message).filter(|message| !message.is_empty());
    let change = Change::Post(Posting::Replay { site: site.clone(), endpoint: sent.endpoint, message, at });
    match visitor.app.writer.ask(Note { site, what: What::Undelivered, change }).await {
        Ok(()) => see(&visitor.link("/webhooks")),
        Err(problem) => visitor.failed(&problem),
    }
}

async fn gather(visitor: &Visitor) -> Result<Post, Problem> {
    let (site, since) = (visitor.site.id.clone(), Timestamp(visitor.app.now().0 - DAY_MS));
    let (endpoints, dead) = visitor
        .app
        .read(move |view| {
            let endpoints = view.endpoints(&site)?;
            let mut counted = Vec::with_capacity(endpoints.len());
            for endpoint in endpoints {
                let counts = view.post_counts(endpoint.row, since)?;
                counted.push((endpoint, counts));
            }
            Ok((counted, view.dead_letters(&site, LETTERS)?))
        })
        .await?;
    let letters = dead.into_iter().filter_map(|message| {
        let (endpoint, _) = endpoints.iter().find(|(endpoint, _)| endpoint.row == message.endpoint)?;
        Some(Letter {
            id: message.id,
            endpoint: endpoint.id.clone(),
            url: endpoint.url.clone(),
            in_use: endpoint.disabled_at.is_none(),
            who: Some(message.subject)
                .filter(|who| who.starts_with("sub_") && message.kind == "choice.changed")
                .map(Who::new),
            kind: message.kind,
            status: message.status.unwrap_or_default(),
            attempts: u64::from(message.attempts),
            at: message.done_at.unwrap_or(message.created_at),
        })
    });
    Ok(Post {
        letters: letters.collect(),
        endpoints: endpoints
            .iter()
            .map(|(endpoint, counts)| Endpoint {
                id: endpoint.id.clone(),
                url: endpoint.url.clone(),
                in_use: endpoint.disabled_at.is_none(),
                waiting: counts.waiting,
                delivered: counts.delivered,
                dead: counts.dead,
            })
            .collect(),
    })
}
