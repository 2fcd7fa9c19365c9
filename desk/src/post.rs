//! What is told to the shop's other systems, and what could not be.

use leptos::prelude::*;

use crate::Speech;
use crate::decisions::moment;
use crate::frame::encoded;
use crate::view::{Desk, Endpoint, Letter, Post};

pub fn page(desk: &Desk, post: &Post, speech: &Speech<'_>) -> AnyView {
    let rows = post.endpoints.iter().map(|endpoint| row(endpoint, desk, speech)).collect_view();
    let none =
        post.endpoints.is_empty().then(|| view! { <li class="empty" data-key="none">{speech.say("post.none")}</li> });
    let letters = post.letters.iter().map(|letter| letter_row(letter, desk, speech)).collect_view();
    let no_letters = post
        .letters
        .is_empty()
        .then(|| view! { <li class="empty" data-key="none">{speech.say("post.letters.none")}</li> });
    view! {
        <p class="back"><a href=desk.link("", speech)>{speech.say("back.all")}</a></p>
        <h1>{speech.say("post")}</h1>
        <p class="note">{speech.say("post.note")}" "<code>"candor webhook add SITE URL"</code></p>
        <ol class="entries" id="endpoints" data-live="">{rows}{none}</ol>
        <section aria-labelledby="h-letters"><h2 id="h-letters">{speech.say("post.letters")}</h2>
            <ol class="entries" id="letters" data-live="">{letters}{no_letters}</ol></section>
    }
    .into_any()
}

fn row(endpoint: &Endpoint, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let figure = |label: String, count: u64| {
        view! { <span>{format!("{label}: {}", speech.locale.number(count as f64, 0))}</span> }
    };
    let gone = (!endpoint.in_use).then(|| view! { <p class="note">{speech.say("post.gone")}</p> });
    let all = (endpoint.in_use && endpoint.dead > 0)
        .then(|| replay(&endpoint.id, "", speech.say("post.replay.all"), desk, speech));
    view! {
        <li class="entry" data-key=endpoint.id.clone()>
            <span class="hash">{endpoint.id.clone()}</span>
            <div class="body">
                <p class="change">{endpoint.url.clone()}</p>
                <p class="facts">
                    {figure(speech.say("post.waiting"), endpoint.waiting)}
                    {figure(speech.say("post.delivered"), endpoint.delivered)}
                    {figure(speech.say("post.dead"), endpoint.dead)}
                </p>
                {gone}
                {all}
            </div>
        </li>
    }
    .into_any()
}

fn letter_row(letter: &Letter, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let kind = match letter.kind.as_str() {
        "choice.changed" => speech.say("post.changed"),
        "subject.erased" => speech.say("post.erased"),
        _ => speech.say("post.epoch"),
    };
    let person = letter.who.as_ref().map(|who| {
        let address = desk.link(&format!("/person/{}", encoded(&who.id)), speech);
        view! { <a class="who" href=address>{who.name()}</a> }
    });
    let again = letter.in_use.then(|| replay(&letter.endpoint, &letter.id, speech.say("post.replay"), desk, speech));
    view! {
        <li class="entry" data-key=format!("{} {}", letter.endpoint, letter.id)>
            {moment(letter.at, desk, speech)}
            <div class="body">
                <p class="change"><strong>{kind}</strong></p>
                <p class="facts">{person}<span>{letter.status.clone()}</span>
                    <span>{speech.count("post.tries", letter.attempts)}</span><span>{letter.url.clone()}</span>
                    <span class="hash">{letter.id.clone()}</span></p>
                {again}
            </div>
        </li>
    }
    .into_any()
}

fn replay(endpoint: &str, message: &str, word: String, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    view! {
        <form class="actions" method="post" action=desk.link("/webhooks/replay", speech)>
            <input type="hidden" name="token" value=desk.token.clone()/>
            <input type="hidden" name="endpoint" value=endpoint.to_owned()/>
            <input type="hidden" name="message" value=message.to_owned()/>
            <button class="quiet">{word}</button>
        </form>
    }
    .into_any()
}
