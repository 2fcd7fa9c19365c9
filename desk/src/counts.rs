//! Figures about the record itself.

use leptos::prelude::*;

use crate::Speech;
use crate::view::Counts;

pub fn figures(counts: &Counts, speech: &Speech<'_>) -> AnyView {
    let number = |n: u64| speech.locale.number(n as f64, 0);
    let figure = |n: u64, label: String, note: Option<String>| {
        let note = note.map(|note| view! { <p class="note">{note}</p> });
        view! { <div><dt>{label}</dt><dd><span class="number">{number(n)}</span>{note}</dd></div> }
    };
    view! {
        <dl class="figures" id="figures" data-live="">
            {figure(counts.decisions, speech.say("count.decisions"), None)}
            {figure(counts.refused_reads, speech.say("count.refused"), None)}
            {figure(counts.gaps, speech.say("count.gaps"), Some(speech.say("count.gaps.note")))}
            {figure(counts.erased, speech.say("count.erased"), None)}
        </dl>
    }
    .into_any()
}
