//! npm `@c15t/backend`, the nearest service of its kind, as its self-hosting
//! guide sets it up: Hono on Node, Kysely over better-sqlite3. Its SQLite is set
//! as durable as ours.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::load::{self, Load, Scratch, Talk};
use crate::process::{self, Running};
use crate::root;

/// The load, and how many answered ones its table does not hold.
pub fn measure(
    scratch: &Scratch,
    connections: usize,
    people: usize,
    warm: Duration,
    measured: Duration,
) -> Result<(Load, i64)> {
    install()?;
    let (database, log) = (scratch.at("c15t.db"), scratch.at("c15t.log"));
    let mut serve = Command::new("node");
    serve.arg("server.mjs").arg(&database).current_dir(root::at("tests/peers/c15t")).env("NODE_ENV", "production");
    let mut running = Running::start("c15t", &mut serve, &log)?;
    let address = address(&mut running, &log)?;
    let share = people / connections;
    let talks = (0..connections).map(|at| Recorder::new(at * share, share)).collect();
    let (load, talks) = load::run(address, running.id(), talks, warm, measured)?;
    drop(running);
    let recorded: i64 = rusqlite::Connection::open(&database)?
        .query_row("SELECT count(*) FROM consent", [], |row| row.get(0))
        .context("its table of consents cannot be read")?;
    Ok((load, talks.iter().map(|talk| talk.recorded as i64).sum::<i64>() - recorded))
}

/// Its packages come from the registry once, at the versions of the lock file.
fn install() -> Result<()> {
    let folder = root::at("tests/peers");
    let (lock, done) = (folder.join("package-lock.json"), folder.join("node_modules/.candor"));
    if fs::read(&lock)? != fs::read(&done).unwrap_or_default() {
        eprintln!("installing the npm packages of tests/peers/ (once)");
        process::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
        // npm that leaves install scripts out still builds what is named.
        process::run(Command::new("npm").args(["rebuild", "better-sqlite3"]).current_dir(&folder))?;
        fs::copy(&lock, &done)?;
    }
    Ok(())
}

fn address(running: &mut Running, log: &Path) -> Result<SocketAddr> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        running.alive()?;
        let text = fs::read_to_string(log).unwrap_or_default();
        if let Some(url) = text.lines().find_map(|line| line.strip_prefix("ready http://")) {
            return Ok(url.trim().parse()?);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("c15t did not get ready; the end of its log:\n{}", running.last_lines())
}

/// People who take turns, one record a request, alternately all and no more than necessary.
struct Recorder {
    subjects: Vec<String>,
    recorded: u64,
    body: Vec<u8>,
}

impl Recorder {
    fn new(first: usize, number: usize) -> Self {
        let subjects = (first..first + number).map(subject).collect();
        Recorder { subjects, recorded: 0, body: Vec::new() }
    }
}

impl Talk for Recorder {
    fn ask(&mut self, request: &mut Vec<u8>) {
        use std::io::Write;
        let (turn, people) = (self.recorded as usize, self.subjects.len());
        let (subject, round) = (&self.subjects[turn % people], turn / people);
        let yes = round.is_multiple_of(2);
        let (action, at) = (if yes { "all" } else { "necessary" }, 1_764_000_000_000 + round);
        self.body.clear();
        // Writing into a vector cannot fail.
        let _ = write!(
            self.body,
            r#"{{"type":"cookie_banner","subjectId":"{subject}","domain":"127.0.0.1","preferences":{{"necessary":true,"marketing":{yes}}},"givenAt":{at},"consentAction":"{action}","uiSource":"dialog"}}"#
        );
        let _ = write!(
            request,
            "POST /subjects HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1:1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.body.len()
        );
        request.extend_from_slice(&self.body);
    }

    fn heard(&mut self, status: u16, body: &[u8]) -> bool {
        let right = status == 200 && body.windows(17).any(|window| window == br#""consentId":"cns_"#);
        self.recorded += u64::from(right);
        right
    }
}

/// `sub_` and base58 digits, as it wants them.
fn subject(number: usize) -> String {
    const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut left = number + 58usize.pow(4);
    let mut id = String::from("sub_");
    while left > 0 {
        id.push(char::from(DIGITS[left % 58]));
        left /= 58;
    }
    id
}
