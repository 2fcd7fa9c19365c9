//! What stands around the card where there is no shop's page: a document of its own.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use candor_card::{Card, Tree};
use leptos::prelude::*;

use super::answer;
use crate::state::App;

/// The page's own few rules around the card's sheet.
const AROUND: &str = "
html { color-scheme: light dark; }
body { margin: 0 auto; max-width: 32rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Helvetica Neue', Arial, sans-serif; }
body > nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin-block-end: 1rem; font-size: 0.875rem; }
body > nav a { color: inherit; display: inline-block; padding-block: 0.2rem; }
main > .card { padding: 0.75rem 0 0; }
";

/// What the page is for.
pub struct Page {
    pub title: String,
    pub language: &'static str,
    pub direction: &'static str,
    /// Links above the card: label, address.
    pub links: Vec<(String, String)>,
    /// Where the sheet lies: the service's own path, or the shop's.
    pub first_party: bool,
    pub status: StatusCode,
}

pub fn page(app: &App, page: Page, shown: Tree) -> Response {
    let sheet = format!(
        "{}/card.css?{}",
        if page.first_party { "/candor" } else { "" },
        candor_desk::fingerprint(candor_card::STYLE)
    );
    let links = page.links.into_iter().map(|(label, address)| view! { <a href=address>{label}</a> }).collect_view();
    let owner = Owner::new();
    let text = owner.with(|| {
        let card = view! { <Card draw=Arc::new(move || shown.clone()) on=Arc::new(|_| {})/> };
        view! {
            <html lang=page.language dir=page.direction>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    <meta name="robots" content="noindex"/>
                    <title>{page.title.clone()}</title>
                    <link rel="icon" href="data:,"/>
                    <link rel="stylesheet" href=sheet/>
                </head>
                <body class="candor"><nav>{links}</nav><main><h1 class="fine">{page.title}</h1>{card}</main></body>
            </html>
        }
        .to_html()
    });
    drop(owner);
    let mut response = answer::html(page.status, format!("<!DOCTYPE html>{text}"));
    if let Ok(policy) = HeaderValue::from_str(&policy(app)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// `GET /card.css`
pub async fn style() -> Response {
    static SHEET: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| format!("{AROUND}{}", candor_card::STYLE));
    answer::asset("text/css; charset=utf-8", &SHEET)
}

/// No script at all, and no style but the sheet.
fn policy(app: &App) -> String {
    let ancestors = match app.config.frame_ancestors.as_slice() {
        [] => "'none'".to_owned(),
        origins => origins.join(" "),
    };
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self' https: http: data:; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
}
