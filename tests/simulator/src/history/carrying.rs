//! Requests and answers carried, lost, repeated and garbled.

use std::rc::Rc;

use candor_protocol::{Choices, Outcome, Standing};
use candor_service::store::reads::Received;

use super::{History, TABS};
use crate::ledger::Stamp;
use crate::network::{Ask, Flight, PATIENCE_MS};
use crate::service::Answer;

impl History<'_> {
    /// A page waits ten seconds for an answer; the request may arrive all the same.
    pub(super) fn give_up(&mut self) {
        let now = self.world.time.ms();
        let late: Vec<usize> =
            (0..self.flights.len()).filter(|at| self.flights[*at].sent_at + PATIENCE_MS < now).collect();
        for at in late.into_iter().rev() {
            let flight = self.flights.swap_remove(at);
            let page = flight.page;
            if flight.answer.is_none() && self.one_in(2) {
                self.flights.push(Flight {
                    page: None,
                    ask: flight.ask.clone(),
                    body: flight.body.clone(),
                    answer: None,
                    sent_at: now,
                    ..flight
                });
            }
            self.told(page, flight, Answer::of_status(0, None), None);
        }
    }

    pub(super) fn move_a_flight(&mut self) -> String {
        if self.flights.is_empty() {
            return "nothing is on its way".to_owned();
        }
        let at = self.draw(self.flights.len());
        let (path, cut) = (self.flights[at].path, self.machines[self.flights[at].machine].cut.get());
        let chance = self.draw(100);
        if self.flights[at].answer.is_none() {
            match chance {
                _ if cut => self.lose(at, 0, None),
                0..74 => self.arrive(at),
                74..80 => {
                    // It arrives, and once more later.
                    self.world.ledger.borrow_mut().counts.repeated += 1;
                    let flight = &self.flights[at];
                    let again = Flight {
                        machine: flight.machine,
                        page: None,
                        ask: flight.ask.clone(),
                        path: flight.path,
                        body: flight.body.clone(),
                        keepalive: flight.keepalive,
                        sent_at: flight.sent_at,
                        era: flight.era,
                        answer: None,
                    };
                    self.flights.push(again);
                    self.arrive(at)
                }
                80..88 => self.lose(at, 0, None),
                88..91 => self.lose(at, 503, Some(1_000)),
                91..94 => self.lose(at, 429, Some(30_000)),
                94..96 => self.lose(at, 500, None),
                96..98 => self.lose(at, 408, None),
                _ => self.lose(at, 200, None),
            }
            format!("{path} of machine {} is carried", self.flights.get(at).map_or(9, |f| f.machine))
        } else {
            match chance {
                _ if cut => self.lose(at, 0, None),
                0..84 => self.hear(at),
                84..94 => self.lose(at, 0, None),
                _ => self.lose(at, 200, None),
            }
            format!("the answer to {path} is carried")
        }
    }

    /// It never arrives, or its answer does not: the page hears a failure, or an answer without sense.
    pub(super) fn lose(&mut self, at: usize, status: u16, retry_after_ms: Option<u64>) {
        let flight = self.flights.swap_remove(at);
        let mut ledger = self.world.ledger.borrow_mut();
        match status {
            0 => ledger.counts.lost += 1,
            _ => ledger.counts.refused_on_the_way += 1,
        }
        drop(ledger);
        let page = flight.page;
        self.told(page, flight, Answer::of_status(status, retry_after_ms), None);
    }

    /// The service gets it.
    pub(super) fn arrive(&mut self, at: usize) {
        let flight = &self.flights[at];
        let answer = match flight.ask {
            Ask::Notice => self.house.get_notice(),
            _ => self.house.ask(flight.path, &flight.body),
        };
        let subject = subject_of(&flight.body);
        let mut stamp = None;
        if let (Ask::Decisions { .. }, 401, Some(subject)) = (&flight.ask, answer.status, &subject) {
            self.denials_taken(subject);
        }
        let flight = &self.flights[at];
        if let Some(subject) = subject.filter(|_| answer.status == 200) {
            let (choices, outcomes) = match flight.ask {
                Ask::Decisions { .. } => (Choices::read(&answer.body["choices"]).ok(), outcomes(&answer)),
                Ask::Choices | Ask::Parting => (Choices::read(&answer.body).ok(), Vec::new()),
                _ => (None, Vec::new()),
            };
            let now = self.world.time.ms();
            if self.verbose {
                eprintln!("    {} answers {}: {}", flight.path, answer.status, answer.body);
            }
            let mut ledger = self.world.ledger.borrow_mut();
            if let Err(fault) = ledger.answered(&subject, &outcomes, now) {
                ledger.fault.get_or_insert(fault);
            }
            if let Some(choices) = choices {
                let granted = choices.controls.iter().filter(|control| control.choice == Standing::Granted);
                stamp = Some(Stamp {
                    lineage: ledger.lineage(),
                    subject: subject.as_str().into(),
                    len: ledger.taken(&subject),
                    granted: Rc::new(granted.map(|control| control.id.clone()).collect()),
                });
            }
            self.subjects.insert(subject);
        }
        self.flights[at].answer = Some((answer, stamp));
        if self.flights[at].page.is_none() {
            self.flights.swap_remove(at);
        }
    }

    /// With a capability whose time has passed denials are taken, and nothing is told of them but that.
    fn denials_taken(&mut self, subject: &str) {
        let outcomes: Vec<Outcome> = self.house.on_disk(subject).iter().filter_map(outcome_of).collect();
        let now = self.world.time.ms();
        let mut ledger = self.world.ledger.borrow_mut();
        if let Err(fault) = ledger.answered(subject, &outcomes, now) {
            ledger.fault.get_or_insert(fault);
        }
        drop(ledger);
        self.subjects.insert(subject.to_owned());
    }

    pub(super) fn hear(&mut self, at: usize) {
        let mut flight = self.flights.swap_remove(at);
        if let Some((answer, stamp)) = flight.answer.take() {
            let page = flight.page;
            self.told(page, flight, answer, stamp);
        }
    }

    pub(super) fn told(&mut self, page: Option<u64>, flight: Flight, answer: Answer, stamp: Option<Stamp>) {
        let Some(page) = page else { return };
        let machine = flight.machine;
        let Some(tab) = (0..TABS).find(|tab| self.tabs[machine][*tab].as_ref().is_some_and(|t| t.page == page)) else {
            return;
        };
        self.around(machine, tab, |tab, around| tab.hear_answer(around, flight, answer, stamp));
    }
}

fn outcomes(answer: &Answer) -> Vec<Outcome> {
    let list = answer.body["outcomes"].as_array();
    list.into_iter().flatten().filter_map(|outcome| Outcome::read(outcome).ok()).collect()
}

fn outcome_of(row: &Received) -> Option<Outcome> {
    let outcome: serde_json::Value = serde_json::from_str(&row.outcome).ok()?;
    Outcome::read(&outcome).ok()
}

/// A capability names its subject.
fn subject_of(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("capability")?.as_str()?.split('~').nth(1).map(str::to_owned)
}
