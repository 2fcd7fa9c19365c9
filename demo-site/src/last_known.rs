//! What the service last said about each customer, for as long as it said that holds.

use crate::gate::Allowed;
use candor_protocol::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// The moment of a question.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub at: Timestamp,
    /// How often anybody had been forgotten: a count, for a clock may be set back.
    forgets: u64,
}

#[derive(Default)]
struct Customers {
    /// At most two a customer: one with the signal, one without.
    answers: HashMap<String, Vec<Known>>,
    forgets: u64,
    /// Which of the forgets was each customer's last.
    forgotten: HashMap<String, u64>,
    /// Stands for those no longer listed there.
    forgotten_all: u64,
}

#[derive(Default)]
pub struct LastKnown {
    customers: Mutex<Customers>,
    /// Until then the service asked not to be asked.
    rest: Mutex<Option<Timestamp>>,
}

impl LastKnown {
    /// Before the service is asked at `now`.
    pub fn asking(&self, now: Timestamp) -> Asked {
        Asked { at: now, forgets: self.customers().forgets }
    }

    /// Keeps an answer until the moment it names; not one asked for before what was forgotten last.
    pub fn keep(&self, subject: &str, gpc: bool, answer: &Allowed, asked: Asked) {
        let mut customers = self.customers();
        if customers.forgotten.get(subject).copied().unwrap_or(customers.forgotten_all) > asked.forgets {
            return;
        }
        let answers = &mut customers.answers;
        if answers.len() >= CUSTOMERS {
            answers.retain(|_, known| known.iter().any(|one| one.until > asked.at));
            if answers.len() >= CUSTOMERS {
                answers.clear();
            }
        }
        let until = answer.valid_until.min(Timestamp(asked.at.0 + LONGEST_MS));
        let known = answers.entry(subject.to_owned()).or_default();
        known.retain(|one| one.gpc != gpc);
        known.push(Known { gpc, answer: answer.clone(), until });
    }

    /// What holds of it at `now`.
    pub fn at(&self, subject: &str, gpc: bool, now: Timestamp) -> Option<Allowed> {
        let customers = self.customers();
        let mut known = customers.answers.get(subject)?.iter();
        known.find(|one| one.gpc == gpc && one.until > now).map(|one| one.answer.clone())
    }

    /// Something was decided since: what was said before no longer counts, nor what was asked before.
    pub fn forget(&self, subject: &str) {
        let mut customers = self.customers();
        customers.answers.remove(subject);
        customers.forgets += 1;
        let forgets = customers.forgets;
        if customers.forgotten.len() >= CUSTOMERS {
            customers.forgotten.clear();
            customers.forgotten_all = forgets;
        }
        customers.forgotten.insert(subject.to_owned(), forgets);
    }

    fn customers(&self) -> MutexGuard<'_, Customers> {
        self.customers.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;
    use candor_protocol::Base;

    const NOW: Timestamp = Timestamp(1_795_370_400_000);

    fn answer() -> Allowed {
        Allowed {
            subject: None,
            base: Base::default(),
            notice: String::new(),
            sources: Vec::new(),
            valid_until: Timestamp(NOW.0 + 60_000),
        }
    }

    #[test]
    fn an_answer_asked_for_before_its_customer_was_forgotten_is_not_kept() {
        let last = LastKnown::default();
        let before = last.asking(NOW);
        last.forget("shop:hanna");
        last.keep("shop:hanna", false, &answer(), before);
        assert_eq!(last.at("shop:hanna", false, NOW), None);
        last.keep("shop:tomek", false, &answer(), before);
        assert!(last.at("shop:tomek", false, NOW).is_some(), "another customer's");
        last.keep("shop:hanna", false, &answer(), last.asking(NOW));
        assert!(last.at("shop:hanna", false, NOW).is_some(), "asked for since");
    }

    #[test]
    fn more_customers_than_fit_bring_no_earlier_answer_back() {
        let last = LastKnown::default();
        let before = last.asking(NOW);
        last.forget("shop:hanna");
        for one in 0..CUSTOMERS {
            last.forget(&format!("shop:{one}"));
        }
        last.keep("shop:hanna", false, &answer(), before);
        assert_eq!(last.at("shop:hanna", false, NOW), None);
        assert!(last.customers().forgotten.len() <= CUSTOMERS);
        last.keep("shop:hanna", false, &answer(), last.asking(NOW));
        assert!(last.at("shop:hanna", false, NOW).is_some());
    }
}
