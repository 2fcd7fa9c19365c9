//! A person's own record, and what they tell the shop.

use std::rc::Rc;

use candor_card::{FeedbackKind, FeedbackState, History, Past};
use candor_protocol::{ChangeResult, Decision, Node, Outcome, Timestamp};

use crate::app::App;
use crate::cards::Card;
use crate::net;
use crate::node::{Js, read};

pub async fn feedback(app: &Rc<App>, card: &Card, kind: FeedbackKind) -> FeedbackState {
    let (recommendation, item) = card.peek(|own| (own.recommendation.clone(), own.item.clone()));
    let mut body = app.body();
    if let Some(session) = &*app.session.borrow() {
        body.text("capability", &session.capability);
    }
    body.text("recommendation", &recommendation);
    if let Some(item) = item {
        body.text("item", &item);
    }
    body.text("kind", kind.as_str());
    if !app.has_service() {
        return FeedbackState::Failed;
    }
    let answer = net::post(&app.url("/v1/feedback"), &body.end(), false).await;
    let id = answer.ok().flatten().and_then(|value| read(value, |node| node.text_of("id")));
    id.map_or(FeedbackState::Failed, |id| FeedbackState::Received { id })
}

pub async fn history(app: &Rc<App>) {
    app.change(|shared| shared.history = History::Loading);
    let lines = ask_history(app).await;
    app.change(|shared| shared.history = lines);
}

async fn ask_history(app: &Rc<App>) -> History {
    let Some(body) = own_body(app).await else { return History::LocalOnly };
    let answer = net::post(&app.url("/v1/history"), &body, false).await;
    let Ok(Some(value)) = answer else { return History::Failed };
    read(value, read_history)
}

fn read_history(node: Js) -> History {
    let Some(list) = node.get("decisions") else { return History::Failed };
    let mut lines = Vec::new();
    for index in (0..list.len()).rev() {
        let Some(entry) = list.at(index) else { continue };
        // A decision's fields stand in the entry itself, or under a name of their own.
        let Ok(decision) = Decision::read(entry.get("decision").unwrap_or(entry)) else { continue };
        let outcome = entry.get("outcome").map(Outcome::read).and_then(Result::ok);
        let at = entry.text_of("received_at").and_then(|text| Timestamp::parse(&text)).unwrap_or(decision.occurred_at);
        for (place, change) in decision.changes().iter().enumerate() {
            let result = outcome.as_ref().and_then(|outcome| outcome.results.get(place));
            lines.push(Past {
                at,
                change: change.clone(),
                method: decision.method,
                superseded: result == Some(&ChangeResult::Superseded),
            });
        }
    }
    History::Lines(lines)
}

/// The access file, handed over as it came.
pub async fn export(app: &Rc<App>) {
    let text = match own_body(app).await {
        Some(body) => net::post_text(&app.url("/v1/export"), &body).await.ok(),
        None => Some(app.peek(|shared| crate::app::choices_object(&shared.choices).end())),
    };
    match text {
        Some(text) => app.host.download("my-choices.json", &text),
        None => app.change(|shared| shared.history = History::Failed),
    }
}

/// Everything this device keeps goes, and the anonymous subject with it. What was refused stays refused.
pub async fn forget(app: &Rc<App>) {
    let refused = app.refusals();
    let anonymous = app.session.borrow().as_ref().is_some_and(|session| session.anonymous);
    if anonymous && let Some(body) = own_body(app).await {
        let _ = net::post(&app.url("/v1/erase"), &body, false).await;
    }
    app.stop_listening();
    app.shelf.clear();
    if !refused.is_empty() {
        app.shelf.set("refused", &refused.join(" "));
    }
    app.identify();
}

async fn own_body(app: &Rc<App>) -> Option<String> {
    if !app.has_service() {
        return None;
    }
    let session = app.session().await.ok().flatten()?;
    let mut body = app.body();
    body.text("capability", &session.capability);
    Some(body.end())
}
