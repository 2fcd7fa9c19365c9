//! What the service last said about each customer, for as long as it said that holds.

use crate::gate::Allowed;
use candor_protocol::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// No answer is relied on for longer, whatever it says: the two clocks may differ.
const LONGEST_MS: i64 = 60_000;
/// What the service may ask us to leave it alone at most.
const REST_LONGEST_MS: i64 = 60_000;
const CUSTOMERS: usize = 10_000;

/// One answer: how it was asked for, and until when it holds.
struct Known {
    /// Under Global Privacy Control, which other pages of the same customer may not send.
    gpc: bool,
    answer: Allowed,
    until: Timestamp,
}

#[derive(Default)]
pub struct LastKnown {
    /// At most two a customer: one with the signal, one without.
    answers: Mutex<HashMap<String, Vec<Known>>>,
    /// Until then the service asked not to be asked.
    rest: Mutex<Option<Timestamp>>,
}

impl LastKnown {
    /// Keeps an answer asked for at `asked`, until the moment it names.
    pub fn keep(&self, subject: &str, gpc: bool, answer: &Allowed, asked: Timestamp) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= CUSTOMERS {
            answers.retain(|_, known| known.iter().any(|one| one.until > asked));
            if answers.len() >= CUSTOMERS {
                answers.clear();
            }
        }
        let until = answer.valid_until.min(Timestamp(asked.0 + LONGEST_MS));
        let known = answers.entry(subject.to_owned()).or_default();
        known.retain(|one| one.gpc != gpc);
        known.push(Known { gpc, answer: answer.clone(), until });
    }

    /// What holds of it at `now`.
    pub fn at(&self, subject: &str, gpc: bool, now: Timestamp) -> Option<Allowed> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = answers.get(subject)?.iter();
        known.find(|one| one.gpc == gpc && one.until > now).map(|one| one.answer.clone())
    }

    /// Something was decided since: what was said before no longer counts.
    pub fn forget(&self, subject: &str) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(subject);
    }

    /// The service asked to be left alone for so many seconds.
    pub fn rest(&self, seconds: i64, now: Timestamp) {
        let until = now.0 + seconds.saturating_mul(1_000).clamp(0, REST_LONGEST_MS);
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Timestamp(until));
    }

    /// For how long from `now`; not at all where the clock was set back since.
    pub fn rest_left(&self, now: Timestamp) -> Duration {
        let until = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until.map_or(0, |until| until.0 - now.0);
        Duration::from_millis(if (0..=REST_LONGEST_MS).contains(&left) { left.unsigned_abs() } else { 0 })
    }
}
