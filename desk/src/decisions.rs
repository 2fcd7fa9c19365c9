//! Decisions, newest first: who, what, what came of it, and under which words.

use candor_protocol::{Change, ChangeResult, Choice, Content, DecisionMethod, Notice, OutcomeStatus};
use leptos::prelude::*;

use crate::control::in_words;
use crate::gaps::device_name;
use crate::view::{Decided, Desk};
use crate::{Speech, shown};

/// A list of decisions that `desk.js` keeps fresh. `link`: whether each names its person.
pub fn list(
    id: &'static str,
    decisions: &[Decided],
    notice: Option<&Notice>,
    link: bool,
    desk: &Desk,
    speech: &Speech<'_>,
) -> AnyView {
    let rows = decisions.iter().map(|decided| row(decided, notice, link, desk, speech)).collect_view();
    let empty =
        decisions.is_empty().then(|| view! { <li class="empty" data-key="none">{speech.say("decisions.none")}</li> });
    view! { <ol class="entries" id=id data-live="">{rows}{empty}</ol> }.into_any()
}

fn row(decided: &Decided, notice: Option<&Notice>, link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let decision = &decided.decision;
    // The words of the time; the notice of today only where those are not kept.
    let notice = decided.shown.notice.as_ref().or(notice);
    let changes = match &decision.content {
        Content::Changes(changes) => {
            let result = |at: usize| decided.outcome.results.get(at).copied();
            let mixed = decided.outcome.results.windows(2).any(|pair| pair[0] != pair[1]);
            changes
                .iter()
                .enumerate()
                .map(|(at, change)| {
                    change_line(change, mixed.then(|| result(at)).flatten(), decided.unmasked, notice, speech)
                        .into_any()
                })
                .collect_view()
                .into_any()
        }
        Content::Void(_) => view! { <p class="change">{speech.say("decision.void")}</p> }.into_any(),
    };
    let person = link.then(|| {
        let address = desk.link(&format!("/person/{}", crate::frame::encoded(&decided.who.id)), speech);
        view! { <a class="who" href=address>{decided.who.name()}</a> }
    });
    let signal = decided.by_signal().then(|| view! { <span class="mark">{speech.say("outcome.signal")}</span> });
    let facts = facts(decided, speech);
    let seen = match decision.method {
        DecisionMethod::Signal => ().into_any(),
        _ if decided.carried_over => view! { <p class="note">{speech.say("decision.carried.note")}</p> }.into_any(),
        _ => shown::details(decided, speech),
    };
    view! {
        <li class="entry" data-key=decision.id.clone()>
            {moment(decided.received_at, desk, speech)}
            <div class="body">
                {changes}
                <p class="facts">{person}<span class="outcome">{outcome_word(decided, speech)}</span>{signal}
                    <span>{facts}</span></p>
                {seen}
            </div>
        </li>
    }
    .into_any()
}

/// Time, and the date where it is not today.
pub fn moment(at: candor_protocol::Timestamp, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let day = speech.day(at, desk.now).map(|day| view! { <span class="day">{day}</span> });
    view! { <p class="at"><time datetime=at.to_string()>{speech.time(at)}</time>{day}</p> }.into_any()
}

fn change_line(
    change: &Change,
    result: Option<ChangeResult>,
    unmasked: bool,
    notice: Option<&Notice>,
    speech: &Speech<'_>,
) -> AnyView {
    let (source, purpose) = in_words(notice, &change.control, speech);
    let (class, word) = match (&change.datum, change.choice) {
        (None, Choice::Granted) => ("choice granted", speech.say("choice.granted")),
        (None, Choice::Denied) => ("choice denied", speech.say("choice.denied")),
        (Some(_), Choice::Denied) => ("choice denied", speech.say("choice.left-out")),
        (Some(_), Choice::Granted) => ("choice granted", speech.say("choice.taken-in")),
    };
    let datum = change.datum.as_ref().map(|datum| {
        let text = if unmasked { datum.clone() } else { speech.say("masked.one") };
        let class = if unmasked { "datum" } else { "datum masked" };
        view! { <span class=class>{text}</span>" " }
    });
    let result = result.map(|result| {
        let word = match result {
            ChangeResult::Applied => speech.say("outcome.applied"),
            ChangeResult::Superseded => speech.say("outcome.superseded"),
        };
        view! { " "<span class="outcome">{word}</span> }
    });
    view! {
        <p class="change"><strong class=class>{word}</strong>" "{datum}<span class="source">{source}</span>
            <span class="purpose">" · "{purpose}</span>{result}</p>
    }
    .into_any()
}

fn outcome_word(decided: &Decided, speech: &Speech<'_>) -> String {
    let results = &decided.outcome.results;
    let applied = results.iter().filter(|result| **result == ChangeResult::Applied).count();
    match decided.outcome.status {
        OutcomeStatus::Recorded if applied == results.len() => speech.say("outcome.applied"),
        OutcomeStatus::Recorded if applied == 0 => speech.say("outcome.superseded"),
        OutcomeStatus::Recorded => speech.say("outcome.partly"),
        OutcomeStatus::Conflict => speech.say("outcome.conflict"),
        OutcomeStatus::Erased => speech.say("outcome.erased"),
        OutcomeStatus::Refused => speech.say("outcome.refused"),
    }
}

/// "storefront · switch · device 4F2A · no. 3 · rev 7"
fn facts(decided: &Decided, speech: &Speech<'_>) -> String {
    let decision = &decided.decision;
    if decided.carried_over {
        return speech.say("decision.carried");
    }
    let mut parts = vec![
        surface_word(decision.surface.as_str(), speech),
        match decision.method {
            DecisionMethod::Switch => speech.say("method.switch"),
            DecisionMethod::Button => speech.say("method.button"),
            DecisionMethod::Agent => speech.say("method.agent"),
            DecisionMethod::Api => speech.say("method.api"),
            DecisionMethod::Import => speech.say("method.import"),
            DecisionMethod::Signal => speech.say("method.signal"),
        },
        speech.with("device", &[("device", &device_name(&decision.device)), ("seq", &decision.seq.to_string())]),
    ];
    if decided.outcome.rev > 0 {
        parts.push(speech.with("rev", &[("rev", &decided.outcome.rev.to_string())]));
    }
    // A decision made offline arrives later than it was made.
    if decided.received_at.0 - decision.occurred_at.0 > 5_000 {
        parts.push(speech.with("made-at", &[("time", &speech.when(decision.occurred_at, decided.received_at))]));
    }
    parts.join(" · ")
}

pub fn surface_word(surface: &str, speech: &Speech<'_>) -> String {
    match surface {
        "chat" => speech.say("surface.chat"),
        "email" => speech.say("surface.email"),
        _ => speech.say("surface.storefront"),
    }
}
