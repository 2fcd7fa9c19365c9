//! A running service in a folder of its own, with one site, and someone to ask it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use candor_protocol::Timestamp;
use candor_service::clock::{Clock, OsChance};
use candor_service::directory::notice_hash;
use candor_service::serve::{Running, open_with};
use candor_service::state::{App, Config};
use candor_service::store::{Change, Options, Tx};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const SITE: &str = "pk_test";
pub const ORIGIN: &str = "https://shop.example";
pub const ORDERS: &str = "recommendations/orders";
pub const RETURNS: &str = "recommendations/returns";
pub const SK: &str = "sk_of_the_tests";
pub const SK_REFERENCE: &str = "sk_of_the_recommender";
pub const HS256: &[u8] = b"a shared secret of the shop, at least 32 bytes";
/// 2026-11-22T18:00:00Z
const START: i64 = 1_795_370_400_000;

/// A clock that the test moves.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl Hands {
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

pub struct House {
    pub base: String,
    pub clock: Hands,
    pub app: App,
    pub folder: Arc<tempfile::TempDir>,
    pub http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<Result<(), String>>>,
}

pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The code of the problem.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().trim_start_matches("urn:candor:problem:")
    }
}

/// Someone with a capability.
#[derive(Clone)]
pub struct Someone {
    pub subject: String,
    pub capability: String,
    pub device: String,
    pub epoch: String,
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// Set up in another way; without that there are no limits.
    pub async fn open_with(set: impl FnOnce(&mut Config)) -> Self {
        let (folder, clock) = (Arc::new(tempfile::tempdir().unwrap()), Hands(Arc::new(AtomicI64::new(START))));
        let house = Self::start(folder, clock, |_| {}, set).await;
        house.add_site(SITE, ORIGIN, SK);
        house.publish(SITE, &notice(SITE, 1));
        house
    }

    pub async fn in_folder(folder: Arc<tempfile::TempDir>, clock: Hands, set: impl FnOnce(&mut Options)) -> Self {
        Self::start(folder, clock, set, |_| {}).await
    }

    async fn start(
        folder: Arc<tempfile::TempDir>,
        clock: Hands,
        set: impl FnOnce(&mut Options),
        set_up: impl FnOnce(&mut Config),
    ) -> Self {
        let mut options = Options::at(folder.path().join("candor.db"));
        set(&mut options);
        let opened = open_with(folder.path(), options, &OsChance).unwrap();
        let mut config = Config {
            public_url: "https://candor.example".into(),
            embed: Some(folder.path().join("pkg")),
            ..Config::default()
        };
        set_up(&mut config);
        let running = Running::start_with(opened, config, Box::new(clock.clone()), Box::new(OsChance)).unwrap();
        let app = running.app.clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(running.serve(listener, async move {
            let _ = stopped.await;
        }));
        House { base, clock, app, folder, http: reqwest::Client::new(), stop: Some(stop), served: Some(served) }
    }

    /// Ends it gracefully and starts it again over the same folder.
    pub async fn restart(mut self) -> Self {
        self.end().await;
        let (folder, clock) = (self.folder.clone(), self.clock.clone());
        drop(self);
        Self::in_folder(folder, clock, |_| {}).await
    }

    pub async fn end(&mut self) {
        if let (Some(stop), Some(served)) = (self.stop.take(), self.served.take()) {
            let _ = stop.send(());
            served.await.unwrap().unwrap();
        }
    }

    pub fn write(&self, changes: &[Change]) {
        let store = self.app.store.clone();
        store
            .write(|tx: &mut dyn Tx| {
                changes.iter().try_for_each(|change| tx.apply(change))?;
                tx.apply(&Change::Generation)
            })
            .unwrap();
        self.app.refresh().unwrap();
    }

    pub fn add_site(&self, site: &str, origin: &str, sk: &str) {
        let (at, site) = (self.app.now(), site.to_owned());
        let hash = |key: &str| self.app.secret.keyed("secret-key", &[key]);
        let mut changes = vec![
            Change::Site { id: site.clone(), name: "Shop".into(), origins: vec![origin.into()], at },
            Change::SecretKey { site: site.clone(), hash: hash(sk), reference: false, at },
            Change::TokenKey { site: site.clone(), alg: "HS256".into(), key: HS256.to_vec(), at },
        ];
        if site == SITE {
            changes.push(Change::SecretKey { site, hash: hash(SK_REFERENCE), reference: true, at });
        }
        self.write(&changes);
    }

    pub fn publish(&self, site: &str, notice: &Value) -> String {
        let body = notice.to_string();
        let hash = notice_hash(&body);
        self.write(&[Change::Notice { site: site.into(), hash: hash.clone(), body, at: self.app.now() }]);
        hash
    }

    pub fn notice(&self) -> String {
        self.app.site(SITE).unwrap().notice(self.app.now()).unwrap().hash.clone()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// As a page of the site would: text/plain, its origin, nothing else.
    pub async fn page(&self, path: &str, body: Value) -> Answer {
        self.page_from(ORIGIN, path, body).await
    }

    pub async fn page_from(&self, origin: &str, path: &str, body: Value) -> Answer {
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.header("origin", origin).header("content-type", "text/plain");
        self.send(request.body(body.to_string())).await
    }

    pub async fn shop(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.shop_with(SK, method, path, body).await
    }

    pub async fn shop_with(&self, sk: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header("authorization", format!("Bearer {sk}"));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.send(request).await
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, body, text }
    }

    pub async fn sign_in(&self, customer: &str, device: &str) -> Someone {
        let token = self.token(customer);
        let answer = self.page("/v1/session", json!({"site": SITE, "device": device, "token": token})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        someone(&answer, device)
    }

    pub async fn anonymous(&self, device: &str) -> Someone {
        let answer = self.page("/v1/session", json!({"site": SITE, "device": device})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        someone(&answer, device)
    }

    pub fn token(&self, customer: &str) -> String {
        let now = self.app.now().0 / 1000;
        let claims = json!({"aud": SITE, "sub": customer, "exp": now + 240, "jti": unique("jti")});
        sign(jsonwebtoken::Algorithm::HS256, &jsonwebtoken::EncodingKey::from_secret(HS256), &claims)
    }

    pub async fn decide(&self, who: &Someone, decisions: Value) -> Answer {
        let body = json!({"site": SITE, "capability": who.capability, "decisions": decisions});
        self.page("/v1/decisions", body).await
    }

    /// One decision about one control, made by one who sees everything there is.
    pub async fn set(&self, who: &Someone, seq: u64, control: &str, choice: &str) -> Answer {
        let rev = self.choices(who).await["rev"].as_u64().unwrap();
        self.decide(who, json!([self.decision(who, seq, rev, json!([{"control": control, "choice": choice}]))])).await
    }

    pub async fn choices(&self, who: &Someone) -> Value {
        let answer = self.page("/v1/choices", json!({"site": SITE, "capability": who.capability})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body
    }

    pub fn decision(&self, who: &Someone, seq: u64, rev: u64, changes: Value) -> Value {
        json!({
            "id": uuid(), "device": who.device, "seq": seq, "notice": self.notice(), "served": "sha256-words",
            "locale": "en", "surface": "storefront", "tier": "wasm", "changes": changes,
            "base": {"epoch": who.epoch, "rev": rev}, "method": "switch", "occurred_at": "2026-11-22T18:00:00Z"
        })
    }

    pub async fn evaluate(&self, subject: &str, source: &str) -> Value {
        let body = json!({
            "subject": {"type": "subject", "id": subject}, "action": {"name": "recommendations"},
            "resource": {"type": "source", "id": source}
        });
        let answer = self.shop("POST", "/access/v1/evaluation", Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body
    }

    pub async fn put(&self, doc: &Value) -> Answer {
        let path = format!("/v1/recommendations/{}", doc["id"].as_str().unwrap());
        self.shop("PUT", &path, Some(doc.clone())).await
    }

    pub async fn read(&self, doc: &Value, who: Option<&Someone>) -> Answer {
        let path = format!("/v1/recommendations/{}", doc["id"].as_str().unwrap());
        self.page(&path, json!({"site": SITE, "capability": who.map(|who| who.capability.clone())})).await
    }

    /// A document whose list rests on the subject's orders and on popularity.
    pub fn document(&self, who: Option<&Someone>, rev: u64) -> Value {
        let orders = json!({"id": "orders", "kind": "personal", "control": ORDERS});
        let popular = json!({"id": "popularity", "kind": "general"});
        let (factors, at) = match who {
            Some(_) => (json!([orders, popular]), 0),
            None => (json!([popular]), 1),
        };
        let candidate = |item: &str, parts: [f64; 2], refs: &[(&str, f64)]| {
            let evidence: Vec<Value> = match who {
                Some(_) => refs.iter().map(|(r, w)| json!({"factor": 0, "ref": r, "weight": w})).collect(),
                None => Vec::new(),
            };
            let score: f64 = parts[at..].iter().sum();
            json!({"item": item, "score": score, "contributions": parts[at..], "evidence": evidence})
        };
        let now = self.app.now();
        json!({
            "version": 1, "id": recommendation_id(), "site": SITE, "surface": "storefront",
            "made_at": now, "expires_at": now.plus_hours(12),
            "subject": who.map(|who| who.subject.clone()),
            "base": {"epoch": self.app.epoch(), "rev": rev},
            "notice": self.notice(), "inputs": "inputs-1", "limit": 2, "method": "additive", "factors": factors,
            "items": {"a": {"title": "Apron"}, "b": {"title": "Bowl"}, "c": {"title": "Cup"}},
            "shown": ["a", "b"],
            "candidates": [
                candidate("a", [0.5, 0.25], &[("datum-1", 0.5)]),
                candidate("b", [0.25, 0.125], &[("datum-1", 0.125), ("datum-2", 0.125)]),
                candidate("c", [0.0, 0.0625], &[]),
            ],
            "model": {"id": "m", "name": "Test", "version": "1", "kind": "item-item"}
        })
    }
}

pub fn someone(answer: &Answer, device: &str) -> Someone {
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    Someone { subject: text("subject"), capability: text("capability"), device: device.into(), epoch: text("epoch") }
}

pub fn sign(algorithm: jsonwebtoken::Algorithm, key: &jsonwebtoken::EncodingKey, claims: &Value) -> String {
    jsonwebtoken::encode(&jsonwebtoken::Header::new(algorithm), claims, key).unwrap()
}

pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{prefix}{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

pub fn uuid() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("01900000-0000-7000-8000-{:012x}", NEXT.fetch_add(1, Ordering::SeqCst))
}

pub fn recommendation_id() -> String {
    candor_service::clock::fresh_id(&OsChance, "rec_")
}

pub fn notice(site: &str, version: u64) -> Value {
    let text = |words: &str| json!({"en": words, "pl": format!("{words} (pl)")});
    let source = |id: &str, recipients: &str| {
        json!({
            "id": id, "label": text(id), "text": text("what it is"), "kept_for": text("delivery"),
            "origin": text("the shop"), "retention": text("two years"), "recipients": text(recipients)
        })
    };
    // A later version passes the orders on to someone new, and nothing else changes.
    let recipients = if version == 1 { "nobody" } else { "a new partner" };
    let control = |id: &str| json!({"id": id, "legal_basis": "consent", "gpc": true, "valid_for": "P12M"});
    json!({
        "version": version, "site": site, "controller": "The Shop",
        "purposes": [
            {"id": "recommendations", "label": text("Picks"), "text": text("to choose products")},
            {"id": "security", "label": text("Security"), "text": text("to keep accounts safe")},
            {"id": "marketing", "label": text("Marketing"), "text": text("to write to you")}
        ],
        "sources": [source("orders", recipients), source("returns", "nobody")],
        "channels": [{"id": "email", "label": text("Email"), "text": text("letters")}],
        "controls": [
            control(ORDERS), control(RETURNS), control("marketing/email"),
            {"id": "security/orders", "legal_basis": "required", "because": text("the law asks for it")}
        ],
        "valid_from": "2026-01-01T00:00:00Z", "reask_after": "P12M", "document_retention": "PT24H",
        "decision_retention": "P3Y"
    })
}

/// All bytes of all files in a folder.
pub fn bytes_in(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

pub fn holds(bytes: &[u8], canary: &str) -> bool {
    bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
}
