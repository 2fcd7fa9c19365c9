use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer::public;
use crate::deciding::WriteRefusals;
use crate::problem::Problem;
use crate::state::App;

/// `GET /livez`: the process answers.
pub async fn live() -> &'static str {
    "ok"
}

/// `GET /readyz`: the store can be read and written.
pub async fn ready(State(app): State<App>) -> Result<Response, Problem> {
    app.read(|view| view.generation()).await?;
    app.writer.ask(WriteRefusals(Vec::new())).await?;
    Ok(public(json!({ "status": "ready" })))
}

/// `GET /metrics`
pub async fn metrics(State(app): State<App>) -> Response {
    let text = app.metrics.text(app.writer.waiting(), app.live.listeners(), &app.limits.refused());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
