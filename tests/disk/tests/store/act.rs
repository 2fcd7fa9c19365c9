//! What is asked of the service, and how it answers: done, or refused in clear words.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::Request;
use candor_protocol::Decision;
use candor_service::clock::{Clock, hex};
use candor_service::deciding::{Became, Import, Imported, WriteRefusals};
use candor_service::problem::Problem;
use candor_service::store::{Change, Options, StoreFault, backup};
use serde_json::{Value, json};

use crate::files::OverDisk;
use crate::house::{HS256, House, ORIGIN, SITE, SK, Still};

/// What the store calls its faults; each has its fix.
const FAULTS: [&str; 4] = ["disk-full", "database-locked", "database-unreadable", "database"];

/// Someone with a capability.
#[derive(Debug, Clone, Default)]
pub struct Someone {
    pub subject: String,
    pub capability: String,
}

#[derive(Clone)]
pub struct Act {
    /// One in a scenario.
    pub name: &'static str,
    pub what: What,
}

#[derive(Clone)]
pub enum What {
    /// As the command line writes: sites, keys, notices, endpoints.
    Write(Vec<Change>),
    SignIn {
        customer: &'static str,
        device: &'static str,
    },
    Decide {
        who: Someone,
        decisions: Value,
    },
    Put(Value),
    Feedback {
        who: Someone,
        recommendation: String,
    },
    /// A read that is refused, and the writing down of it.
    Evaluate {
        subject: String,
        source: &'static str,
    },
    Import(Vec<(&'static str, Value)>),
    Erase(Someone),
    /// Of their own: choices, history, export.
    Read {
        who: Someone,
        path: &'static str,
    },
    Ready,
    Checkpoint,
    Backup(PathBuf),
}

pub enum Reply {
    Done {
        /// What is the same whoever's ids it holds.
        said: Value,
        whole: Value,
    },
    /// The service says that it could not, and why.
    Refused(String),
    /// Neither.
    Wrong(String),
}

impl Act {
    pub async fn send(&self, house: &House) -> Reply {
        match &self.what {
            What::Write(changes) => {
                let changes = changes.clone();
                let done = house.store.write(|tx| {
                    changes.iter().try_for_each(|change| tx.apply(change))?;
                    tx.apply(&Change::Generation)
                });
                match done {
                    // A running service looks again within a moment.
                    Ok(()) => match house.app.refresh().or_else(|_| house.app.refresh()) {
                        Ok(()) => done_with(Value::Null),
                        Err(fault) => Reply::Wrong(fault.to_string()),
                    },
                    Err(fault) => of_store(fault),
                }
            }
            What::SignIn { customer, device } => {
                let body = json!({"site": SITE, "device": device, "token": token(customer)});
                of_http(house, page("/v1/session", &body), |body| json!({"rev": body["rev"]})).await
            }
            What::Decide { who, decisions } => {
                let body = json!({"site": SITE, "capability": who.capability, "decisions": decisions});
                let said = |body: &Value| json!({"outcomes": body["outcomes"], "rev": body["choices"]["rev"], "controls": body["choices"]["controls"]});
                of_http(house, page("/v1/decisions", &body), said).await
            }
            What::Put(doc) => {
                let path = format!("/v1/recommendations/{}", doc["id"].as_str().unwrap_or_default());
                of_http(house, shop("PUT", &path, doc), |body| json!({"state": body["state"]})).await
            }
            What::Feedback { who, recommendation } => {
                let body = json!({"site": SITE, "capability": who.capability, "recommendation": recommendation, "kind": "not-for-me"});
                of_http(house, page("/v1/feedback", &body), |body| json!({"state": body["state"]})).await
            }
            What::Evaluate { subject, source } => {
                let body = json!({"subject": {"type": "subject", "id": subject}, "action": {"name": "recommendations"},
                    "resource": {"type": "source", "id": source}});
                let said = |body: &Value| json!({"decision": body["decision"]});
                let reply = of_http(house, shop("POST", "/access/v1/evaluation", &body), said).await;
                let refusals = house.app.take_refusals();
                match (house.app.writer.ask(WriteRefusals(refusals)).await, reply) {
                    (Err(problem), Reply::Done { .. }) => of_problem(&problem),
                    (_, reply) => reply,
                }
            }
            What::Import(lines) => {
                let Some(site) = house.app.site(SITE) else { return Reply::Wrong("the site is not there".into()) };
                let line = |(customer, decision): &(&str, Value)| Imported {
                    customer: house.app.customer_hash(SITE, customer),
                    decision: Decision::read(decision).expect("a decision"),
                    channel: Some("letter".into()),
                    evidence: None,
                };
                let import = Import { core: house.app.core(), site, lines: lines.iter().map(line).collect() };
                match house.app.writer.ask(import).await {
                    // One that was imported before has its effect.
                    Ok(became) if became.iter().all(|one| matches!(one, Became::Applied | Became::Repeated)) => {
                        done_with(json!(became.len()))
                    }
                    Ok(became) => Reply::Wrong(format!("{became:?}")),
                    Err(problem) => of_problem(&problem),
                }
            }
            What::Erase(who) => {
                let body = json!({"site": SITE, "capability": who.capability});
                of_http(house, page("/v1/erase", &body), Value::clone).await
            }
            What::Read { who, path } => {
                let body = json!({"site": SITE, "capability": who.capability});
                let outcomes = |body: &Value| -> Vec<Value> {
                    body["decisions"].as_array().into_iter().flatten().map(|line| line["outcome"].clone()).collect()
                };
                let said = |body: &Value| json!({"outcomes": outcomes(body), "rev": body["rev"], "controls": body["controls"]});
                of_http(house, page(path, &body), said).await
            }
            What::Ready => of_http(house, get("/readyz"), Value::clone).await,
            What::Checkpoint => match house.store.settle() {
                Ok(()) => done_with(Value::Null),
                Err(fault) => of_store(fault),
            },
            What::Backup(to) => back_up(to),
        }
    }
}

/// As `candor backup` does.
fn back_up(to: &Path) -> Reply {
    let store = Options { files: &OverDisk { links: true }, ..Options::at(to.with_file_name("candor.db")) };
    match backup::copy(&store, to) {
        Ok(()) => done_with(Value::Null),
        Err(_) if to.exists() => Reply::Wrong("a backup that failed is still there".into()),
        Err(fault) => of_store(fault),
    }
}

fn done_with(said: Value) -> Reply {
    Reply::Done { said, whole: Value::Null }
}

async fn of_http(house: &House, request: Request<Body>, said: impl Fn(&Value) -> Value) -> Reply {
    let (status, after, whole) = house.ask(request).await;
    let clear = whole["type"] == "urn:candor:problem:storage" && FAULTS.iter().any(|code| whole["detail"] == *code);
    match status {
        200 | 201 => Reply::Done { said: said(&whole), whole },
        // Erased before, and asked for again.
        410 => Reply::Done { said: json!({"erased": true}), whole },
        503 if clear && after.is_some() => Reply::Refused(whole["detail"].as_str().unwrap_or_default().into()),
        _ => Reply::Wrong(format!("{status} {whole}")),
    }
}

fn of_problem(problem: &Problem) -> Reply {
    match problem.detail.as_deref() {
        Some(code) if problem.kind.code() == "storage" && FAULTS.contains(&code) => Reply::Refused(code.into()),
        _ => Reply::Wrong(format!("{problem:?}")),
    }
}

fn of_store(fault: StoreFault) -> Reply {
    if FAULTS.contains(&fault.code()) && fault.to_string().contains(".db") {
        Reply::Refused(fault.code().into())
    } else {
        Reply::Wrong(fault.to_string())
    }
}

fn page(path: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path).header("origin", ORIGIN).header("content-type", "text/plain");
    request.body(Body::from(body.to_string())).expect("a request")
}

fn shop(method: &str, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {SK}"));
    request.header("content-type", "application/json").body(Body::from(body.to_string())).expect("a request")
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

/// Each is used once, as a page asks for a new one each time.
fn token(customer: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut jti = [0; 8];
    jti.copy_from_slice(&NEXT.fetch_add(1, Ordering::SeqCst).to_be_bytes());
    let claims = json!({"aud": SITE, "sub": customer, "exp": Still.now().0 / 1_000 + 240, "jti": hex(&jti)});
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_secret(HS256)).expect("a token")
}
