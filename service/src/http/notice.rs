use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::answer::public;
use super::caller::site_of;
use crate::problem::{Kind, Problem};
use crate::state::App;

#[derive(serde::Deserialize)]
pub struct Of {
    site: Option<String>,
}

/// `GET /v1/notice?site=`: the notice in force, its hash, and the hash of each control's terms.
pub async fn get(State(app): State<App>, Query(of): Query<Of>, headers: HeaderMap) -> Result<Response, Problem> {
    let site = site_of(&app, &headers, of.site.as_deref())?;
    let now = app.now();
    let published = site.notice(now).ok_or(Problem::new(Kind::NoNotice))?;
    let terms: serde_json::Map<_, _> = site
        .terms
        .in_force(now)
        .into_iter()
        .flat_map(|notice| &notice.controls)
        .map(|control| (control.control.clone(), control.hash.clone().into()))
        .collect();
    Ok(public(json!({
        "hash": published.hash,
        "notice": published.notice,
        "terms": terms,
        "epoch": app.epoch(),
    })))
}

/// `GET /.well-known/gpc.json`: this service obeys Global Privacy Control.
pub async fn gpc() -> Response {
    public(json!({ "gpc": true, "lastUpdate": "2026-11-22" }))
}
