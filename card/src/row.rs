//! One source: its weight, its preview, its switch, its data.

use candor_protocol::{Notice, Standing, WhyNotUsed};
use candor_reasoning::{Effect, Weight, Without};
use candor_words::{Key, Words};

use crate::Datum;
use crate::evidence::evidence;
use crate::names::{local, matter, of_source, source_name};
use crate::notes::control_notes;
use crate::parts::note;
use crate::pen::Pen;
use crate::preview::{list, see};
use crate::saves::{done, is_on, last, switch};
use crate::sources::{Known, factor_of, switched};

/// Opens a row and the line of its name.
#[inline(never)]
pub(crate) fn open_row(pen: &mut Pen<'_>, id: &str, name: &str) {
    pen.open("li", "row");
    pen.with("part", "row");
    pen.open("div", "top");
    pen.open("h5", "");
    pen.with("id", id);
    pen.text(name);
    pen.close();
}

#[inline(never)]
pub(crate) fn row(pen: &mut Pen<'_>, known: &Known<'_>, control: &str, data: &mut Vec<Datum>) {
    let facts = known.facts;
    let common = &facts.common;
    let id = matter(control);
    let name = source_name(common.notice, id, pen.words);
    let factor = factor_of(known, control);
    let on = is_on(common, control, factor.is_some());
    let switches = switched(known, control).is_some();
    let save = last(common.saves, control, None).filter(|save| save.tells(on));
    let effect = known.effects.iter().find(|effect| on && Some(effect.factor) == factor);

    let label = ["candor-", control].concat();
    open_row(pen, &label, name);
    if let Some(effect) = effect {
        pen.line_of("span", "weight", weight_key(effect.weight));
    }
    pen.close();
    if switches {
        switch(pen, &label, control, on);
    }
    // What was decided just now has its own words.
    if !control_notes(pen, common, control) && save.is_none() {
        state_note(pen, known, control, on);
    }
    let terms = common.notice.and_then(|notice| notice.control(control));
    if let Some(because) = terms.and_then(|terms| terms.because.as_ref()).filter(|_| !switches) {
        paragraph(pen, "note", local(because, pen.words));
    }
    if let Some(save) = save.filter(|_| switches) {
        done(pen, save, name, true);
    }
    if let (Some(effect), Some(now)) = (effect, &known.now) {
        if open_effect(pen, effect) {
            pen.close();
        }
        if let Ok(found) = now.preview(&Without::factor(effect.factor)) {
            pen.open("p", "changes");
            let total = pen.words.locale.number(now.shown.len() as f64, 0);
            match effect.changed {
                _ if found.moves.is_empty() => pen.say(Key::ChangesNone),
                0 => pen.say(Key::ChangesOrder),
                changed => pen.text(&pen.words.count(Key::Changes, changed as u64, &[("total", &total)])),
            }
            pen.text(" ");
            let open = see(pen, facts, &found, effect.changed, id, None, name);
            pen.close();
            if open {
                list(pen, now.doc, &found);
            }
        }
    }
    evidence(pen, known, control, factor, on, data);
    if let Some(kept) = kept(common.notice, id, pen.words) {
        paragraph(pen, "fine", &kept);
    }
    pen.close();
}

/// A paragraph, where there is anything to say.
#[inline(never)]
pub(crate) fn paragraph(pen: &mut Pen<'_>, class: &'static str, text: &str) {
    if !text.is_empty() {
        pen.line("p", class, text);
    }
}

/// "We keep your orders for …. Off means: …"
pub(crate) fn kept(notice: Option<&Notice>, source: &str, words: &Words<'_>) -> Option<String> {
    let kept = local(&notice?.source(source)?.kept_for, words);
    Some([kept, " ", words.text(Key::OffMeans)].concat())
}

/// "Without it: 1st → 4th": text for the eye, text for the ear. Left open for
/// what stands behind it in the same line; nothing for an item that is not in the list.
pub(crate) fn open_effect(pen: &mut Pen<'_>, effect: &Effect) -> bool {
    let Some(before) = effect.before else { return false };
    let words = pen.words;
    let place = words.place(before as u64);
    let (seen, said) = match effect.after {
        None => (words.text(Key::EffectGone).to_owned(), None),
        Some(after) if after == before => (words.say(Key::EffectStays, &[("before", &place)]), None),
        Some(after) => {
            let after = words.place(after as u64);
            let places = [("before", place.as_str()), ("after", after.as_str())];
            (words.say(Key::EffectMoves, &places), Some(words.say(Key::EffectMovesSpoken, &places)))
        }
    };
    pen.open("p", "effect");
    pen.open("span", "");
    pen.with("aria-hidden", "true");
    pen.text(&seen);
    pen.close();
    pen.line("span", "ear", said.as_ref().unwrap_or(&seen));
    pen.text(" ");
    true
}

fn state_note(pen: &mut Pen<'_>, known: &Known<'_>, control: &str, on: bool) {
    let source = matter(control);
    let why = known.made.and_then(|doc| doc.not_used.iter().find(|unused| unused.id == source));
    let denied = known.facts.common.choices.standing(control) == Standing::Denied;
    note(
        pen,
        match (why.map(|unused| unused.why), on) {
            (Some(WhyNotUsed::Empty), true) => empty_key(source),
            (_, true) => return,
            (Some(WhyNotUsed::Empty), false) => Key::UnusedEmpty,
            (Some(WhyNotUsed::Off), false) => Key::UnusedOff,
            (_, false) if denied => Key::UnusedOff,
            (_, false) => Key::UnusedUnset,
        },
    );
}

fn empty_key(source: &str) -> Key {
    of_source(source, [Key::EmptyOrders, Key::EmptyReturns, Key::EmptyBasket, Key::EmptyViews, Key::EmptySource])
}

fn weight_key(weight: Weight) -> Key {
    match weight {
        Weight::MainReason => Key::WeightMain,
        Weight::AlsoCounted => Key::WeightAlso,
        Weight::HardlyMattered => Key::WeightHardly,
        Weight::CountedAgainst => Key::WeightAgainst,
    }
}
