//! Requests and answers carried, lost, repeated and garbled.

use std::collections::VecDeque;
use std::rc::Rc;

use axum::body::Body;
use candor_protocol::{Choices, Outcome, Standing};
use candor_service::store::reads::Received;
use serde_json::Value;

use super::{History, TABS};
use crate::ledger::Stamp;
use crate::network::{Flight, Line};
use crate::service::Answer;

impl History<'_> {
    pub(super) fn flying(&self) -> usize {
        self.world.flights.borrow().len()
    }

    pub(super) fn move_a_flight(&mut self) -> String {
        if self.flying() == 0 {
            return "nothing is on its way".to_owned();
        }
        let at = self.draw(self.flying());
        let (path, machine, under_way) = {
            let flight = &self.world.flights.borrow()[at];
            (flight.path.clone(), flight.machine, flight.answer.is_none())
        };
        let cut = self.machines[machine].cut.get();
        let chance = self.draw(100);
        if under_way {
            match chance {
                _ if cut => self.lose(at, 0, None),
                0..74 => self.arrive(at),
                74..80 => {
                    // It arrives, and once more later.
                    self.world.ledger.borrow_mut().counts.repeated += 1;
                    let again = {
                        let Flight { id, machine, path, body, .. } = &self.world.flights.borrow()[at];
                        let (path, body) = (path.clone(), body.clone());
                        Flight { id: *id, machine: *machine, page: None, path, body, answer: None }
                    };
                    self.world.flights.borrow_mut().push(again);
                    self.arrive(at);
                }
                80..88 => self.lose(at, 0, None),
                88..91 => self.lose(at, 503, Some("1")),
                91..94 => self.lose(at, 429, Some("30")),
                94..96 => self.lose(at, 500, None),
                96..98 => self.lose(at, 408, None),
                _ => self.lose(at, 200, None),
            }
            format!("{path} of machine {machine} is carried")
        } else {
            match chance {
                _ if cut => self.lose(at, 0, None),
                0..84 => self.hear(at),
                84..94 => self.lose(at, 0, None),
                94..97 => self.cut_short(at),
                _ => self.lose(at, 200, None),
            }
            format!("the answer to {path} of machine {machine} is carried")
        }
    }

    /// It never arrives, or its answer does not: the page hears a failure, or an answer without sense.
    pub(super) fn lose(&mut self, at: usize, status: u16, retry_after: Option<&str>) {
        let mut ledger = self.world.ledger.borrow_mut();
        match status {
            0 => ledger.counts.lost += 1,
            _ => ledger.counts.refused_on_the_way += 1,
        }
        drop(ledger);
        let flight = self.world.flights.borrow_mut().swap_remove(at);
        self.told(&flight, &Answer::of_another(status, retry_after));
    }

    /// Half of the answer arrives.
    fn cut_short(&mut self, at: usize) {
        let mut flight = self.world.flights.borrow_mut().swap_remove(at);
        let Some(mut answer) = flight.answer.take() else { return };
        let half = (0..=answer.text.len() / 2).rev().find(|at| answer.text.is_char_boundary(*at)).unwrap_or(0);
        answer.text.truncate(half);
        self.told(&flight, &answer);
    }

    /// The service gets it.
    pub(super) fn arrive(&mut self, at: usize) {
        let (path, body) = {
            let flight = &self.world.flights.borrow()[at];
            (flight.path.clone(), flight.body.clone())
        };
        if path == "live" {
            return self.listen(at, &body);
        }
        let mut answer = if body.is_empty() { self.house.get(&path) } else { self.house.ask(&path, &body) };
        if self.world.verbose {
            eprintln!("    {path} {body}\n      answers {}: {}", answer.status, answer.text);
        }
        if answer.status >= 500 && answer.status != 503 {
            self.world.fault(format!("the service answers {path} with {}: {}", answer.status, answer.text));
        }
        if path == "session" && body.contains("\"token\"") && answer.status == 200 {
            let subject = answer.value()["subject"].as_str().unwrap_or_default().to_owned();
            self.world.ledger.borrow_mut().signed_in.insert(subject);
        }
        if let Some(subject) = subject_of(&body) {
            match answer.status {
                200..300 if path == "erase" => self.world.ledger.borrow_mut().erase(&subject),
                200 => self.answered(&path, subject, &mut answer),
                // With a capability whose time has passed denials are taken, and nothing is told of them but that.
                401 if path == "decisions" => {
                    let outcomes: Vec<Outcome> = self.house.on_disk(&subject).iter().filter_map(outcome_of).collect();
                    let grant = self.world.ledger.borrow().new_grant(&subject, &outcomes);
                    if let Some(grant) = grant {
                        self.world.fault(format!("{grant} was taken with a capability whose time has passed"));
                    }
                    self.taken(&subject, &outcomes);
                    self.subjects.insert(subject);
                }
                _ => {}
            }
        }
        let mut flights = self.world.flights.borrow_mut();
        flights[at].answer = Some(answer);
        if flights[at].page.is_none() {
            flights.swap_remove(at);
        }
        drop(flights);
        self.hear_lines();
    }

    /// A page wants to hear of what others do.
    fn listen(&mut self, at: usize, body: &str) {
        let (answer, stream) = self.house.listen(body);
        let mut flights = self.world.flights.borrow_mut();
        let Some(page) = flights[at].page else { return drop(flights.swap_remove(at)) };
        if let (Some(stream), Some(subject)) = (stream, subject_of(body)) {
            let Flight { id, machine, .. } = flights[at];
            self.lines.push(Line { id, machine, page, subject, stream, open: false, said: VecDeque::new() });
        }
        flights[at].answer = Some(answer);
        drop(flights);
        self.hear_lines();
    }

    /// Takes down what the service says on every line, as it says it: it rests on what was taken until then.
    pub(super) fn hear_lines(&mut self) {
        let given_up = std::mem::take(&mut *self.world.given_up.borrow_mut());
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|line| {
            let there = (0..TABS).any(|tab| self.page_of(line.machine, tab) == Some(line.page));
            there && !given_up.contains(&line.id)
        });
        for line in &mut lines {
            while line.said.back() != Some(&None) {
                let Some(said) = self.house.next(&mut line.stream) else { break };
                let stamped = said.map(|said| self.stamped(&line.subject, &said));
                line.said.push_back(stamped);
            }
        }
        self.lines = lines;
    }

    /// The service that held them is gone.
    pub(super) fn end_lines(&mut self) {
        self.hear_lines();
        for line in &mut self.lines {
            line.stream = Body::empty();
            line.said.push_back(None);
        }
    }

    fn stamped(&mut self, subject: &str, said: &str) -> String {
        let mut told = String::new();
        for line in said.split_inclusive('\n') {
            let data = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok());
            match data {
                Some(mut value) => {
                    if let Ok(choices) = Choices::read(&value) {
                        value["stamp"] = self.stamp(subject, &choices).into();
                    }
                    told.push_str(&format!("data: {value}\n"));
                }
                None => told.push_str(line),
            }
        }
        told
    }

    /// What was said reaches the pages, or a line breaks.
    pub(super) fn lines_tell(&mut self, may_break: bool) -> String {
        self.hear_lines();
        let mut told = 0;
        for at in (0..self.lines.len()).rev() {
            let cut = self.machines[self.lines[at].machine].cut.get() || (may_break && self.one_in(10));
            if !self.lines[at].open || (!cut && self.lines[at].said.is_empty()) {
                continue;
            }
            let (machine, page, id) = (self.lines[at].machine, self.lines[at].page, self.lines[at].id);
            let said = if cut { VecDeque::from([None]) } else { std::mem::take(&mut self.lines[at].said) };
            if said.back() == Some(&None) {
                self.lines.swap_remove(at);
            }
            let Some(tab) = (0..TABS).find(|tab| self.page_of(machine, *tab) == Some(page)) else { continue };
            for chunk in said {
                self.with(machine, tab, |engine, body| engine.tell(body, "line", (page, id, chunk)));
                told += 1;
            }
        }
        format!("{told} pieces are heard on lines")
    }

    /// Notes what the service said of a subject, and what its answer rests on.
    fn answered(&mut self, path: &str, subject: String, answer: &mut Answer) {
        let mut value = answer.value();
        let (choices, outcomes) = match path {
            "decisions" => (Choices::read(&value["choices"]).ok(), outcomes(&value)),
            "choices" => (Choices::read(&value).ok(), Vec::new()),
            _ => return,
        };
        self.taken(&subject, &outcomes);
        if let Some(choices) = choices {
            value["stamp"] = self.stamp(&subject, &choices).into();
            answer.text = value.to_string();
        }
        self.subjects.insert(subject);
    }

    /// Under which number it is kept what these choices rest on.
    fn stamp(&self, subject: &str, choices: &Choices) -> usize {
        let granted = choices.controls.iter().filter(|control| control.choice == Standing::Granted);
        let granted = Rc::new(granted.map(|control| control.id.clone()).collect());
        let ledger = self.world.ledger.borrow();
        let (lineage, len) = (ledger.lineage(), ledger.taken(subject));
        let mut stamps = self.world.stamps.borrow_mut();
        stamps.push(Stamp { lineage, subject: subject.into(), len, granted });
        stamps.len() - 1
    }

    fn taken(&self, subject: &str, outcomes: &[Outcome]) {
        let now = self.world.time.ms();
        let known = self.world.ledger.borrow_mut().answered(subject, outcomes, now);
        if let Err(fault) = known {
            self.world.fault(fault);
        }
    }

    pub(super) fn hear(&mut self, at: usize) {
        let mut flight = self.world.flights.borrow_mut().swap_remove(at);
        if let Some(answer) = flight.answer.take() {
            if let Some(line) = self.lines.iter_mut().find(|line| line.id == flight.id) {
                line.open = true;
            }
            self.told(&flight, &answer);
        }
    }

    fn told(&mut self, flight: &Flight, answer: &Answer) {
        let Some(page) = flight.page else { return };
        self.lines.retain(|line| line.open || line.id != flight.id);
        let Some(tab) = (0..TABS).find(|tab| self.page_of(flight.machine, *tab) == Some(page)) else { return };
        self.with(flight.machine, tab, |engine, body| {
            let Answer { status, media, retry_after, text } = answer;
            let told = (page, flight.id, *status, media.as_str(), retry_after.as_deref(), text.as_str());
            engine.tell(body, "deliver", told);
        });
    }
}

fn outcomes(answer: &Value) -> Vec<Outcome> {
    let list = answer["outcomes"].as_array();
    list.into_iter().flatten().filter_map(|outcome| Outcome::read(outcome).ok()).collect()
}

fn outcome_of(row: &Received) -> Option<Outcome> {
    let outcome: Value = serde_json::from_str(&row.outcome).ok()?;
    Outcome::read(&outcome).ok()
}

/// A capability names its subject.
fn subject_of(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get("capability")?.as_str()?.split('~').nth(1).map(str::to_owned)
}
