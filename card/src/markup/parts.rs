//! What cards, panels and asks are made of.

use candor_protocol::Choice;

use super::tree::{El, Tree, el, words};
use crate::{Act, Button, Done, Fact, Html, ItemLine, Note, Piece, PreviewButton, PreviewList, Record, Switch};

/// On the service's pages: forms and links instead of presses.
pub(super) type Way<'a> = Option<&'a Html>;

pub(super) fn text(class: &'static str, text: &str) -> Tree {
    if text.is_empty() { Tree::Nothing } else { el("p").class(class).text(text).tree() }
}

/// What is drawn of something that may not be there.
pub(super) fn opt<T>(found: &Option<T>, draw: impl FnOnce(&T) -> Tree) -> Tree {
    match found {
        Some(found) => draw(found),
        None => Tree::Nothing,
    }
}

pub(super) fn each<T>(entries: &[T], one: impl FnMut(&T) -> Tree) -> Tree {
    Tree::Many(entries.iter().map(one).collect())
}

/// Text for the eye, text for the ear, and what stands behind it in the same line.
pub(super) fn effect(pair: &Option<(String, String)>, behind: Tree) -> Tree {
    let Some((seen, said)) = pair else { return Tree::Nothing };
    let seen = el("span").with("aria-hidden", "true").text(seen);
    let said = el("span").class("ear").text(said);
    el("p").class("effect").el(seen).el(said).text(" ").add(behind).tree()
}

fn press(class: &str, act: &Act) -> El {
    el("button").with("type", "button").class(class).press(act)
}

pub(super) fn button(way: Way<'_>, class: &'static str, button: &Button) -> Tree {
    let name = button.name.as_deref();
    match (way, &button.act) {
        (None, act) => press(class, act).maybe("aria-label", name).text(&button.label).tree(),
        (Some(html), Act::Retry) => link(class, &html.here, &button.label),
        (Some(html), act) => {
            let submit = el("button").with("type", "submit").class(class).maybe("aria-label", name);
            form(html, act, submit.text(&button.label))
        }
    }
}

/// `labelled`: id of the element that names it.
pub(super) fn switch(way: Way<'_>, switch: &Switch, labelled: &str) -> Tree {
    let kind = if way.is_some() { "submit" } else { "button" };
    let button = el("button")
        .with("type", kind)
        .class("switch")
        .with("part", "switch")
        .with("role", "switch")
        .with("aria-checked", if switch.on { "true" } else { "false" })
        .with("aria-labelledby", labelled)
        .el(el("span").class("word").with("aria-hidden", "true").text(&switch.word))
        .el(el("span").class("track").with("aria-hidden", "true"));
    match way {
        Some(html) => form(html, &switch.act, button),
        None => button.press(&switch.act).tree(),
    }
}

/// One button with all that its press sends. Acts that need code have no form.
fn form(html: &Html, act: &Act, button: El) -> Tree {
    let mut form = el("form").with("method", "post").with("action", &html.action);
    let mut field = |name: &str, value: &str| {
        let field = el("input").with("type", "hidden").with("name", name).with("value", value);
        form.0.inside.push(field.tree());
    };
    for (name, value) in &html.hidden {
        field(name, value);
    }
    match act {
        Act::Decide { changes, master, .. } => {
            for change in changes {
                let choice = if change.choice == Choice::Granted { "granted" } else { "denied" };
                if *master {
                    field("change", &[change.control.as_str(), choice].join("="));
                    continue;
                }
                field("control", &change.control);
                field("choice", choice);
                if let Some(datum) = &change.datum {
                    field("datum", datum);
                }
            }
        }
        Act::Feedback(kind) => field("feedback", kind.as_str()),
        _ => return Tree::Nothing,
    }
    form.el(button).tree()
}

pub(super) fn link(class: &'static str, to: &str, label: &str) -> Tree {
    el("a").class(class).with("href", to).text(label).tree()
}

/// What a press did, how far it got, and the way back.
pub(super) fn done(way: Way<'_>, done: &Option<Done>) -> Tree {
    let Some(done) = done else { return Tree::Nothing };
    let save = if done.save.is_empty() { Tree::Nothing } else { el("span").class("save").text(&done.save).tree() };
    let line = el("p").text(&done.text).text(" ").add(save);
    el("div").class("done").el(line).add(opt(&done.undo, |undo| button(way, "quiet", undo))).tree()
}

pub(super) fn notes(way: Way<'_>, notes: &[Note]) -> Tree {
    each(notes, |note| {
        let line = text(if note.strong { "note strong" } else { "note" }, &note.text);
        Tree::Many(vec![line, opt(&note.button, |press| button(way, "plain", press))])
    })
}

pub(super) fn pieces(pieces: &[Piece]) -> Tree {
    each(pieces, |piece| match piece {
        Piece::Plain(text) => words(text),
        Piece::Name(name) => el("cite").el(el("bdi").text(name)).tree(),
    })
}

/// A product: its name, a link where it has an address, its price.
pub(super) fn item(item: &ItemLine) -> Tree {
    let title = match &item.url {
        Some(url) => link("name", url, &item.title),
        None => el("span").class("name").text(&item.title).tree(),
    };
    Tree::Many(vec![title, opt(&item.price, |price| el("span").class("price").text(price).tree())])
}

/// The button that opens a preview, or the address that shows it.
pub(super) fn see(see: &Option<PreviewButton>) -> Tree {
    let Some(see) = see else { return Tree::Nothing };
    let button = match &see.link {
        Some(to) => el("a").class("quiet").with("href", to),
        None => press("quiet", &see.act).with("aria-expanded", if see.open { "true" } else { "false" }),
    };
    button.with("aria-label", &see.name).text(&see.label).tree()
}

pub(super) fn preview(list: &Option<PreviewList>) -> Tree {
    let Some(list) = list else { return Tree::Nothing };
    let entries = each(&list.items, |(line, moved)| {
        el("li").el(el("span").class("what").add(item(line))).add(text("moved", moved)).tree()
    });
    el("div")
        .class("preview")
        .with("part", "preview")
        .el(el("p").class("label").text(&list.title))
        .el(el("ol").add(entries))
        .add(opt(&list.gone, |gone| text("gone", gone)))
        .tree()
}

/// A layer that opens without any code. `name` is for scripts; small ones carry no heading.
pub(super) fn layer(class: &'static str, name: &'static str, open: bool, title: &str, inside: Tree) -> Tree {
    let title = el(if class == "layer" { "h3" } else { "span" }).text(title);
    el("details")
        .class(class)
        .with("data-layer", name)
        .maybe("open", open.then_some(""))
        .el(el("summary").el(title))
        .el(el("div").class("inside").add(inside))
        .tree()
}

pub(super) fn facts(facts: &[Fact]) -> Tree {
    let entries = each(facts, |fact| {
        let value = match &fact.url {
            Some(url) => link("name", url, &fact.value),
            None => words(&fact.value),
        };
        el("div").el(el("dt").text(&fact.label)).el(el("dd").add(value)).tree()
    });
    el("dl").add(entries).tree()
}

pub(super) fn record(way: Way<'_>, record: &Option<Record>) -> Tree {
    let Some(record) = record else { return Tree::Nothing };
    let lines = each(&record.lines, |[date, what, extra]| {
        let date = el("span").class("when").text(date);
        el("li").el(date).el(el("span").text(what)).add(text("moved", extra)).tree()
    });
    let list = if record.lines.is_empty() { Tree::Nothing } else { el("ul").class("record").add(lines).tree() };
    let buttons = each(&record.buttons, |press| button(way, "plain", press));
    let inside =
        vec![opt(&record.note, |note| text("note", note)), list, el("div").class("presses").add(buttons).tree()];
    layer("layer", "record", !record.lines.is_empty(), &record.title, Tree::Many(inside))
}

/// The one polite message.
pub(super) fn live(text: &str) -> Tree {
    el("p").class("ear").with("role", "status").text(text).tree()
}

/// The title, and in the page the button that closes.
pub(super) fn head(way: Way<'_>, id: &str, title: &str, close: &str) -> El {
    let title = el("h2").with("id", id).with("tabindex", "-1").text(title);
    let close = match way {
        Some(_) => Tree::Nothing,
        None => {
            let cross = el("svg").with("viewBox", "0 0 16 16").with("width", "16").with("height", "16");
            let cross = cross.with("aria-hidden", "true").el(el("path").with("d", "M3 3l10 10M13 3L3 13"));
            press("close", &Act::Close).with("aria-label", close).el(cross).tree()
        }
    };
    el("div").class("head").el(title).add(close)
}

/// The outermost element.
pub(super) fn section(part: &str, class: &str, state: &str, language: &str, direction: &str) -> El {
    el("section")
        .with("part", part)
        .class(class)
        .with("data-candor-state", state)
        .with("lang", language)
        .with("dir", direction)
}
