//! What the shop's server says of a refusal: it ends in a log, and so holds no person's choices.

use axum::Json;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use candor_demo::gate::{Gate, Keeping};
use candor_demo::grants;
use candor_demo::picks::{Place, document};
use candor_demo::shelf::Shelf;
use candor_demo::token::TokenMaker;
use candor_demo::visitor::Visitor;
use serde_json::{Value, json};
use std::process::Command;

/// RFC 8410, 10.3: a key that is everybody's.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";

/// A problem as the service words it, with somebody's choices.
fn problem() -> Value {
    json!({ "type": "urn:candor:problem:played", "title": "Not so.", "fault": "bad-base", "place": "/base/rev",
        "choices": { "rev": 4, "controls": { "recommendations/orders": { "choice": "denied" } } } })
}

/// A service that refuses every document, and every decision with `decided`.
async fn refusing(decided: (StatusCode, Value)) -> String {
    let (status, answer) = decided;
    let routes = axum::Router::new()
        .route("/v1/recommendations/{id}", put(|| async { (StatusCode::CONFLICT, Json(problem())) }))
        .route("/v1/notice", get(|| async { Json(json!({ "hash": "sha256-played" })) }))
        .route("/v1/session", post(|| async { Json(json!({ "epoch": "e_played", "rev": 1, "capability": "c" })) }))
        .route("/v1/decisions", post(move || async move { (status, Json(answer)) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    format!("http://{address}")
}

const AGAIN: &str = "CANDOR_DEMO_TEST_LOG";

/// Runs itself once more, so that what it writes to standard error can be read.
#[tokio::test]
async fn a_refused_document_is_logged_without_the_choices() {
    if std::env::var_os(AGAIN).is_none() {
        let name = "a_refused_document_is_logged_without_the_choices";
        let mut again = Command::new(std::env::current_exe().unwrap());
        let said = again.args(["--exact", name, "--nocapture"]).env(AGAIN, "1").output().unwrap();
        let said = String::from_utf8_lossy(&said.stderr);
        let told = "409 Conflict type=urn:candor:problem:played fault=bad-base place=/base/rev\n";
        assert!(said.contains(&format!("a document was refused: {told}")), "{said}");
        assert!(!said.contains("denied") && !said.contains("recommendations/"), "{said}");
        return;
    }
    let shelf = Shelf::own("http://127.0.0.1:8400").unwrap();
    let hanna = Visitor::read(&Default::default(), Some("hanna"), &shelf);
    let document = document(&shelf, &hanna, &Place::Home, None, "sha256-played").unwrap();
    let gate = Gate::new(&refusing((StatusCode::OK, json!({}))).await, "sk_test").unwrap();
    assert_eq!(gate.keep(&document).await, Keeping::Refused);
}

#[tokio::test]
async fn grants_that_were_not_recorded_are_reported_without_the_choices() {
    let file = std::env::temp_dir().join(format!("candor-demo-log-{}.pem", std::process::id()));
    std::fs::write(&file, KEY).unwrap();
    let tokens = TokenMaker::open(&file).unwrap();
    let _ = std::fs::remove_file(file);

    let outcome = json!({ "decision": "0190", "status": "refused", "rev": 0, "results": [], "reason": "stale-notice" });
    let answer = json!({ "outcomes": [outcome], "choices": problem()["choices"] });
    for (decided, told) in [
        ((StatusCode::OK, answer), "hanna's grants were not recorded: refused stale-notice"),
        (
            (StatusCode::CONFLICT, problem()),
            "/v1/decisions: 409 Conflict type=urn:candor:problem:played fault=bad-base place=/base/rev",
        ),
    ] {
        let gate = Gate::new(&refusing(decided).await, "sk_test").unwrap();
        assert_eq!(grants::record(&gate, &tokens).await.unwrap_err(), told);
    }
}
