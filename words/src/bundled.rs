//! The catalogues inside the binary, for the service and for tests.

use std::sync::LazyLock;

use crate::Catalogue;

/// The languages there are, English first.
pub const LANGUAGES: [&str; 3] = ["en", "fr", "pl"];

/// The catalogue of a language or of its base language ("pl-PL" is "pl"); else English.
pub fn bundled(language: &str) -> &'static Catalogue {
    static READ: LazyLock<Vec<Option<Catalogue>>> = LazyLock::new(|| LANGUAGES.iter().map(|l| read(l)).collect());
    static EMPTY: LazyLock<Catalogue> = LazyLock::new(Catalogue::empty);
    let base = candor_protocol::text::base_language(language);
    let at = LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(base)).unwrap_or(0);
    READ.get(at).and_then(Option::as_ref).unwrap_or(&EMPTY)
}

/// The bytes of a catalogue, as the page fetches them; their hash goes into every decision.
pub fn bundled_file(language: &str) -> &'static str {
    match language {
        "fr" => include_str!("../catalogue/fr.json"),
        "pl" => include_str!("../catalogue/pl.json"),
        _ => include_str!("../catalogue/en.json"),
    }
}

fn read(language: &str) -> Option<Catalogue> {
    let value: serde_json::Value = serde_json::from_str(bundled_file(language)).ok()?;
    Catalogue::read(&value).ok()
}
