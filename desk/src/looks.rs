//! Who at the desk asked to see what, and why.

use leptos::prelude::*;

use crate::Speech;
use crate::decisions::moment;
use crate::frame::encoded;
use crate::served::reason_word;
use crate::view::{Desk, Look, Viewer};

pub fn list(id: &'static str, looks: &[Look], link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let rows = looks.iter().map(|look| row(look, link, desk, speech)).collect_view();
    let empty = looks.is_empty().then(|| view! { <li class="empty" data-key="none">{speech.say("looks.none")}</li> });
    view! { <ol class="entries" id=id data-live="">{rows}{empty}</ol> }.into_any()
}

fn row(look: &Look, link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let what = match look.what.as_str() {
        "evidence" => speech.say("look.evidence"),
        "file" => speech.say("look.file"),
        _ => speech.say("look.erase"),
    };
    let by = by_word(look.by, speech);
    let person = look.who.as_ref().filter(|who| link && !who.erased).map(|who| {
        let address = desk.link(&format!("/person/{}", encoded(&who.id)), speech);
        view! { <a class="who" href=address>{who.name()}</a> }
    });
    let reason = (!look.reason.is_empty()).then(|| view! { <span>{reason_word(&look.reason, speech)}</span> });
    view! {
        <li class="entry" data-key=look.key.clone()>
            {moment(look.at, desk, speech)}
            <div class="body">
                <p class="change">{what}</p>
                <p class="facts">{person}<span>{by}</span>{reason}</p>
            </div>
        </li>
    }
    .into_any()
}

pub fn by_word(by: Viewer, speech: &Speech<'_>) -> String {
    match by {
        Viewer::Guest => speech.say("look.guest"),
        Viewer::Team => speech.say("look.team"),
    }
}
