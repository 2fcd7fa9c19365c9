//! The chip's words: honest unopened.

use candor_protocol::{Explanation, Kind};
use candor_reasoning::{Sentence, leading_kind, sentence};
use candor_words::{Key, Words};

/// "From your orders · Why?": what the list as a whole rests on.
pub fn chip_text(document: &Explanation, words: &Words<'_>) -> String {
    let kind = leading_kind(document);
    let source = match sentence(document, None) {
        Sentence::BecauseOf { factor, .. } => document.factors.get(factor),
        _ => document.factors.iter().find(|factor| factor.kind == Kind::Personal),
    };
    chip_name(kind, source.map(|factor| factor.id.as_str()), words)
}

/// The same from the kind and the leading source alone, as a shop's server knows them.
pub fn chip_name(kind: Kind, source: Option<&str>, words: &Words<'_>) -> String {
    let key = match (kind, source) {
        (Kind::Personal, Some("orders")) => Key::ChipOrders,
        (Kind::Personal, Some("returns")) => Key::ChipReturns,
        (Kind::Personal, Some("basket")) => Key::ChipBasket,
        (Kind::Personal, Some("views")) => Key::ChipViews,
        (Kind::Personal, _) => Key::ChipPersonal,
        (Kind::Context, _) => Key::ChipContext,
        (Kind::General, _) => Key::ChipGeneral,
        (Kind::Commercial, _) => Key::ChipCommercial,
    };
    words.text(key).to_owned()
}

/// What a chip beside one item is called: "Green Teapot: From your orders · Why?".
pub fn chip_for_item(item: &str, chip: &str, words: &Words<'_>) -> String {
    words.say(Key::ChipItem, &[("item", item), ("chip", chip)])
}
