//! What is served to people now: lists, what they rest on, and their state.

use candor_protocol::Kind;
use leptos::prelude::*;

use crate::Speech;
use crate::decisions::{moment, surface_word};
use crate::frame::encoded;
use crate::view::{Desk, Served, State};

pub fn list(id: &'static str, served: &[Served], link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let rows = served.iter().map(|served| row(served, link, desk, speech)).collect_view();
    let empty = served.is_empty().then(|| view! { <li class="empty" data-key="none">{speech.say("served.none")}</li> });
    view! { <ol class="entries" id=id data-live="">{rows}{empty}</ol> }.into_any()
}

fn row(served: &Served, link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let (class, state) = match served.state {
        State::Ready => ("state ready", speech.say("state.ready")),
        State::Withdrawn => ("state withdrawn", speech.say("state.withdrawn")),
        State::Expired => ("state expired", speech.say("state.expired")),
    };
    let person = match &served.who {
        Some(who) if link => {
            let address = desk.link(&format!("/person/{}", encoded(&who.id)), speech);
            view! { <a class="who" href=address>{who.name()}</a> }.into_any()
        }
        Some(_) => ().into_any(),
        None => view! { <span class="who">{speech.say("nobody")}</span> }.into_any(),
    };
    let items = served.list.iter().map(|title| view! { <li>{title.clone()}</li> }).collect_view();
    let items = (!served.list.is_empty()).then(|| view! { <ol class="items">{items}</ol> });
    let used: Vec<String> = served
        .factors
        .iter()
        .filter(|factor| factor.kind == Kind::Personal && factor.still_allowed)
        .map(|factor| factor.label.clone())
        .collect();
    let others: Vec<String> = served.factors.iter().filter_map(|factor| other_word(factor.kind, speech)).collect();
    let stopped: Vec<String> = served
        .factors
        .iter()
        .filter(|factor| factor.kind == Kind::Personal && !factor.still_allowed)
        .map(|factor| factor.label.clone())
        .collect();
    let not_used: Vec<String> =
        served.not_used.iter().map(|(label, why)| format!("{label} ({})", why_word(why, speech))).collect();
    let joined = |parts: Vec<String>| speech.locale.list(&parts);
    let rests = if used.is_empty() { speech.say("served.nothing-personal") } else { joined(used) };
    let lead = match served.state {
        State::Ready => speech.say("served.rests-on"),
        State::Withdrawn | State::Expired => speech.say("served.rested-on"),
    };
    let mut facts = vec![(lead, rests)];
    if !others.is_empty() {
        facts.push((speech.say("served.also"), joined(others)));
    }
    if used_nothing_but(&stopped, served) {
        facts.clear();
    }
    if !stopped.is_empty() {
        facts.push((speech.say("served.stopped"), joined(stopped)));
    }
    if !not_used.is_empty() {
        facts.push((speech.say("served.not-used"), joined(not_used)));
    }
    let facts =
        facts.into_iter().map(|(label, text)| view! { <div><dt>{label}</dt><dd>{text}</dd></div> }).collect_view();
    let until = speech.with("served.until", &[("until", &speech.minute(served.expires_at, desk.now))]);
    let surface = served.surface.as_ref().map(|surface| view! { <span>{surface_word(surface, speech)}</span> });
    view! {
        <li class="entry" data-key=served.id.clone()>
            {moment(served.made_at, desk, speech)}
            <div class="body">
                <p class="facts">{person}<strong class=class>{state}</strong>{surface}<span>{until}</span></p>
                {items}
                <dl class="factors">{facts}</dl>
                {evidence(served, desk, speech)}
            </div>
        </li>
    }
    .into_any()
}

/// Masked, with a form that asks why; or the data, once somebody asked.
fn evidence(served: &Served, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    if let Some(data) = &served.evidence {
        let rows = data
            .iter()
            .map(|datum| view! { <li><span class="label">{datum.source.clone()}</span>" "{datum.title.clone()}</li> })
            .collect_view();
        return view! {
            <div class="evidence open"><p class="note">{speech.say("evidence.open")}</p><ul>{rows}</ul></div>
        }
        .into_any();
    }
    let Some(who) = served.who.as_ref().filter(|_| served.evidence_count > 0) else { return ().into_any() };
    let action = desk.link(&format!("/person/{}/evidence", encoded(&who.id)), speech);
    let count = speech.count("evidence.count", served.evidence_count as u64);
    view! {
        <details class="evidence" id=format!("evidence-{}", served.id)>
            <summary><span class="masked">{count}</span></summary>
            <form method="post" action=action>
                <input type="hidden" name="token" value=desk.token.clone()/>
                <input type="hidden" name="recommendation" value=served.id.clone()/>
                <label>{speech.say("evidence.why")}{reasons(speech)}</label>
                <button>{speech.say("evidence.show")}</button>
                <p class="note">{speech.say("evidence.logged")}</p>
            </form>
        </details>
    }
    .into_any()
}

/// A list that is gone and rested on nothing that still stands: only that is said.
fn used_nothing_but(stopped: &[String], served: &Served) -> bool {
    served.state != State::Ready && stopped.len() == served.factors.len()
}

fn other_word(kind: Kind, speech: &Speech<'_>) -> Option<String> {
    match kind {
        Kind::Personal => None,
        Kind::Context => Some(speech.say("factor.context")),
        Kind::General => Some(speech.say("factor.general")),
        Kind::Commercial => Some(speech.say("factor.commercial")),
    }
}

pub fn why_word(why: &str, speech: &Speech<'_>) -> String {
    match why {
        "off" | "denied" => speech.say("why.off"),
        "unset" => speech.say("why.unset"),
        "empty" => speech.say("why.empty"),
        "lapsed" => speech.say("why.lapsed"),
        "unknown-subject" | "subject-closed" => speech.say("why.unknown"),
        "unknown-control" | "no-notice" => speech.say("why.unlisted"),
        "denied-on-device" => speech.say("why.device"),
        "denied-by-signal" => speech.say("why.signal"),
        _ => speech.say("why.never"),
    }
}

/// Why somebody looks. None is chosen for them: a reason nobody gave is none.
pub fn reasons(speech: &Speech<'_>) -> AnyView {
    let reasons = ["asked", "complaint", "audit"]
        .map(|reason| view! { <option value=reason>{reason_word(reason, speech)}</option> })
        .collect_view();
    view! {
        <select name="reason" required>
            <option value="" selected disabled>{speech.say("reason.choose")}</option>
            {reasons}
        </select>
    }
    .into_any()
}

pub fn reason_word(reason: &str, speech: &Speech<'_>) -> String {
    match reason {
        "asked" => speech.say("reason.asked"),
        "complaint" => speech.say("reason.complaint"),
        "audit" => speech.say("reason.audit"),
        other => other.to_owned(),
    }
}
