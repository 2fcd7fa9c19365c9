//! What customers said was wrong, and what was done about it.

use leptos::prelude::*;

use crate::Speech;
use crate::decisions::moment;
use crate::frame::encoded;
use crate::looks::by_word;
use crate::view::{Desk, Feedback};

/// What may come after a state.
pub fn next(state: &str) -> &'static [&'static str] {
    match state {
        "received" => &["looked-at", "answered", "mended"],
        "looked-at" => &["answered", "mended"],
        "answered" => &["mended"],
        _ => &[],
    }
}

pub fn list(id: &'static str, feedback: &[Feedback], link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let rows = feedback.iter().map(|report| row(report, link, desk, speech)).collect_view();
    let empty =
        feedback.is_empty().then(|| view! { <li class="empty" data-key="none">{speech.say("feedback.none")}</li> });
    view! { <ol class="entries" id=id data-live="">{rows}{empty}</ol> }.into_any()
}

fn row(report: &Feedback, link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let kind = match report.kind.as_str() {
        "not-for-me" => speech.say("feedback.not-for-me"),
        "wrong-reason" => speech.say("feedback.wrong-reason"),
        "wrong-data" => speech.say("feedback.wrong-data"),
        _ => speech.say("feedback.ask-person"),
    };
    let person = report.who.as_ref().filter(|_| link).map(|who| {
        let address = desk.link(&format!("/person/{}", encoded(&who.id)), speech);
        view! { <a class="who" href=address>{who.name()}</a> }
    });
    let text = report.text.as_ref().map(|text| view! { <p class="words">{text.clone()}</p> });
    let steps = report.steps.iter().map(|step| {
        let (state, when, who) =
            (state_word(&step.state, speech), speech.locale.date(step.at), by_word(step.by, speech));
        let when = format!("{when} {}", speech.time(step.at));
        view! { <li>{speech.with("feedback.step", &[("state", &state), ("when", &when), ("who", &who)])}</li> }
    });
    let steps = (!report.steps.is_empty()).then(|| view! { <ul class="steps">{steps.collect_view()}</ul> });
    view! {
        <li class="entry" data-key=report.id.clone()>
            {moment(report.at, desk, speech)}
            <div class="body">
                <p class="change"><strong>{kind}</strong></p>
                {text}
                <p class="facts">{person}<span>{state_word(&report.state, speech)}</span>
                    <span class="hash">{report.id.clone()}</span><span class="hash">{report.recommendation.clone()}</span></p>
                {steps}
                {acts(report, link, desk, speech)}
            </div>
        </li>
    }
    .into_any()
}

/// A button for each state that may come next.
fn acts(report: &Feedback, link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let states = next(&report.state);
    if states.is_empty() {
        return ().into_any();
    }
    let buttons = states
        .iter()
        .map(|state| {
            let word = match *state {
                "looked-at" => speech.say("feedback.do.looked-at"),
                "answered" => speech.say("feedback.do.answered"),
                _ => speech.say("feedback.do.mended"),
            };
            view! { <button class="quiet" name="state" value=*state>{word}</button> }
        })
        .collect_view();
    // Back to the page it was pressed on.
    let person = report.who.as_ref().filter(|_| !link).map(|who| who.id.clone()).unwrap_or_default();
    view! {
        <form class="actions" method="post" action=desk.link(&format!("/feedback/{}", encoded(&report.id)), speech)>
            <input type="hidden" name="token" value=desk.token.clone()/>
            <input type="hidden" name="from" value=report.state.clone()/>
            <input type="hidden" name="person" value=person/>
            {buttons}
        </form>
    }
    .into_any()
}

fn state_word(state: &str, speech: &Speech<'_>) -> String {
    match state {
        "received" => speech.say("feedback.received"),
        "looked-at" => speech.say("feedback.looked-at"),
        "answered" => speech.say("feedback.answered"),
        "mended" => speech.say("feedback.mended"),
        other => other.to_owned(),
    }
}
