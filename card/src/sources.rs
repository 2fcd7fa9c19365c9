//! The second layer: one row per source, its weight, its preview, its switch.

use candor_protocol::{Explanation, LegalBasis, Notice, Standing, WhyNotUsed};
use candor_reasoning::{Effect, Move, Weight, Without, preview, source_effects};
use candor_words::{Key, Words};

use crate::evidence::evidence;
use crate::names::{line_of, matter, preview_link, source_name};
use crate::notes::{gpc_note, note};
use crate::saves::{is_on, last, switch};
use crate::{Act, ItemLine, Memory, Note, PreviewButton, PreviewList, Row, Sources, Target, WhyInput};

/// How many rows are open to the eye; the rest stand under *More*.
const ROWS: usize = 5;

/// What the rows are made from.
pub(crate) struct Facts<'a> {
    pub input: &'a WhyInput,
    /// As made.
    pub made: Option<&'a Explanation>,
    /// As it stands after what was switched off.
    pub now: Option<&'a Explanation>,
    pub words: &'a Words<'a>,
}

/// The rows, and what stood where.
pub(crate) fn sources(facts: &Facts<'_>) -> (Sources, Memory) {
    let (input, words) = (facts.input, facts.words);
    let effects = facts.now.and_then(|doc| source_effects(doc, input.item.as_deref()).ok()).unwrap_or_default();
    let mut memory = Memory { used: used(facts, &effects), ..Memory::default() };
    memory.unused = unused(facts, &memory.used);
    let mut rows: Vec<Row> = Vec::new();
    for control in &memory.used {
        rows.push(row(facts, control, &effects, &mut memory.data));
    }
    let mut rest = Vec::new();
    for control in &memory.unused {
        rest.push(row(facts, control, &effects, &mut memory.data));
    }
    for id in never(facts) {
        rest.push(Row {
            name: source_name(input.notice.as_deref(), id, words),
            notes: vec![note(Key::UnusedNever, words)],
            ..Row::default()
        });
    }
    let more = if rows.len() > ROWS { rows.split_off(ROWS) } else { Vec::new() };
    let view = Sources {
        title: words.plain(Key::SourcesTitle),
        open: input.sources_open || input.preview.is_some(),
        heading: words.plain(if rows.is_empty() { Key::SourcesNone } else { Key::SourcesUsed }),
        rows,
        more_label: words.plain(Key::SourcesMore),
        more,
        unused_title: words.plain(Key::UnusedTitle),
        unused: rest,
    };
    (view, memory)
}

/// Controls that counted: in the order they had, new ones by strength.
fn used(facts: &Facts<'_>, effects: &[Effect]) -> Vec<String> {
    let mut out = facts.input.memory.used.clone();
    let mut add = |control: &str| {
        if !out.iter().chain(&facts.input.memory.unused).any(|known| known == control) {
            out.push(control.to_owned());
        }
    };
    if let Some(doc) = facts.made {
        let strongest = effects.iter().filter_map(|effect| doc.factors.get(effect.factor));
        for factor in strongest.chain(doc.factors.iter().take(doc.personal())) {
            if let Some(control) = &factor.control {
                add(control);
            }
        }
    }
    let state = &facts.input.document;
    if let crate::DocumentState::Withdrawn { factors } | crate::DocumentState::Expired { factors } = state {
        for factor in factors {
            if let Some(control) = control_of(facts.input.notice.as_deref(), factor) {
                add(&control);
            }
        }
    }
    out
}

/// Controls of sources that did not count but can be switched.
fn unused(facts: &Facts<'_>, used: &[String]) -> Vec<String> {
    let mut out = facts.input.memory.unused.clone();
    let notice = facts.input.notice.as_deref();
    let named = facts.made.map(|doc| doc.not_used.as_slice()).unwrap_or_default();
    let of_document = named
        .iter()
        .filter(|unused| unused.why != WhyNotUsed::Never)
        .filter_map(|unused| control_of(notice, &unused.id));
    // Where no document says what was not used, the notice says what there is.
    let of_notice = notice.filter(|_| facts.made.is_none()).into_iter().flat_map(|notice| &notice.controls);
    let of_notice =
        of_notice.filter(|control| control.purpose() == "recommendations").map(|control| control.id.clone());
    for control in of_document.chain(of_notice) {
        if !used.contains(&control) && !out.contains(&control) {
            out.push(control);
        }
    }
    out
}

/// Sources without a switch that never are used here.
fn never<'a>(facts: &Facts<'a>) -> Vec<&'a str> {
    let named = facts.made.map(|doc| doc.not_used.as_slice()).unwrap_or_default();
    let notice = facts.input.notice.as_deref();
    named
        .iter()
        .filter(|unused| unused.why == WhyNotUsed::Never || control_of(notice, &unused.id).is_none())
        .map(|unused| unused.id.as_str())
        .collect()
}

fn control_of(notice: Option<&Notice>, source: &str) -> Option<String> {
    let of = |control: &&candor_protocol::NoticeControl| {
        control.purpose() == "recommendations" && control.subject_matter() == source
    };
    notice?.controls.iter().find(of).map(|control| control.id.clone())
}

fn row(facts: &Facts<'_>, control: &str, effects: &[Effect], data: &mut Vec<crate::Datum>) -> Row {
    let (input, words) = (facts.input, facts.words);
    let notice = input.notice.as_deref();
    let id = matter(control);
    let name = source_name(notice, id, words);
    let factor = facts.made.and_then(|doc| {
        let mut personal = doc.factors.iter().take(doc.personal());
        personal.position(|factor| factor.control.as_deref() == Some(control))
    });
    let on = is_on(&input.choices, &input.device_off, control, factor.is_some());
    let terms = notice.and_then(|notice| notice.control(control));
    let required = terms.is_some_and(|terms| terms.legal_basis == LegalBasis::Required);
    let mut row = Row {
        control: control.to_owned(),
        switch: (!required).then(|| switch(&name, control, on, &input.saves, words)),
        kept: kept(notice, id, words),
        notes: row_notes(facts, control, on),
        name,
        ..Row::default()
    };
    if let Some(because) = terms.and_then(|terms| terms.because.as_ref()).filter(|_| required) {
        row.notes.push(Note { text: because.text(words.locale.language()).to_owned(), ..Note::default() });
    }
    if let (Some(factor), Some(doc), true) = (factor, facts.now, on)
        && let Some(effect) = effects.iter().find(|effect| effect.factor == factor)
    {
        row.weight = Some(words.plain(weight_key(effect.weight)));
        row.effect = effect_text(effect, words);
        let target = Target { source: id.to_owned(), datum: None };
        let (changes, see, list) = preview_of(facts, doc, &Without::factor(factor), effect.changed, target, &row.name);
        row.changes = changes;
        row.see = see;
        row.preview = list;
    }
    if let Some(factor) = factor {
        let (lines, rest) = evidence(facts, control, factor, on, data);
        if !lines.is_empty() {
            row.evidence_title = words.plain(Key::EvidenceTitle);
        }
        row.evidence = lines;
        row.evidence_rest = rest;
    } else {
        let (lines, _) = evidence(facts, control, usize::MAX, on, data);
        row.evidence = lines;
    }
    row
}

/// "We keep your orders for …. Off means: …"
pub(crate) fn kept(notice: Option<&Notice>, source: &str, words: &Words<'_>) -> Option<String> {
    let kept = notice?.source(source)?.kept_for.text(words.locale.language());
    Some([kept, &words.plain(Key::OffMeans)].join(" "))
}

fn row_notes(facts: &Facts<'_>, control: &str, on: bool) -> Vec<Note> {
    let (input, words) = (facts.input, facts.words);
    let mut notes = control_notes(&input.choices, &input.device_off, control, words);
    let why = facts.made.and_then(|doc| doc.not_used.iter().find(|unused| unused.id == matter(control)));
    // What was decided just now has its own words.
    if notes.is_empty() && last(&input.saves, control, None).is_none() {
        match (why.map(|unused| unused.why), on) {
            (Some(WhyNotUsed::Empty), true) => notes.push(note(empty_key(matter(control)), words)),
            (Some(WhyNotUsed::Empty), false) => notes.push(note(Key::UnusedEmpty, words)),
            (Some(WhyNotUsed::Off), false) => notes.push(note(Key::UnusedOff, words)),
            (_, false) if input.choices.standing(control) == Standing::Denied => {
                notes.push(note(Key::UnusedOff, words))
            }
            (_, false) => notes.push(note(Key::UnusedUnset, words)),
            _ => {}
        }
    }
    notes
}

/// What sets one control's state apart: a signal, this device, lapsed terms.
pub(crate) fn control_notes(
    choices: &candor_protocol::Choices,
    device_off: &[String],
    control: &str,
    words: &Words<'_>,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let stands = choices.control(control);
    if stands.is_some_and(|stands| stands.by_signal) {
        notes.push(gpc_note(words));
    }
    let here = device_off.iter().any(|off| off == control) && choices.standing(control) == Standing::Granted;
    if here || stands.is_some_and(|stands| stands.device_only) {
        notes.push(note(Key::StateDevice, words));
    }
    if stands.is_some_and(|stands| stands.lapsed) {
        notes.push(note(Key::StateLapsed, words));
    }
    notes
}

fn empty_key(source: &str) -> Key {
    match source {
        "orders" => Key::EmptyOrders,
        "returns" => Key::EmptyReturns,
        "basket" => Key::EmptyBasket,
        "views" => Key::EmptyViews,
        _ => Key::EmptySource,
    }
}

fn weight_key(weight: Weight) -> Key {
    match weight {
        Weight::MainReason => Key::WeightMain,
        Weight::AlsoCounted => Key::WeightAlso,
        Weight::HardlyMattered => Key::WeightHardly,
        Weight::CountedAgainst => Key::WeightAgainst,
    }
}

/// "Without it: 1st → 4th", as seen and as said.
pub(crate) fn effect_text(effect: &Effect, words: &Words<'_>) -> Option<(String, String)> {
    let before = words.place(effect.before? as u64);
    Some(match effect.after {
        None => {
            let gone = words.plain(Key::EffectGone);
            (gone.clone(), gone)
        }
        Some(after) if Some(after) == effect.before => {
            let stays = words.say(Key::EffectStays, &[("before", &before)]);
            (stays.clone(), stays)
        }
        Some(after) => {
            let after = words.place(after as u64);
            let places = [("before", before.as_str()), ("after", after.as_str())];
            (words.say(Key::EffectMoves, &places), words.say(Key::EffectMovesSpoken, &places))
        }
    })
}

/// "Without this, 3 of 5 items change. *See them*", and the list where it is open.
pub(crate) fn preview_of(
    facts: &Facts<'_>,
    doc: &Explanation,
    without: &Without,
    changed: usize,
    target: Target,
    name: &str,
) -> (Option<String>, Option<PreviewButton>, Option<PreviewList>) {
    let words = facts.words;
    let Ok(found) = preview(doc, without) else { return (None, None, None) };
    if found.moves.is_empty() {
        return (Some(words.plain(Key::ChangesNone)), None, None);
    }
    let total = words.locale.number(doc.shown.len() as f64, 0);
    let text = match changed {
        0 => words.plain(Key::ChangesOrder),
        changed => words.count(Key::Changes, changed as u64, &[("total", &total)]),
    };
    let open = facts.input.preview.as_ref() == Some(&target);
    // "Them" are the items the sentence before it counts; a datum's line has none.
    let label = words.plain(match (open, changed) {
        (true, _) => Key::PreviewHide,
        (false, 1..) if target.datum.is_none() => Key::PreviewSee,
        (false, _) => Key::PreviewSeeList,
    });
    let list = open.then(|| PreviewList {
        title: words.plain(Key::PreviewTitle),
        items: found.items.iter().map(|id| (line_of(doc, id, words), moved(id, &found.moves, words))).collect(),
        gone: gone(doc, &found.moves, words),
    });
    let link = match (&facts.input.html, open) {
        (Some(html), true) => Some(html.here.clone()),
        (html, _) => preview_link(html.as_ref(), &target.source, target.datum.as_deref()),
    };
    let see = PreviewButton {
        name: [label.as_str(), name].join(": "),
        label,
        open,
        act: Act::Preview((!open).then_some(target)),
        link,
    };
    (Some(text), Some(see), list)
}

/// "new", "was 4th", or nothing where it stays.
fn moved(id: &str, moves: &[Move], words: &Words<'_>) -> String {
    match moves.iter().find(|moved| moved.item == id) {
        None => String::new(),
        Some(Move { before: None, .. }) => words.plain(Key::PreviewNew),
        Some(Move { before: Some(before), .. }) => {
            words.say(Key::PreviewWas, &[("place", &words.place(*before as u64))])
        }
    }
}

fn gone(doc: &Explanation, moves: &[Move], words: &Words<'_>) -> Option<String> {
    let out: Vec<String> = moves
        .iter()
        .filter(|moved| moved.after.is_none())
        .map(|moved| line_of(doc, &moved.item, words))
        .map(|ItemLine { title, .. }| title)
        .collect();
    (!out.is_empty()).then(|| words.say(Key::PreviewGone, &[("items", &words.locale.list(&out))]))
}
