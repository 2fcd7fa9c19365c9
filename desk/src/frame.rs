//! What stands around every page: head, masthead, foot.

use leptos::prelude::*;

use crate::view::{Desk, Viewer};
use crate::{LANGUAGES, SCRIPT, STYLE, Speech};

/// A whole document around `body`.
pub fn document(desk: &Desk, title: &str, live: bool, body: impl IntoView, speech: &Speech<'_>) -> String {
    let guest = desk.viewer == Viewer::Guest;
    let events = live.then(|| desk.link("/events", speech));
    let page = view! {
        <html lang=speech.language().to_owned() dir=speech.locale.direction().as_str() data-events=events>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <title>{format!("{title} · {}", speech.say("desk"))}</title>
                <link rel="icon" href="data:,"/>
                <link rel="stylesheet" href=format!("/desk/desk.css?{}", fingerprint(STYLE))/>
                {live.then(|| view! { <script defer src=format!("/desk/desk.js?{}", fingerprint(SCRIPT))></script> })}
            </head>
            <body>
                <a class="skip" href="#main">{speech.say("skip")}</a>
                <header class="masthead">
                    <p class="name"><a href=desk.link("", speech)>{speech.say("desk")}</a></p>
                    <p class="shop">{desk.name.clone()}</p>
                    {live.then(|| view! {
                        <p class="live" id="live" role="status" data-on=speech.say("live.on")
                            data-lost=speech.say("live.lost")>{speech.say("live.reload")}</p>
                    })}
                </header>
                <main id="main" tabindex="-1">
                    {guest.then(|| view! { <p class="guest">{speech.say("guest")}</p> })}
                    {body.into_any()}
                </main>
                <footer class="foot">
                    <nav aria-label=speech.say("languages")>
                        <ul class="languages">
                            {LANGUAGES.iter().map(|language| language_link(desk, language, speech)).collect_view()}
                        </ul>
                    </nav>
                    <p>{speech.say("utc")}</p>
                    {(!guest).then(|| view! {
                        <form method="post" action=desk.link("/sign-out", speech)>
                            <input type="hidden" name="token" value=desk.token.clone()/>
                            <button class="quiet">{speech.say("sign-out")}</button>
                        </form>
                    })}
                </footer>
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", page.to_html())
}

impl Desk {
    /// Address of a page of this desk, in the language in use.
    pub fn link(&self, path: &str, speech: &Speech<'_>) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        let language = speech.language();
        format!("/desk{path}{mark}site={}&lang={}", encoded(&self.site), encoded(language))
    }
}

/// As part of an address.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn language_link(desk: &Desk, language: &'static str, speech: &Speech<'_>) -> AnyView {
    let name = match language {
        "fr" => "Français",
        "pl" => "Polski",
        _ => "English",
    };
    let current = (speech.language() == language).then_some("page");
    let mark = if desk.here.contains('?') { '&' } else { '?' };
    let address = format!("{}{mark}lang={language}", desk.here);
    view! { <li><a href=address lang=language hreflang=language aria-current=current>{name}</a></li> }.into_any()
}

/// Changes when the bytes do, so that a browser never keeps an old file (FNV-1a).
pub fn fingerprint(bytes: &str) -> String {
    let hash = bytes
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}
