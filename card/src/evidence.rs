//! The lines under a source: each datum that counted, and *Don't use this*.

use candor_protocol::{Choice, DecisionMethod, Explanation};
use candor_reasoning::{Effect, Reduced, Without};
use candor_words::Key;

use crate::names::matter;
use crate::parts::button;
use crate::pen::Pen;
use crate::preview::{is_open, list, see};
use crate::row::open_effect;
use crate::saves::{decide, done, last};
use crate::sources::Known;
use crate::{Datum, Save};

/// How many data are listed; the rest are counted.
const LINES: usize = 5;

/// The lines of one source, and "and 4 more". What a line showed is kept in
/// `memory`, so that a datum left out keeps its place and its Undo.
#[inline(never)]
pub(crate) fn evidence(
    pen: &mut Pen<'_>,
    known: &Known<'_>,
    control: &str,
    factor: Option<usize>,
    on: bool,
    memory: &mut Vec<Datum>,
) {
    let made = effects(known, known.made.map(Reduced::whole).as_ref(), factor);
    let now = effects(known, known.now.as_ref().filter(|_| on), factor);
    let mut unlisted = unlisted_of(known, factor);
    if let Some(doc) = known.made {
        unlisted += remember(known, doc, control, factor, &made, memory);
    }
    let mut begun = false;
    for datum in memory.iter().filter(|datum| datum.control == control) {
        let save = last(known.facts.common.saves, control, Some(&datum.datum));
        let left_out = match known.facts.common.choices.control(control) {
            Some(stands) => stands.left_out.contains(&datum.datum),
            None => save.is_some_and(|save| save.choice == Choice::Denied),
        };
        let save = save.filter(|save| save.tells(!left_out));
        // A source that is off uses none of its data; only what was left out by itself stays to be taken back.
        if save.is_none() && (known.made.is_none() || !on && !left_out) {
            continue;
        }
        if !begun {
            begun = true;
            pen.open("div", "evidence");
            if factor.is_some() {
                pen.line_of("p", "label", Key::EvidenceTitle);
            }
            pen.open("ul", "");
        }
        let effect = of(&now, &datum.datum).filter(|_| !left_out);
        line(pen, known, datum, effect, left_out, save);
    }
    if begun {
        pen.close();
        if factor.is_some() && on && unlisted > 0 {
            pen.line("p", "fine", &pen.words.count(Key::EvidenceRest, unlisted as u64, &[]));
        }
        pen.close();
    }
}

#[inline(never)]
fn line(
    pen: &mut Pen<'_>,
    known: &Known<'_>,
    datum: &Datum,
    effect: Option<&Effect>,
    left_out: bool,
    save: Option<&Save>,
) {
    let Datum { control, datum: id, title } = datum;
    pen.open_as("li", "datum", if left_out { "datum out" } else { "datum" });
    pen.open("p", "what");
    pen.line("bdi", "", title);
    pen.close();
    pen.open("div", "presses");
    let (label, name, value) = match left_out {
        true => (Key::Undo, Key::UndoOf, "what"),
        false => (Key::EvidenceLeave, Key::EvidenceLeaveOf, "item"),
    };
    let name = pen.words.say(name, &[(value, title)]);
    button(pen, "quiet", label, &name, decide(control, Some(id), left_out, DecisionMethod::Button));
    pen.close();
    let found = match (effect, &known.now) {
        (Some(effect), Some(now)) => now.preview(&Without::datum(effect.factor, id.as_str())).ok(),
        _ => None,
    };
    let source = matter(control);
    if let Some(effect) = effect
        && open_effect(pen, effect)
    {
        if let Some(found) = &found {
            see(pen, known.facts, found, effect.changed, source, Some(id), title);
        }
        pen.close();
    }
    if let Some(save) = save {
        // The line's own button is the way back.
        done(pen, save, title, false);
    }
    if let (Some(found), Some(made)) = (&found, known.made)
        && !found.moves.is_empty()
        && is_open(known.facts, source, Some(id))
    {
        list(pen, made, found);
    }
    pen.close();
}

fn effects(known: &Known<'_>, list: Option<&Reduced<'_>>, factor: Option<usize>) -> Vec<Effect> {
    match (list, factor) {
        (Some(list), Some(factor)) => list.datum_effects(known.facts.item, factor).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn of<'a>(effects: &'a [Effect], datum: &str) -> Option<&'a Effect> {
    effects.iter().find(|effect| effect.datum.as_deref() == Some(datum))
}

/// Gives each datum its line, while there are lines; answers how many have none.
#[inline(never)]
fn remember(
    known: &Known<'_>,
    doc: &Explanation,
    control: &str,
    factor: Option<usize>,
    made: &[Effect],
    memory: &mut Vec<Datum>,
) -> usize {
    let saves = known.facts.common.saves;
    memory.retain(|datum| {
        datum.control != control
            || of(made, &datum.datum).is_some()
            || last(saves, control, Some(&datum.datum)).is_some()
    });
    let mut lines = memory.iter().filter(|datum| datum.control == control).count();
    let mut unlisted = 0;
    for effect in made {
        let Some(id) = &effect.datum else { continue };
        if memory.iter().any(|datum| datum.control == control && datum.datum == *id) {
            continue;
        }
        if lines >= LINES {
            unlisted += 1;
            continue;
        }
        lines += 1;
        let title = title_of(doc, factor, id).to_owned();
        memory.push(Datum { control: control.to_owned(), datum: id.clone(), title });
    }
    unlisted
}

/// The item the datum is about, else its reference.
#[inline(never)]
fn title_of<'a>(doc: &'a Explanation, factor: Option<usize>, datum: &'a str) -> &'a str {
    let mut all = doc.candidates.iter().flat_map(|candidate| &candidate.evidence);
    let about = all.find(|evidence| Some(evidence.factor) == factor && evidence.datum == datum);
    let item = about.and_then(|evidence| evidence.item.as_deref()).unwrap_or(datum);
    doc.item(item).map_or(datum, |item| &item.title)
}

/// Data the document only counts, for the item explained.
fn unlisted_of(known: &Known<'_>, factor: Option<usize>) -> usize {
    let Some(doc) = known.made else { return 0 };
    let Some(candidate) = doc.candidate(known.facts.item_of(doc)) else { return 0 };
    let mut count = 0;
    for rest in candidate.evidence_rest.iter().filter(|rest| Some(rest.factor) == factor) {
        count += rest.count as usize;
    }
    count
}
