//! The card behind "Why?".

use candor_protocol::{Explanation, Method};
use candor_reasoning::{Reduced, Without};
use candor_words::{Key, Words};

use crate::about::about;
use crate::foot::foot;
use crate::names::{matter, product, source_name};
use crate::notes::card_notes;
use crate::parts::{head, section};
use crate::pen::Pen;
use crate::record::record;
use crate::saves::{is_on, live, master};
use crate::sentence::reason;
use crate::sources::{Known, remember, sources, switched};
use crate::sums::sums;
use crate::{DocumentState, Memory, Save, Tree, WhyFacts, parts};

/// The card, from the facts: every text chosen, every number checked. `memory`
/// is what the last drawing left there, so that nothing jumps.
pub fn why(facts: &WhyFacts<'_>, memory: &mut Memory, words: &Words<'_>) -> Tree {
    let (made, reference) = match facts.document {
        DocumentState::Ready { document, reference } => (Some(document.as_ref()), *reference),
        _ => (None, false),
    };
    let without = made.map(|doc| switched_off(facts, doc)).unwrap_or_default();
    let any_on = made.is_some_and(|doc| without.factors.len() < doc.personal());
    let now = made.map(|doc| reduced(doc, without));
    let effects = now.as_ref().and_then(|list| list.source_effects(facts.item).ok()).unwrap_or_default();
    let known = Known { facts, made, now, effects };
    let said = facts.common.saves.last().map(|save| live(save, save_name(facts, memory, save, words), words));
    let before = (memory.used.len(), memory.unused.len());
    remember(&known, memory);
    let shows_sources = match facts.document {
        DocumentState::Ready { .. } | DocumentState::Withdrawn { .. } | DocumentState::Expired { .. } => true,
        DocumentState::Unreachable => !facts.common.choices.epoch.is_empty() || !memory.used.is_empty(),
        DocumentState::Loading | DocumentState::NotReady | DocumentState::General => false,
    };

    let mut pen = Pen::new(words, facts.common.html);
    let pen = &mut pen;
    section(pen, "card", "card", state_name(facts.document));
    head(pen, "candor-title", if facts.item.is_some() { Key::CardTitleItem } else { Key::CardTitleList });
    reason(pen, &known, any_on);
    if let Some(now) = &known.now {
        item(pen, facts, now);
    }
    card_notes(pen, facts);
    if shows_sources {
        let mut switches = Vec::new();
        for control in memory.used.iter().chain(&memory.unused) {
            if let Some(on) = switched(&known, control) {
                switches.push((control.as_str(), on));
            }
        }
        if !switches.is_empty() {
            master(pen, &switches, facts.common.saves);
        }
        sources(pen, &known, memory);
    }
    if let Some(doc) = made {
        // The numbers are those of the list as made; after a switch the new list brings its own.
        if known.now.as_ref().is_some_and(|now| now.without.is_empty()) {
            sums(pen, facts, doc, reference);
        }
        about(pen, facts, doc);
    }
    if shows_sources {
        record(pen, &facts.common);
    }
    match made {
        Some(doc) => foot(pen, facts, doc),
        // Before the document is there nothing has a place yet.
        None => {
            memory.used.truncate(before.0);
            memory.unused.truncate(before.1);
        }
    }
    parts::live(pen, &said.unwrap_or_default());
    pen.done()
}

/// As made, where the numbers do not tell what is left.
fn reduced(doc: &Explanation, without: Without) -> Reduced<'_> {
    // The list as served, while nothing was switched off.
    let found = if without.is_empty() { None } else { Reduced::new(doc, without).ok() };
    found.unwrap_or_else(|| Reduced::whole(doc))
}

/// The item explained; without one, the first of the list as it stands.
#[inline(never)]
fn item(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, now: &Reduced<'_>) {
    let (doc, id) = (now.doc, now.item_or_first(facts.item));
    if id.is_empty() {
        return;
    }
    pen.open("div", "item");
    if let Some(image) = doc.item(id).and_then(|item| item.image.as_deref()) {
        pen.open("img", "");
        for (name, value) in
            [("src", image), ("alt", ""), ("width", "56"), ("height", "56"), ("loading", "lazy"), ("decoding", "async")]
        {
            pen.with(name, value);
        }
        pen.close();
    }
    pen.open("p", "");
    product(pen, doc, id);
    pen.close();
    pen.close();
}

/// Sources and data of the document that are not in use any more.
#[inline(never)]
fn switched_off(facts: &WhyFacts<'_>, doc: &Explanation) -> Without {
    let mut without = Without::default();
    if doc.method == Method::Reason || doc.method == Method::Citation {
        return without;
    }
    for (index, factor) in doc.factors.iter().take(doc.personal()).enumerate() {
        let control = factor.control.as_deref().unwrap_or_default();
        if !is_on(&facts.common, control, true) {
            without.factors.push(index);
        }
        let left = facts.common.choices.control(control).map(|stands| stands.left_out.as_slice()).unwrap_or_default();
        for datum in left {
            let mut all = doc.candidates.iter().flat_map(|candidate| &candidate.evidence);
            if all.any(|evidence| evidence.factor == index && evidence.datum == *datum) {
                without.data.push((index, datum.clone()));
            }
        }
    }
    without
}

fn save_name<'a>(facts: &WhyFacts<'a>, memory: &'a Memory, save: &'a Save, words: &Words<'a>) -> &'a str {
    let known =
        memory.data.iter().find(|known| known.control == save.control && save.datum.as_ref() == Some(&known.datum));
    match known {
        Some(known) => &known.title,
        None => source_name(facts.common.notice, matter(&save.control), words),
    }
}

fn state_name(state: &DocumentState) -> &'static str {
    match state {
        DocumentState::Loading => "loading",
        DocumentState::NotReady => "not-ready",
        DocumentState::Unreachable => "unreachable",
        DocumentState::General => "general",
        DocumentState::Withdrawn { .. } => "withdrawn",
        DocumentState::Expired { .. } => "expired",
        DocumentState::Ready { .. } => "ready",
    }
}
