//! One person: what stands, what is served, what happened.

use leptos::prelude::*;

use crate::control::in_words;
use crate::frame::encoded;
use crate::view::{Desk, Person, Stands};
use crate::{Speech, decisions, feedback, gaps, looks, refused, served};

pub fn page(desk: &Desk, person: &Person, speech: &Speech<'_>) -> AnyView {
    let who = &person.who;
    let notice = person.notice.as_ref();
    let address = |path: &str| desk.link(&format!("/person/{}{path}", encoded(&who.id)), speech);
    let kind = if person.account { speech.say("person.account") } else { speech.say("person.anonymous") };
    let since = speech.with("person.since", &[("date", &speech.locale.date(person.created_at))]);
    let standing = person.standing.iter().map(|stands| standing_row(stands, person, speech)).collect_view();
    let feedback = (!person.feedback.is_empty()).then(|| {
        view! {
            <section aria-labelledby="h-feedback"><h2 id="h-feedback">{speech.say("feedback")}</h2>
                {feedback::list("feedback", &person.feedback, false, desk, speech)}</section>
        }
    });
    let gaps = (!person.gaps.is_empty()).then(|| {
        view! {
            <section aria-labelledby="h-gaps"><h2 id="h-gaps">{speech.say("gaps")}</h2>
                <p class="note">{speech.say("count.gaps.note")}</p>
                {gaps::list("gaps", &person.gaps, false, desk, speech)}</section>
        }
    });
    view! {
        <p class="back"><a href=desk.link("", speech)>{speech.say("back.all")}</a></p>
        <h1>{speech.with("person.title", &[("name", &who.name())])}</h1>
        <p class="facts"><span>{kind}</span><span>{since}</span>
            <span>{speech.with("rev", &[("rev", &person.rev.to_string())])}</span>
            <span class="hash">{who.id.clone()}</span></p>
        <div class="columns">
            <div>
                <section aria-labelledby="h-stands"><h2 id="h-stands">{speech.say("stands")}</h2>
                    <dl class="standing" id="standing" data-live="">{standing}</dl></section>
                <section aria-labelledby="h-served"><h2 id="h-served">{speech.say("served")}</h2>
                    {served::list("served", &person.served, false, desk, speech)}</section>
                <section aria-labelledby="h-file"><h2 id="h-file">{speech.say("file")}</h2>
                    <p class="note">{speech.say("file.note")}</p>
                    <div class="actions">
                        <form method="post" action=address("/file")>
                            <input type="hidden" name="token" value=desk.token.clone()/>
                            <label>{speech.say("file.why")}{served::reasons(speech)}</label>
                            <button>{speech.say("file.download")}</button>
                        </form>
                        <a class="button" href=address("/erase")>{speech.say("file.erase")}</a>
                    </div></section>
            </div>
            <div>
                <section aria-labelledby="h-timeline"><h2 id="h-timeline">{speech.say("timeline")}</h2>
                    {decisions::list("decisions", &person.timeline, notice, false, desk, speech)}</section>
                <section aria-labelledby="h-refused"><h2 id="h-refused">{speech.say("refused")}</h2>
                    {refused::list("refused", &person.refused, notice, false, desk, speech)}</section>
                {gaps}
                {feedback}
                <section aria-labelledby="h-looks"><h2 id="h-looks">{speech.say("looks")}</h2>
                    {looks::list("looks", &person.looks, false, desk, speech)}</section>
            </div>
        </div>
    }
    .into_any()
}

fn standing_row(stands: &Stands, person: &Person, speech: &Speech<'_>) -> AnyView {
    let (source, purpose) = in_words(person.notice.as_ref(), &stands.control, speech);
    let (class, word) = match stands.choice.as_str() {
        "granted" => ("choice granted", speech.say("choice.granted")),
        "denied" => ("choice denied", speech.say("choice.denied")),
        _ => ("choice unset", speech.say("choice.unset")),
    };
    let mut more = Vec::new();
    if stands.left_out > 0 {
        more.push(speech.count("stands.left-out", stands.left_out as u64));
    }
    if stands.by_signal {
        more.push(speech.say("stands.signal"));
    }
    if stands.lapsed {
        more.push(speech.say("stands.lapsed"));
    }
    let more = (!more.is_empty()).then(|| view! { <span class="purpose">" · "{more.join(" · ")}</span> });
    view! {
        <div data-key=stands.control.clone()>
            <dt>{source}<span class="purpose">" · "{purpose}</span></dt>
            <dd><strong class=class>{word}</strong>{more}</dd>
        </div>
    }
    .into_any()
}
