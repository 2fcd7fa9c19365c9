//! `./x demo`: a shop and a service, as two sites, from a fresh state at each start.

mod keys;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::process::{self, Running};
use crate::{pkg, root};

const SITE: &str = "pk_demo";
/// Long enough for the recommender to learn from half a million order lines.
const PATIENCE: Duration = Duration::from_secs(120);

/// Serves until Ctrl-C or SIGTERM.
pub fn run(data: Option<PathBuf>, port: u16, built: bool) -> Result<bool> {
    let begun = Instant::now();
    let (stop, stopped) = channel();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
    })?;
    ports_are_free(port)?;
    if !built {
        build()?;
    }
    let mut demo = Demo::start(data.as_deref(), port)?;
    println!("ready {}", demo.shop_url());
    println!("  after {:.1} s; stop with Ctrl-C", begun.elapsed().as_secs_f64());
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(Duration::from_millis(250)) {
        demo.alive()?;
    }
    println!("stopping");
    Ok(true)
}

/// The two programs and the package; quick when nothing changed.
pub fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "-p", "xtask", "-p", "candor-service", "-p", "candor-demo"]).current_dir(root::root());
    if root::RELEASE {
        cargo.arg("--release");
    }
    // Minutes the first time, with cargo's progress; a moment afterwards, in silence.
    if root::programs().join("candor-demo").exists() {
        cargo.arg("--quiet");
    }
    process::run(&mut cargo)?;
    pkg::build()?;
    Ok(())
}

/// A shop, its service, and the state of this run. Dropped, both are stopped.
pub struct Demo {
    // In the order in which they are stopped.
    shop: Running,
    service: Running,
    port: u16,
}

impl Demo {
    pub fn start(data: Option<&Path>, port: u16) -> Result<Self> {
        let data = data
            .map(|file| file.canonicalize().with_context(|| format!("cannot read the orders in {}", file.display())))
            .transpose()?;
        let state = fresh_state(port)?;
        let (shop_url, public, internal) =
            (url("127.0.0.1", port), url("localhost", port + 1), url("127.0.0.1", port + 2));
        let store = state.join("service");
        let (key, token_key) = furnish(&state, &store, &shop_url)?;

        let mut service = Running::start(
            "the service",
            candor(&store)
                .args(["serve", "--listen", &format!("127.0.0.1:{}", port + 2), "--public-url", &public, "--embed"])
                .arg(root::at("pkg"))
                .args(["--desk-guest", "--frame-ancestors", &shop_url]),
            &state.join("service.log"),
        )?;
        wait_for(&format!("{internal}/readyz"), &mut service)?;

        let mut command = Command::new(root::programs().join("candor-demo"));
        command.args(["--port", &port.to_string(), "--service", &internal, "--public", &public, "--key"]).arg(key);
        command.arg("--token-key").arg(token_key).current_dir(root::root());
        if let Some(file) = data {
            command.arg("--data").arg(file);
        }
        let mut shop = Running::start("the shop", &mut command, &state.join("shop.log"))?;
        wait_for(&shop_url, &mut shop)?;
        Ok(Self { shop, service, port })
    }

    /// The shop as a customer reaches it.
    pub fn shop_url(&self) -> String {
        url("127.0.0.1", self.port)
    }

    /// An error, with the end of its log, when one of the two has ended.
    pub fn alive(&mut self) -> Result<()> {
        self.service.alive()?;
        self.shop.alive()
    }
}

/// A port with the two after it free as well, for tests and benches.
pub fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if port < u16::MAX - 2 && ports_are_free(port).is_ok() {
            return Ok(port);
        }
    }
    bail!("no three free ports in a row on 127.0.0.1")
}

/// The site, its keys and its notice, through the same commands a shop's developer uses.
fn furnish(state: &Path, store: &Path, origin: &str) -> Result<(PathBuf, PathBuf)> {
    let (private, public) = (state.join("token-key.pem"), state.join("token-key.pub.pem"));
    keys::write_ed25519(&private, &public)?;
    process::output(candor(store).args(["site", "add", SITE, "--name", "Candor demo shop", "--origin", origin]))?;
    let printed = process::output(candor(store).args(["key", "new", SITE, "--reference"]))?;
    let secret = printed
        .split_whitespace()
        .find(|word| word.starts_with("sk_"))
        .ok_or_else(|| anyhow!("`candor key new` printed no secret key"))?;
    let key = state.join("secret-key");
    fs::write(&key, secret)?;
    process::output(candor(store).args(["key", "token", SITE, "--alg", "EdDSA", "--public"]).arg(&public))?;
    process::output(candor(store).args(["notice", "publish", SITE]).arg(root::at("demo-site/notice.json")))?;
    Ok((key, private))
}

fn candor(store: &Path) -> Command {
    let mut command = Command::new(root::programs().join("candor"));
    command.env("CANDOR_DATA", store).current_dir(root::root());
    command
}

/// Each run begins with nothing, and beside other runs on other ports.
fn fresh_state(port: u16) -> Result<PathBuf> {
    let state = root::at(".demo").join(port.to_string());
    if state.exists() {
        fs::remove_dir_all(&state).with_context(|| format!("cannot clear {}", state.display()))?;
    }
    fs::create_dir_all(state.join("service"))?;
    Ok(state)
}

fn ports_are_free(port: u16) -> Result<()> {
    for taken in [port, port.saturating_add(1), port.saturating_add(2)] {
        if TcpListener::bind(("127.0.0.1", taken)).is_err() {
            bail!(
                "port {taken} is taken (the demo uses {port}, {} and {}); choose others with --port N",
                port.saturating_add(1),
                port.saturating_add(2)
            );
        }
    }
    Ok(())
}

fn wait_for(address: &str, program: &mut Running) -> Result<()> {
    let begun = Instant::now();
    let client = reqwest::blocking::Client::builder().timeout(Duration::from_secs(5)).build()?;
    while begun.elapsed() < PATIENCE {
        program.alive()?;
        if client.get(address).send().is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    bail!("{address} did not answer within {} s; the end of its log:\n{}", PATIENCE.as_secs(), program.last_lines())
}

fn url(host: &str, port: u16) -> String {
    format!("http://{host}:{port}")
}
