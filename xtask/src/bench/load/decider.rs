//! People who decide: alternately yes and no, each having seen what stands.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::connection::Connection;
use super::service::{ORDERS, ORIGIN, SITE};
use super::{Talk, runtime};

/// What a decision says beside who makes it and what it changes.
const SETTING: &str = r#""served":"sha256-0f7c1a2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8","locale":"en","surface":"storefront","tier":"wasm""#;
const MADE: &str = r#""method":"switch","occurred_at":"2026-11-22T18:00:00.000Z""#;

/// One person on one device, who is the only one to decide for their subject.
#[derive(Debug, Clone)]
pub struct Person {
    pub subject: String,
    pub capability: String,
    pub device: String,
    pub epoch: String,
    /// Decisions made so far; each took the rev of its number.
    pub made: u64,
}

/// People who take turns on one connection, one decision a request.
pub struct Decider {
    people: Vec<Person>,
    notice: String,
    turn: usize,
    body: Vec<u8>,
    wanted: Vec<u8>,
}

impl Decider {
    pub fn new(people: Vec<Person>, notice: &str) -> Self {
        Decider { people, notice: notice.to_owned(), turn: 0, body: Vec::new(), wanted: Vec::new() }
    }

    /// Whether this answers what was asked last.
    pub fn is_wanted(&self, status: u16, body: &[u8]) -> bool {
        status == 200 && body.starts_with(&self.wanted)
    }

    pub fn people(self) -> Vec<Person> {
        self.people
    }
}

impl Talk for Decider {
    fn ask(&mut self, request: &mut Vec<u8>) {
        use std::io::Write;
        let person = &self.people[self.turn];
        self.body.clear();
        person.open(&mut self.body);
        person.decision(&mut self.body, person.made + 1, &self.notice);
        self.body.extend_from_slice(b"]}");
        post(request, "/v1/decisions", &self.body);
        self.wanted.clear();
        // Writing into a vector cannot fail.
        let _ = write!(self.wanted, r#"{{"outcomes":[{}],"#, person.outcome(person.made + 1));
    }

    fn heard(&mut self, status: u16, body: &[u8]) -> bool {
        let right = self.is_wanted(status, body);
        self.people[self.turn].made += u64::from(right);
        self.turn = (self.turn + 1) % self.people.len();
        right
    }
}

impl Person {
    /// The id of their decision of this number; ids are scoped to the subject.
    pub fn id(&self, seq: u64) -> String {
        format!("01930000-0000-7000-8000-{seq:012x}")
    }

    /// What that decision is answered: it is recorded, and applies.
    pub fn outcome(&self, seq: u64) -> String {
        format!(r#"{{"decision":"{}","status":"recorded","rev":{seq},"results":["applied"]}}"#, self.id(seq))
    }

    /// The beginning of a request, up to the list of decisions.
    pub fn open(&self, body: &mut Vec<u8>) {
        use std::io::Write;
        let _ = write!(body, r#"{{"site":"{SITE}","capability":"{}","decisions":["#, self.capability);
    }

    /// Their decision of this number: odd ones grant, even ones deny, made by
    /// someone who saw what the one before left.
    pub fn decision(&self, body: &mut Vec<u8>, seq: u64, notice: &str) {
        use std::io::Write;
        let choice = if seq % 2 == 1 { "granted" } else { "denied" };
        let (id, device, epoch, seen) = (self.id(seq), &self.device, &self.epoch, seq - 1);
        let _ = write!(
            body,
            r#"{{"id":"{id}","device":"{device}","seq":{seq},"notice":"{notice}",{SETTING},"changes":[{{"control":"{ORDERS}","choice":"{choice}"}}],"base":{{"epoch":"{epoch}","rev":{seen}}},{MADE}}}"#
        );
    }

    /// Asks for everything that is kept of them.
    pub fn history(&self, request: &mut Vec<u8>) {
        post(request, "/v1/history", format!(r#"{{"site":"{SITE}","capability":"{}"}}"#, self.capability).as_bytes());
    }
}

/// A page's call: CORS-simple.
pub fn post(request: &mut Vec<u8>, path: &str, body: &[u8]) {
    use std::io::Write;
    let _ = write!(
        request,
        "POST {path} HTTP/1.1\r\nHost: candor.example\r\nOrigin: {ORIGIN}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    request.extend_from_slice(body);
}

/// So many people begin, each anonymous and on a device of their own.
pub fn begin(address: SocketAddr, number: usize) -> Result<Vec<Person>> {
    runtime()?.block_on(async {
        let mut lines = tokio::task::JoinSet::new();
        let connections = number.clamp(1, 32);
        for line in 0..connections {
            lines.spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut people = Vec::new();
                for at in (line..number).step_by(connections) {
                    people.push(session(&mut connection, &format!("device-{at}")).await?);
                }
                anyhow::Ok(people)
            });
        }
        let mut people = Vec::with_capacity(number);
        while let Some(begun) = lines.join_next().await {
            people.extend(begun??);
        }
        Ok(people)
    })
}

pub async fn session(connection: &mut Connection, device: &str) -> Result<Person> {
    let mut request = Vec::new();
    post(&mut request, "/v1/session", format!(r#"{{"site":"{SITE}","device":"{device}"}}"#).as_bytes());
    let answer = connection.ask(&request).await?;
    if answer.status != 200 {
        bail!("no session: {} {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    let told: Value = serde_json::from_slice(answer.body)?;
    let text = |name: &str| told[name].as_str().map(str::to_owned).with_context(|| format!("a session has no {name}"));
    Ok(Person {
        subject: text("subject")?,
        capability: text("capability")?,
        device: device.to_owned(),
        epoch: text("epoch")?,
        made: 0,
    })
}
