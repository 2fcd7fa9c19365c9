//! A shop's own system that is told of changes: a real server on this machine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use candor_service::store::Change;
use candor_service::store::post::{Endpoint, Posting};
use candor_service::webhooks::signature::secret_word;
use hmac::{Hmac, Mac};
use serde_json::Value;

use crate::house::{House, SITE};

/// One request as it came in.
#[derive(Clone)]
pub struct Told {
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Told {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn subject(&self) -> &str {
        self.body["data"]["subject"].as_str().unwrap_or_default()
    }

    pub fn rev(&self) -> u64 {
        self.body["data"]["rev"].as_u64().unwrap_or_default()
    }

    /// Verified as the specification says a receiver does, against this `whsec_…`.
    pub fn is_signed_with(&self, word: &str) -> bool {
        let key = STANDARD.decode(word.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        let signed = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.text);
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|one| one == expected)
    }
}

/// What a receiver does with a request; it is given all that came before, and the new one last.
pub type Answers = Box<dyn Fn(&[Told]) -> Act + Send + Sync>;

pub enum Act {
    Answer(u16),
    AnswerWith(u16, &'static str, &'static str),
    /// Never answers.
    Hang,
}

pub struct Receiver {
    pub url: String,
    told: Arc<Mutex<Vec<Told>>>,
    answers: Arc<Mutex<Answers>>,
}

impl Receiver {
    pub async fn open(answers: impl Fn(&[Told]) -> Act + Send + Sync + 'static) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let answers: Arc<Mutex<Answers>> = Arc::new(Mutex::new(Box::new(answers)));
        let (log, rule) = (told.clone(), answers.clone());
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let text = String::from_utf8(body.to_vec()).unwrap();
            let body = serde_json::from_str(&text).unwrap();
            let act = {
                let mut all = log.lock().unwrap();
                all.push(Told { headers, text, body });
                (rule.lock().unwrap())(&all)
            };
            answer(act).await
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let router = Router::new().route("/hooks", axum::routing::post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Receiver { url, told, answers }
    }

    /// From now on it answers like this.
    pub fn answers(&self, answers: impl Fn(&[Told]) -> Act + Send + Sync + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// What was told once there are this many.
    pub async fn wait(&self, count: usize) -> Vec<Told> {
        until(|| self.told().len() >= count).await;
        self.told()
    }
}

async fn answer(act: Act) -> Response {
    match act {
        Act::Answer(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Act::AnswerWith(status, name, value) => {
            (StatusCode::from_u16(status).unwrap(), [(name, value)]).into_response()
        }
        Act::Hang => std::future::pending().await,
    }
}

/// Waits until something is so; it fails after half a minute.
pub async fn until(so: impl Fn() -> bool) {
    for _ in 0..1_500 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came to be");
}

/// Tells this address of the site's changes from now on.
pub fn register(house: &House, url: &str) -> Endpoint {
    let id = format!("wh_{}", house.app.directory().endpoints().count());
    house.write(&[Change::Post(Posting::Endpoint {
        id: id.clone(),
        site: SITE.into(),
        url: url.into(),
        at: house.app.now(),
    })]);
    endpoint(house, &id)
}

pub fn endpoint(house: &House, id: &str) -> Endpoint {
    let all = house.app.store.read(|view| view.endpoints(SITE)).unwrap();
    all.into_iter().find(|endpoint| endpoint.id == id).unwrap()
}

pub fn secret(house: &House, endpoint: &Endpoint, number: u64) -> String {
    secret_word(&house.app.secret, &endpoint.id, number)
}
