use candor_protocol::{Explanation, Method};
use candor_reasoning::Without;
use candor_words::{Key, Words};

use crate::about::about;
use crate::foot::foot;
use crate::names::{line_of, source_name};
use crate::notes::card_notes;
use crate::record::record;
use crate::reduced::reduced;
use crate::saves::{is_on, live, master};
use crate::sentence::pieces;
use crate::sources::{Facts, sources};
use crate::sums::sums;
use crate::{Act, DocumentState, WhyInput, WhyView};

/// The card, from the facts: every text chosen, every number checked.
pub fn why_view(input: &WhyInput, words: &Words<'_>) -> WhyView {
    let (made, reference) = match &input.document {
        DocumentState::Ready { document, reference } => (Some(document.as_ref()), *reference),
        _ => (None, false),
    };
    let without = made.map(|doc| switched_off(input, doc)).unwrap_or_default();
    let changed = made.and_then(|doc| reduced(doc, &without));
    let now = changed.as_ref().or(made);
    let facts = Facts { input, made, now, words };
    let (mut layer, memory) = sources(&facts);
    let any_on = made.is_some_and(|doc| without.factors.len() < doc.personal());
    let (sentence, worded_by) = pieces(input, now, any_on, words);
    let shows_sources = match input.document {
        DocumentState::Ready { .. } | DocumentState::Withdrawn { .. } | DocumentState::Expired { .. } => true,
        DocumentState::Unreachable => !input.choices.epoch.is_empty() || !memory.used.is_empty(),
        DocumentState::Loading | DocumentState::NotReady | DocumentState::General => false,
    };
    let rows = || layer.rows.iter().chain(&layer.more).chain(&layer.unused);
    let switches: Vec<(String, bool)> =
        rows().filter_map(|row| row.switch.as_ref().map(|switch| (row.control.clone(), switch.on))).collect();
    // Without code a page cannot open its own second layer.
    let master = (shows_sources && !switches.is_empty())
        .then(|| master(&switches, &input.saves, words))
        .filter(|master| input.html.is_none() || master.act != Act::ShowSources);
    layer.open |= !matches!(input.document, DocumentState::Ready { .. });
    let item = now.and_then(|doc| {
        let id = input.item.as_deref().or(doc.shown.first().map(String::as_str))?;
        Some(line_of(doc, id, words))
    });
    WhyView {
        language: words.locale.language().to_owned(),
        direction: words.locale.direction().as_str(),
        state: state_name(&input.document),
        title: words.plain(if input.item.is_some() { Key::CardTitleItem } else { Key::CardTitleList }),
        close: words.plain(Key::CardClose),
        sentence,
        worded_by,
        notes: card_notes(input, words),
        item,
        master,
        live: live(&input.saves, |save| save_name(input, save, words), words),
        sources: shows_sources.then_some(layer),
        // The numbers are those of the list as made; after a switch the new list brings its own.
        sums: made.filter(|_| changed.is_none()).map(|doc| sums(input, doc, reference, words)),
        about: made.map(|doc| about(input, doc, words)),
        record: shows_sources.then(|| record(&input.history, input.notice.as_deref(), words)),
        foot: made.map(|doc| foot(input, doc, words)),
        memory,
        html: input.html.clone(),
    }
}

/// Sources and data of the document that are not in use any more.
fn switched_off(input: &WhyInput, doc: &Explanation) -> Without {
    let mut without = Without::default();
    if doc.method == Method::Reason || doc.method == Method::Citation {
        return without;
    }
    for (index, factor) in doc.factors.iter().take(doc.personal()).enumerate() {
        let control = factor.control.as_deref().unwrap_or_default();
        if !is_on(&input.choices, &input.device_off, control, true) {
            without.factors.push(index);
        }
        let left = input.choices.control(control).map(|stands| stands.left_out.as_slice()).unwrap_or_default();
        let listed = |datum: &&String| {
            let mut all = doc.candidates.iter().flat_map(|candidate| &candidate.evidence);
            all.any(|evidence| evidence.factor == index && evidence.datum == **datum)
        };
        without.data.extend(left.iter().filter(listed).map(|datum| (index, datum.clone())));
    }
    without
}

fn save_name(input: &WhyInput, save: &crate::Save, words: &Words<'_>) -> String {
    let remembered = |datum: &str| {
        let mut all = input.memory.data.iter();
        all.find(|known| known.control == save.control && known.datum == datum).map(|known| known.title.clone())
    };
    let datum = save.datum.as_deref().and_then(remembered);
    datum.unwrap_or_else(|| source_name(input.notice.as_deref(), crate::names::matter(&save.control), words))
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
