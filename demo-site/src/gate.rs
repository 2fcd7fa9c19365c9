//! The shop's server asks the service, as any shop's does: with its secret key,
//! and never for longer than a page can wait. Where no answer comes it goes by the
//! last one for as long as that one said it holds, and then by none.

use crate::last_known::LastKnown;
use axum::http::uri::PathAndQuery;
use candor_protocol::{Base, Explanation, Timestamp};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use serde_json::{Value, json};
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// How long a page waits for an answer before it does without.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// Pauses before a document is handed in again.
const AGAIN: [u64; 6] = [1, 2, 4, 8, 16, 30];

pub struct Gate {
    client: reqwest::Client,
    service: String,
    key: String,
    notice: RwLock<String>,
    last: LastKnown,
    clock: Clock,
}

/// The time of day, from outside so that a test can move it.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// What to go by where the service does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// Its last answer, while that holds.
    LastAnswer,
    /// Nothing: the customer has just chosen, and the last answer was before that.
    Nothing,
}

/// What the service said about one person's sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    pub subject: Option<String>,
    pub base: Base,
    pub notice: String,
    pub sources: Vec<Verdict>,
    /// Until when it may be relied on.
    pub valid_until: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub source: String,
    pub granted: bool,
    pub left_out: Vec<String>,
    pub reason: String,
    /// Whether the person may be asked for it.
    pub may_ask: bool,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    Kept,
    /// The choices moved meanwhile, or the document is wrong.
    Refused,
    NoAnswer,
}

impl Gate {
    pub fn new(service: &str, key: &str) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|fault| fault.to_string())?;
        let (service, key) = (service.trim_end_matches('/').to_owned(), key.to_owned());
        let clock: Clock = Box::new(crate::picks::now);
        Ok(Self { client, service, key, notice: RwLock::default(), last: LastKnown::default(), clock })
    }

    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Hash of the notice in force, as last heard.
    pub fn notice(&self) -> String {
        self.notice.read().map(|notice| notice.clone()).unwrap_or_default()
    }

    /// Which of the sources may be used for this person; none if nobody answers in
    /// time and there is no answer that still holds. None means: nothing personal.
    /// `gpc`: the browser that asks for the page sends Global Privacy Control.
    pub async fn allowed(&self, subject: &str, gpc: bool, sources: &[&str], without: Without) -> Option<Allowed> {
        if without == Without::Nothing {
            self.forget(subject);
        }
        let asked = self.last.asking((self.clock)());
        if self.last.rest_left(asked.at).is_zero()
            && let Some(answer) = self.ask(subject, gpc, sources).await
        {
            self.last.keep(subject, gpc, &answer, asked);
            return Some(answer);
        }
        self.last.at(subject, gpc, (self.clock)())
    }

    /// Something was decided: no list goes by what was said of this person before.
    pub fn forget(&self, subject: &str) {
        self.last.forget(subject);
    }

    async fn ask(&self, subject: &str, gpc: bool, sources: &[&str]) -> Option<Allowed> {
        let evaluations: Vec<Value> =
            sources.iter().map(|source| json!({ "resource": { "type": "source", "id": source } })).collect();
        let asked = json!({
            "subject": { "type": "subject", "id": subject },
            "action": { "name": "recommendations" },
            "context": { "gpc": gpc },
            "evaluations": evaluations,
        });
        let url = format!("{}/access/v1/evaluations", self.service);
        let sent = self.client.post(url).bearer_auth(&self.key).timeout(PATIENCE).json(&asked).send().await.ok()?;
        if sent.status() != StatusCode::OK {
            self.heed(&sent);
            return None;
        }
        read_allowed(&sent.json().await.ok()?, sources)
    }

    /// The service may ask to be left alone for a while.
    fn heed(&self, answer: &Response) {
        if is_busy(answer) {
            let seconds = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            self.last.rest(seconds.and_then(|word| word.trim().parse().ok()).unwrap_or(1), (self.clock)());
        }
    }

    /// Hands in how a list came about.
    pub async fn keep(&self, document: &Explanation) -> Keeping {
        if !self.last.rest_left((self.clock)()).is_zero() {
            return Keeping::NoAnswer;
        }
        let url = format!("{}/v1/recommendations/{}", self.service, document.id);
        let sent = self.client.put(url).bearer_auth(&self.key).timeout(PATIENCE).json(document).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => Keeping::Kept,
            Ok(answer) if answer.status().is_server_error() || is_busy(&answer) => {
                self.heed(&answer);
                Keeping::NoAnswer
            }
            Ok(answer) => {
                eprintln!("a document was refused: {}", refusal(answer).await);
                Keeping::Refused
            }
            Err(_) => Keeping::NoAnswer,
        }
    }

    /// Hands a document in when the service is back, so that its chip has an answer.
    pub fn keep_later(self: &Arc<Self>, document: Explanation) {
        let gate = Arc::clone(self);
        tokio::spawn(async move {
            for pause in AGAIN {
                let rest = gate.last.rest_left((gate.clock)());
                tokio::time::sleep(Duration::from_secs(pause).max(rest)).await;
                if gate.keep(&document).await != Keeping::NoAnswer {
                    return;
                }
            }
        });
    }

    /// Hears which notice is in force; waits for the service to come up.
    pub async fn hear_notice(&self) -> Result<String, String> {
        let url = format!("{}/v1/notice?site={}", self.service, crate::SITE);
        let mut last = String::new();
        for _ in 0..100 {
            match self.client.get(&url).timeout(Duration::from_secs(2)).send().await {
                Ok(answer) => match answer.json::<Value>().await.ok().and_then(|body| text(&body, "hash")) {
                    Some(hash) => {
                        if let Ok(mut notice) = self.notice.write() {
                            notice.clone_from(&hash);
                        }
                        return Ok(hash);
                    }
                    None => last = "the service knows no notice of this site".to_owned(),
                },
                Err(fault) => last = fault.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(last)
    }

    /// A page's call, made for it: JSON as plain text.
    pub async fn call(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request = self.client.post(format!("{}{path}", self.service)).header("content-type", "text/plain");
        let sent = request.body(body.to_string()).timeout(Duration::from_secs(5)).send().await;
        let answer = sent.map_err(|fault| fault.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("{path}: {}", refusal(answer).await));
        }
        answer.json().await.map_err(|fault| fault.to_string())
    }

    /// A file of the widget, such as its manifest.
    pub async fn embedded(&self, name: &str) -> Option<Value> {
        let url = format!("{}/embed/{name}", self.service);
        self.client.get(url).timeout(Duration::from_secs(2)).send().await.ok()?.json().await.ok()
    }

    /// A request for a page of the service, on behalf of this visitor. None where the
    /// address means another path than it spells: `%2e%2e` is a parent, and the key opens all.
    pub fn on_behalf(&self, method: Method, asked: &PathAndQuery, subject: Option<&str>) -> Option<RequestBuilder> {
        let url = Url::parse(&format!("{}{asked}", self.service)).ok().filter(|url| url.path() == asked.path())?;
        let request = self.client.request(method, url).bearer_auth(&self.key).timeout(Duration::from_secs(5));
        Some(match subject {
            Some(subject) => request.header("Candor-Subject", subject),
            None => request,
        })
    }
}

/// What a log may hold of a refusal. Its body may be a person's: a 409 bears all their choices.
async fn refusal(answer: Response) -> String {
    let (status, problem) = (answer.status(), answer.json::<Value>().await.unwrap_or_default());
    let told = |name| text(&problem, name).map(|word| format!(" {name}={word}"));
    format!("{status}{}", ["type", "fault", "place"].into_iter().filter_map(told).collect::<String>())
}

fn is_busy(answer: &Response) -> bool {
    matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// Anything missing or out of order means that there was no answer.
fn read_allowed(answer: &Value, sources: &[&str]) -> Option<Allowed> {
    let evaluations = answer.get("evaluations")?.as_array()?;
    if evaluations.len() != sources.len() {
        return None;
    }
    let context = evaluations.first()?.get("context")?;
    let base =
        |context: &Value| Some((text(context, "epoch")?, context.get("rev")?.as_u64()?, text(context, "notice")?));
    let asked_at_once = base(context)?;
    let verdict = |(source, evaluation): (&&str, &Value)| {
        let context = evaluation.get("context").filter(|context| base(context).as_ref() == Some(&asked_at_once))?;
        let refs = |value: &Value| {
            value.as_array().map(|refs| refs.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect())
        };
        Some(Verdict {
            source: (*source).to_owned(),
            granted: evaluation.get("decision")?.as_bool()?,
            left_out: context.get("left_out").and_then(refs).unwrap_or_default(),
            reason: text(context, "reason").unwrap_or_default(),
            may_ask: context.get("may_ask").and_then(Value::as_bool).unwrap_or(false),
        })
    };
    let verdicts = sources.iter().zip(evaluations).map(verdict).collect::<Option<Vec<_>>>()?;
    let (epoch, rev, notice) = asked_at_once;
    Some(Allowed {
        subject: text(context, "subject"),
        base: Base { epoch, rev },
        notice,
        valid_until: evaluations.iter().map(valid_until).collect::<Option<Vec<_>>>()?.into_iter().min()?,
        sources: verdicts,
    })
}

fn valid_until(evaluation: &Value) -> Option<Timestamp> {
    Timestamp::parse(evaluation.get("context")?.get("valid_until")?.as_str()?)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_whole_allows_nothing() {
        let evaluation = |decision: Value| {
            json!({ "decision": decision, "context":
                { "epoch": "e_1", "rev": 3, "subject": "sub_1", "left_out": ["5001"], "reason": "granted", "notice": "sha256-0",
                  "valid_until": "2026-11-22T18:01:00Z" } })
        };
        let whole = json!({ "evaluations": [evaluation(json!(true)), evaluation(json!(false))] });
        let allowed = read_allowed(&whole, &["orders", "returns"]).unwrap();
        assert!(allowed.sources[0].granted && !allowed.sources[1].granted);
        assert_eq!(allowed.sources[0].left_out, ["5001"]);
        let mut other_rev = evaluation(json!(true));
        other_rev["context"]["rev"] = 4.into();
        for broken in [
            json!({}),
            json!({ "evaluations": [evaluation(json!(true))] }),
            json!({ "evaluations": [evaluation(json!("yes")), evaluation(json!(true))] }),
            json!({ "evaluations": [{ "decision": true }, { "decision": true }] }),
            json!({ "evaluations": [evaluation(json!(true)), other_rev] }),
        ] {
            assert_eq!(read_allowed(&broken, &["orders", "returns"]), None, "{broken}");
        }
    }

    #[test]
    fn the_key_goes_to_the_path_that_was_spelt_or_nowhere() {
        let gate = Gate::new("http://127.0.0.1:9", "sk_none").unwrap();
        let made = |path: &str| gate.on_behalf(Method::GET, &path.parse().unwrap(), None);
        for path in [
            "/candor/../v1/subjects/shop:hanna",
            "/candor/%2e%2e/v1/subjects/shop:hanna",
            "/candor/%2E./v1/subjects/shop:hanna",
            "/candor/.%2e/v1/subjects/shop:hanna",
            "/candor/./choices",
            "/candor/why/..",
            "/candor\\..\\v1",
        ] {
            assert!(made(path).is_none(), "{path}");
        }
        let request = made("/candor/choices?lang=fr&next=/../v1").unwrap().build().unwrap();
        assert_eq!(request.url().as_str(), "http://127.0.0.1:9/candor/choices?lang=fr&next=/../v1");
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_allows_nothing() {
        let gate = Gate::new("http://127.0.0.1:9", "sk_none").unwrap();
        assert_eq!(gate.allowed("shop:hanna", false, &["orders"], Without::LastAnswer).await, None);
    }
}
