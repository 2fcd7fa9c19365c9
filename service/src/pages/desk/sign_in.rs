//! A desk key opens a session.

use axum::Form;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use candor_desk::pages;
use candor_protocol::Timestamp;
use serde::Deserialize;

use super::super::answer::{html, see};
use super::gate::{COOKIE, SESSION_MS, Visitor, session_word};

#[derive(Deserialize)]
pub struct Key {
    key: String,
    token: String,
}

#[derive(Deserialize)]
pub struct Token {
    token: String,
}

/// `POST /desk/sign-in`
pub async fn enter(visitor: Visitor, Form(sent): Form<Key>) -> Response {
    if !visitor.sealed(&sent.token) {
        return visitor.sorry(pages::Problem::Stale);
    }
    let app = &visitor.app;
    let key = sent.key.trim();
    if !app.is_desk_key(&visitor.site, key) {
        return html(StatusCode::UNAUTHORIZED, pages::sign_in(&visitor.desk(), true, &visitor.speech()));
    }
    let hash = app.secret.keyed("desk-key", &[key]);
    let word = session_word(app, &visitor.site, &hash, Timestamp(app.now().0 + SESSION_MS));
    with_cookie(&visitor, see(&visitor.link("")), &word, SESSION_MS / 1_000)
}

/// `POST /desk/sign-out`
pub async fn leave(visitor: Visitor, Form(sent): Form<Token>) -> Response {
    if !visitor.sealed(&sent.token) {
        return visitor.sorry(pages::Problem::Stale);
    }
    with_cookie(&visitor, see(&visitor.link("")), "", 0)
}

fn with_cookie(visitor: &Visitor, mut response: Response, word: &str, seconds: i64) -> Response {
    let secure = if visitor.app.config.public_url.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={word}; Path=/desk; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
