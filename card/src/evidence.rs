//! The lines under a source: each datum that counted, and *Don't use this*.

use candor_protocol::{Choice, DecisionMethod, Explanation};
use candor_reasoning::{Effect, Without, datum_effects};
use candor_words::Key;

use crate::names::matter;
use crate::saves::{change, done, last};
use crate::sources::{Facts, effect_text, preview_of};
use crate::{Act, Button, Datum, EvidenceLine, Target};

/// How many data are listed; the rest are counted.
const LINES: usize = 5;

/// The lines of one source, and "and 4 more". What a line showed is kept in
/// `memory`, so that a datum left out keeps its place and its Undo.
pub(crate) fn evidence(
    facts: &Facts<'_>,
    control: &str,
    factor: usize,
    on: bool,
    memory: &mut Vec<Datum>,
) -> (Vec<EvidenceLine>, Option<String>) {
    let (input, words) = (facts.input, facts.words);
    let item = input.item.as_deref();
    let effects_in = |doc: Option<&Explanation>| -> Vec<Effect> {
        doc.and_then(|doc| datum_effects(doc, item, factor).ok()).unwrap_or_default()
    };
    let made = effects_in(facts.made);
    let now = if on { effects_in(facts.now) } else { Vec::new() };
    let decided = |datum: &str| last(&input.saves, control, Some(datum));
    let mut data: Vec<Datum> = input.memory.data.iter().filter(|datum| datum.control == control).cloned().collect();
    data.retain(|datum| decided(&datum.datum).is_some() || has(&made, &datum.datum));
    for effect in &made {
        let Some(id) = &effect.datum else { continue };
        if data.len() >= LINES || data.iter().any(|datum| datum.datum == *id) {
            continue;
        }
        let title = facts.made.map(|doc| title_of(doc, factor, id)).unwrap_or_default();
        data.push(Datum { control: control.to_owned(), datum: id.clone(), title });
    }
    let listed = made.iter().filter(|effect| data.iter().any(|datum| effect.datum.as_ref() == Some(&datum.datum)));
    let unlisted = made.len() - listed.count() + unlisted_of(facts, factor);
    let mut lines = Vec::new();
    for datum in &data {
        let save = decided(&datum.datum);
        let left_out = match input.choices.control(control) {
            Some(stands) => stands.left_out.contains(&datum.datum),
            None => save.is_some_and(|save| save.choice == Choice::Denied),
        };
        // A source that is off uses none of its data; only what was left out by itself stays to be taken back.
        if !on && !left_out && save.is_none() {
            continue;
        }
        let effect = now.iter().find(|effect| effect.datum.as_ref() == Some(&datum.datum)).filter(|_| !left_out);
        let target = Target { source: matter(control).to_owned(), datum: Some(datum.datum.clone()) };
        let (_, see, preview) = match (effect, facts.now) {
            (Some(effect), Some(doc)) => {
                let without = Without::datum(factor, datum.datum.clone());
                preview_of(facts, doc, &without, effect.changed, target, &datum.title)
            }
            _ => (None, None, None),
        };
        let (label, name, choice) = if left_out {
            (Key::Undo, Key::UndoOf, Choice::Granted)
        } else {
            (Key::EvidenceLeave, Key::EvidenceLeaveOf, Choice::Denied)
        };
        let value = if left_out { "what" } else { "item" };
        lines.push(EvidenceLine {
            datum: datum.datum.clone(),
            title: datum.title.clone(),
            effect: effect.and_then(|effect| effect_text(effect, words)),
            see,
            preview,
            button: Button {
                label: words.plain(label),
                name: Some(words.say(name, &[(value, &datum.title)])),
                act: Act::Decide {
                    changes: vec![change(control, Some(&datum.datum), choice)],
                    method: DecisionMethod::Button,
                    master: false,
                },
            },
            left_out,
            // The line's own button is the way back.
            done: save.map(|save| crate::Done { undo: None, ..done(save, &datum.title, words) }),
        });
    }
    memory.append(&mut data);
    let rest = (on && unlisted > 0).then(|| words.count(Key::EvidenceRest, unlisted as u64, &[]));
    (lines, rest)
}

fn has(effects: &[Effect], datum: &str) -> bool {
    effects.iter().any(|effect| effect.datum.as_deref() == Some(datum))
}

/// The item the datum is about, else its reference.
fn title_of(doc: &Explanation, factor: usize, datum: &str) -> String {
    let mut all = doc.candidates.iter().flat_map(|candidate| &candidate.evidence);
    let about = all.find(|evidence| evidence.factor == factor && evidence.datum == datum);
    let item = about.and_then(|evidence| evidence.item.as_deref()).unwrap_or(datum);
    doc.item(item).map_or_else(|| datum.to_owned(), |item| item.title.clone())
}

/// Data the document only counts, for the item explained.
fn unlisted_of(facts: &Facts<'_>, factor: usize) -> usize {
    let Some(doc) = facts.made else { return 0 };
    let item = facts.input.item.as_deref().or(doc.shown.first().map(String::as_str)).unwrap_or_default();
    let rest = doc.candidate(item).map(|candidate| candidate.evidence_rest.as_slice()).unwrap_or_default();
    rest.iter().filter(|rest| rest.factor == factor).map(|rest| rest.count as usize).sum()
}
