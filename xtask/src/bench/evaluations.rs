//! Evaluations a second: what a shop's server asks before each list, from 64
//! connections, in turns with `/livez`, which costs what HTTP alone costs here.

use std::time::Duration;

use anyhow::Result;

use super::load::{self, Load, ORDERS, Person, Scratch, Service, Talk};
use super::{Figure, Goal, Options};
use crate::browser::median;

const CONNECTIONS: usize = 64;
const PEOPLE: usize = 1_024;
/// Each takes as many turns, each as long as this.
const TURNS: usize = 5;
const WARM: Duration = Duration::from_millis(500);
const SHORT: Duration = Duration::from_secs(3);
/// One question in so many is about a source that nobody allowed.
const REFUSED: usize = 8;

pub fn measure(_options: &Options) -> Result<Vec<Figure>> {
    Service::build()?;
    let scratch = Scratch::new("evaluations")?;
    let service = Service::fresh(&scratch.at("data"))?;
    let mut people = load::begin(service.address, PEOPLE)?;
    load::fill(service.address, &mut people, &service.notice, 1)?;
    let (mut asked, mut alive) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let talks = people.chunks(PEOPLE / CONNECTIONS).map(|share| Asker::new(share, &service.key)).collect();
        asked.push(load::run(service.address, service.process(), talks, WARM, SHORT)?.0);
        let talks = (0..CONNECTIONS).map(|_| Alive).collect();
        alive.push(load::run(service.address, service.process(), talks, WARM, SHORT)?.0);
    }
    let middle = |loads: &[Load], of: &dyn Fn(&Load) -> f64| median(&loads.iter().map(of).collect::<Vec<_>>());
    let speed = |loads: &[Load]| middle(loads, &Load::per_second);
    let mut figures = vec![
        Figure::new(
            format!(
                "evaluations, {CONNECTIONS} connections, {PEOPLE} people, one in {REFUSED} refused, median of {TURNS}"
            ),
            speed(&asked),
            "a second",
            Goal::AtLeast(12_000.0),
        ),
        Figure::new("median wait", middle(&asked, &|load| load.wait(0.5)), "ms", Goal::Told),
        Figure::new("99th percentile of the wait", middle(&asked, &|load| load.wait(0.99)), "ms", Goal::Told),
        Figure::new(format!("/livez, median of {TURNS}"), speed(&alive), "a second", Goal::Told),
        Figure::new("evaluations against /livez", speed(&asked) / speed(&alive), "times", Goal::AtLeast(0.5)),
    ];
    for (what, loads) in [("evaluations", &asked), ("/livez", &alive)] {
        let own = middle(loads, &|load| load.own.both() / load.seconds);
        let served = middle(loads, &|load| load.served.both() / load.seconds);
        figures.push(Figure::new(format!("processor time of the generator, {what}"), own, "cores", Goal::Told));
        figures.push(Figure::new(format!("processor time of the service, {what}"), served, "cores", Goal::Told));
    }
    Ok(figures)
}

/// The shop's server asks about one person after the other.
struct Asker {
    allowed: Vec<Vec<u8>>,
    refused: Vec<Vec<u8>>,
    turn: usize,
}

impl Asker {
    fn new(people: &[Person], key: &str) -> Self {
        let matter = |control: &str| control.rsplit('/').next().unwrap_or_default().to_owned();
        let ask = |source: &str| people.iter().map(|person| request(&person.subject, source, key)).collect();
        Asker { allowed: ask(&matter(ORDERS)), refused: ask("returns"), turn: 0 }
    }

    fn is_refused(&self) -> bool {
        self.turn % REFUSED == REFUSED - 1
    }
}

impl Talk for Asker {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let requests = if self.is_refused() { &self.refused } else { &self.allowed };
        request.extend_from_slice(&requests[self.turn % requests.len()]);
    }

    fn heard(&mut self, status: u16, body: &[u8]) -> bool {
        let wanted: &[u8] = if self.is_refused() { br#"{"decision":false,"# } else { br#"{"decision":true,"# };
        self.turn += 1;
        status == 200 && body.starts_with(wanted)
    }
}

fn request(subject: &str, source: &str, key: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"subject":{{"type":"subject","id":"{subject}"}},"action":{{"name":"recommendations"}},"resource":{{"type":"source","id":"{source}"}}}}"#
    );
    format!(
        "POST /access/v1/evaluation HTTP/1.1\r\nHost: candor.example\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Nothing but HTTP.
struct Alive;

impl Talk for Alive {
    fn ask(&mut self, request: &mut Vec<u8>) {
        request.extend_from_slice(b"GET /livez HTTP/1.1\r\nHost: candor.example\r\n\r\n");
    }

    fn heard(&mut self, status: u16, body: &[u8]) -> bool {
        status == 200 && body == b"ok"
    }
}
