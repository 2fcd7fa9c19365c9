//! The privacy desk over HTTP.

mod act;
mod events;
mod gate;
mod masked;
mod overview;
mod person;
mod shown;
mod sign_in;
mod webhooks;

use axum::Router;
use axum::routing::{get, post};

use super::answer;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk", get(overview::page))
        .route("/desk/", get(overview::page))
        .route("/desk/events", get(events::stream))
        .route("/desk/person/{id}", get(person::page))
        .route("/desk/person/{id}/evidence", post(act::evidence))
        .route("/desk/person/{id}/file", post(act::file))
        .route("/desk/person/{id}/erase", get(person::erase).post(act::erase))
        .route("/desk/feedback/{id}", post(act::feedback))
        .route("/desk/webhooks", get(webhooks::page))
        .route("/desk/webhooks/replay", post(webhooks::replay))
        .route("/desk/find", post(act::find))
        .route("/desk/sign-in", post(sign_in::enter))
        .route("/desk/sign-out", post(sign_in::leave))
        .route("/desk/desk.css", get(|| async { answer::asset("text/css; charset=utf-8", candor_desk::STYLE) }))
        .route("/desk/desk.js", get(|| async { answer::asset("text/javascript; charset=utf-8", candor_desk::SCRIPT) }))
}
