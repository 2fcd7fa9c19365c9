//! How often is too often.
//!
//! Each limit is a leaky bucket in the form of GCRA (ITU-T I.371, virtual scheduling): one
//! moment a key, the time at which its bucket would be empty again. Keys are kept as keyed
//! hashes, in a table whose size is fixed when the service starts, so a flood of keys costs no
//! memory; where a row is full, the key nearest to rest gives way.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use candor_protocol::Timestamp;

/// Keys that share a row of the table.
const WAYS: usize = 8;
const ROWS: usize = 4_096;
const SECOND: u64 = 1_000_000_000;

/// So many in a span of time, and so many at once. Written `20/s:200`, `30/min:300`, `5/h`;
/// without the last part as many at once as in the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    per: Per,
    at_once: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    Second,
    Minute,
    Hour,
}

/// A rate, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limit {
    #[default]
    Off,
    To(Rate),
}

/// Seconds until what was refused would be taken; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait(pub u64);

/// One limit and how far each key has used it.
pub struct Gauge {
    rate: Rate,
    rows: Vec<Mutex<[Slot; WAYS]>>,
    /// Keyed at random: nobody can choose keys that meet in one row, or read an address from one.
    hasher: RandomState,
}

/// A key's hash and when its bucket would be empty, in nanoseconds. `(0, 0)`: free.
type Slot = (u64, u64);

impl Rate {
    /// Between two that are evenly spread, in nanoseconds.
    fn interval(self) -> u64 {
        let span = match self.per {
            Per::Second => SECOND,
            Per::Minute => 60 * SECOND,
            Per::Hour => 3_600 * SECOND,
        };
        span / u64::from(self.count)
    }
}

impl std::str::FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Limit::Off);
        }
        let wrong = || format!("{text}: a rate is written 20/s, 20/s:200 (200 at once), 30/min or 5/h; or off.");
        let (rate, at_once) = match text.split_once(':') {
            Some((rate, at_once)) => (rate, Some(at_once)),
            None => (text, None),
        };
        let (count, per) = rate.split_once('/').ok_or_else(wrong)?;
        let per = match per {
            "s" => Per::Second,
            "min" => Per::Minute,
            "h" => Per::Hour,
            _ => return Err(wrong()),
        };
        let number = |text: &str| text.parse().ok().filter(|n| (1..=1_000_000_000).contains(n)).ok_or_else(wrong);
        let count = number(count)?;
        let at_once = at_once.map_or(Ok(count), number)?;
        Ok(Limit::To(Rate { count, per, at_once }))
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Limit::To(Rate { count, per, at_once }) = self else { return f.write_str("off") };
        let per = match per {
            Per::Second => "s",
            Per::Minute => "min",
            Per::Hour => "h",
        };
        write!(f, "{count}/{per}:{at_once}")
    }
}

impl Gauge {
    pub fn new(rate: Rate) -> Self {
        let rows = (0..ROWS).map(|_| Mutex::new([(0, 0); WAYS])).collect();
        Gauge { rate, rows, hasher: RandomState::new() }
    }

    /// Takes `cost` turns of this key, or says how long to wait. Never more turns than there
    /// are at once: what costs more waits for a full bucket.
    pub fn take(&self, key: impl Hash, cost: u32, now: Timestamp) -> Result<(), Wait> {
        let hash = self.hasher.hash_one(key).max(1);
        let now = u64::try_from(now.0).unwrap_or(0).saturating_mul(1_000_000);
        let interval = self.rate.interval();
        let full = interval.saturating_mul(u64::from(self.rate.at_once));
        let row = &self.rows[(hash % ROWS as u64) as usize];
        let mut row = row.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match row.iter().position(|(key, _)| *key == hash) {
            Some(place) => place,
            None => {
                let rested = row.iter().enumerate().min_by_key(|(_, (_, empty))| *empty).map_or(0, |(at, _)| at);
                row[rested] = (hash, 0);
                rested
            }
        };
        let empty = &mut row[place].1;
        // A clock that was set back: the bucket counts as full, not as closed until then.
        *empty = (*empty).min(now.saturating_add(full));
        let after = (*empty).max(now).saturating_add(interval.saturating_mul(u64::from(cost.min(self.rate.at_once))));
        let over = (after - now).saturating_sub(full);
        if over > 0 {
            return Err(Wait(over.div_ceil(SECOND)));
        }
        *empty = after;
        Ok(())
    }

    /// Keys that are kept, at most.
    pub const fn most() -> usize {
        ROWS * WAYS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge(rate: &str) -> Gauge {
        match rate.parse() {
            Ok(Limit::To(rate)) => Gauge::new(rate),
            other => panic!("{other:?}"),
        }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp(1_795_370_400_000 + ms)
    }

    #[test]
    fn as_many_as_at_once_are_taken_and_the_next_after_its_wait() {
        let gauge = gauge("2/s:5");
        for _ in 0..5 {
            assert_eq!(gauge.take("a", 1, at(0)), Ok(()));
        }
        assert_eq!(gauge.take("a", 1, at(0)), Err(Wait(1)));
        assert_eq!(gauge.take("b", 1, at(0)), Ok(()), "another key has turns of its own");
        assert_eq!(gauge.take("a", 1, at(499)), Err(Wait(1)));
        assert_eq!(gauge.take("a", 1, at(500)), Ok(()));
        assert_eq!(gauge.take("a", 1, at(500)), Err(Wait(1)), "a refusal uses no turn");
    }

    #[test]
    fn after_the_wait_it_was_told_a_key_is_taken_whatever_the_rate() {
        for rate in ["1/h:1", "7/min:3", "3/s:1", "1000/s:10", "30/min:300"] {
            let gauge = gauge(rate);
            let mut now = 0;
            for _ in 0..1_000 {
                if let Err(Wait(seconds)) = gauge.take("a", 1, at(now)) {
                    now += seconds as i64 * 1_000;
                    assert_eq!(gauge.take("a", 1, at(now)), Ok(()), "{rate}");
                }
            }
        }
    }

    #[test]
    fn in_the_long_run_no_more_pass_than_the_rate() {
        let gauge = gauge("10/s:20");
        let taken = (0..60_000).filter(|ms| gauge.take("a", 1, at(*ms)).is_ok()).count();
        assert_eq!(taken, 20 + 599, "20 at once, then ten a second for a minute less a tick");
    }

    #[test]
    fn several_at_once_cost_several_turns_and_more_than_there_are_cost_all() {
        let gauge = gauge("1/s:4");
        assert_eq!(gauge.take("a", 3, at(0)), Ok(()));
        assert_eq!(gauge.take("a", 3, at(0)), Err(Wait(2)));
        assert_eq!(gauge.take("a", 1, at(0)), Ok(()));
        assert_eq!(gauge.take("a", 1_000, at(0)), Err(Wait(4)));
        assert_eq!(gauge.take("a", 1_000, at(4_000)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_refuses_nobody_for_longer_than_a_full_bucket() {
        let gauge = gauge("1/s:3");
        for _ in 0..3 {
            assert_eq!(gauge.take("a", 1, at(31_536_000_000)), Ok(()));
        }
        assert_eq!(gauge.take("a", 1, at(0)), Err(Wait(1)));
        assert_eq!(gauge.take("a", 1, at(1_000)), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_takes_no_memory_and_frees_no_offender() {
        let gauge = gauge("1/s:100");
        let offends = |now| (0..200).filter(|_| gauge.take("offender", 1, at(now)).is_ok()).count();
        assert_eq!(offends(0), 100);
        for key in 0..10 * Gauge::most() {
            let _ = gauge.take(key, 1, at(0));
        }
        let kept: usize =
            gauge.rows.iter().map(|row| row.lock().unwrap().iter().filter(|slot| slot.0 != 0).count()).sum();
        assert!(kept <= Gauge::most() && kept > Gauge::most() / 2, "{kept}");
        assert_eq!(offends(0), 0, "who used least gave way");
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        for text in ["off", "20/s:200", "30/min:300", "5/h:5"] {
            assert_eq!(text.parse::<Limit>().map(|limit| limit.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("20/s".parse::<Limit>().map(|limit| limit.to_string()), Ok("20/s:20".to_owned()));
        for text in ["", "20", "0/s", "20/day", "20/s:", "20/s:0", "-1/s", "on"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }
}
