//! The browser's own knowledge of languages, as a [`Locale`].

use candor_protocol::Timestamp;
use candor_words::{Direction, Locale, Plural};

use crate::host::Tongue;

pub struct Spoken {
    pub language: String,
    pub tongue: Tongue,
}

impl Spoken {
    fn category(&self, n: u64, ordinal: bool) -> Plural {
        Plural::parse(&self.tongue.plural(n as f64, ordinal)).unwrap_or(Plural::Other)
    }
}

impl Locale for Spoken {
    fn language(&self) -> &str {
        &self.language
    }

    fn direction(&self) -> Direction {
        match candor_protocol::text::base_language(&self.language) {
            "ar" | "fa" | "he" | "ur" | "ps" | "sd" | "ug" | "yi" | "dv" | "ckb" => Direction::RightToLeft,
            _ => Direction::LeftToRight,
        }
    }

    fn plural(&self, n: u64) -> Plural {
        self.category(n, false)
    }

    fn ordinal(&self, n: u64) -> Plural {
        self.category(n, true)
    }

    fn number(&self, value: f64, digits: u8) -> String {
        self.tongue.number(value, digits)
    }

    fn money(&self, amount: &str, currency: &str) -> String {
        self.tongue.money(amount, currency)
    }

    fn date(&self, at: Timestamp) -> String {
        self.tongue.date(at.0 as f64, false)
    }

    fn moment(&self, at: Timestamp) -> String {
        self.tongue.date(at.0 as f64, true)
    }

    fn list(&self, entries: &[String]) -> String {
        self.tongue.list(&candor_protocol::write::joined(entries, "\u{1f}"))
    }
}
