//! Whole pages.

use leptos::prelude::*;

use crate::frame::document;
use crate::view::{Desk, Overview, Person, Post, Viewer, Who};
use crate::{Speech, counts, decisions, erase, feedback, gaps, looks, person, post, proof, refused, served, sign_in};

/// Decisions as they arrive, what is served, refused reads, feedback, who looked.
pub fn home(desk: &Desk, overview: &Overview, speech: &Speech<'_>) -> String {
    let notice = overview.notice.as_ref();
    let older = overview
        .older
        .as_ref()
        .map(|address| view! { <p class="more"><a href=address.clone()>{speech.say("decisions.older")}</a></p> });
    let said = overview.said.as_ref().map(|key| {
        let text = if key == "erased" { speech.say("erase.done") } else { String::new() };
        view! { <p class="banner" role="status">{text}</p> }
    });
    let find = (desk.viewer == Viewer::Team).then(|| find(desk, speech));
    let body = view! {
        {said}
        <nav class="contents" aria-label=speech.say("contents")>
            <ul>
                <li><a href="#h-decisions">{speech.say("decisions")}</a></li>
                <li><a href="#h-served">{speech.say("served")}</a></li>
                <li><a href="#h-refused">{speech.say("refused")}</a></li>
                <li><a href="#h-feedback">{speech.say("feedback")}</a></li>
                <li><a href="#h-looks">{speech.say("looks")}</a></li>
                <li><a href=desk.link("/webhooks", speech)>{speech.say("post")}</a></li>
                <li><a href="#h-proof">{speech.say("proof.short")}</a></li>
            </ul>
        </nav>
        <h1 class="unseen">{speech.say("desk")}</h1>
        {find}
        <div class="columns">
            <div>
                <section aria-labelledby="h-decisions"><h2 id="h-decisions">{speech.say("decisions")}</h2>
                    {decisions::list("decisions", &overview.decisions, notice, true, desk, speech)}
                    {older}</section>
            </div>
            <div>
                <section aria-labelledby="h-served"><h2 id="h-served">{speech.say("served")}</h2>
                    {served::list("served", &overview.served, true, desk, speech)}</section>
                <section aria-labelledby="h-refused"><h2 id="h-refused">{speech.say("refused")}</h2>
                    {refused::list("refused", &overview.refused, notice, true, desk, speech)}</section>
                <section aria-labelledby="h-feedback"><h2 id="h-feedback">{speech.say("feedback")}</h2>
                    {feedback::list("feedback", &overview.feedback, true, desk, speech)}</section>
                <section aria-labelledby="h-looks"><h2 id="h-looks">{speech.say("looks")}</h2>
                    {looks::list("looks", &overview.looks, true, desk, speech)}</section>
            </div>
        </div>
        <section aria-labelledby="h-figures"><h2 id="h-figures">{speech.say("figures")}</h2>
            {counts::figures(&overview.counts, speech)}
            <h3>{speech.say("gaps")}</h3>
            {gaps::list("gaps", &overview.gaps, true, desk, speech)}</section>
        <section aria-labelledby="h-proof"><h2 id="h-proof">{speech.say("proof")}</h2>
            {proof::section(speech)}</section>
    };
    document(desk, &desk.name, true, body, speech)
}

/// One person's page.
pub fn person(desk: &Desk, person: &Person, speech: &Speech<'_>) -> String {
    let title = speech.with("person.title", &[("name", &person.who.name())]);
    document(desk, &title, true, person::page(desk, person, speech), speech)
}

/// What is told to the shop's other systems.
pub fn webhooks(desk: &Desk, told: &Post, speech: &Speech<'_>) -> String {
    document(desk, &speech.say("post"), true, post::page(desk, told, speech), speech)
}

/// The step before erasing.
pub fn erase(desk: &Desk, who: &Who, decisions: u64, lists: u64, speech: &Speech<'_>) -> String {
    let title = speech.with("erase.title", &[("name", &who.name())]);
    document(desk, &title, false, erase::confirm(desk, who, decisions, lists, speech), speech)
}

/// The form for a desk key.
pub fn sign_in(desk: &Desk, wrong: bool, speech: &Speech<'_>) -> String {
    document(desk, &speech.say("sign-in.title"), false, sign_in::form(desk, wrong, speech), speech)
}

/// Something went wrong, or is not here: what, and the way back.
pub fn sorry(desk: &Desk, problem: Problem, speech: &Speech<'_>) -> String {
    let text = match problem {
        Problem::NotFound => speech.say("sorry.not-found"),
        Problem::Stale => speech.say("sorry.stale"),
        Problem::Broken => speech.say("sorry.broken"),
    };
    let body = view! {
        <h1>{speech.say("sorry")}</h1>
        <p>{text}</p>
        <p class="back"><a href=desk.link("", speech)>{speech.say("back.all")}</a></p>
    };
    document(desk, &speech.say("sorry"), false, body, speech)
}

/// Why a page of the desk cannot be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No such person, or erased.
    NotFound,
    /// The form was made too long ago, or by another page.
    Stale,
    /// The store did not answer.
    Broken,
}

fn find(desk: &Desk, speech: &Speech<'_>) -> AnyView {
    view! {
        <form class="find" method="post" action=desk.link("/find", speech)>
            <input type="hidden" name="token" value=desk.token.clone()/>
            <label>{speech.say("find.label")}<input name="customer" required autocomplete="off"/></label>
            <button>{speech.say("find.go")}</button>
        </form>
    }
    .into_any()
}
