//! A page's drivers: who it is, what is asked of the service, what is heard.
//!
//! The page has these in TypeScript (`widget/loader/core/`); here they are told in
//! Rust in the same steps, so that the same requests set out in the same cases.

use std::collections::BTreeSet;
use std::rc::Rc;

use candor_choices::device::{Cause, Device, KEPT, KnownAs, WAITING};
use candor_choices::{Entry, Event};
use candor_protocol::{Choice, Choices, Decision, Outcome};
use serde_json::{Value, json};

use crate::body::{Body, Machine, Out, World};
use crate::ledger::Stamp;
use crate::network::{Ask, Flight, Then};
use crate::service::{Answer, HS256};

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

    // Who it is.

    pub fn find(&mut self, around: &mut Around<'_>, then: Then) {
        if self.now_session().is_some() {
            return self.go_on(around, then, true);
        }
        self.waiting.push(then);
        if self.asking {
            return;
        }
        self.asking = true;
        if around.machine.signed_in.get() {
            self.gather_unsent();
            match self.kept_session() {
                Some(kept) => self.fly(around, Ask::Parting, "choices", json!({"capability": kept.capability}), false),
                None => self.sign_in(around, None),
            }
        } else {
            self.stay_anonymous(around);
        }
    }

    fn sign_in(&mut self, around: &mut Around<'_>, anonymous: Option<String>) {
        let seconds = around.world.time.ms() / 1000;
        let exp = if around.old_token { seconds - 600 } else { seconds + 240 };
        let jti = format!("{:032x}", around.world.chance.borrow_mut().u128(..));
        let claims = json!({"aud": around.site, "sub": around.customer, "exp": exp, "jti": jti});
        let key = jsonwebtoken::EncodingKey::from_secret(HS256);
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        let token = jsonwebtoken::encode(&header, &claims, &key).expect("a token");
        let mut body = json!({"device": self.body.id(), "token": token});
        if let Some(capability) = anonymous {
            body["capability"] = capability.into();
        }
        self.fly(around, Ask::Session, "session", body, false);
    }

    fn kept_session(&self) -> Option<Session> {
        let kept: Value = serde_json::from_str(&self.body.get("session")?).ok()?;
        let text = |name: &str| kept.get(name)?.as_str().map(str::to_owned);
        Some(Session { subject: text("subject")?, capability: text("capability")?, device: self.body.id() })
    }

    /// Nobody, or the anonymous subject that this browser made.
    fn stay_anonymous(&mut self, around: &mut Around<'_>) {
        let kept = self.kept_session();
        let ends = kept.as_ref().and_then(|_| {
            let kept: Value = serde_json::from_str(&self.body.get("session")?).ok()?;
            candor_protocol::Timestamp::parse(kept.get("expires_at")?.as_str()?)
        });
        match (kept, ends) {
            (Some(session), Some(ends)) if ends.0 - MINUTE > self.body.clock() => {
                self.become_somebody(Some(session), ends.0 - MINUTE, false);
            }
            _ => self.become_somebody(None, 0, false),
        }
        self.found(around, true);
    }

    fn become_somebody(&mut self, session: Option<Session>, until: i64, signed_in: bool) {
        let known_as = match (&session, signed_in) {
            (None, _) => KnownAs::Nobody,
            (Some(_), false) => KnownAs::Anonymous,
            (Some(_), true) => KnownAs::SignedIn,
        };
        self.of = match &session {
            Some(session) if signed_in => session.subject.clone(),
            _ => "anon".to_owned(),
        };
        self.last = session;
        self.until = until;
        self.signed_in = signed_in;
        self.body.person_is(&self.of, known_as);
        self.load(Cause::Stored);
    }

    /// The outbox as storage holds it.
    pub fn load(&mut self, cause: Cause) {
        if self.of.is_empty() {
            return;
        }
        self.stale = false;
        let mut entries = Vec::new();
        for prefix in [WAITING, KEPT] {
            for key in self.body.keys(&format!("{prefix}{}:", self.of)) {
                let text = self.body.get(&key).unwrap_or_default();
                let value: Value = serde_json::from_str(&text).unwrap_or_default();
                entries.extend(Entry::read(&value).ok());
            }
        }
        let next = self.body.get(&format!("seq:{}", self.of)).and_then(|text| text.parse().ok()).unwrap_or(1);
        self.body.stored(entries, next, cause);
    }

    fn found(&mut self, around: &mut Around<'_>, known: bool) {
        self.asking = false;
        for then in std::mem::take(&mut self.waiting) {
            self.go_on(around, then, known);
        }
    }

    /// It is known who it is, or that nobody is; or it could not be asked.
    fn go_on(&mut self, around: &mut Around<'_>, then: Then, known: bool) {
        match then {
            Then::Hold => {
                if !known {
                    self.body.hold();
                }
            }
            Then::Flush { online } => {
                if !known {
                    self.body.hold();
                }
                self.body.outbox_event(if online { Event::Online } else { Event::Flush }, Cause::Stored);
            }
            Then::Send { of, decisions, grants } => {
                // Somebody else came meanwhile: these are not theirs.
                if of != self.of {
                    return;
                }
                match self.last.clone() {
                    Some(session) if known => self.dispatch(around, &session, decisions, false),
                    None if known && grants => {
                        let then = vec![Then::Send { of, decisions, grants }];
                        self.fly(around, Ask::Anonymous { then }, "session", json!({"device": self.body.id()}), false);
                    }
                    _ => self.body.failed(0, None),
                }
            }
            Then::Gather => match self.last.clone() {
                _ if !known => self.gathering = false,
                Some(session) => {
                    let mut body = json!({"capability": session.capability, "device": self.body.id()});
                    let known = self.body.state.stands.borrow().known.base();
                    if !known.epoch.is_empty() {
                        body["epoch"] = known.epoch.into();
                        body["rev"] = known.rev.into();
                    }
                    self.fly(around, Ask::Choices, "choices", body, false);
                }
                None => {
                    self.body.alone();
                    self.gathered();
                }
            },
        }
    }

    fn renew(&mut self, around: &mut Around<'_>) {
        self.until = 0;
        match self.last.clone() {
            Some(last) if !self.signed_in => {
                let body = json!({"device": self.body.id(), "capability": last.capability});
                self.fly(around, Ask::Anonymous { then: vec![Then::Flush { online: false }] }, "session", body, false);
            }
            _ => self.find(around, Then::Flush { online: false }),
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
        self.body.forget_person();
    }

    // Decisions.

    fn send(&mut self, around: &mut Around<'_>, decisions: Vec<Decision>, keepalive: bool) {
        let grants = decisions.iter().flat_map(Decision::changes).any(|change| change.choice == Choice::Granted);
        let ready = self.now_session().or_else(|| self.last.clone().filter(|_| keepalive && !grants));
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
            Ask::Session => self.hear_session(around, status, &answer, &device_of(&flight.body)),
            Ask::Anonymous { then } => {
                let device = device_of(&flight.body);
                let made = (status == 200).then(|| self.take_anonymous(&answer, &device)).flatten();
                if matches!(status, 401 | 403 | 410) && flight.body.contains("capability") {
                    self.body.remove("session");
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

    /// What the anonymous subject refused binds this device from now on.
    fn part(&mut self, around: &mut Around<'_>, status: u16, answer: &Answer) {
        let kept = self.kept_session().map(|kept| kept.capability);
        if status == 401 || status == 410 {
            self.body.remove("session");
        }
        if status != 200 {
            return self.sign_in(around, None);
        }
        let mut refused = self.refused();
        if let Ok(choices) = Choices::read(&answer.body) {
            for control in choices.controls.iter().filter(|c| !c.by_signal) {
                if control.choice == candor_protocol::Standing::Denied {
                    refused.insert(control.id.clone());
                }
            }
        }
        self.refuse(&refused);
        self.sign_in(around, kept);
    }

    fn refused(&self) -> BTreeSet<String> {
        let text = self.body.get("refused").unwrap_or_default();
        text.split_ascii_whitespace().map(str::to_owned).collect()
    }

    fn refuse(&self, refused: &BTreeSet<String>) {
        self.body.set("refused", &refused.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
    }

    /// What the anonymous person had not sent yet: the last word on each control.
    fn gather_unsent(&self) {
        let mut unsent: Vec<Decision> = Vec::new();
        for key in self.body.keys("out:anon:") {
            let value: Value = serde_json::from_str(&self.body.get(&key).unwrap_or_default()).unwrap_or_default();
            unsent.extend(Entry::read(&value).ok().map(|entry| entry.decision));
        }
        if unsent.is_empty() {
            return;
        }
        unsent.sort_by_key(|decision| decision.seq);
        let mut refused = self.refused();
        for change in unsent.iter().flat_map(Decision::changes).filter(|change| change.datum.is_none()) {
            match change.choice {
                Choice::Denied => refused.insert(change.control.clone()),
                Choice::Granted => refused.remove(&change.control),
            };
        }
        self.refuse(&refused);
    }

    fn hear_session(&mut self, around: &mut Around<'_>, status: u16, answer: &Answer, device: &str) {
        match (status, read_session(&answer.body, device)) {
            (200, Some((session, ends))) => {
                // Whoever is anonymous here next is somebody else.
                self.body.remove("session");
                for start in ["out:anon:", "kept:anon:", "seq:anon"] {
                    self.body.keys(start).iter().for_each(|key| self.body.remove(key));
                }
                let until = (ends - MINUTE).max(self.body.clock() + 4 * MINUTE);
                self.become_somebody(Some(session), until, true);
                self.found(around, true);
            }
            // What was not accepted names nobody.
            (401 | 403, _) => self.stay_anonymous(around),
            _ => self.found(around, false),
        }
    }

    fn take_anonymous(&mut self, answer: &Answer, device: &str) -> Option<()> {
        let (session, ends) = read_session(&answer.body, device)?;
        self.body.set("device", device);
        self.body.set("session", &answer.body.to_string());
        let until = (ends - MINUTE).max(self.body.clock() + 4 * MINUTE);
        self.become_somebody(Some(session), until, false);
        Some(())
    }
}

/// The device that a session was asked for.
fn device_of(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body.get("device").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn read_session(body: &Value, device: &str) -> Option<(Session, i64)> {
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    let session = Session { subject: text("subject")?, capability: text("capability")?, device: device.to_owned() };
    Some((session, candor_protocol::Timestamp::parse(&text("expires_at")?)?.0))
}

fn read_answer(body: &Value) -> Option<(Vec<Outcome>, Choices)> {
    let outcomes = body.get("outcomes")?.as_array()?;
    let outcomes = outcomes.iter().filter_map(|outcome| Outcome::read(outcome).ok()).collect();
    Some((outcomes, Choices::read(body.get("choices")?).ok()?))
}
