//! A subject's own file: exported, erased; by the person or by the shop's server.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::personal;
use super::caller::{Page, Shop};
use super::choices::Own;
use crate::problem::{Kind, Problem};
use crate::state::App;

#[derive(Serialize, JsonSchema)]
pub struct Erased {
    pub erased: bool,
}

/// `POST /v1/export`
pub async fn export(State(app): State<App>, page: Page<Own>) -> Result<Response, Problem> {
    let subject = app.holder(&page.site, page.subject(&app)?).await?.id.clone();
    Ok(file(app.export(&page.site, &subject).await?))
}

/// `POST /v1/erase`
pub async fn erase(State(app): State<App>, page: Page<Own>) -> Result<Response, Problem> {
    let subject = app.holder(&page.site, page.subject(&app)?).await?.id.clone();
    app.erase(page.site.clone(), &subject).await?;
    Ok(personal(Erased { erased: true }))
}

/// `GET /v1/subjects/{id}/export`
pub async fn export_by_shop(State(app): State<App>, shop: Shop, Path(name): Path<String>) -> Result<Response, Problem> {
    let subject = resolve(&app, &shop, &name).await?;
    Ok(file(app.export(&shop.site, &subject).await?))
}

/// `DELETE /v1/subjects/{id}`
pub async fn erase_by_shop(State(app): State<App>, shop: Shop, Path(name): Path<String>) -> Result<Response, Problem> {
    let subject = resolve(&app, &shop, &name).await?;
    app.erase(shop.site.clone(), &subject).await?;
    Ok(personal(Erased { erased: true }))
}

/// `GET /v1/subjects/{id}/choices`
pub async fn choices(State(app): State<App>, shop: Shop, Path(name): Path<String>) -> Result<Response, Problem> {
    let subject = resolve(&app, &shop, &name).await?;
    let person = app.known(&shop.site, &subject).await?;
    Ok(personal(app.choices_of(&shop.site, &person, None)))
}

async fn resolve(app: &App, shop: &Shop, name: &str) -> Result<String, Problem> {
    match app.named(&shop.site, name).await? {
        Some(person) => Ok(person.id.clone()),
        None if name.starts_with("shop:") => Err(Problem::new(Kind::UnknownSubject)),
        None => Ok(app.known(&shop.site, name).await?.id.clone()),
    }
}

fn file(body: serde_json::Value) -> Response {
    let mut response = personal(body);
    let name = HeaderValue::from_static("attachment; filename=\"candor-export.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    response
}
