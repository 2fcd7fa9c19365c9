use candor_protocol::Timestamp;

/// How a language counts (Unicode CLDR plural categories).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plural {
    Zero,
    One,
    Two,
    Few,
    Many,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

/// How a language writes what is not words. `Intl` in the page, tables in the
/// service; `samples.json` proves them equal.
pub trait Locale {
    /// BCP 47.
    fn language(&self) -> &str;
    fn direction(&self) -> Direction;
    /// Category of "n things".
    fn plural(&self, n: u64) -> Plural;
    /// Category of "the nth thing".
    fn ordinal(&self, n: u64) -> Plural;
    /// With at most `digits` fractional digits, none that are zero at the end.
    fn number(&self, value: f64, digits: u8) -> String;
    /// `amount` is a decimal number as text, `currency` ISO 4217.
    fn money(&self, amount: &str, currency: &str) -> String;
    /// Day, month in words, year; in UTC.
    fn date(&self, at: Timestamp) -> String;
    /// Day and time of day, where the person is; with the zone where that is not known.
    fn moment(&self, at: Timestamp) -> String;
    /// "a, b and c".
    fn list(&self, entries: &[String]) -> String;
}

impl Plural {
    pub const WORDS: [(&'static str, Plural); 6] = [
        ("zero", Plural::Zero),
        ("one", Plural::One),
        ("two", Plural::Two),
        ("few", Plural::Few),
        ("many", Plural::Many),
        ("other", Plural::Other),
    ];

    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, plural)| *plural)
    }
}

impl Direction {
    /// As the `dir` attribute says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }
}
