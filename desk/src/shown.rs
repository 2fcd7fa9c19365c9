//! The notice as the person had it on screen, word for word, in their language.

use candor_protocol::{Localized, Notice};
use leptos::prelude::*;

use crate::Speech;
use crate::view::Decided;

/// Closed at first: "What this person saw".
pub fn details(decided: &Decided, speech: &Speech<'_>) -> AnyView {
    let decision = &decided.decision;
    let language = decision.locale.clone();
    let direction = direction(&language);
    let quote = match &decided.shown.notice {
        Some(notice) => lines(notice, decided, speech).into_any(),
        None => view! { <p class="note">{speech.say("shown.no-notice")}</p> }.into_any(),
    };
    let messages = match &decided.shown.messages {
        Some(messages) if !messages.is_empty() => {
            let said = messages.iter().map(|text| view! { <p>{text.clone()}</p> }).collect_view();
            view! {
                <div class="said"><span class="label">{speech.say("shown.switch")}</span>
                    <div class="quote" lang=language.clone() dir=direction>{said}</div></div>
            }
            .into_any()
        }
        Some(_) => ().into_any(),
        None => view! { <p class="note">{speech.say("shown.no-catalogue")}</p> }.into_any(),
    };
    let proof = if decided.shown.notice.is_none() {
        String::new()
    } else if decided.shown.matches {
        speech.say("shown.matches")
    } else {
        speech.say("shown.differs")
    };
    let hash = |label: String, hash: &str| view! { <span class="hash">{label}" "{hash.to_owned()}</span> }.into_any();
    let notice_hash = hash(speech.say("shown.hash.notice"), &decision.notice);
    let words_hash = hash(speech.say("shown.hash.words"), &decision.served);
    view! {
        <details class="shown" id=format!("shown-{}", decision.id)>
            <summary>{speech.with("shown.title", &[("language", &language_name(&decision.locale))])}</summary>
            <div class="sheet">
                {quote}
                {messages}
                <p class="proof"><span>{proof}</span>{notice_hash}{words_hash}</p>
            </div>
        </details>
    }
    .into_any()
}

fn lines(notice: &Notice, decided: &Decided, speech: &Speech<'_>) -> AnyView {
    let language = &decided.decision.locale;
    let mut controls: Vec<&str> = decided.decision.changes().iter().map(|change| change.control.as_str()).collect();
    controls.sort_unstable();
    controls.dedup();
    let mut purposes: Vec<&str> = Vec::new();
    let mut rows = Vec::new();
    for control in controls {
        let (purpose, matter) = control.split_once('/').unwrap_or((control, ""));
        if let Some(purpose) = notice.purpose(purpose).filter(|_| !purposes.contains(&purpose)) {
            rows.push(line(speech.say("shown.purpose"), &[&purpose.label, &purpose.text], true, language));
        }
        purposes.push(purpose);
        if let Some(source) = notice.source(matter) {
            rows.push(line(speech.say("shown.source"), &[&source.label, &source.text], true, language));
            rows.push(line(speech.say("shown.origin"), &[&source.origin], false, language));
            rows.push(line(speech.say("shown.retention"), &[&source.retention], false, language));
            rows.push(line(speech.say("shown.recipients"), &[&source.recipients], false, language));
            rows.push(line(speech.say("shown.kept"), &[&source.kept_for], false, language));
        } else if let Some(channel) = notice.channel(matter) {
            rows.push(line(speech.say("shown.channel"), &[&channel.label, &channel.text], true, language));
        }
    }
    let head =
        speech.with("shown.notice", &[("controller", &notice.controller), ("version", &notice.version.to_string())]);
    view! { <p class="note">{head}</p> {rows} }.into_any()
}

/// A label of ours beside their words; ours is not part of the quotation.
fn line(label: String, texts: &[&Localized], headed: bool, language: &str) -> AnyView {
    let texts: Vec<String> = texts.iter().map(|text| text.text(language).to_owned()).collect();
    let said = texts
        .into_iter()
        .enumerate()
        .map(|(at, text)| view! { <p class=(headed && at == 0).then_some("lead")>{text}</p> })
        .collect_view();
    view! {
        <div class="said"><span class="label">{label}</span>
            <div class="quote" lang=language.to_owned() dir=direction(language)>{said}</div></div>
    }
    .into_any()
}

fn direction(language: &str) -> &'static str {
    let base = language.split('-').next().unwrap_or_default();
    if ["ar", "he", "fa", "ur", "ps", "yi"].contains(&base) { "rtl" } else { "ltr" }
}

/// A language by its own name; its tag where the desk has none for it.
fn language_name(tag: &str) -> String {
    match tag.split('-').next().unwrap_or_default() {
        "en" => "English".into(),
        "fr" => "français".into(),
        "pl" => "polski".into(),
        "de" => "Deutsch".into(),
        "ar" => "العربية".into(),
        _ => tag.to_owned(),
    }
}
