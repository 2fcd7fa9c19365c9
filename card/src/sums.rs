//! "How it adds up": bars on one common scale, numbers, shares, and what may be claimed.

use candor_protocol::write::number;
use candor_protocol::{Explanation, Method};
use candor_reasoning::{Share, Sums, check_sums, shares};
use candor_words::{Key, Words};

use crate::WhyFacts;
use crate::names::factor_name;
use crate::parts::{close_layer, layer};
use crate::pen::Pen;

/// Thousandths of the drawing's width.
const SCALE: f64 = 1000.0;

#[inline(never)]
pub(crate) fn sums(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, doc: &Explanation, reference: bool) {
    layer(pen, "layer", "sums", false, Key::SumsTitle);
    match check_sums(doc) {
        Sums::NotClaimed => claim(pen, Key::ClaimUnknown),
        Sums::DoNot { .. } => claim(pen, Key::ClaimBroken),
        Sums::AddUp => {
            table(pen, facts, doc);
            let words = pen.words;
            let checked = words.text(if facts.checked_on_device { Key::ClaimDevice } else { Key::ClaimService });
            let exact = if reference { Key::ClaimReference } else { Key::ClaimExact };
            pen.line("p", "claim", &words.say(exact, &[("checked", checked)]));
            if doc.method == Method::Attribution {
                claim(pen, Key::ClaimEstimate);
            }
        }
    }
    close_layer(pen);
}

fn claim(pen: &mut Pen<'_>, key: Key) {
    pen.line_of("p", "claim", key);
}

/// One bar per factor that adds anything. All start at one zero line, which
/// leaves room on its left for what counted against.
#[inline(never)]
fn table(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, doc: &Explanation) {
    let item = facts.item_of(doc);
    let shares = shares(doc, item);
    let (mut most, mut least) = (0.0f64, 0.0f64);
    for share in &shares {
        most = most.max(share.value);
        least = least.min(share.value);
    }
    let span = most - least;
    if span <= 0.0 {
        return;
    }
    pen.open("table", "");
    pen.open("thead", "");
    pen.open("tr", "");
    for (class, key) in [("", Key::SumsWhat), ("number", Key::SumsPoints), ("number", Key::SumsShare)] {
        heading(pen, class, "col");
        pen.say(key);
        pen.close();
    }
    pen.close();
    pen.close();
    pen.open("tbody", "");
    let mut counted: Vec<&Share> = shares.iter().filter(|share| share.value != 0.0).collect();
    while let Some(at) = largest(&counted) {
        bar(pen, facts, doc, counted.remove(at), -least / span * SCALE, span);
    }
    pen.close();
    if let Some(candidate) = doc.candidate(item) {
        pen.open("tfoot", "");
        pen.open("tr", "");
        heading(pen, "", "row");
        pen.say(Key::SumsSum);
        pen.close();
        pen.line("td", "number", &points(candidate.score, pen.words));
        pen.open("td", "");
        pen.close();
        pen.close();
        pen.close();
    }
    pen.close();
}

/// The largest comes first, and of equals the first.
fn largest(shares: &[&Share]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (at, share) in shares.iter().enumerate() {
        if best.is_none_or(|(_, value)| share.value > value) {
            best = Some((at, share.value));
        }
    }
    best.map(|(at, _)| at)
}

fn heading(pen: &mut Pen<'_>, class: &'static str, scope: &str) {
    pen.open("th", class);
    pen.with("scope", scope);
}

#[inline(never)]
fn bar(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, doc: &Explanation, share: &Share, zero: f64, span: f64) {
    let width = (share.value.abs() / span * SCALE).max(4.0);
    let against = share.value < 0.0;
    let start = if against { (zero - width).max(0.0) } else { zero.min(SCALE - width) };
    pen.open("tr", "");
    heading(pen, "", "row");
    match share.factor.and_then(|factor| doc.factors.get(factor)) {
        Some(factor) => factor_name(pen, facts.common.notice, factor),
        None => pen.say(Key::FactorGeneral),
    }
    pen.open("svg", "bar");
    pen.with("part", "bar");
    pen.with("viewBox", "0 0 1000 8");
    pen.with("preserveAspectRatio", "none");
    pen.with("aria-hidden", "true");
    rect(pen, "ground", ["0", "3", "1000", "2"]);
    let (start, width) = (number(start as u64), number(width as u64));
    rect(pen, if against { "against" } else { "for" }, [&start, "0", &width, "8"]);
    pen.close();
    pen.close();
    let words = pen.words;
    pen.line("td", "number", &points(share.value, words));
    let percent = words.locale.number((share.part * 100.0).round(), 0);
    pen.line("td", "number", &words.say(Key::SumsPercent, &[("n", &percent)]));
    pen.close();
}

fn rect(pen: &mut Pen<'_>, class: &'static str, at: [&str; 4]) {
    pen.open("rect", class);
    for (name, value) in ["x", "y", "width", "height"].into_iter().zip(at) {
        pen.with(name, value);
    }
    pen.close();
}

/// Three decimals are enough to see; a number too small for them is not shown as nothing.
fn points(value: f64, words: &Words<'_>) -> String {
    let digits = if value.abs() >= 0.0005 || value == 0.0 { 3 } else { 6 };
    words.locale.number(value, digits)
}
