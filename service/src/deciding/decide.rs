use std::sync::Arc;

use candor_protocol::{
    Choice, Choices, Decision, DecisionMethod, LegalBasis, Outcome, OutcomeStatus, Standing, Timestamp,
};

use crate::directory::Site;
use crate::live::{Happened, What};
use crate::metrics::count;
use crate::people::Person;
use crate::problem::{Kind, Problem};
use crate::state::Core;
use crate::store::Change;
use crate::store::reads::Received;
use crate::webhooks::outbox;
use crate::writer::{Ask, Group};

/// Decisions of one subject, sent together.
pub struct Decide {
    pub core: Arc<Core>,
    pub site: Arc<Site>,
    pub subject: String,
    /// The device the capability is for; none: the shop's server sends them.
    pub device: Option<String>,
    /// The capability's time has passed: denials are taken, grants are not.
    pub expired: bool,
    pub decisions: Vec<Incoming>,
}

/// Why a grant is not taken once the capability's time has passed.
pub const CAPABILITY_EXPIRED: &str = "capability-expired";

/// One decision, or what was wrong with it.
pub enum Incoming {
    Read(Decision),
    Faulty { id: String, reason: String },
}

impl Incoming {
    /// A decision that was put together here, and not read. What the store's reader would not take back is
    /// not kept: with one such row nobody could read its subject any more.
    pub fn made(decision: Decision) -> Self {
        let read = serde_json::to_value(&decision).map(|value| Decision::read(&value).map_err(|fault| fault.code));
        let reason = match read {
            Ok(Ok(_)) => return Incoming::Read(decision),
            Ok(Err(code)) => code.as_str(),
            Err(_) => "malformed",
        };
        Incoming::Faulty { id: decision.id, reason: reason.to_owned() }
    }
}

impl Ask for Decide {
    type Answer = (Vec<Outcome>, Choices);

    fn run(&self, group: &mut Group<'_>) -> Result<Self::Answer, Problem> {
        let mut person = find(&self.core, &self.site, &self.subject, group)?;
        let now = self.core.now();
        let site = &self.core.site_now(&self.site);
        let (mut outcomes, mut kept) = (Vec::with_capacity(self.decisions.len()), Vec::new());
        for incoming in &self.decisions {
            let decision = match incoming {
                Incoming::Read(decision) => decision,
                Incoming::Faulty { id, reason } => {
                    outcomes.push(refused(id, reason));
                    continue;
                }
            };
            let known = person.record.outcome(&decision.id).is_some();
            let refusal = self.refusal(site, decision, &person, known, now);
            if let Some(reason) = refusal.filter(|_| !decision.denies()) {
                outcomes.push(refused(&decision.id, reason));
                continue;
            }
            let gaps = person.record.missing(&decision.device, usize::MAX).len();
            let outcome = match refusal {
                Some(reason) => person.record.decide_denials(decision, &site.terms, now, reason),
                None => person.record.decide(decision, &site.terms, now),
            };
            self.count(&outcome, known);
            if !known {
                let metrics = &self.core.metrics;
                match person.record.missing(&decision.device, usize::MAX).len().cmp(&gaps) {
                    std::cmp::Ordering::Greater => count(&metrics.lost_in_gaps),
                    std::cmp::Ordering::Less => count(&metrics.closed_gaps),
                    std::cmp::Ordering::Equal => {}
                }
                let told = outbox::changed(&self.core, site, &person, decision, &outcome, now);
                kept.push((received(decision, &outcome, self.core.epoch(), now)?, told));
            }
            outcomes.push(outcome);
        }
        let choices = person.record.choices(&site.terms, now, self.device.as_deref());
        if !kept.is_empty() {
            for (received, told) in kept {
                group.apply(&Change::Decision { subject: self.subject.clone(), received })?;
                told.map_or(Ok(()), |message| group.apply(&message))?;
            }
            group.put_person(person);
            group.happened(Happened { site: self.site.id.clone(), what: What::Decided });
        }
        Ok((outcomes, choices))
    }
}

impl Decide {
    /// Why a decision's grants are not taken. A denial of the subject's own is, also one beside them.
    fn refusal(
        &self,
        site: &Site,
        decision: &Decision,
        person: &Person,
        known: bool,
        now: Timestamp,
    ) -> Option<&'static str> {
        let grants = || decision.changes().iter().filter(|change| change.choice == Choice::Granted);
        if known || grants().count() == 0 {
            return None;
        }
        if self.device.as_ref().is_some_and(|device| *device != decision.device) {
            return Some("other-device");
        }
        if self.expired {
            return Some(CAPABILITY_EXPIRED);
        }
        if person.closed {
            return Some("subject-closed");
        }
        if decision.denies() {
            // Grants beside a denial: the denial is taken; the merge rule supersedes what may not stand.
            return None;
        }
        if decision.method == DecisionMethod::Signal {
            return Some("signal-grants");
        }
        if site.published(&decision.notice).is_none() {
            return Some("unknown-notice");
        }
        let notice = &site.notice(now)?.notice;
        let switch = |id: &str| notice.control(id).is_some_and(|control| control.legal_basis != LegalBasis::Required);
        grants().any(|change| !switch(&change.control)).then_some("no-such-switch")
    }

    fn count(&self, outcome: &Outcome, known: bool) {
        let metrics = &self.core.metrics;
        match outcome.status {
            OutcomeStatus::Conflict => count(&metrics.conflicts),
            _ if known => count(&metrics.replayed),
            _ => {
                count(&metrics.decisions);
                if outcome.results.contains(&candor_protocol::ChangeResult::Superseded) {
                    count(&metrics.superseded);
                }
            }
        }
    }
}

/// The person, ready to be changed.
pub(super) fn find(core: &Core, site: &Site, subject: &str, group: &Group<'_>) -> Result<Person, Problem> {
    match group.person(subject)? {
        Some(person) if person.site == site.id => Ok((*person).clone()),
        Some(_) => Err(Problem::new(Kind::UnknownSubject)),
        None if group.store().erased(&core.subject_hash(subject))? => Err(Problem::new(Kind::Erased)),
        None => Err(Problem::new(Kind::UnknownSubject)),
    }
}

pub(super) fn received(
    decision: &Decision,
    outcome: &Outcome,
    epoch: &str,
    received_at: Timestamp,
) -> Result<Received, Problem> {
    let write = |value: Result<String, serde_json::Error>| value.map_err(|_| Problem::new(Kind::Internal));
    Ok(Received {
        row: 0,
        id: decision.id.clone(),
        epoch: epoch.to_owned(),
        body: write(serde_json::to_string(decision))?,
        outcome: write(serde_json::to_string(outcome))?,
        received_at,
    })
}

/// The controls a record denies, by name.
pub(super) fn denied(choices: &Choices) -> Vec<String> {
    let denied = choices.controls.iter().filter(|control| control.choice == Standing::Denied);
    denied.map(|control| control.id.clone()).collect()
}

fn refused(id: &str, reason: &str) -> Outcome {
    Outcome {
        decision: id.to_owned(),
        status: OutcomeStatus::Refused,
        rev: 0,
        results: Vec::new(),
        reason: Some(reason.to_owned()),
    }
}
