//! What Candor does not prove.

use leptos::prelude::*;

use crate::Speech;

pub fn section(speech: &Speech<'_>) -> AnyView {
    let points = [
        speech.say("proof.use"),
        speech.say("proof.person"),
        speech.say("proof.numbers"),
        speech.say("proof.shown"),
        speech.say("proof.record"),
        speech.say("proof.law"),
    ]
    .map(|point| view! { <li>{point}</li> })
    .collect_view();
    view! { <ul class="points">{points}</ul> }.into_any()
}
