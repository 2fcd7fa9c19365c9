//! The real service on a folder and a port of its own, as it is shipped.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::process::{self, Running};
use crate::root;

/// The site of the demo's notice, which is published here.
pub const SITE: &str = "pk_demo";
pub const ORIGIN: &str = "http://127.0.0.1:1";
/// A switch of that notice.
pub const ORDERS: &str = "recommendations/orders";

/// A folder that goes when this is dropped, whatever became of the run.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("candor-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Scratch(path))
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Service {
    running: Running,
    pub address: SocketAddr,
    /// Hash of the notice in force.
    pub notice: String,
    /// The shop server's secret key.
    pub key: String,
}

impl Service {
    /// Builds the program, where it is not built.
    pub fn build() -> Result<()> {
        let build = ["build", "--release", "--quiet", "-p", "xtask", "-p", "candor-service", "-p", "candor-demo"];
        process::run(Command::new("cargo").args(build).current_dir(root::root()))
    }

    /// A fresh store with one site, its key and its notice, and the service over it.
    pub fn fresh(home: &Path) -> Result<Self> {
        process::output(candor(home).args(["site", "add", SITE, "--name", "Bench", "--origin", ORIGIN]))?;
        let key = process::output(candor(home).args(["key", "new", SITE]))?.trim().to_owned();
        let notice = root::at("demo-site/notice.json");
        let notice = process::output(candor(home).args(["notice", "publish", SITE]).arg(notice))?.trim().to_owned();
        let (running, address) = serve(home)?;
        Ok(Service { running, address, notice, key })
    }

    /// The same store, after the process ended in whatever way.
    pub fn again(self, home: &Path) -> Result<Self> {
        let Service { running, notice, key, .. } = self;
        drop(running);
        let (running, address) = serve(home)?;
        Ok(Service { running, address, notice, key })
    }

    pub fn process(&self) -> u32 {
        self.running.id()
    }

    /// SIGKILL: nothing is finished, flushed or told.
    pub fn kill(&mut self) -> Result<()> {
        self.running.kill()
    }
}

fn candor(home: &Path) -> Command {
    let mut command = Command::new(root::target().join("release/candor"));
    command.env("CANDOR_DATA", home).current_dir(root::root());
    command
}

fn serve(home: &Path) -> Result<(Running, SocketAddr)> {
    let log = home.with_extension("log");
    let mut serve = candor(home);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--desk-guest", "--limits", "off"]);
    let mut running = Running::start("the service", &mut serve, &log)?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        running.alive()?;
        let text = fs::read_to_string(&log).unwrap_or_default();
        if let Some(url) = text.lines().find_map(|line| line.strip_prefix("ready http://")) {
            return Ok((running, url.trim().parse()?));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(anyhow!("the service did not get ready; the end of its log:\n{}", running.last_lines()))
}
