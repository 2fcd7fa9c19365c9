//! The second layer: which sources stand in it, and in what order.

use candor_protocol::{Explanation, LegalBasis, Notice, NoticeControl, WhyNotUsed};
use candor_reasoning::{Effect, Reduced};
use candor_words::Key;

use crate::names::source_name;
use crate::parts::{close_layer, layer, note};
use crate::pen::Pen;
use crate::row::{open_row, row};
use crate::saves::is_on;
use crate::{DocumentState, Memory, WhyFacts};

/// How many rows are open to the eye; the rest stand under *More*.
const ROWS: usize = 5;

/// What the rows are made from.
pub(crate) struct Known<'a> {
    pub facts: &'a WhyFacts<'a>,
    /// As made.
    pub made: Option<&'a Explanation>,
    /// As it stands after what was switched off.
    pub now: Option<Reduced<'a>>,
    /// What each source does for the list as it stands.
    pub effects: Vec<Effect>,
}

#[inline(never)]
pub(crate) fn sources(pen: &mut Pen<'_>, known: &Known<'_>, memory: &mut Memory) {
    let facts = known.facts;
    let open = facts.sources_open || facts.preview.is_some() || known.made.is_none();
    layer(pen, "layer", "sources", open, Key::SourcesTitle);
    let Memory { used, unused, data } = memory;
    // What counts for a list that came since stands where it stood.
    if !used.is_empty() || known.effects.is_empty() {
        pen.line_of("h4", "label", if used.is_empty() { Key::SourcesNone } else { Key::SourcesUsed });
    }
    for (at, control) in used.iter().enumerate() {
        if at == ROWS {
            pen.close();
            layer(pen, "more", "more", false, Key::SourcesMore);
        }
        if at == 0 || at == ROWS {
            pen.open("ul", "rows");
        }
        row(pen, known, control, data);
    }
    if !used.is_empty() {
        pen.close();
    }
    if used.len() > ROWS {
        close_layer(pen);
    }
    let never = |id: &str| control_of(facts.common.notice, id).is_none();
    let named = known.made.map(|doc| doc.not_used.as_slice()).unwrap_or_default();
    let mut begun = false;
    let mut begin = |pen: &mut Pen<'_>| {
        if !begun {
            begun = true;
            pen.open_as("h4", "unused", "label");
            pen.say(Key::UnusedTitle);
            pen.close();
            pen.open_as("ul", "unused", "rows");
        }
    };
    for control in unused.iter() {
        begin(pen);
        row(pen, known, control, data);
    }
    // Sources without a switch that never are used here.
    for entry in named.iter().filter(|entry| entry.why == WhyNotUsed::Never || never(&entry.id)) {
        begin(pen);
        open_row(pen, "candor-", source_name(facts.common.notice, &entry.id, pen.words));
        pen.close();
        note(pen, Key::UnusedNever);
        pen.close();
    }
    if begun {
        pen.close();
    }
    close_layer(pen);
}

/// Whether a control is on; nothing where there is nothing to switch.
pub(crate) fn switched(known: &Known<'_>, control: &str) -> Option<bool> {
    let notice = known.facts.common.notice;
    let terms = notice.and_then(|notice| notice.control(control));
    let required = terms.is_some_and(|terms| terms.legal_basis == LegalBasis::Required);
    (!required).then(|| is_on(&known.facts.common, control, factor_of(known, control).is_some()))
}

/// The factor of the document as made that a control switches.
#[inline(never)]
pub(crate) fn factor_of(known: &Known<'_>, control: &str) -> Option<usize> {
    let doc = known.made?;
    let mut personal = doc.factors.iter().take(doc.personal());
    personal.position(|factor| factor.control.as_deref() == Some(control))
}

/// Gives each source its place: what counted in the order it had, new ones by
/// strength; then what did not count but can be switched.
#[inline(never)]
pub(crate) fn remember(known: &Known<'_>, memory: &mut Memory) {
    let notice = known.facts.common.notice;
    if let Some(doc) = known.made {
        let by_strength = known.effects.iter().map(|effect| effect.factor);
        for factor in by_strength.chain(0..doc.personal()) {
            if let Some(control) = doc.factors.get(factor).and_then(|factor| factor.control.as_deref()) {
                place(memory, control, true);
            }
        }
        for unused in doc.not_used.iter().filter(|unused| unused.why != WhyNotUsed::Never) {
            if let Some(control) = control_of(notice, &unused.id) {
                place(memory, &control.id, false);
            }
        }
        return;
    }
    if let DocumentState::Withdrawn { factors } | DocumentState::Expired { factors } = known.facts.document {
        for factor in factors {
            if let Some(control) = control_of(notice, factor) {
                place(memory, &control.id, true);
            }
        }
    }
    // Where no document says what was not used, the notice says what there is.
    let controls = notice.map(|notice| notice.controls.as_slice()).unwrap_or_default();
    for control in controls.iter().filter(|control| control.purpose() == "recommendations") {
        place(memory, &control.id, false);
    }
}

#[inline(never)]
fn place(memory: &mut Memory, control: &str, used: bool) {
    let has = |side: &[String]| side.iter().any(|known| known == control);
    if !has(&memory.used) && !has(&memory.unused) {
        let side = if used { &mut memory.used } else { &mut memory.unused };
        side.push(control.to_owned());
    }
}

fn control_of<'a>(notice: Option<&'a Notice>, source: &str) -> Option<&'a NoticeControl> {
    let mut controls = notice?.controls.iter();
    controls.find(|control| control.purpose() == "recommendations" && control.subject_matter() == source)
}
