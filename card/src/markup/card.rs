//! The card, layer by layer.

use super::parts::{
    Way, button, done, each, effect, facts, head, item, layer, live, notes, opt, pieces, preview, record, section, see,
    switch, text,
};
use super::tree::{El, Tree, el};
use crate::{About, Bar, EvidenceLine, Foot, ItemLine, Row, Sources, Sums, Switch, WhyView};

pub(super) fn card(view: &WhyView) -> Tree {
    let way = view.html.as_ref();
    section("card", "card", view.state, &view.language, view.direction)
        .with("aria-labelledby", "candor-title")
        .el(head(way, "candor-title", &view.title, &view.close))
        .el(el("p").class("reason").with("part", "reason").add(pieces(&view.sentence)))
        .add(opt(&view.worded_by, |by| text("fine", by)))
        .add(opt(&view.item, product))
        .add(notes(way, &view.notes))
        .add(opt(&view.master, |press| master(way, press)))
        .add(opt(&view.sources, |layer| sources(way, layer)))
        .add(opt(&view.sums, sums))
        .add(opt(&view.about, about))
        .add(record(way, &view.record))
        .add(opt(&view.foot, |view| foot(way, view)))
        .add(live(&view.live))
        .tree()
}

fn product(line: &ItemLine) -> Tree {
    let picture = opt(&line.image, |image| {
        let picture = el("img").with("src", image).with("alt", "").with("width", "56").with("height", "56");
        picture.with("loading", "lazy").with("decoding", "async").tree()
    });
    el("div").class("item").add(picture).el(el("p").add(item(line))).tree()
}

fn master(way: Way<'_>, press: &Switch) -> Tree {
    let label = el("span").class("label").with("id", "candor-master").text(&press.label);
    el("div")
        .class("master")
        .el(el("p").class("top").el(label))
        .add(switch(way, press, "candor-master"))
        .add(done(way, &press.done))
        .tree()
}

fn sources(way: Way<'_>, view: &Sources) -> Tree {
    let more = if view.more.is_empty() {
        Tree::Nothing
    } else {
        layer("more", "more", false, &view.more_label, rows(way, &view.more))
    };
    let unused = if view.unused.is_empty() {
        Tree::Nothing
    } else {
        Tree::Many(vec![el("h4").class("label").text(&view.unused_title).tree(), rows(way, &view.unused)])
    };
    let heading = el("h4").class("label").text(&view.heading).tree();
    let inside = Tree::Many(vec![heading, rows(way, &view.rows), more, unused]);
    layer("layer", "sources", view.open, &view.title, inside)
}

fn rows(way: Way<'_>, rows: &[Row]) -> Tree {
    if rows.is_empty() {
        return Tree::Nothing;
    }
    el("ul").class("rows").add(each(rows, |view| row(way, view))).tree()
}

fn row(way: Way<'_>, row: &Row) -> Tree {
    let id = ["candor-", &row.control].concat();
    let weight = opt(&row.weight, |weight| el("span").class("weight").text(weight).tree());
    el("li")
        .class("row")
        .with("part", "row")
        .el(el("div").class("top").el(el("h5").with("id", &id).text(&row.name)).add(weight))
        .add(opt(&row.switch, |press| switch(way, press, &id)))
        .add(notes(way, &row.notes))
        .add(opt(&row.switch, |press| done(way, &press.done)))
        .add(effect(&row.effect, Tree::Nothing))
        .add(opt(&row.changes, |changes| el("p").class("changes").text(changes).text(" ").add(see(&row.see)).tree()))
        .add(preview(&row.preview))
        .add(evidence(way, row))
        .add(opt(&row.kept, |kept| text("fine", kept)))
        .tree()
}

fn evidence(way: Way<'_>, row: &Row) -> Tree {
    if row.evidence.is_empty() {
        return Tree::Nothing;
    }
    el("div")
        .class("evidence")
        .add(text("label", &row.evidence_title))
        .el(el("ul").add(each(&row.evidence, |view| line(way, view))))
        .add(opt(&row.evidence_rest, |rest| text("fine", rest)))
        .tree()
}

fn line(way: Way<'_>, line: &EvidenceLine) -> Tree {
    el("li")
        .class(if line.left_out { "datum out" } else { "datum" })
        .el(el("p").class("what").el(el("bdi").text(&line.title)))
        .el(el("div").class("presses").add(button(way, "quiet", &line.button)))
        .add(effect(&line.effect, see(&line.see)))
        .add(done(way, &line.done))
        .add(preview(&line.preview))
        .tree()
}

fn sums(view: &Sums) -> Tree {
    let claims = each(&view.claims, |claim| text("claim", claim));
    if view.bars.is_empty() {
        return layer("layer", "sums", false, &view.title, claims);
    }
    let [what, points, share] = &view.head;
    let column = |words: &str| el("th").with("scope", "col").text(words);
    let head = el("tr").el(column(what)).el(column(points).class("number")).el(column(share).class("number"));
    let foot = opt(&view.sum, |(label, points)| {
        let sum = el("tr").el(el("th").with("scope", "row").text(label)).el(number(points)).el(el("td"));
        el("tfoot").el(sum).tree()
    });
    let body = el("tbody").add(each(&view.bars, bar));
    let table = el("table").el(el("thead").el(head)).el(body).add(foot).tree();
    layer("layer", "sums", false, &view.title, Tree::Many(vec![table, claims]))
}

fn number(text: &str) -> El {
    el("td").class("number").text(text)
}

fn bar(bar: &Bar) -> Tree {
    let ground = el("rect").class("ground").with("x", "0").with("y", "3").with("width", "1000").with("height", "2");
    let own = el("rect")
        .class(if bar.against { "against" } else { "for" })
        .with("x", &bar.start.to_string())
        .with("y", "0")
        .with("width", &bar.width.to_string())
        .with("height", "8");
    let drawing = el("svg")
        .class("bar")
        .with("part", "bar")
        .with("viewBox", "0 0 1000 8")
        .with("preserveAspectRatio", "none")
        .with("aria-hidden", "true")
        .el(ground)
        .el(own);
    let label = el("th").with("scope", "row").text(&bar.label).el(drawing);
    el("tr").el(label).el(number(&bar.points)).el(number(&bar.share)).tree()
}

fn about(view: &About) -> Tree {
    let statement = opt(&view.statement, |statement| text("claim", statement));
    layer("layer", "about", false, &view.title, Tree::Many(vec![facts(&view.facts), statement]))
}

fn foot(way: Way<'_>, view: &Foot) -> Tree {
    let kinds = el("div").class("presses").add(each(&view.wrong, |press| button(way, "plain", press))).tree();
    el("div")
        .class("foot")
        .add(opt(&view.not_for_me, |press| button(way, "plain", press)))
        .add(layer("wrong", "wrong", false, &view.wrong_label, kinds))
        .add(each(&view.sent, |sent| text("note", sent)))
        .tree()
}
