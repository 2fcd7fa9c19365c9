//! What customers said was wrong.

use leptos::prelude::*;

use crate::Speech;
use crate::decisions::moment;
use crate::frame::encoded;
use crate::view::{Desk, Feedback};

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
    let state = match report.state.as_str() {
        "received" => speech.say("feedback.received"),
        other => other.to_owned(),
    };
    let person = report.who.as_ref().filter(|_| link).map(|who| {
        let address = desk.link(&format!("/person/{}", encoded(&who.id)), speech);
        view! { <a class="who" href=address>{who.name()}</a> }
    });
    let text = report.text.as_ref().map(|text| view! { <p class="words">{text.clone()}</p> });
    view! {
        <li class="entry" data-key=report.id.clone()>
            {moment(report.at, desk, speech)}
            <div class="body">
                <p class="change"><strong>{kind}</strong></p>
                {text}
                <p class="facts">{person}<span>{state}</span><span class="hash">{report.recommendation.clone()}</span></p>
            </div>
        </li>
    }
    .into_any()
}
