/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339 in UTC (`Z`), years 1970 to 9999, with any number of
    /// fractional digits; digits behind the third are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        // Each digit is the number of the field that stands there.
        let mut fields = [0i64; 6];
        for (at, shape) in b"0000-11-22T33:44:55".iter().enumerate() {
            let byte = *bytes.get(at)?;
            match fields.get_mut(usize::from(shape.wrapping_sub(b'0'))) {
                Some(field) if byte.is_ascii_digit() => *field = *field * 10 + i64::from(byte - b'0'),
                None if byte == *shape => {}
                _ => return None,
            }
        }
        let [year, month, day, hour, minute, second] = fields;
        let mut rest = bytes.get(19..)?;
        let mut millis = 0;
        if let [b'.', digits @ ..] = rest {
            let mut unit = 100;
            rest = digits;
            while let [digit @ b'0'..=b'9', more @ ..] = rest {
                millis += i64::from(digit - b'0') * unit;
                unit /= 10;
                rest = more;
            }
            if rest.len() == digits.len() {
                return None;
            }
        }
        if rest != b"Z" || year < 1970 || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        Some(Timestamp(seconds * 1_000 + millis))
    }

    /// As RFC 3339 in UTC.
    pub fn text(self) -> String {
        let (year, month, day) = self.date();
        let ms = self.0.rem_euclid(86_400_000);
        let milli = ms % 1_000;
        let mut out = String::new();
        if year < 0 {
            out.push('-');
        }
        let mut part = |value: u64, digits: usize, then: &str| {
            crate::write::digits(&mut out, value, digits);
            out.push_str(then);
        };
        part(year.unsigned_abs(), if year < 0 { 3 } else { 4 }, "-");
        part(month.into(), 2, "-");
        part(day.into(), 2, "T");
        let ms = ms.unsigned_abs();
        part(ms / 3_600_000, 2, ":");
        part(ms / 60_000 % 60, 2, ":");
        part(ms / 1_000 % 60, 2, if milli == 0 { "Z" } else { "." });
        if milli != 0 {
            part(milli.unsigned_abs(), 3, "Z");
        }
        out
    }

    /// Year, month, day in UTC.
    pub fn date(self) -> (i64, u8, u8) {
        civil_from_days(self.0.div_euclid(86_400_000))
    }

    /// The same day and time so many calendar months later; the last day of the
    /// month where that month is shorter.
    pub fn plus_months(self, months: u32) -> Self {
        let (year, month, day) = self.date();
        let count = year * 12 + i64::from(month) - 1 + i64::from(months);
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        let day = i64::from(day).min(days_in_month(year, month));
        Timestamp(days_from_civil(year, month, day) * 86_400_000 + self.0.rem_euclid(86_400_000))
    }

    /// So many hours later; saturating.
    pub fn plus_hours(self, hours: i64) -> Self {
        Timestamp(self.0.saturating_add(hours.saturating_mul(3_600_000)))
    }

    /// So many times 24 hours later; saturating.
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_hours(days.saturating_mul(24))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The same source, civil_from_days.
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

#[cfg(feature = "json")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time", "pattern": "Z$" })
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn times_are_read_and_written_alike() {
        for text in ["1970-01-01T00:00:00Z", "2026-11-22T18:00:00Z", "2024-02-29T23:59:59.007Z", "9999-12-31T00:00:00Z"]
        {
            assert_eq!(Timestamp::parse(text).map(|t| t.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Timestamp::parse("1970-01-02T00:00:00.5Z"), Some(Timestamp(86_400_500)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-22",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-22T18:00:00+01:00",
            "2026-11-22T18:00:00.Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T18:00:00Z ",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
