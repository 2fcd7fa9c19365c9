//! When a failed message is tried again.

/// Pauses after the first failure, the second, …, in milliseconds. After the last attempt the
/// message is a dead letter: 11 attempts within 23 h 43 min and their jitter.
pub const PAUSES_MS: [i64; 10] =
    [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 28_800_000];

/// The share of a pause that jitter adds at most.
const JITTER: f64 = 0.2;
/// What an endpoint may ask us to wait at most.
const RETRY_AFTER_MOST_MS: i64 = 86_400_000;

/// No pause is longer. What is due later than that was put off by a clock that was ahead.
pub const LONGEST_MS: i64 = RETRY_AFTER_MOST_MS + 5_760_000;

/// Milliseconds until the next attempt after `failures` failures; none: it is given up.
/// `random` is drawn evenly from 0 to 1. `Retry-After` makes it later, never sooner.
pub fn pause_ms(failures: u32, retry_after_ms: Option<i64>, random: f64) -> Option<i64> {
    let pause = *PAUSES_MS.get(failures.checked_sub(1)? as usize)?;
    let jitter = (pause as f64 * JITTER * random.clamp(0.0, 1.0)) as i64;
    let asked = retry_after_ms.unwrap_or(0).clamp(0, RETRY_AFTER_MOST_MS);
    Some(pause.max(asked) + jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_for_about_a_day() {
        let all: i64 = (1..).map_while(|failures| pause_ms(failures, None, 0.0)).sum();
        assert_eq!(all, (23 * 60 + 42) * 60_000 + 35_000);
        assert_eq!(pause_ms(11, None, 0.0), None);
    }

    #[test]
    fn jitter_comes_on_top_and_retry_after_is_a_floor() {
        assert_eq!(pause_ms(1, None, 1.0), Some(6_000));
        assert_eq!(pause_ms(1, Some(60_000), 0.0), Some(60_000));
        assert_eq!(pause_ms(5, Some(60_000), 0.0), Some(1_800_000));
        assert_eq!(pause_ms(1, Some(i64::MAX), 0.0), Some(86_400_000));
        assert_eq!(pause_ms(10, Some(i64::MAX), 1.0), Some(LONGEST_MS));
    }
}
