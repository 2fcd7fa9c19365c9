//! The form for a desk key.

use leptos::prelude::*;

use crate::Speech;
use crate::view::Desk;

pub fn form(desk: &Desk, wrong: bool, speech: &Speech<'_>) -> AnyView {
    let error = wrong.then(|| view! { <p class="error" role="alert" id="wrong">{speech.say("sign-in.wrong")}</p> });
    view! {
        <h1>{speech.say("sign-in.title")}</h1>
        <p class="note">{speech.say("sign-in.note")}" "<code>"candor key desk SITE"</code></p>
        <form class="sign-in" method="post" action=desk.link("/sign-in", speech)>
            <input type="hidden" name="token" value=desk.token.clone()/>
            <label>{speech.say("sign-in.key")}
                <input name="key" type="password" autocomplete="current-password" required autofocus
                    aria-describedby=wrong.then_some("wrong")/></label>
            {error}
            <button>{speech.say("sign-in.enter")}</button>
        </form>
    }
    .into_any()
}
