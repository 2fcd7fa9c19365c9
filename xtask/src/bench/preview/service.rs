//! The real service, on a folder and a port of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use candor_protocol::Timestamp;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::canary::Watch;
use crate::process::{self, Running};
use crate::root;

pub const SITE: &str = "pk_demo";
const ORIGIN: &str = "http://127.0.0.1:1";
const SHARED: &str = "a secret that only this run's shop and service know";
/// Pages of the desk that are followed, at most.
const DESK_PAGES: usize = 200;

pub struct Service {
    // In the order in which they go: the service first, then its folder.
    running: Running,
    folder: Folder,
    url: String,
    key: String,
    pub notice: String,
    client: Client,
}

/// A folder that goes when this is dropped, whatever became of the run.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Service {
    pub fn start() -> Result<Self> {
        let build = ["build", "--release", "--quiet", "-p", "xtask", "-p", "candor-service", "-p", "candor-demo"];
        process::run(Command::new("cargo").args(build).current_dir(root::root()))?;
        let home = std::env::temp_dir().join(format!("candor-preview-{}", std::process::id()));
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        let folder = Folder(home.clone());
        let candor = || {
            let mut command = Command::new(root::target().join("release/candor"));
            command.env("CANDOR_DATA", home.join("data")).current_dir(root::root());
            command
        };
        process::output(candor().args(["site", "add", SITE, "--name", "Bench", "--origin", ORIGIN]))?;
        let key = process::output(candor().args(["key", "new", SITE, "--reference"]))?.trim().to_owned();
        let shared = home.join("token-key");
        fs::write(&shared, SHARED)?;
        process::output(candor().args(["key", "token", SITE, "--alg", "HS256", "--public"]).arg(&shared))?;
        let notice =
            process::output(candor().args(["notice", "publish", SITE]).arg(root::at("demo-site/notice.json")))?;
        let log = home.join("service.log");
        let mut serve = candor();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--desk-guest", "--limits", "off"]);
        let mut running = Running::start("the service", &mut serve, &log)?;
        let url = address(&mut running, &log)?;
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
        Ok(Self { running, folder, url, key, notice: notice.trim().to_owned(), client })
    }

    /// A page's call.
    pub fn page(&self, watch: &Watch, path: &str, mut body: Value) -> Result<Value> {
        body["site"] = json!(SITE);
        let request = self.client.post(self.at(path)).header("Origin", ORIGIN).header("Content-Type", "text/plain");
        answer(watch, path, request.body(body.to_string()))
    }

    /// A call of the shop's server.
    pub fn shop(&self, watch: &Watch, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.post(self.at(path)).bearer_auth(&self.key);
        answer(watch, path, request.header("Content-Type", "application/json").body(body.to_string()))
    }

    /// Sends a document; it must be taken as new.
    pub fn put(&self, watch: &Watch, id: &str, document: String) -> Result<()> {
        let request = self.client.put(self.at(&format!("/v1/recommendations/{id}"))).bearer_auth(&self.key);
        let answer = request.header("Content-Type", "application/json").body(document).send()?;
        let (status, text) = (answer.status(), answer.text()?);
        watch.answer(&text);
        if status == 201 { Ok(()) } else { bail!("a document was not taken: {status} {text}") }
    }

    /// The pages a person and a passer-by get of a document.
    pub fn look_at(&self, watch: &Watch, id: &str, customer: &str) -> Result<()> {
        let open = self.client.get(self.at(&format!("/why/{id}?site={SITE}")));
        let own = self.client.get(self.at(&format!("/candor/why/{id}"))).bearer_auth(&self.key);
        for request in [open, own.header("Candor-Subject", format!("shop:{customer}"))] {
            look(watch, request)?;
        }
        Ok(())
    }

    /// Everything else that is told: the desk and all it leads to, the counters,
    /// and what people get of their own.
    pub fn look_around(&self, watch: &Watch, subjects: &[String]) -> Result<()> {
        for path in ["/metrics", "/openapi.json", "/v1/notice?site=pk_demo", "/choices?site=pk_demo"] {
            look(watch, self.client.get(self.at(path)))?;
        }
        for subject in subjects.iter().step_by(10) {
            for what in ["choices", "export"] {
                let path = format!("/v1/subjects/{subject}/{what}");
                look(watch, self.client.get(self.at(&path)).bearer_auth(&self.key))?;
            }
        }
        let mut paths = vec!["/desk".to_owned()];
        let mut at = 0;
        while let Some(path) = paths.get(at).cloned() {
            at += 1;
            let text = look(watch, self.client.get(self.at(&path)))?;
            for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let link = link.replace("&amp;", "&");
                if link.starts_with("/desk") && paths.len() < DESK_PAGES && !paths.contains(&link) {
                    paths.push(link);
                }
            }
        }
        Ok(())
    }

    /// Stops it, and looks through what it leaves: log and database.
    pub fn stop(self, watch: &Watch) -> Result<usize> {
        let Self { running, folder, .. } = self;
        let mut bytes = 0;
        // The write-ahead log as it is while it runs, then the one file it ends in.
        bytes += search(&folder.0, watch)?;
        drop(running);
        bytes += search(&folder.0, watch)?;
        Ok(bytes)
    }

    /// The shop's word that this customer is signed in.
    pub fn token(&self, customer: &str, id: &str) -> Result<String> {
        let claims = json!({ "sub": customer, "aud": SITE, "exp": now().0 / 1000 + 120, "jti": id });
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        let key = jsonwebtoken::EncodingKey::from_secret(SHARED.as_bytes());
        Ok(jsonwebtoken::encode(&header, &claims, &key)?)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

pub fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64))
}

fn answer(watch: &Watch, path: &str, request: RequestBuilder) -> Result<Value> {
    let answer = request.send().with_context(|| path.to_owned())?;
    let (status, text) = (answer.status(), answer.text()?);
    watch.answer(&text);
    if !status.is_success() {
        bail!("{path}: {status} {text}");
    }
    serde_json::from_str(&text).with_context(|| format!("{path} answered no JSON"))
}

fn look(watch: &Watch, request: RequestBuilder) -> Result<String> {
    let answer = request.send()?;
    let (status, url, text) = (answer.status(), answer.url().path().to_owned(), answer.text()?);
    if !status.is_success() {
        bail!("{url}: {status} {text}");
    }
    watch.page(&text);
    Ok(text)
}

fn search(folder: &std::path::Path, watch: &Watch) -> Result<usize> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            bytes += search(&path, watch)?;
        } else {
            let content = fs::read(&path)?;
            bytes += content.len();
            watch.file(&content, &path.file_name().unwrap_or_default().to_string_lossy());
        }
    }
    Ok(bytes)
}

fn address(running: &mut Running, log: &std::path::Path) -> Result<String> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        running.alive()?;
        let text = fs::read_to_string(log).unwrap_or_default();
        if let Some(url) = text.lines().find_map(|line| line.strip_prefix("ready ")) {
            return Ok(url.trim().to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(anyhow!("the service did not get ready; the end of its log:\n{}", running.last_lines()))
}
