//! The one sentence of the first layer.

use candor_protocol::{Explanation, Kind, WhyNotUsed};
use candor_reasoning::{Reduced, Sentence};
use candor_words::Key;

use crate::names::{local, of_source, source_name};
use crate::pen::Pen;
use crate::sources::Known;
use crate::{DocumentState, Person, WhyFacts};

/// The sentence, and who worded it where the shop did. `any_on`: a source of the
/// document is still on.
#[inline(never)]
pub(crate) fn reason(pen: &mut Pen<'_>, known: &Known<'_>, any_on: bool) {
    pen.open("p", "reason");
    pen.with("part", "reason");
    let worded_by = match &known.now {
        Some(now) => pieces(pen, known.facts, now, any_on),
        None => {
            pen.say(state_key(known.facts.document));
            None
        }
    };
    pen.close();
    if let Some(by) = worded_by {
        pen.line_of("p", "fine", by);
    }
}

/// Signed in and willing, but there are no data yet.
pub(crate) fn nothing_yet(facts: &WhyFacts<'_>, doc: &Explanation) -> bool {
    let empty = doc.not_used.iter().any(|unused| unused.why == WhyNotUsed::Empty);
    facts.person == Person::SignedIn && empty && doc.personal() == 0
}

fn pieces(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, now: &Reduced<'_>, any_on: bool) -> Option<Key> {
    let doc = now.doc;
    if now.shown.is_empty() {
        pen.say(Key::BecauseNothing);
        return None;
    }
    // "The same for everyone" only where that is so.
    let some = any_on && doc.personal() > 0;
    match now.sentence(facts.item) {
        Sentence::Ad { paid_by } => named(pen, Key::BecauseAd, "who", &paid_by),
        Sentence::Stated => return stated(pen, doc),
        Sentence::Context { .. } => pen.say(if some { Key::BecauseContextAlso } else { Key::BecauseContext }),
        Sentence::BecauseOf { factor, datum_item } => {
            let id = doc.factors.get(factor).map_or("", |factor| factor.id.as_str());
            let item = datum_item.as_deref().and_then(|item| doc.item(item));
            because(pen, facts, id, item.map(|item| item.title.as_str()));
        }
        Sentence::Popular => pen.say(if some {
            Key::BecausePopular
        } else if nothing_yet(facts, doc) {
            Key::BecauseNothing
        } else {
            Key::BecauseNone
        }),
    }
    None
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

fn because(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, source: &str, title: Option<&str>) {
    if source == "basket" && facts.person == Person::Anonymous {
        return pen.say(Key::BecauseBasketAnonymous);
    }
    if let Some(title) = title {
        let key = of_source(
            source,
            [Key::BecauseOrders, Key::BecauseReturns, Key::BecauseBasket, Key::BecauseViews, Key::BecauseSource],
        );
        return named(pen, key, "item", title);
    }
    let key = of_source(
        source,
        [
            Key::BecauseAllOrders,
            Key::BecauseAllReturns,
            Key::BecauseAllBasket,
            Key::BecauseAllViews,
            Key::BecauseAllSource,
        ],
    );
    let name = source_name(facts.common.notice, source, pen.words);
    pen.text(&pen.words.say(key, &[("source", name)]));
}

fn stated(pen: &mut Pen<'_>, doc: &Explanation) -> Option<Key> {
    if let Some(wording) = &doc.wording {
        pen.text(local(&wording.text, pen.words));
        return Some(if wording.by == "model" { Key::WordingModel } else { Key::WordingTemplate });
    }
    let personal = doc.factors.iter().any(|factor| factor.kind == Kind::Personal);
    pen.say(if personal { Key::BecauseNoReason } else { Key::BecauseNone });
    None
}

/// The name of something is set apart.
fn named(pen: &mut Pen<'_>, key: Key, name: &str, value: &str) {
    let (before, after) = pen.words.around(key, name);
    if !before.is_empty() {
        pen.text(before);
    }
    pen.open("cite", "");
    pen.line("bdi", "", value);
    pen.close();
    if !after.is_empty() {
        pen.text(after);
    }
}
