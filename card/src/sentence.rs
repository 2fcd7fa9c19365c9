//! The one sentence of the first layer.

use candor_protocol::{Explanation, Kind, WhyNotUsed};
use candor_reasoning::{Sentence, sentence};
use candor_words::{Key, Words};

use crate::names::source_name;
use crate::{DocumentState, Person, Piece, WhyInput};

/// The sentence, and who worded it where the shop did. `doc` is the document as
/// it stands after what was switched off; `any_on`: a source of it is still on.
pub(crate) fn pieces(
    input: &WhyInput,
    doc: Option<&Explanation>,
    any_on: bool,
    words: &Words<'_>,
) -> (Vec<Piece>, Option<String>) {
    let plain = |key| (vec![Piece::Plain(words.plain(key))], None);
    let Some(doc) = doc else { return plain(state_key(&input.document)) };
    if doc.shown.is_empty() {
        return plain(Key::BecauseNothing);
    }
    match sentence(doc, input.item.as_deref()) {
        Sentence::Ad { paid_by } => (named(Key::BecauseAd, "who", &paid_by, words), None),
        Sentence::Stated => stated(doc, words),
        // "The same for everyone" only where that is so.
        Sentence::Context { .. } if doc.personal() > 0 && any_on => plain(Key::BecauseContextAlso),
        Sentence::Context { .. } => plain(Key::BecauseContext),
        Sentence::BecauseOf { factor, datum_item } => {
            let id = doc.factors.get(factor).map_or("", |factor| factor.id.as_str());
            let title = datum_item.as_deref().and_then(|item| doc.item(item)).map(|item| item.title.as_str());
            (because(input, id, title, words), None)
        }
        Sentence::Popular if doc.personal() > 0 && any_on => plain(Key::BecausePopular),
        Sentence::Popular if nothing_yet(input, doc) => plain(Key::BecauseNothing),
        Sentence::Popular => plain(Key::BecauseNone),
    }
}

/// Signed in and willing, but there are no data yet.
pub(crate) fn nothing_yet(input: &WhyInput, doc: &Explanation) -> bool {
    let empty = doc.not_used.iter().any(|unused| unused.why == WhyNotUsed::Empty);
    input.person == Person::SignedIn && empty && doc.personal() == 0
}

fn state_key(state: &DocumentState) -> Key {
    match state {
        DocumentState::Loading | DocumentState::Ready { .. } => Key::StateLoading,
        DocumentState::NotReady => Key::StateNotReady,
        DocumentState::Unreachable => Key::StateUnreachable,
        DocumentState::General => Key::StateGeneral,
        DocumentState::Withdrawn { .. } => Key::StateWithdrawn,
        DocumentState::Expired { .. } => Key::StateExpired,
    }
}

fn because(input: &WhyInput, source: &str, title: Option<&str>, words: &Words<'_>) -> Vec<Piece> {
    if source == "basket" && input.person == Person::Anonymous {
        return vec![Piece::Plain(words.plain(Key::BecauseBasketAnonymous))];
    }
    if let Some(title) = title {
        let key = match source {
            "orders" => Key::BecauseOrders,
            "returns" => Key::BecauseReturns,
            "basket" => Key::BecauseBasket,
            "views" => Key::BecauseViews,
            _ => Key::BecauseSource,
        };
        return named(key, "item", title, words);
    }
    let key = match source {
        "orders" => Key::BecauseAllOrders,
        "returns" => Key::BecauseAllReturns,
        "basket" => Key::BecauseAllBasket,
        "views" => Key::BecauseAllViews,
        _ => Key::BecauseAllSource,
    };
    let name = source_name(input.notice.as_deref(), source, words);
    vec![Piece::Plain(words.say(key, &[("source", &name)]))]
}

fn stated(doc: &Explanation, words: &Words<'_>) -> (Vec<Piece>, Option<String>) {
    match &doc.wording {
        Some(wording) => {
            let by = if wording.by == "model" { Key::WordingModel } else { Key::WordingTemplate };
            let text = wording.text.text(words.locale.language()).to_owned();
            (vec![Piece::Plain(text)], Some(words.plain(by)))
        }
        None if doc.factors.iter().any(|factor| factor.kind == Kind::Personal) => {
            (vec![Piece::Plain(words.plain(Key::BecauseNoReason))], None)
        }
        None => (vec![Piece::Plain(words.plain(Key::BecauseNone))], None),
    }
}

fn named(key: Key, name: &str, value: &str, words: &Words<'_>) -> Vec<Piece> {
    let (before, after) = words.around(key, name, &[]);
    let mut out = vec![Piece::Plain(before), Piece::Name(value.to_owned()), Piece::Plain(after)];
    out.retain(|piece| !matches!(piece, Piece::Plain(text) if text.is_empty()));
    out
}
