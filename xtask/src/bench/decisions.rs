//! Durable decisions a second: 64 connections, one decision a request, each
//! answered after it is on disk (`synchronous=FULL`). In the same run the same
//! recorded through npm `@c15t/backend`, and ours over a store that is full.

mod peer;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::load::{self, Decider, Load, Person, Scratch, Service};
use super::{Figure, Goal, Options};
use crate::browser::median;

const CONNECTIONS: usize = 64;
const PEOPLE: usize = 1_024;
const WARM: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(10);
/// What a full store holds: so many people with so many decisions each.
const STORED_PEOPLE: usize = 100_000;
const STORED_EACH: u64 = 10;
/// An empty store and the full one take turns, each as long as this.
const TURNS: usize = 5;
const SHORT: Duration = Duration::from_secs(3);

pub fn measure(_options: &Options) -> Result<Vec<Figure>> {
    Service::build()?;
    let scratch = Scratch::new("decisions")?;
    let mut figures = Vec::new();
    let ours = alone(&scratch, &mut figures)?;
    let theirs = beside(&scratch, &mut figures)?;
    let times = ours.per_second() / theirs.per_second();
    figures.push(Figure::new("ours against theirs", times, "times", Goal::AtLeast(10.0)));
    full_against_empty(&scratch, &mut figures)?;
    Ok(figures)
}

/// An empty store under load, and whether it then holds what was acknowledged.
fn alone(scratch: &Scratch, figures: &mut Vec<Figure>) -> Result<Load> {
    let home = scratch.at("alone");
    let service = Service::fresh(&home)?;
    let people = load::begin(service.address, PEOPLE)?;
    let (load, people) = decide(&service, people, WARM, MEASURED)?;
    drop(service);
    figures.extend([
        Figure::new(
            format!("durable decisions, one a request, {CONNECTIONS} connections, {PEOPLE} people"),
            load.per_second(),
            "a second",
            Goal::AtLeast(5_000.0),
        ),
        Figure::new("median wait", load.wait(0.5), "ms", Goal::Told),
        Figure::new("99th percentile of the wait", load.wait(0.99), "ms", Goal::AtMost(50.0)),
    ]);
    taken(&load, "the service", figures);
    figures.push(kept(&home, &people)?);
    Ok(load)
}

/// The same recorded through c15t's backend.
fn beside(scratch: &Scratch, figures: &mut Vec<Figure>) -> Result<Load> {
    let (load, missing) = peer::measure(scratch, CONNECTIONS, PEOPLE, WARM, MEASURED)?;
    figures.extend([
        Figure::new("through @c15t/backend, as durable", load.per_second(), "a second", Goal::Told),
        Figure::new("theirs, median wait", load.wait(0.5), "ms", Goal::Told),
        Figure::new("theirs, 99th percentile of the wait", load.wait(0.99), "ms", Goal::Told),
    ]);
    taken(&load, "theirs", figures);
    figures.push(Figure::new("theirs, answered and not in its table", missing as f64, "", Goal::Told));
    Ok(load)
}

/// A store with a million decisions, in turns with one that has none.
fn full_against_empty(scratch: &Scratch, figures: &mut Vec<Figure>) -> Result<()> {
    let home = scratch.at("full");
    let full = Service::fresh(&home)?;
    let mut stored = load::begin(full.address, STORED_PEOPLE)?;
    load::fill(full.address, &mut stored, &full.notice, STORED_EACH)?;
    // Those who go on are spread over all that is stored.
    let mut deciding: Vec<Person> = Vec::new();
    let mut resting: Vec<Person> = Vec::new();
    for (at, person) in stored.into_iter().enumerate() {
        let goes_on = at % (STORED_PEOPLE / PEOPLE) == 0 && deciding.len() < PEOPLE;
        if goes_on { deciding.push(person) } else { resting.push(person) }
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let home = scratch.at(&format!("empty-{turn}"));
        let empty = Service::fresh(&home)?;
        let people = load::begin(empty.address, PEOPLE)?;
        without.push(decide(&empty, people, WARM, SHORT)?.0.per_second());
        drop(empty);
        let (load, people) = decide(&full, deciding, WARM, SHORT)?;
        deciding = people;
        with.push(load.per_second());
    }
    drop(full);
    resting.append(&mut deciding);
    let stored = STORED_PEOPLE as u64 * STORED_EACH;
    // Each turn against its neighbour: the disk may be another's for a while.
    let ratios: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with / without).collect();
    figures.extend([
        Figure::new(format!("with none stored, median of {TURNS}"), median(&without), "a second", Goal::Told),
        Figure::new(format!("with {stored} stored, median of {TURNS}"), median(&with), "a second", Goal::Told),
        Figure::new(format!("full against empty, median of {TURNS}"), median(&ratios), "times", Goal::AtLeast(0.8)),
        kept(&home, &resting)?,
    ]);
    Ok(())
}

/// Shares the people out over the connections and lets them decide.
fn decide(service: &Service, people: Vec<Person>, warm: Duration, measured: Duration) -> Result<(Load, Vec<Person>)> {
    let mut shares: Vec<Vec<Person>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for (at, person) in people.into_iter().enumerate() {
        shares[at % CONNECTIONS].push(person);
    }
    let talks = shares.into_iter().map(|share| Decider::new(share, &service.notice)).collect();
    let (load, talks) = load::run(service.address, service.process(), talks, warm, measured)?;
    Ok((load, talks.into_iter().flat_map(Decider::people).collect()))
}

/// Processor time of both sides while it was measured.
fn taken(load: &Load, who: &str, figures: &mut Vec<Figure>) {
    for (what, usage) in [("the generator beside it", load.own), (who, load.served)] {
        let split = format!("processor time of {what} (user {:.2} s, system {:.2} s)", usage.user, usage.system);
        figures.push(Figure::new(split, usage.both() / load.seconds, "cores", Goal::Told));
    }
}

/// Looks into the file that a service left.
fn kept(home: &Path, people: &[Person]) -> Result<Figure> {
    let acknowledged: u64 = people.iter().map(|person| person.made).sum();
    let differing = load::differing(home, people)?;
    let what = format!("of {acknowledged} acknowledged, not in the store just once as answered, or there without");
    Ok(Figure::new(what, differing as f64, "", Goal::Exactly(0.0)))
}
