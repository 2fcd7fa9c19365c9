//! The choices panel and the ask.

use super::parts::{
    Way, button, done, each, facts, head, layer, link, live, notes, opt, record, section, switch, text,
};
use super::tree::{Tree, el};
use crate::{Act, AskView, ControlLine, Group, PanelView};

pub(super) fn panel(view: &PanelView) -> Tree {
    let way = view.html.as_ref();
    section("card", "card panel", view.state, &view.language, view.direction)
        .with("aria-labelledby", "candor-panel")
        .el(head(way, "candor-panel", &view.title, &view.close))
        .add(text("reason", &view.intro))
        .add(notes(way, &view.notes))
        .add(each(&view.groups, |view| group(way, view)))
        .add(record(way, &view.record))
        .add(live(&view.live))
        .tree()
}

fn group(way: Way<'_>, group: &Group) -> Tree {
    let lines = each(&group.controls, |view| control(way, view));
    el("div")
        .class("group")
        .el(el("h3").text(&group.title))
        .add(text("fine", &group.text))
        .el(el("ul").class("rows").add(lines))
        .tree()
}

fn control(way: Way<'_>, line: &ControlLine) -> Tree {
    let id = ["candor-panel-", &line.control].concat();
    let details = if line.details.is_empty() {
        Tree::Nothing
    } else {
        layer("more", "details", false, &line.details_label, facts(&line.details))
    };
    el("li")
        .class("row")
        .with("part", "row")
        .el(el("div").class("top").el(el("h4").with("id", &id).text(&line.label)))
        .add(opt(&line.switch, |press| switch(way, press, &id)))
        .add(text("what", &line.text))
        .add(notes(way, &line.notes))
        .add(opt(&line.switch, |press| done(way, &press.done)))
        .add(opt(&line.kept, |kept| text("fine", kept)))
        .add(details)
        .tree()
}

pub(super) fn ask(view: &AskView) -> Tree {
    let way = view.html.as_ref();
    let [before, words, after] = &view.change;
    let to_choices = match (&view.choices_url, way) {
        (Some(url), Some(_)) => link("name", url, words),
        // The address works without code; with it the panel opens in place.
        (Some(url), None) => el("a").class("name").with("href", url).press(&Act::OpenChoices).text(words).tree(),
        (None, _) => el("em").text(words).tree(),
    };
    let asked = if view.buttons.is_empty() {
        Tree::Nothing
    } else {
        let buttons = each(&view.buttons, |press| button(way, "equal", press));
        Tree::Many(vec![
            el("p").text(&view.text).tree(),
            el("p").class("reason").with("part", "reason").text(&view.question).tree(),
            el("div").class("equals").add(buttons).tree(),
        ])
    };
    section("ask", "ask", view.state, &view.language, view.direction)
        .with("aria-label", &view.title)
        .with("tabindex", "-1")
        .add(asked)
        .add(done(way, &view.done))
        .el(el("p").class("fine").text(before).add(to_choices).text(after))
        .add(live(&view.live))
        .tree()
}
