//! The list as it would be: the button that opens it, and the list itself.

use candor_protocol::Explanation;
use candor_reasoning::Preview;
use candor_words::Key;

use crate::names::{preview_link, product, title};
use crate::parts::{press, truth};
use crate::pen::Pen;
use crate::{Act, Target, WhyFacts};

/// *See them*, where anything moves; answers whether the list is open. `name`: what is left out.
#[inline(never)]
pub(crate) fn see(
    pen: &mut Pen<'_>,
    facts: &WhyFacts<'_>,
    found: &Preview,
    changed: usize,
    source: &str,
    datum: Option<&str>,
    name: &str,
) -> bool {
    if found.moves.is_empty() {
        return false;
    }
    let open = is_open(facts, source, datum);
    // "Them" are the items the sentence before it counts; a datum's line has none.
    let label = pen.words.text(match (open, changed) {
        (true, _) => Key::PreviewHide,
        (false, 1..) if datum.is_none() => Key::PreviewSee,
        (false, _) => Key::PreviewSeeList,
    });
    match pen.html() {
        Some(html) => {
            pen.open("a", "quiet");
            pen.with("href", &if open { html.here.clone() } else { preview_link(html, source, datum) });
        }
        None => {
            let target = || Target { source: source.to_owned(), datum: datum.map(str::to_owned) };
            press(pen, "quiet", Act::Preview((!open).then(target)));
            pen.with("aria-expanded", truth(open));
        }
    }
    pen.with("aria-label", &[label, ": ", name].concat());
    pen.text(label);
    pen.close();
    open
}

pub(crate) fn is_open(facts: &WhyFacts<'_>, source: &str, datum: Option<&str>) -> bool {
    facts.preview.is_some_and(|open| open.source == source && open.datum.as_deref() == datum)
}

#[inline(never)]
pub(crate) fn list(pen: &mut Pen<'_>, doc: &Explanation, found: &Preview) {
    pen.open("div", "preview");
    pen.with("part", "preview");
    pen.line_of("p", "label", Key::PreviewTitle);
    pen.open("ol", "");
    for id in &found.items {
        pen.open("li", "");
        pen.open("span", "what");
        product(pen, doc, id);
        pen.close();
        // Nothing where it stays.
        if let Some(moved) = found.moves.iter().find(|moved| moved.item == *id) {
            pen.open("p", "moved");
            match moved.before {
                None => pen.say(Key::PreviewNew),
                Some(before) => {
                    let place = pen.words.place(before as u64);
                    pen.text(&pen.words.say(Key::PreviewWas, &[("place", &place)]));
                }
            }
            pen.close();
        }
        pen.close();
    }
    pen.close();
    let mut gone = Vec::new();
    for moved in found.moves.iter().filter(|moved| moved.after.is_none()) {
        gone.push(title(doc, &moved.item).to_owned());
    }
    if !gone.is_empty() {
        let items = pen.words.locale.list(&gone);
        pen.line("p", "gone", &pen.words.say(Key::PreviewGone, &[("items", &items)]));
    }
    pen.close();
}
