//! Decisions that were made and never arrived.

use leptos::prelude::*;

use crate::Speech;
use crate::frame::encoded;
use crate::view::{Desk, Gap};

/// Numbers named one by one; a device that lost its storage can have very many.
const RUNS: usize = 5;

/// One line a device. `link`: whether each names its person.
pub fn list(id: &'static str, gaps: &[Gap], link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let rows = gaps.iter().map(|gap| row(gap, link, desk, speech)).collect_view();
    let empty = gaps.is_empty().then(|| view! { <li class="empty" data-key="none">{speech.say("gaps.none")}</li> });
    view! { <ul class="entries" id=id data-live="">{rows}{empty}</ul> }.into_any()
}

/// The end of a device's id, as every line of the desk names it.
pub fn device_name(device: &str) -> String {
    let tail: Vec<char> = device.chars().rev().take(4).collect();
    tail.into_iter().rev().flat_map(char::to_uppercase).collect()
}

fn row(gap: &Gap, link: bool, desk: &Desk, speech: &Speech<'_>) -> AnyView {
    let number = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    let mut numbers: Vec<String> = gap.runs.iter().take(RUNS).map(number).collect();
    if gap.runs.len() > RUNS {
        numbers.push("…".to_owned());
    }
    let line = speech.with("gap", &[("device", &device_name(&gap.device)), ("numbers", &numbers.join(", "))]);
    let person = link.then(|| {
        let address = desk.link(&format!("/person/{}", encoded(&gap.who.id)), speech);
        view! { <p class="facts"><a class="who" href=address>{gap.who.name()}</a></p> }
    });
    view! {
        <li class="entry" data-key=format!("{} {}", gap.who.id, gap.device)>
            <div class="body"><p class="change">{line}</p>{person}</div>
        </li>
    }
    .into_any()
}
