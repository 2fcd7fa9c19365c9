//! SIGKILL under load, again and again: the real program, many connections,
//! restarted over the same file. What was acknowledged must be there once, as it
//! was answered; what was not may be there or not, and sent again has one effect.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::load::{self, Connection, Decider, Person, Scratch, Service, Talk, runtime, session};
use super::recommender::Seeded;
use super::{Figure, Goal, Options};

const KILLS: u64 = 50;
const CLIENTS: usize = 32;
/// A kill comes after so many milliseconds of load, at most.
const LATEST_MS: usize = 250;
/// Kills over one file, which is then looked through as a whole.
const KILLS_A_FILE: u64 = 25;
/// A person who decided so often gives way to a new one.
const MOST_DECISIONS: u64 = 100;

#[derive(Default)]
struct Tally {
    kills: u64,
    acknowledged: u64,
    resent: u64,
    stored_unacknowledged: u64,
    lost: u64,
    doubled: u64,
    differing: u64,
    gaps: u64,
    damaged: u64,
}

pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    Service::build()?;
    let scratch = Scratch::new("crash")?;
    let wanted = options.kills.unwrap_or(KILLS);
    let mut random = Seeded(options.start);
    let mut tally = Tally::default();
    while tally.kills < wanted {
        let home = scratch.at(&format!("after-{}", tally.kills));
        let kills = KILLS_A_FILE.min(wanted - tally.kills);
        one_file(&home, kills, &mut random, &mut tally)
            .with_context(|| format!("with --start {} after {} kills", options.start, tally.kills))?;
    }
    let none = |what: &str, count: u64| Figure::new(what, count as f64, "", Goal::Exactly(0.0));
    let told = |what: &str, count: u64| Figure::new(what, count as f64, "", Goal::Told);
    Ok(vec![
        Figure::new("SIGKILLs under load", tally.kills as f64, "", Goal::Exactly(wanted as f64)),
        Figure::new("decisions acknowledged", tally.acknowledged as f64, "", Goal::AtLeast(wanted as f64)),
        told("resent after a restart", tally.resent),
        told("of these stored and not acknowledged", tally.stored_unacknowledged),
        none("acknowledged and lost", tally.lost),
        none("doubled", tally.doubled),
        none("with another outcome, out of order, or not sent by anyone", tally.differing),
        none("gaps reported where no device left one", tally.gaps),
        none("files that integrity_check finds fault with", tally.damaged),
    ])
}

/// Kills over one file; then the whole file against everything that was acknowledged.
fn one_file(home: &PathBuf, kills: u64, random: &mut Seeded, tally: &mut Tally) -> Result<()> {
    let mut service = Service::fresh(home)?;
    let mut people = load::begin(service.address, CLIENTS)?;
    let mut gone = Vec::new();
    for _ in 0..kills {
        let moment = Duration::from_millis(1 + random.below(LATEST_MS) as u64);
        let before: u64 = people.iter().map(|person| person.made).sum();
        people = until_killed(&mut service, people, moment)?;
        tally.kills += 1;
        tally.acknowledged += people.iter().map(|person| person.made).sum::<u64>() - before;
        service = service.again(home)?;
        if !load::is_whole(home)? {
            tally.damaged += 1;
        }
        runtime()?.block_on(after_restart(&service, home, &mut people, &mut gone, tally))?;
    }
    drop(service);
    gone.append(&mut people);
    tally.differing += load::differing(home, &gone)?;
    tally.damaged += u64::from(!load::is_whole(home)?);
    std::fs::remove_dir_all(home).context("the file of these kills stays")
}

/// Everyone decides as fast as they are answered, until the service is no more.
fn until_killed(service: &mut Service, people: Vec<Person>, moment: Duration) -> Result<Vec<Person>> {
    let (address, notice) = (service.address, service.notice.clone());
    runtime()?.block_on(async {
        let mut clients = tokio::task::JoinSet::new();
        for person in people {
            let mut talk = Decider::new(vec![person], &notice);
            clients.spawn(async move {
                let Ok(mut connection) = Connection::open(address).await else { return Ok(talk) };
                let mut request = Vec::new();
                loop {
                    request.clear();
                    talk.ask(&mut request);
                    let Ok(answer) = connection.ask(&request).await else { return Ok(talk) };
                    if !talk.heard(answer.status, answer.body) {
                        bail!("under load: {} {}", answer.status, String::from_utf8_lossy(answer.body));
                    }
                }
            });
        }
        tokio::time::sleep(moment).await;
        service.kill()?;
        let mut people = Vec::new();
        while let Some(client) = clients.join_next().await {
            people.extend(client??.people());
        }
        people.sort_by(|a, b| a.subject.cmp(&b.subject));
        Ok(people)
    })
}

/// Looks at what is there, sends again what was not answered, and looks again.
async fn after_restart(
    service: &Service,
    home: &Path,
    people: &mut [Person],
    gone: &mut Vec<Person>,
    tally: &mut Tally,
) -> Result<()> {
    let mut connection = Connection::open(service.address).await?;
    for person in people.iter_mut() {
        let stored = load::stored(home, person)?;
        tally.lost += person.made.saturating_sub(stored);
        tally.doubled += stored.saturating_sub(person.made + 1);
        tally.stored_unacknowledged += u64::from(stored == person.made + 1);
        let mut talk = Decider::new(vec![person.clone()], &service.notice);
        let mut request = Vec::new();
        talk.ask(&mut request);
        // Twice, as a client does that lost the answer once more: one effect, one outcome.
        for _ in 0..2 {
            let answer = connection.ask(&request).await?;
            if !talk.is_wanted(answer.status, answer.body) {
                bail!("sent again: {} {}", answer.status, String::from_utf8_lossy(answer.body));
            }
        }
        person.made += 1;
        tally.resent += 1;
        request.clear();
        person.history(&mut request);
        let answer = connection.ask(&request).await?;
        let told: Value = serde_json::from_slice(answer.body)?;
        let told = told["decisions"].as_array().context("a history without decisions")?;
        tally.doubled += (told.len() as u64).saturating_sub(person.made);
        tally.lost += person.made.saturating_sub(told.len() as u64);
        let right = |(seq, decision): (u64, &Value)| {
            decision["id"] == person.id(seq) && decision["outcome"]["rev"] == seq && decision["seq"] == seq
        };
        tally.differing += (1..).zip(told).filter(|found| !right(*found)).count() as u64;
    }
    tally.gaps += gaps(&mut connection).await?;
    for (at, person) in people.iter_mut().enumerate().filter(|(_, person)| person.made > MOST_DECISIONS) {
        let fresh = session(&mut connection, &format!("device-{}-{at}", tally.kills)).await?;
        gone.push(std::mem::replace(person, fresh));
    }
    Ok(())
}

/// What the service counts of decisions that came after a gap.
async fn gaps(connection: &mut Connection) -> Result<u64> {
    let answer = connection.ask(b"GET /metrics HTTP/1.1\r\nHost: candor.example\r\n\r\n").await?;
    let text = std::str::from_utf8(answer.body)?;
    let line = text.lines().find_map(|line| line.strip_prefix("candor_decision_gaps_total "));
    line.context("/metrics does not count gaps")?.parse().context("a count that is no number")
}
