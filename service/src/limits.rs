//! What is limited, by whom, and how far each has used it.

use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use candor_protocol::Timestamp;

use crate::gauge::{Gauge, Limit, Wait};
use crate::log::log;
use crate::problem::Problem;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Requests of one address, but those with a shop's key.
    Address,
    /// Requests of the pages of one site.
    Site,
    /// Requests with one subject's capability, and what it looks at or grants on the shop's own pages; a request
    /// with decisions counts each.
    Subject,
    /// Denials of one subject, which count here instead, by the change: beside the address's, no other limit holds
    /// up a "no".
    Denials,
    /// What one address may have kept without being known: anonymous subjects, feedback.
    Strangers,
    /// Requests with one site's secret key.
    Shop,
    /// Browsers that listen to one subject at a time.
    Listeners,
}

/// How many browsers one subject may have listening.
pub const LISTENERS: usize = 32;

/// The rate of each limit. None by default; the command line has defaults of its own, below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    pub address: Limit,
    pub site: Limit,
    pub subject: Limit,
    pub denials: Limit,
    pub strangers: Limit,
    pub shop: Limit,
}

pub struct Limits {
    gauges: [Option<Gauge>; Of::ALL.len()],
    refused: [AtomicU64; Of::ALL.len()],
    under_way: AtomicUsize,
    most_under_way: usize,
    told_of_proxies: AtomicBool,
}

/// A request under way, until it is answered.
pub struct UnderWay<'a>(&'a AtomicUsize);

impl Of {
    pub const ALL: [Of; 7] = [Of::Address, Of::Site, Of::Subject, Of::Denials, Of::Strangers, Of::Shop, Of::Listeners];

    /// As /metrics and the answer name it.
    pub fn code(self) -> &'static str {
        match self {
            Of::Address => "address",
            Of::Site => "site",
            Of::Subject => "subject",
            Of::Denials => "denials",
            Of::Strangers => "strangers",
            Of::Shop => "shop",
            Of::Listeners => "listeners",
        }
    }
}

impl Rates {
    pub const ADDRESS: &str = "200/s:2000";
    pub const SITE: &str = "5000/s:20000";
    pub const SUBJECT: &str = "10/s:200";
    pub const DENIALS: &str = "20/s:1000";
    pub const STRANGERS: &str = "60/min:600";
    pub const SHOP: &str = "50000/s:100000";

    fn of(&self, of: Of) -> Limit {
        match of {
            Of::Address => self.address,
            Of::Site => self.site,
            Of::Subject => self.subject,
            Of::Denials => self.denials,
            Of::Strangers => self.strangers,
            Of::Shop => self.shop,
            Of::Listeners => Limit::Off,
        }
    }
}

impl Limits {
    /// `most_under_way`: requests that are answered at the same time, at most.
    pub fn new(rates: Rates, most_under_way: usize) -> Self {
        let gauge = |of| match rates.of(of) {
            Limit::Off => None,
            Limit::To(rate) => Some(Gauge::new(rate)),
        };
        Limits {
            gauges: Of::ALL.map(gauge),
            refused: Default::default(),
            under_way: AtomicUsize::new(0),
            most_under_way,
            told_of_proxies: AtomicBool::new(false),
        }
    }

    /// Takes a person's turns, on whatever way they come: a "no" has turns of its own, by the change, and nothing
    /// else holds it up.
    pub fn take_of_person(&self, subject: &str, denies: bool, cost: u32, now: Timestamp) -> Result<(), Problem> {
        self.take(if denies { Of::Denials } else { Of::Subject }, subject, cost, now)
    }

    /// Takes `cost` turns of this key.
    pub fn take(&self, of: Of, key: impl Hash, cost: u32, now: Timestamp) -> Result<(), Problem> {
        match &self.gauges[of as usize] {
            Some(gauge) => gauge.take(key, cost, now).map_err(|wait| self.refuse(of, wait)),
            None => Ok(()),
        }
    }

    pub fn refuse(&self, of: Of, wait: Wait) -> Problem {
        self.refused[of as usize].fetch_add(1, Ordering::Relaxed);
        Problem::too_many(of, wait)
    }

    /// A place among the requests under way, if one is free.
    pub fn enter(&self) -> Option<UnderWay<'_>> {
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        // Dropped at once where there is none.
        Some(UnderWay(&self.under_way)).filter(|_| before < self.most_under_way)
    }

    /// How often each limit refused something.
    pub fn refused(&self) -> [(&'static str, u64); Of::ALL.len()] {
        Of::ALL.map(|of| (of.code(), self.refused[of as usize].load(Ordering::Relaxed)))
    }

    /// Said once: behind a proxy that is not named, everyone is one address.
    pub fn tell_of_proxies(&self) {
        if !self.told_of_proxies.swap(true, Ordering::Relaxed) {
            log(
                "an address that forwards for others was too fast; if it is a proxy of yours, name it with --trusted-proxy.",
            );
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_turns_of_its_own_and_off_has_no_end() {
        let rates = Rates { subject: "1/h:2".parse().unwrap(), denials: "1/h:1".parse().unwrap(), ..Rates::default() };
        let (limits, now) = (Limits::new(rates, 1), Timestamp(0));
        assert!(limits.take(Of::Subject, "a", 2, now).is_ok());
        assert!(limits.take(Of::Denials, "a", 1, now).is_ok());
        assert!((0..10_000).all(|_| limits.take(Of::Address, "a", 1, now).is_ok()));
        let refused = limits.take(Of::Subject, "a", 1, now).unwrap_err();
        assert_eq!((refused.kind.status(), refused.retry_after), (429, Some(3_600)));
        assert_eq!(limits.refused()[Of::Subject as usize], ("subject", 1));
    }

    #[test]
    fn a_place_is_free_again_when_its_request_is_answered_or_was_refused() {
        let limits = Limits::new(Rates::default(), 2);
        let (first, second) = (limits.enter(), limits.enter());
        assert!(first.is_some() && second.is_some());
        assert!(limits.enter().is_none() && limits.enter().is_none());
        drop(first);
        assert!(limits.enter().is_some());
    }

    #[test]
    fn the_usual_rates_can_be_read() {
        for text in [Rates::ADDRESS, Rates::SITE, Rates::SUBJECT, Rates::DENIALS, Rates::STRANGERS, Rates::SHOP] {
            assert_eq!(text.parse::<Limit>().map(|limit| limit.to_string()).as_deref(), Ok(text));
        }
    }
}
