//! What cards, panels and asks are made of.

use candor_protocol::Choice;
use candor_words::Key;

use crate::pen::Pen;
use crate::{Act, Html};

/// The outermost element. `part` is its class too.
pub(crate) fn section(pen: &mut Pen<'_>, part: &'static str, class: &'static str, state: &str) {
    pen.open("section", class);
    pen.with("part", part);
    pen.with("data-candor-state", state);
    pen.with("lang", pen.words.locale.language());
    pen.with("dir", pen.words.locale.direction().as_str());
}

/// The title that names the section, and in the page the button that closes.
pub(crate) fn head(pen: &mut Pen<'_>, id: &str, title: Key) {
    pen.with("aria-labelledby", id);
    pen.open("div", "head");
    pen.open("h2", "");
    pen.with("id", id);
    pen.with("tabindex", "-1");
    pen.say(title);
    pen.close();
    if pen.html().is_none() {
        press(pen, "close", Act::Close);
        pen.with("aria-label", pen.words.text(Key::CardClose));
        pen.open("svg", "");
        pen.with("viewBox", "0 0 16 16");
        pen.with("width", "16");
        pen.with("height", "16");
        pen.with("aria-hidden", "true");
        pen.open("path", "");
        pen.with("d", "M3 3l10 10M13 3L3 13");
        pen.close();
        pen.close();
        pen.close();
    }
    pen.close();
}

#[inline(never)]
pub(crate) fn note(pen: &mut Pen<'_>, key: Key) {
    pen.line_of("p", "note", key);
}

/// Set apart: the words a rule prescribes.
#[inline(never)]
pub(crate) fn strong(pen: &mut Pen<'_>, key: Key) {
    pen.line_of("p", "note strong", key);
}

/// The one polite message.
pub(crate) fn live(pen: &mut Pen<'_>, text: &str) {
    pen.open("p", "ear");
    pen.with("role", "status");
    pen.text(text);
    pen.close();
}

/// Opens a button of the page.
#[inline(never)]
pub(crate) fn press(pen: &mut Pen<'_>, class: &'static str, act: Act) {
    pen.open("button", class);
    pen.with("type", "button");
    pen.press(act);
}

/// A button that does one thing. `name` is its full name where the label needs its surroundings.
#[inline(never)]
pub(crate) fn button(pen: &mut Pen<'_>, class: &'static str, label: Key, name: &str, act: Act) {
    if let (Some(html), Act::Retry) = (pen.html(), &act) {
        return link(pen, class, &html.here, pen.words.text(label));
    }
    if !open_button(pen, class, act) {
        return;
    }
    if !name.is_empty() {
        pen.with("aria-label", name);
    }
    pen.say(label);
    close_button(pen);
}

/// `labelled`: id of the element that names it.
#[inline(never)]
pub(crate) fn switch(pen: &mut Pen<'_>, labelled: &str, on: bool, act: Act) {
    if !open_button(pen, "switch", act) {
        return;
    }
    pen.with("part", "switch");
    pen.with("role", "switch");
    pen.with("aria-checked", truth(on));
    pen.with("aria-labelledby", labelled);
    pen.open("span", "word");
    pen.with("aria-hidden", "true");
    pen.say(if on { Key::SwitchOn } else { Key::SwitchOff });
    pen.close();
    pen.open("span", "track");
    pen.with("aria-hidden", "true");
    pen.close();
    close_button(pen);
}

#[inline(never)]
pub(crate) fn link(pen: &mut Pen<'_>, class: &'static str, to: &str, label: &str) {
    pen.open("a", class);
    pen.with("href", to);
    pen.text(label);
    pen.close();
}

/// A layer that opens without any code. `name` is for scripts; small ones carry no heading.
#[inline(never)]
pub(crate) fn layer(pen: &mut Pen<'_>, class: &'static str, name: &'static str, open: bool, title: Key) {
    pen.open_as("details", name, class);
    pen.with("data-layer", name);
    if open {
        pen.with("open", "");
    }
    pen.open("summary", "");
    pen.line_of(if class == "layer" { "h3" } else { "span" }, "", title);
    pen.close();
    pen.open("div", "inside");
}

#[inline(never)]
pub(crate) fn close_layer(pen: &mut Pen<'_>) {
    pen.close();
    pen.close();
}

/// One of a list of facts; without an address, `url` is empty.
#[inline(never)]
pub(crate) fn fact(pen: &mut Pen<'_>, label: Key, value: &str, url: &str) {
    pen.open("div", "");
    pen.line_of("dt", "", label);
    pen.open("dd", "");
    if url.is_empty() {
        pen.text(value);
    } else {
        link(pen, "name", url, value);
    }
    pen.close();
    pen.close();
}

pub(crate) fn truth(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

/// Opens a button, on the service's pages with all that its press sends around
/// it. Acts that need code have no form.
fn open_button(pen: &mut Pen<'_>, class: &'static str, act: Act) -> bool {
    let Some(html) = pen.html() else {
        press(pen, class, act);
        return true;
    };
    if !open_form(pen, html, &act) {
        return false;
    }
    pen.open("button", class);
    pen.with("type", "submit");
    true
}

fn close_button(pen: &mut Pen<'_>) {
    pen.close();
    if pen.html().is_some() {
        pen.close();
    }
}

fn open_form(pen: &mut Pen<'_>, html: &Html, act: &Act) -> bool {
    if !matches!(act, Act::Decide { .. } | Act::Feedback(_)) {
        return false;
    }
    pen.open("form", "");
    pen.with("method", "post");
    pen.with("action", &html.action);
    for (name, value) in &html.hidden {
        field(pen, name, value);
    }
    match act {
        Act::Decide { changes, master, .. } => {
            for change in changes {
                let choice = if change.choice == Choice::Granted { "granted" } else { "denied" };
                if *master {
                    field(pen, "change", &[&change.control, "=", choice].concat());
                    continue;
                }
                field(pen, "control", &change.control);
                field(pen, "choice", choice);
                if let Some(datum) = &change.datum {
                    field(pen, "datum", datum);
                }
            }
        }
        Act::Feedback(kind) => field(pen, "feedback", kind.as_str()),
        _ => {}
    }
    true
}

fn field(pen: &mut Pen<'_>, name: &str, value: &str) {
    pen.open("input", "");
    pen.with("type", "hidden");
    pen.with("name", name);
    pen.with("value", value);
    pen.close();
}
