//! Who is at the page: the person the shop's token names, an anonymous subject, or nobody.

use std::collections::{BTreeMap, BTreeSet};

use candor_choices::device::{Cause, Device, KEPT, KnownAs, WAITING};
use candor_choices::{Entry, Event};
use candor_protocol::{Choice, Choices, Decision};
use serde_json::{Value, json};

use super::{Around, MINUTE, Session, Tab};
use crate::network::{Ask, Then};
use crate::service::{Answer, HS256};

impl Tab {
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
            self.gather_said();
            match self.kept_session() {
                Some(kept) => self.fly(around, Ask::Parting, "choices", json!({"capability": kept.capability}), false),
                None => self.sign_in(around, None),
            }
        } else {
            self.stay_anonymous(around);
        }
    }

    pub(super) fn sign_in(&mut self, around: &mut Around<'_>, anonymous: Option<String>) {
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

    /// The anonymous subject that this browser made, in whichever tab.
    pub(super) fn kept_session(&self) -> Option<Session> {
        let kept: Value = serde_json::from_str(&self.body.get("session")?).ok()?;
        read_session(&kept, &self.body.id()).map(|(session, _)| session)
    }

    /// Goes on as it, where its time has not passed.
    fn be_kept(&mut self) -> bool {
        let kept = self.body.get("session").and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let read = kept.and_then(|kept| read_session(&kept, &self.body.id()));
        let Some((session, ends)) = read.filter(|(_, ends)| ends - MINUTE > self.body.clock()) else { return false };
        self.become_somebody(Some(session), ends - MINUTE, false);
        true
    }

    /// Nobody, or the anonymous subject that this browser made.
    pub(super) fn stay_anonymous(&mut self, around: &mut Around<'_>) {
        // Storage was emptied under the page: whoever is at it is still the same.
        let still = self.last.is_some() && !self.signed_in && self.until > self.body.clock();
        if !self.be_kept() && !still {
            self.become_somebody(None, 0, false);
        }
        self.found(around, true);
    }

    pub(super) fn become_somebody(&mut self, session: Option<Session>, until: i64, signed_in: bool) {
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

    pub(super) fn found(&mut self, around: &mut Around<'_>, known: bool) {
        self.asking = false;
        for then in std::mem::take(&mut self.waiting) {
            self.go_on(around, then, known);
        }
    }

    /// It is known who it is, or that nobody is; or it could not be asked.
    pub(super) fn go_on(&mut self, around: &mut Around<'_>, then: Then, known: bool) {
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
                    // Whose device has another name by now.
                    Some(session) if known && grants && session.device != self.body.id() => {
                        let then = vec![Then::Send { of, decisions, grants }];
                        let body = json!({"device": self.body.id(), "capability": session.capability});
                        self.fly(around, Ask::Anonymous { then }, "session", body, false);
                    }
                    Some(session) if known => self.dispatch(around, &session, decisions, false),
                    None if known && grants && self.be_kept() => {
                        self.go_on(around, Then::Send { of, decisions, grants }, true);
                    }
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
                        body["notice"] = self.body.state.stands.borrow().notice_hash.as_str().into();
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

    pub(super) fn renew(&mut self, around: &mut Around<'_>) {
        self.until = 0;
        match self.last.clone() {
            Some(last) if !self.signed_in => {
                let body = json!({"device": self.body.id(), "capability": last.capability});
                self.fly(around, Ask::Anonymous { then: vec![Then::Flush { online: false }] }, "session", body, false);
            }
            _ => self.find(around, Then::Flush { online: false }),
        }
    }

    /// What the anonymous subject refused binds this device from now on.
    pub(super) fn part(&mut self, around: &mut Around<'_>, status: u16, answer: &Answer) {
        let kept = self.kept_session().map(|kept| kept.capability);
        if status == 401 || status == 410 {
            self.body.remove("session");
        }
        if status != 200 {
            return self.sign_in(around, None);
        }
        let mut refused = self.refused();
        if let Ok(choices) = Choices::read(&answer.body) {
            for control in &choices.controls {
                if control.choice == candor_protocol::Standing::Denied && !control.by_signal {
                    refused.insert(control.id.clone());
                }
                refused.extend(control.left_out.iter().map(|datum| format!("{}>{datum}", control.id)));
            }
        }
        self.refuse(&refused);
        self.sign_in(around, kept);
    }

    pub(super) fn refused(&self) -> BTreeSet<String> {
        let text = self.body.get("refused").unwrap_or_default();
        text.split_ascii_whitespace().map(str::to_owned).collect()
    }

    pub(super) fn refuse(&self, refused: &BTreeSet<String>) {
        self.body.set("refused", &refused.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
    }

    /// The last word on each control of the anonymous person: what was not sent yet, and what was answered,
    /// as the service may have come back from a backup without it. Only what waits takes a refusal back, and
    /// none of the same number: two tabs decided in the same moment.
    pub(super) fn gather_said(&self) {
        let mut said: Vec<(bool, Decision)> = Vec::new();
        for (start, waits) in [("out:anon:", true), ("kept:anon:", false)] {
            for key in self.body.keys(start) {
                let value: Value = serde_json::from_str(&self.body.get(&key).unwrap_or_default()).unwrap_or_default();
                said.extend(Entry::read(&value).ok().map(|entry| (waits, entry.decision)));
            }
        }
        if said.is_empty() {
            return;
        }
        said.sort_by_key(|(_, decision)| decision.seq);
        let mut refused = self.refused();
        let mut last = BTreeMap::new();
        for (waits, decision) in &said {
            for change in decision.changes() {
                let word = match &change.datum {
                    Some(datum) => format!("{}>{datum}", change.control),
                    None => change.control.clone(),
                };
                if change.choice == Choice::Denied {
                    last.insert(word.clone(), decision.seq);
                    refused.insert(word);
                } else if *waits && last.get(&word) != Some(&decision.seq) {
                    refused.remove(&word);
                }
            }
        }
        self.refuse(&refused);
    }

    pub(super) fn hear_session(&mut self, around: &mut Around<'_>, status: u16, answer: &Answer, asked: &str) {
        match (status, read_session(&answer.body, &device_of(asked))) {
            (200, Some((session, ends))) => {
                // Whoever is anonymous here next is somebody else.
                if asked.contains("capability") {
                    self.body.remove("session");
                }
                for start in ["out:anon:", "kept:anon:"] {
                    self.body.keys(start).iter().for_each(|key| self.body.remove(key));
                }
                // Who could not be closed goes on where they had come to.
                if self.body.get("session").is_none() {
                    self.body.remove("seq:anon");
                }
                // Another tab gave the device its name meanwhile: this is good for none of its decisions.
                if session.device != self.body.id() {
                    return self.sign_in(around, None);
                }
                let until = (ends - MINUTE).max(self.body.clock() + 4 * MINUTE);
                self.become_somebody(Some(session), until, true);
                self.found(around, true);
            }
            // What was not accepted names nobody, and does not say that nobody is there.
            _ => self.found(around, false),
        }
    }

    pub(super) fn take_anonymous(&mut self, answer: &Answer, asked: &str) -> Option<()> {
        let device = device_of(asked);
        let (session, ends) = read_session(&answer.body, &device)?;
        // Another tab made somebody meanwhile: of one browser there is one.
        if !asked.contains("capability") && self.be_kept() {
            return Some(());
        }
        self.body.set("device", &device);
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
