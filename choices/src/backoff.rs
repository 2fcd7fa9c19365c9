//! How long to wait before trying again.

/// One second, doubled with each failure up to five minutes; the wait is drawn
/// evenly from nothing to that ("full jitter"), so that pages which failed
/// together do not come back together.
const FIRST_MS: f64 = 1_000.0;
const MOST_MS: f64 = 300_000.0;
/// What a service may ask us to wait at most. Longer is taken for a mistake.
const RETRY_AFTER_MOST_MS: u64 = 3_600_000;

/// Milliseconds to wait after the `failures`-th failure in a row. `random` is
/// drawn evenly from 0 to 1. `Retry-After` is a floor: the jitter comes on top.
pub(crate) fn wait_ms(failures: u32, retry_after_ms: Option<u64>, random: f64) -> u64 {
    let ceiling = (FIRST_MS * 2f64.powi(failures.saturating_sub(1).min(16) as i32)).min(MOST_MS);
    // A random number that is none (NaN) is as good as the longest wait.
    let share = if (0.0..=1.0).contains(&random) { random } else { 1.0 };
    let floor = retry_after_ms.map_or(0, |asked| asked.min(RETRY_AFTER_MOST_MS));
    floor + (ceiling * share) as u64
}

/// The longest wait there is, in milliseconds. `asked`: the service named one.
pub(crate) const fn longest_wait(asked: bool) -> u64 {
    MOST_MS as u64 + if asked { RETRY_AFTER_MOST_MS } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{longest_wait, wait_ms};

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let longest: Vec<u64> = (1..=11).map(|failures| wait_ms(failures, None, 1.0)).collect();
        assert_eq!(longest[..4], [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(longest[8..], [256_000, 300_000, 300_000]);
        assert_eq!(wait_ms(u32::MAX, None, 1.0), 300_000);
    }

    #[test]
    fn the_wait_is_drawn_from_nothing_to_the_longest() {
        assert_eq!(wait_ms(5, None, 0.0), 0);
        assert_eq!(wait_ms(5, None, 0.25), 4_000);
        assert_eq!(wait_ms(1, None, f64::NAN), 1_000);
    }

    #[test]
    fn retry_after_is_waited_for_and_bounded() {
        assert_eq!(wait_ms(1, Some(30_000), 0.0), 30_000);
        assert_eq!(wait_ms(1, Some(30_000), 0.5), 30_500);
        assert_eq!(wait_ms(1, Some(u64::MAX), 0.0), 3_600_000);
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        assert_eq!(wait_ms(u32::MAX, None, 1.0), longest_wait(false));
        assert_eq!(wait_ms(u32::MAX, Some(u64::MAX), 1.0), longest_wait(true));
    }
}
