//! Nothing is half translated, and nothing is translated that nobody says.

use std::collections::BTreeSet;

use candor_words::{Direction, Key, LANGUAGES, Locale, Plural, Words, bundled, bundled_file};
use serde_json::Value;

fn file(language: &str) -> serde_json::Map<String, Value> {
    serde_json::from_str(bundled_file(language)).unwrap_or_else(|why| panic!("{language}: {why}"))
}

fn forms(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Object(forms) => forms.values().filter_map(Value::as_str).collect(),
        other => panic!("{other} is no message"),
    }
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|tail| tail.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn every_language_has_every_message_and_no_other() {
    let keys: BTreeSet<&str> = Key::ALL.iter().map(|key| key.as_str()).collect();
    assert_eq!(keys.len(), Key::ALL.len());
    for language in LANGUAGES {
        let catalogue = file(language);
        let named: BTreeSet<&str> = catalogue.keys().map(String::as_str).collect();
        assert_eq!(named, keys, "{language}");
        assert!(catalogue.values().flat_map(forms).all(|text| !text.trim().is_empty()), "{language}");
    }
}

#[test]
fn every_file_has_the_order_of_the_keys() {
    // The page reads a catalogue by place.
    for language in LANGUAGES {
        let text = bundled_file(language);
        let mut rest = text;
        for key in Key::ALL {
            let wanted = format!("\n  \"{}\": ", key.as_str());
            let place =
                rest.find(&wanted).unwrap_or_else(|| panic!("{language}: {} is not in its place", key.as_str()));
            rest = &rest[place + wanted.len()..];
        }
        let value: Value = serde_json::from_str(text).unwrap();
        let list = Value::from(Key::ALL.iter().map(|key| value[key.as_str()].clone()).collect::<Vec<_>>());
        let read = |found: Result<candor_words::Catalogue, _>| found.unwrap_or_else(|why| panic!("{language}: {why}"));
        let (by_name, by_place) =
            (read(candor_words::Catalogue::read(&value)), read(candor_words::Catalogue::read_in_order(&list)));
        assert_eq!(format!("{by_name:?}"), format!("{by_place:?}"), "{language}");
        assert!(candor_words::Catalogue::read_in_order(&Value::from(vec!["one"])).is_err());
    }
}

#[test]
fn every_form_fills_in_what_english_fills_in() {
    let english = file("en");
    for language in LANGUAGES {
        for (key, message) in file(language) {
            let wanted = placeholders(forms(&english[&key])[0]);
            for form in forms(&message) {
                assert_eq!(placeholders(form), wanted, "{language} {key}");
            }
        }
    }
}

#[test]
fn every_form_a_language_counts_with_is_there() {
    let counted: Vec<String> = file("en").into_iter().filter(|(_, m)| m.is_object()).map(|(key, _)| key).collect();
    let needed = |language| match language {
        "pl" => &["one", "few", "many", "other"][..],
        _ => &["one", "other"],
    };
    for language in LANGUAGES {
        let catalogue = file(language);
        for key in counted.iter().filter(|key| *key != "place") {
            for form in needed(language) {
                assert!(catalogue[key].get(*form).is_some(), "{language} {key} lacks {form}");
            }
        }
    }
}

#[test]
fn a_translation_is_not_the_english() {
    let english = file("en");
    // Words that are the same in both, and what is only put together.
    let same = ["about.version", "about.contact", "sums.points", "sums.percent", "record.line", "chip.item"];
    for language in ["fr", "pl"] {
        for (key, message) in file(language) {
            if !same.contains(&key.as_str()) {
                assert_ne!(message, english[&key], "{language} {key}");
            }
        }
    }
}

#[test]
fn quotes_and_dashes_are_typographic_and_nobody_is_shouted_at() {
    for language in LANGUAGES {
        for (key, message) in file(language) {
            for text in forms(&message) {
                assert!(!text.contains(['\'', '"', '!']) && !text.contains("..."), "{language} {key}: {text}");
            }
        }
    }
    for (key, message) in file("fr") {
        for text in forms(&message) {
            for sign in ['?', ':', ';', '%'] {
                let loose = text.contains(&format!(" {sign}"));
                assert!(!loose, "a line could break before {sign} in {key}: {text}");
            }
        }
    }
}

#[test]
fn sentences_are_short() {
    for language in LANGUAGES {
        for (key, message) in file(language) {
            for text in forms(&message) {
                for sentence in text.split_inclusive(['.', '?', ';']) {
                    let words =
                        sentence.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
                    assert!(words <= 22, "{language} {key}: {words} words in one sentence: {sentence}");
                }
            }
        }
    }
}

#[test]
fn no_message_is_unused() {
    let mut source = String::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for room in ["card/src", "service/src", "widget/src", "desk/src", "words/src/words.rs"] {
        gather(&root.join(room), &mut source);
    }
    for key in Key::ALL {
        let used = format!("Key::{key:?}");
        let found = source
            .match_indices(&used)
            .any(|(at, _)| !source[at + used.len()..].starts_with(|next: char| next.is_alphanumeric()));
        assert!(found, "{used} is said nowhere");
    }
}

fn gather(path: &std::path::Path, out: &mut String) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap().flatten() {
            gather(&entry.path(), out);
        }
    } else if path.extension().is_some_and(|kind| kind == "rs") {
        out.push_str(&std::fs::read_to_string(path).unwrap());
    }
}

/// Counts as Polish does, which is all these tests need.
struct Polish;

impl Locale for Polish {
    fn language(&self) -> &str {
        "pl"
    }
    fn direction(&self) -> Direction {
        Direction::LeftToRight
    }
    fn plural(&self, n: u64) -> Plural {
        match n {
            1 => Plural::One,
            2..=4 => Plural::Few,
            _ => Plural::Many,
        }
    }
    fn ordinal(&self, _: u64) -> Plural {
        Plural::Other
    }
    fn number(&self, value: f64, _: u8) -> String {
        value.to_string()
    }
    fn money(&self, amount: &str, _: &str) -> String {
        amount.to_owned()
    }
    fn date(&self, at: candor_protocol::Timestamp) -> String {
        at.to_string()
    }
    fn moment(&self, at: candor_protocol::Timestamp) -> String {
        at.to_string()
    }
    fn list(&self, entries: &[String]) -> String {
        entries.join(", ")
    }
}

#[test]
fn counting_takes_the_form_of_the_language() {
    let words = Words { catalogue: bundled("pl-PL"), locale: &Polish };
    let say = |n| words.count(Key::Changes, n, &[("total", "5")]);
    assert_eq!(say(1), "Bez tego zmieni się 1 z 5 pozycji.");
    assert_eq!(say(3), "Bez tego zmienią się 3 z 5 pozycji.");
    assert_eq!(say(5), "Bez tego zmieni się 5 z 5 pozycji.");
    assert_eq!(words.place(4), "4.");
}

#[test]
fn a_value_is_never_read_as_a_placeholder() {
    let words = Words { catalogue: bundled("en"), locale: &Polish };
    assert_eq!(words.say(Key::BecauseOrders, &[("item", "{item} {n}")]), "Because you bought {item} {n}.");
    assert_eq!(words.around(Key::BecauseOrders, "item"), ("Because you bought ", "."));
}

#[test]
fn a_catalogue_that_lacks_a_message_is_refused() {
    let mut catalogue = file("en");
    catalogue.remove("undo");
    let fault = candor_words::Catalogue::read(&Value::Object(catalogue)).unwrap_err();
    assert_eq!(fault.place, "/undo");
}
