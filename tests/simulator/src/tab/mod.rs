//! A page's drivers: who it is, what is asked of the service, what is heard.
//!
//! The page has these in TypeScript (`widget/loader/core/`); here they are told in
//! Rust in the same steps, so that the same requests set out in the same cases.

mod identity;

use std::rc::Rc;

use candor_choices::Event;
use candor_choices::device::{Cause, Device, WAITING};
use candor_protocol::{Choice, Choices, Decision, Outcome};
use serde_json::{Value, json};

use crate::body::{Body, Machine, Out, World};
use crate::ledger::Stamp;
use crate::network::{Ask, Flight, Then};
use crate::service::Answer;

const MINUTE: i64 = 60_000;

#[derive(Debug, Clone)]
pub struct Session {
    pub subject: String,
    pub capability: String,
    device: String,
}

/// One page.
pub struct Tab {
    pub page: u64,
    pub body: Rc<Body>,
    pub visible: bool,
    pub last: Option<Session>,
    /// By the device's clock.
    until: i64,
    pub signed_in: bool,
    pub of: String,
    era: u32,
    asking: bool,
    waiting: Vec<Then>,
    /// Another tab wrote to storage and this one has not looked yet.
    pub stale: bool,
    /// What other tabs told.
    pub told: Vec<(String, Choices, Option<Stamp>)>,
    /// Answers that panels wait for.
    pub gathering: bool,
}

/// What everybody at the drivers can reach.
pub struct Around<'a> {
    pub world: &'a Rc<World>,
    pub machine: &'a Rc<Machine>,
    pub flights: &'a mut Vec<Flight>,
    /// What the other tab of this browser is to hear.
    pub to_other: &'a mut Vec<(String, Choices, Option<Stamp>)>,
    pub other_stale: &'a mut bool,
    /// The shop's publishable key.
    pub site: &'a str,
    /// The customer's name at the shop.
    pub customer: &'a str,
    /// The shop's page hands out a token that is too old.
    pub old_token: bool,
    /// Another tab of this browser has decisions on their way, and there are locks.
    pub locked: bool,
}

impl Tab {
    pub fn open(page: u64, world: &Rc<World>, machine: &Rc<Machine>) -> Self {
        Tab {
            page,
            body: Rc::new(Body::new(world.clone(), machine.clone())),
            visible: true,
            last: None,
            until: 0,
            signed_in: false,
            of: String::new(),
            era: 0,
            asking: false,
            waiting: Vec::new(),
            stale: false,
            told: Vec::new(),
            gathering: false,
        }
    }

    fn now_session(&self) -> Option<Session> {
        self.last.clone().filter(|last| last.device == self.body.id() && self.until > self.body.clock())
    }

    fn fly(&self, around: &mut Around<'_>, ask: Ask, path: &'static str, mut body: Value, keepalive: bool) {
        body["site"] = around.site.into();
        around.world.ledger.borrow_mut().counts.requests += 1;
        around.flights.push(Flight {
            machine: around.machine.index,
            page: Some(self.page),
            ask,
            path,
            body: body.to_string(),
            keepalive,
            sent_at: around.world.time.ms(),
            era: self.era,
            answer: None,
        });
    }

    /// Carries out what the page's code asked for since the last time.
    pub fn drain(&mut self, around: &mut Around<'_>) {
        loop {
            let next = self.body.outs.borrow_mut().pop_front();
            let Some(out) = next else { return };
            match out {
                Out::AskWho => self.find(around, Then::Hold),
                Out::Renew => self.renew(around),
                Out::Send { decisions, keepalive } => self.send(around, decisions, keepalive),
                Out::Share(choices, stamp) => around.to_other.push((self.of.clone(), choices, stamp)),
                Out::Wrote => *around.other_stale = true,
            }
        }
    }

    /// Somebody else may be at the page now.
    pub fn forget(&mut self) {
        self.era += 1;
        self.of.clear();
        self.last = None;
        self.asking = false;
        self.waiting.clear();
        self.signed_in = false;
        self.told.clear();
        self.gathering = false;
        self.body.take_new_name();
        self.body.forget_person();
    }

    // Decisions.

    fn send(&mut self, around: &mut Around<'_>, decisions: Vec<Decision>, keepalive: bool) {
        let grants = decisions.iter().flat_map(Decision::changes).any(|change| change.choice == Choice::Granted);
        let ready = self.now_session().or_else(|| self.last.clone().filter(|_| !grants));
        match ready {
            Some(_) if around.locked && !keepalive => self.body.failed(1, None),
            Some(session) => self.dispatch(around, &session, decisions, keepalive),
            None => self.find(around, Then::Send { of: self.of.clone(), decisions, grants }),
        }
    }

    fn dispatch(&mut self, around: &mut Around<'_>, session: &Session, decisions: Vec<Decision>, keepalive: bool) {
        let list: Vec<Value> =
            decisions.iter().map(|one| serde_json::from_str(&one.to_json()).expect("a decision is JSON")).collect();
        let body = json!({"capability": session.capability, "decisions": list});
        self.fly(around, Ask::Decisions { of: self.of.clone() }, "decisions", body, keepalive);
    }

    // What the page does.

    /// A panel opens, or comes to the front: what stands is asked for.
    pub fn gather(&mut self, around: &mut Around<'_>) {
        self.gathering = true;
        if self.body.state.stands.borrow().notice.is_none() {
            self.fly(around, Ask::Notice, "notice", json!({}), false);
        }
        self.find(around, Then::Gather);
    }

    /// What waits is sent.
    pub fn flush(&mut self, around: &mut Around<'_>, online: bool) {
        if !self.body.state.held.borrow().is_empty() || !self.body.keys(WAITING).is_empty() {
            self.find(around, Then::Flush { online });
        }
    }

    pub fn hide(&mut self) {
        self.visible = false;
        self.body.hold();
        self.body.outbox_event(Event::Hidden, Cause::Customer);
    }

    fn gathered(&mut self) {
        if self.gathering && self.body.state.stands.borrow().notice.is_some() {
            self.gathering = false;
            self.body.gathered("en");
        }
    }

    /// Another tab said what stands.
    pub fn hear_tab(&mut self) {
        let told = std::mem::take(&mut self.told);
        for (of, choices, stamp) in told {
            if !self.of.is_empty() && of == self.of {
                self.load(Cause::Tab);
                self.stand(choices, stamp, Cause::Tab);
            }
        }
    }

    fn stand(&mut self, choices: Choices, stamp: Option<Stamp>, cause: Cause) {
        let base = choices.base();
        self.hear(base, stamp, |body| body.stand(choices, cause));
    }

    /// What is on screen rests on this from the moment it is taken over.
    fn hear(&self, base: candor_protocol::Base, stamp: Option<Stamp>, tell: impl FnOnce(&Body)) {
        *self.body.hearing.borrow_mut() = stamp.clone();
        let stands = self.body.state.stands.borrow();
        let newer = !(stands.loaded && stands.known.epoch == base.epoch && stands.known.rev > base.rev);
        drop(stands);
        if newer {
            self.body.stamp.borrow_mut().clone_from(&stamp);
        }
        tell(&self.body);
        *self.body.hearing.borrow_mut() = None;
    }

    /// An answer, or none (status 0), to a request of this page.
    pub fn hear_answer(&mut self, around: &mut Around<'_>, flight: Flight, answer: Answer, stamp: Option<Stamp>) {
        let ours = flight.era == self.era;
        let status = if ours { answer.status } else { 0 };
        // Another notice is in force than the one that is shown.
        let shown = self.body.state.stands.borrow().notice_hash.clone();
        if answer.body["notice"].as_str().is_some_and(|named| !shown.is_empty() && named != shown) {
            self.fly(around, Ask::Notice, "notice", json!({}), false);
        }
        match flight.ask {
            Ask::Notice => {
                let read = candor_protocol::Notice::read(&answer.body["notice"]).ok();
                if let (200, Some(notice), Some(hash)) = (answer.status, read, answer.body["hash"].as_str()) {
                    let mut stands = self.body.state.stands.borrow_mut();
                    stands.notice = Some(std::sync::Arc::new(notice));
                    hash.clone_into(&mut stands.notice_hash);
                    drop(stands);
                    if self.body.state.stands.borrow().loaded {
                        self.gathered();
                    }
                } else {
                    self.gathering = false;
                }
            }
            _ if !ours && !matches!(flight.ask, Ask::Decisions { .. }) => {}
            Ask::Parting => self.part(around, status, &answer),
            Ask::Session => self.hear_session(around, status, &answer, &flight.body),
            Ask::Anonymous { then } => {
                let made = (status == 200).then(|| self.take_anonymous(&answer, &flight.body)).flatten();
                if matches!(status, 401 | 403 | 410) && flight.body.contains("capability") {
                    self.body.remove("session");
                    self.until = 0;
                }
                match made {
                    Some(()) => then.into_iter().for_each(|then| self.go_on(around, then, true)),
                    None => {
                        for then in then {
                            match then {
                                Then::Send { of, .. } if of == self.of => self.body.failed(0, None),
                                then @ Then::Flush { .. } if status != 0 => self.find(around, then),
                                _ => {}
                            }
                        }
                    }
                }
            }
            Ask::Decisions { of } => {
                if self.of != of {
                    return;
                }
                let read = (status == 200).then(|| read_answer(&answer.body)).flatten();
                match read {
                    Some((outcomes, choices)) => {
                        let base = choices.base();
                        self.hear(base, stamp, |body| body.answered(outcomes, choices));
                    }
                    None if status == 200 => self.body.failed(0, None),
                    None => self.body.failed(status, answer.retry_after_ms),
                }
            }
            Ask::Choices => match (status, Choices::read(&answer.body)) {
                (200, Ok(choices)) => {
                    let first = self.body.state.stands.borrow().known.epoch.is_empty();
                    self.stand(choices, stamp, if first { Cause::Stored } else { Cause::OtherDevice });
                    self.gathered();
                }
                (204, _) => self.gathered(),
                _ => self.gathering = false,
            },
        }
    }
}

fn read_answer(body: &Value) -> Option<(Vec<Outcome>, Choices)> {
    let outcomes = body.get("outcomes")?.as_array()?;
    let outcomes = outcomes.iter().filter_map(|outcome| Outcome::read(outcome).ok()).collect();
    Some((outcomes, Choices::read(body.get("choices")?).ok()?))
}
