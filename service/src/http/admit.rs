//! Who is let in, before anything is read: not too many at once, not too often from one address.

use std::net::SocketAddr;

use axum::body::HttpBody;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::routes::{Caller, Route};
use crate::limits::Of;
use crate::network::{Group, client};
use crate::problem::{Kind, Problem};
use crate::state::App;

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// As the route says who asks.
pub async fn to(route: &Route, app: &App, request: Request, next: Next) -> Response {
    match route.caller {
        // Whoever reads its key counts the site, and the address where the key is wrong.
        Caller::Shop => in_turn(app, request, next).await,
        Caller::Anyone if !route.is_limited() => next.run(request).await,
        Caller::Page | Caller::Anyone => at_address(app, request, next).await,
    }
}

/// As pages and strangers are.
pub async fn by_address(State(app): State<App>, request: Request, next: Next) -> Response {
    at_address(&app, request, next).await
}

/// As a shop's server is.
pub async fn by_key(State(app): State<App>, request: Request, next: Next) -> Response {
    in_turn(&app, request, next).await
}

/// Each address has so many turns.
async fn at_address(app: &App, request: Request, next: Next) -> Response {
    let group = group(app, request.extensions(), request.headers());
    if let Err(problem) = address(app, group) {
        if request.headers().contains_key(FORWARDED) && !is_proxy(app, request.extensions()) {
            app.limits.tell_of_proxies();
        }
        return problem.into_response();
    }
    in_turn(app, request, next).await
}

/// One more of this address; without a connection, such as in a simulator, there is none.
pub fn address(app: &App, group: Option<Group>) -> Result<(), Problem> {
    group.map_or(Ok(()), |group| app.limits.take(Of::Address, group, 1, app.now()))
}

/// One more thing that is kept for this address though nobody knows who it is.
pub fn stranger(app: &App, group: Option<Group>) -> Result<(), Problem> {
    group.map_or(Ok(()), |group| app.limits.take(Of::Strangers, group, 1, app.now()))
}

pub fn group_of(app: &App, parts: &Parts) -> Option<Group> {
    group(app, &parts.extensions, &parts.headers)
}

fn group(app: &App, connection: &Extensions, headers: &HeaderMap) -> Option<Group> {
    let ConnectInfo(peer) = connection.get::<ConnectInfo<SocketAddr>>()?;
    let chain = headers.get_all(FORWARDED).iter().map(|value| value.to_str().unwrap_or_default());
    Some(Group::of(client(peer.ip(), chain, &app.config.trusted_proxies)))
}

fn is_proxy(app: &App, connection: &Extensions) -> bool {
    let peer = connection.get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|peer| app.config.trusted_proxies.iter().any(|network| network.contains(peer.0.ip())))
}

/// Answered now or not at all: what waits would only wait longer.
async fn in_turn(app: &App, request: Request, next: Next) -> Response {
    let Some(_place) = app.limits.enter() else { return Problem::new(Kind::Busy).into_response() };
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // A body that trickles in holds its place no longer than this.
    match tokio::time::timeout(app.config.bounds.answer, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Kind::TooSlow).into_response(),
    }
}
