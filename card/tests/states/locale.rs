//! English, French and Polish as far as the fixtures need them.

use candor_protocol::Timestamp;
use candor_words::{Direction, Locale, Plural};

pub struct Simple(pub &'static str);

impl Locale for Simple {
    fn language(&self) -> &str {
        self.0
    }
    fn direction(&self) -> Direction {
        if self.0 == "ar" { Direction::RightToLeft } else { Direction::LeftToRight }
    }
    fn plural(&self, n: u64) -> Plural {
        match (self.0, n, n % 10, n % 100) {
            ("pl", 1, ..) | ("en", 1, ..) | ("fr", 0 | 1, ..) => Plural::One,
            ("pl", _, 2..=4, h) if !(12..=14).contains(&h) => Plural::Few,
            ("pl", ..) => Plural::Many,
            _ => Plural::Other,
        }
    }
    fn ordinal(&self, n: u64) -> Plural {
        match (self.0, n, n % 10, n % 100) {
            ("fr", 1, ..) => Plural::One,
            ("en", _, 1, h) if h != 11 => Plural::One,
            ("en", _, 2, h) if h != 12 => Plural::Two,
            ("en", _, 3, h) if h != 13 => Plural::Few,
            _ => Plural::Other,
        }
    }
    fn number(&self, value: f64, digits: u8) -> String {
        let mut text = format!("{value:.*}", usize::from(digits));
        if text.contains('.') {
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        }
        if self.0 == "en" { text } else { text.replace('.', ",") }
    }
    fn money(&self, amount: &str, currency: &str) -> String {
        match (self.0, currency) {
            ("en", "GBP") => format!("£{amount}"),
            ("fr", "GBP") => format!("{}\u{a0}£GB", amount.replace('.', ",")),
            _ => format!("{}\u{a0}{currency}", amount.replace('.', ",")),
        }
    }
    fn date(&self, at: Timestamp) -> String {
        let (year, month, day) = at.date();
        let names = match self.0 {
            "fr" => ["octobre", "novembre", "décembre"],
            "pl" => ["października", "listopada", "grudnia"],
            _ => ["October", "November", "December"],
        };
        format!("{day} {} {year}", names[usize::from(month) - 10])
    }
    fn moment(&self, at: Timestamp) -> String {
        let minutes = at.0 / 60_000;
        format!("{} {:02}:{:02}", self.date(at), minutes / 60 % 24, minutes % 60)
    }
    fn list(&self, entries: &[String]) -> String {
        let and = match self.0 {
            "fr" => " et ",
            "pl" => " i ",
            _ => " and ",
        };
        match entries {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => [first.join(", "), last.clone()].join(and),
        }
    }
}
