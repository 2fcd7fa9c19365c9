//! The HTML pages: `/why/…`, `/choices`, `/desk`, and the first-party `/candor/…`.

mod answer;
mod choices;
mod customer;
mod desk;
mod frame;
mod seal;
mod why;

use axum::Router;
use axum::routing::get;

use crate::state::App;

/// Everything of the service that is HTML.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/why/{id}", get(why::open).post(why::tell))
        .route("/choices", get(choices::open))
        .route("/candor/why/{id}", get(why::own).post(why::act))
        .route("/candor/choices", get(choices::own).post(choices::act))
        .route("/card.css", get(frame::style))
        .route("/candor/card.css", get(frame::style))
        .merge(desk::routes())
        .with_state(app)
}
