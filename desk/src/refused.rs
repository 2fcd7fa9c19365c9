//! Reads the shop asked for and did not get.

use candor_protocol::Notice;
use leptos::prelude::*;

use crate::Speech;
use crate::control::{purpose_in_words, source_in_words};
use crate::decisions::moment;
use crate::frame::encoded;
use crate::served::why_word;
use crate::view::{Desk, Refused};

pub fn list(
    id: &'static str,
    refused: &[Refused],
    notice: Option<&Notice>,
    link: bool,
    desk: &Desk,
    speech: &Speech<'_>,
) -> AnyView {
    let rows = refused.iter().map(|refused| row(refused, notice, link, desk, speech)).collect_view();
    let empty =
        refused.is_empty().then(|| view! { <li class="empty" data-key="none">{speech.say("refused.none")}</li> });
    view! { <ol class="entries" id=id data-live="">{rows}{empty}</ol> }.into_any()
}

fn row(refused: &Refused, notice: Option<&Notice>, link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let source = source_in_words(notice, &refused.source, speech);
    let purpose = purpose_in_words(notice, &refused.purpose, speech);
    let person = match &refused.who {
        Some(who) if link => {
            let address = desk.link(&format!("/person/{}", encoded(&who.id)), speech);
            view! { <a class="who" href=address>{who.name()}</a> }.into_any()
        }
        Some(_) => ().into_any(),
        None => view! { <span class="who">{speech.say("unknown-person")}</span> }.into_any(),
    };
    let often = (refused.count > 1).then(|| view! { <span>{speech.count("refused.often", refused.count)}</span> });
    view! {
        <li class="entry" data-key=refused.key.clone()>
            {moment(refused.at, desk, speech)}
            <div class="body">
                <p class="change"><strong class="choice denied">{speech.say("refused.read")}</strong>" "
                    <span class="source">{source}</span><span class="purpose">" · "{purpose}</span></p>
                <p class="facts">{person}<span>{why_word(&refused.reason, speech)}</span>{often}</p>
            </div>
        </li>
    }
    .into_any()
}
