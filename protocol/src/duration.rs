use crate::Timestamp;

/// A span of time: calendar months, and seconds on top.
///
/// Read from ISO 8601 (`P12M`, `P3Y`, `P2W`, `P1DT12H`, `PT24H`), whole numbers
/// only, more than nothing and at most a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    months: u32,
    seconds: u64,
}

/// A hundred years, in months and in seconds.
const MOST_MONTHS: u64 = 1_200;
const MOST_SECONDS: u64 = 36_525 * DAY;
const DAY: u64 = 86_400;

/// A unit, whether it stands behind the `T`, and what one of it is.
struct Unit {
    letter: u8,
    time: bool,
    months: u64,
    seconds: u64,
}

/// In the order in which they may stand, each once.
const UNITS: [Unit; 7] = [
    Unit { letter: b'Y', time: false, months: 12, seconds: 0 },
    Unit { letter: b'M', time: false, months: 1, seconds: 0 },
    Unit { letter: b'W', time: false, months: 0, seconds: 7 * DAY },
    Unit { letter: b'D', time: false, months: 0, seconds: DAY },
    Unit { letter: b'H', time: true, months: 0, seconds: 3_600 },
    Unit { letter: b'M', time: true, months: 0, seconds: 60 },
    Unit { letter: b'S', time: true, months: 0, seconds: 1 },
];

impl Duration {
    /// Whole hours, at most a hundred years of them.
    pub fn hours(hours: u32) -> Self {
        Duration { months: 0, seconds: (u64::from(hours) * 3_600).min(MOST_SECONDS) }
    }

    /// Calendar months, at most a hundred years of them.
    pub fn months(months: u32) -> Self {
        Duration { months: months.min(MOST_MONTHS as u32), seconds: 0 }
    }

    /// None for anything but a duration in range; fractions and signs are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut months, mut seconds) = (0, 0);
        let (mut count, mut time) = (None, false);
        let mut units = UNITS.iter();
        for byte in text.strip_prefix('P')?.bytes() {
            if byte.is_ascii_digit() {
                let so_far = count.unwrap_or(0) * 10 + u64::from(byte - b'0');
                // Too long in any unit, and nothing below can overflow.
                if so_far > MOST_SECONDS {
                    return None;
                }
                count = Some(so_far);
            } else if byte == b'T' && !time && count.is_none() {
                time = true;
            } else {
                let unit = units.find(|unit| unit.letter == byte && unit.time == time)?;
                months += count? * unit.months;
                seconds += count? * unit.seconds;
                count = None;
            }
        }
        let whole = count.is_none() && !text.ends_with('T');
        let fits = months <= MOST_MONTHS && seconds <= MOST_SECONDS && months + seconds > 0;
        (whole && fits).then_some(Duration { months: months as u32, seconds })
    }

    /// The moment this long after `start`, by the calendar for the months.
    pub fn after(self, start: Timestamp) -> Timestamp {
        let millis = i64::try_from(self.seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
        Timestamp(start.plus_months(self.months).0.saturating_add(millis))
    }

    /// Whether it is never longer than `hours`, whatever the month.
    pub fn within_hours(self, hours: u64) -> bool {
        self.months == 0 && self.seconds <= hours * 3_600
    }

    /// Its calendar months and the seconds on top.
    pub fn in_months_and_seconds(self) -> (u32, u64) {
        (self.months, self.seconds)
    }
}

/// The shortest usual form: `P1Y`, `P18M`, `P30D`, `PT24H`.
impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("P")?;
        match self.months {
            0 => {}
            months if months % 12 == 0 => write!(f, "{}Y", months / 12)?,
            months => write!(f, "{months}M")?,
        }
        match self.seconds {
            0 => Ok(()),
            // A day is what people call 24 hours, except where hours are the unit of the thing.
            seconds if seconds % DAY == 0 && seconds > DAY => write!(f, "{}D", seconds / DAY),
            seconds if seconds % 3_600 == 0 => write!(f, "T{}H", seconds / 3_600),
            seconds if seconds % 60 == 0 => write!(f, "T{}M", seconds / 60),
            seconds => write!(f, "T{seconds}S"),
        }
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "ISO 8601, whole numbers only, at most a hundred years.",
            "pattern": "^P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;
    use crate::Timestamp;

    #[test]
    fn spans_are_read_and_written_alike() {
        for text in ["P1Y", "P18M", "P30D", "PT24H", "PT90M", "PT1S", "P1YT12H", "P100Y"] {
            assert_eq!(Duration::parse(text).map(|span| span.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Duration::parse("P12M"), Duration::parse("P1Y"));
        assert_eq!(Duration::parse("P2W"), Duration::parse("P14D"));
        assert_eq!(Duration::parse("P1D"), Some(Duration::hours(24)));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        let refused = [
            "",
            "P",
            "PT",
            "12M",
            "P12",
            "P-1M",
            "P1.5D",
            "P1M1Y",
            "P1H",
            "PT1D",
            "P1M1M",
            "P0D",
            "P101Y",
            "p1m",
            "P1M ",
            "P99999999999999999999M",
            "P1D12H",
            "P1DT",
        ];
        for text in refused {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn months_follow_the_calendar() {
        let end = |start: &str, span: &str| {
            let start = Timestamp::parse(start).expect("a time");
            Duration::parse(span).expect("a span").after(start).to_string()
        };
        assert_eq!(end("2026-01-31T10:00:00Z", "P1M"), "2026-02-28T10:00:00Z");
        assert_eq!(end("2024-02-29T00:00:00Z", "P12M"), "2025-02-28T00:00:00Z");
        assert_eq!(end("2026-11-22T18:00:00Z", "P3YT1H"), "2029-11-22T19:00:00Z");
    }
}
