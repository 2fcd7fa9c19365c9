//! Sends what is due.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::Client;
use tokio::task::JoinSet;

use super::{attempt, settle};
use crate::log::log;
use crate::state::App;
use crate::store::post::{Endpoint, Message};

/// How soon a message is sent whose time has come.
const MOMENT: Duration = Duration::from_millis(250);
/// How long to wait where the store took no note of an attempt.
const AGAIN: Duration = Duration::from_millis(500);
/// Messages under way to one endpoint, so that a slow one does not hold up the others.
const PER_ENDPOINT: usize = 8;

/// One endpoint and one subject: never two messages at once.
type Line = (i64, String);

/// Sends for as long as the service runs.
pub async fn run(app: App) {
    let mut tick = tokio::time::interval(MOMENT);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut client: Option<Client> = None;
    let mut under_way: HashSet<Line> = HashSet::new();
    let mut sending: JoinSet<Line> = JoinSet::new();
    loop {
        tokio::select! {
            // What is under way is sent again after the next start, under the same id.
            () = app.stopped() => return sending.shutdown().await,
            _ = tick.tick() => {}
            () = app.bell.notified() => {}
            Some(done) = sending.join_next(), if !sending.is_empty() => match done {
                Ok(line) => { under_way.remove(&line); }
                // An attempt that panicked is one that failed: its line is free again once all are done.
                Err(_) if sending.is_empty() => under_way.clear(),
                Err(_) => {}
            }
        }
        let directory = app.directory();
        for endpoint in directory.endpoints() {
            let busy = under_way.iter().filter(|(row, _)| *row == endpoint.row).count();
            let free = PER_ENDPOINT.saturating_sub(busy);
            if free == 0 {
                continue;
            }
            let Some(client) = ready(&mut client) else { break };
            let (row, now) = (endpoint.row, app.now());
            let due = match app.read(move |view| view.due(row, now, PER_ENDPOINT * 2)).await {
                Ok(due) => due,
                // The store says what is wrong by itself; the next moment is another try.
                Err(_) => continue,
            };
            let lines = due.into_iter().map(|message| ((row, message.subject.clone()), message));
            let new: Vec<_> = lines.filter(|(line, _)| !under_way.contains(line)).take(free).collect();
            for (line, message) in new {
                under_way.insert(line.clone());
                let (app, client, endpoint) = (app.clone(), client.clone(), endpoint.clone());
                sending.spawn(async move {
                    deliver(&app, &client, &endpoint, &message).await;
                    line
                });
            }
        }
    }
}

async fn deliver(app: &App, client: &Client, endpoint: &Endpoint, message: &Message) {
    let end = attempt::send(client, &app.secret, endpoint, message, app.now()).await;
    let settle::Settle { site, posting } = settle::settled(app, endpoint, message, end);
    // Until it is written the line stays taken, or the message would be sent again and again.
    while app.writer.ask(settle::Settle { site: site.clone(), posting: posting.clone() }).await.is_err() {
        tokio::time::sleep(AGAIN).await;
    }
}

fn ready(client: &mut Option<Client>) -> Option<&Client> {
    if client.is_none() {
        match attempt::client() {
            Ok(made) => *client = Some(made),
            Err(fault) => log(format_args!("webhooks cannot be sent: {fault}")),
        }
    }
    client.as_ref()
}
