//! The HTML pages: `/why/…`, `/choices`, `/desk`, and the first-party `/candor/…`.

mod answer;
mod choices;
mod customer;
mod deciding;
mod desk;
mod frame;
mod seal;
mod why;

pub use customer::DEVICE;

use axum::Router;
use axum::routing::get;

use crate::state::App;

/// What anyone may open, and the desk.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/why/{id}", get(why::open).post(why::tell))
        .route("/choices", get(choices::open))
        .route("/card.css", get(frame::style))
        .merge(desk::routes())
        .with_state(app)
}

/// What a shop's server passes on, with its key.
pub fn first_party(app: App) -> Router {
    Router::new()
        .route("/candor/why/{id}", get(why::own).post(why::act))
        .route("/candor/choices", get(choices::own).post(choices::act))
        .route("/candor/card.css", get(frame::style))
        .with_state(app)
}
