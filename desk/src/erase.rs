//! The step between "Erase" and erasing.

use leptos::prelude::*;

use crate::Speech;
use crate::frame::encoded;
use crate::view::{Desk, Who};

pub fn confirm(desk: &Desk, who: &Who, decisions: u64, lists: u64, speech: &Speech<'_>) -> AnyView {
    let address = |path: &str| desk.link(&format!("/person/{}{path}", encoded(&who.id)), speech);
    view! {
        <p class="back"><a href=address("")>{speech.say("back.person")}</a></p>
        <h1>{speech.with("erase.title", &[("name", &who.name())])}</h1>
        <ul class="points">
            <li>{speech.count("erase.decisions", decisions)}</li>
            <li>{speech.count("erase.lists", lists)}</li>
            <li>{speech.say("erase.stays")}</li>
            <li>{speech.say("erase.shop")}</li>
        </ul>
        <form class="confirm" method="post" action=address("/erase")>
            <input type="hidden" name="token" value=desk.token.clone()/>
            <label class="tick"><input type="checkbox" name="sure" value="yes" required/>{speech.say("erase.sure")}</label>
            <p class="actions">
                <button class="grave">{speech.say("erase.do")}</button>
                <a class="button" href=address("")>{speech.say("erase.leave")}</a>
            </p>
        </form>
    }
    .into_any()
}
