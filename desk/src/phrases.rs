//! The desk's own messages. The privacy team reads them, customers never do,
//! so they stay out of the catalogue that pages fetch.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use candor_protocol::Timestamp;
use candor_words::{Locale, Plural, fill};

/// Languages the desk speaks; the first one answers where a language is not known.
pub const LANGUAGES: [&str; 3] = ["en", "fr", "pl"];

static CATALOGUES: LazyLock<Vec<Catalogue>> = LazyLock::new(|| {
    [include_str!("../catalogue/en.json"), include_str!("../catalogue/fr.json"), include_str!("../catalogue/pl.json")]
        .map(Catalogue::read)
        .into()
});

type Forms = BTreeMap<&'static str, String>;

/// All messages of one language.
struct Catalogue(BTreeMap<String, Forms>);

/// The desk's words in one language, and that language's way with numbers and dates.
#[derive(Clone, Copy)]
pub struct Speech<'a> {
    catalogue: &'static Catalogue,
    pub locale: &'a dyn Locale,
}

impl<'a> Speech<'a> {
    /// In the locale's language, where the desk speaks it.
    pub fn new(locale: &'a dyn Locale) -> Self {
        let base = locale.language().split('-').next().unwrap_or_default();
        let at = LANGUAGES.iter().position(|known| *known == base).unwrap_or(0);
        Speech { catalogue: &CATALOGUES[at], locale }
    }

    pub fn language(&self) -> &str {
        self.locale.language()
    }

    /// The message; its key itself where there is none, which a test rules out.
    pub fn say(&self, key: &str) -> String {
        self.form(key, Plural::Other).to_owned()
    }

    /// The message with `{name}` replaced.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.form(key, Plural::Other), values)
    }

    /// The message as the language counts `n`; `{n}` is the number.
    pub fn count(&self, key: &str, n: u64) -> String {
        fill(self.form(key, self.locale.plural(n)), &[("n", &self.locale.number(n as f64, 0))])
    }

    /// Time of day with seconds, in UTC.
    pub fn time(&self, at: Timestamp) -> String {
        let seconds = at.0.div_euclid(1_000).rem_euclid(86_400);
        format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }

    /// Date where it is not today, hours and minutes.
    pub fn minute(&self, at: Timestamp, now: Timestamp) -> String {
        let when = self.when(at, now);
        when.rsplit_once(':').map_or(when.clone(), |(minute, _)| minute.to_owned())
    }

    /// The date, unless it is the day of `now`.
    pub fn day(&self, at: Timestamp, now: Timestamp) -> Option<String> {
        (at.date() != now.date()).then(|| self.locale.date(at))
    }

    /// Date where it is not today, and time.
    pub fn when(&self, at: Timestamp, now: Timestamp) -> String {
        match self.day(at, now) {
            Some(day) => format!("{day}, {}", self.time(at)),
            None => self.time(at),
        }
    }

    fn form(&self, key: &str, plural: Plural) -> &str {
        let Some(forms) = self.catalogue.0.get(key) else { return "" };
        forms.get(word_of(plural)).or_else(|| forms.get("other")).map_or("", String::as_str)
    }
}

impl Catalogue {
    fn read(text: &'static str) -> Self {
        let entries: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(text).expect("the desk's catalogue is checked by a test");
        let forms = |value: serde_json::Value| match value {
            serde_json::Value::Object(forms) => Plural::WORDS
                .iter()
                .filter_map(|(word, _)| Some((*word, forms.get(*word)?.as_str()?.to_owned())))
                .collect(),
            other => Forms::from([("other", other.as_str().unwrap_or_default().to_owned())]),
        };
        Catalogue(entries.into_iter().map(|(key, value)| (key, forms(value))).collect())
    }
}

fn word_of(plural: Plural) -> &'static str {
    Plural::WORDS.iter().find(|(_, known)| *known == plural).map_or("other", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `"desk key"` that the sources name, found by reading them.
    fn keys_in_use() -> Vec<String> {
        let mut keys = Vec::new();
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
            let path = entry.unwrap().path();
            let source = std::fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for call in [".say(\"", ".with(\"", ".count(\"", "key: \""] {
                for part in source.split(call).skip(1) {
                    keys.push(part.split('"').next().unwrap_or_default().to_owned());
                }
            }
        }
        keys
    }

    #[test]
    fn every_language_says_everything() {
        let names = |at: usize| CATALOGUES[at].0.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(0), names(1), "en and fr");
        assert_eq!(names(0), names(2), "en and pl");
        for (language, catalogue) in LANGUAGES.iter().zip(CATALOGUES.iter()) {
            for (key, forms) in &catalogue.0 {
                assert!(forms.values().all(|text| !text.is_empty()), "{language} {key} is empty");
                let form = |word| forms.get(word);
                let counts = CATALOGUES[0].0[key].len() > 1;
                if counts && *language == "pl" {
                    assert!(form("few").is_some() && form("many").is_some(), "Polish counts in three: {key}");
                }
            }
        }
    }

    #[test]
    fn every_key_in_the_sources_is_in_the_catalogue() {
        let keys = keys_in_use();
        assert!(keys.len() > 40, "the sources were read: {}", keys.len());
        for key in keys {
            assert!(CATALOGUES[0].0.contains_key(&key), "no message for {key}");
        }
    }

    #[test]
    fn placeholders_are_the_same_in_every_language() {
        let holes = |text: &str| {
            let mut holes: Vec<String> =
                text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect();
            holes.sort();
            holes
        };
        for catalogue in CATALOGUES.iter() {
            for (key, forms) in &catalogue.0 {
                let english = holes(&CATALOGUES[0].0[key]["other"]);
                assert_eq!(holes(&forms["other"]), english, "{key}");
            }
        }
    }
}
