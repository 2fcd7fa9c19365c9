//! "How it adds up": bars on one common scale, numbers, shares, and what may be claimed.

use candor_protocol::{Explanation, Method};
use candor_reasoning::{Share, check_sums, shares};
use candor_words::{Key, Words};

use crate::names::factor_name;
use crate::{Bar, Sums, WhyInput};

/// Thousandths of the drawing's width.
const SCALE: f64 = 1000.0;

pub(crate) fn sums(input: &WhyInput, doc: &Explanation, reference: bool, words: &Words<'_>) -> Sums {
    let mut view = Sums { title: words.plain(Key::SumsTitle), ..Sums::default() };
    match check_sums(doc) {
        candor_reasoning::Sums::NotClaimed => view.claims.push(words.plain(Key::ClaimUnknown)),
        candor_reasoning::Sums::DoNot { .. } => view.claims.push(words.plain(Key::ClaimBroken)),
        candor_reasoning::Sums::AddUp => {
            let checked = words.plain(if input.checked_on_device { Key::ClaimDevice } else { Key::ClaimService });
            let claim = if reference { Key::ClaimReference } else { Key::ClaimExact };
            view.claims.push(words.say(claim, &[("checked", &checked)]));
            if doc.method == Method::Attribution {
                view.claims.push(words.plain(Key::ClaimEstimate));
            }
            let item = input.item.as_deref().or(doc.shown.first().map(String::as_str)).unwrap_or_default();
            view.head = [Key::SumsWhat, Key::SumsPoints, Key::SumsShare].map(|key| words.plain(key));
            view.bars = bars(input, doc, &shares(doc, item), words);
            let score = doc.candidate(item).map(|candidate| points(candidate.score, words));
            view.sum = score.map(|score| (words.plain(Key::SumsSum), score));
        }
    }
    view
}

/// One bar per factor that adds anything. All start at one zero line, which
/// leaves room on its left for what counted against.
fn bars(input: &WhyInput, doc: &Explanation, shares: &[Share], words: &Words<'_>) -> Vec<Bar> {
    let most = shares.iter().fold(0.0f64, |most, share| most.max(share.value));
    let least = shares.iter().fold(0.0f64, |least, share| least.min(share.value));
    let span = most - least;
    if span <= 0.0 {
        return Vec::new();
    }
    let zero = -least / span * SCALE;
    let mut counted: Vec<&Share> = shares.iter().filter(|share| share.value != 0.0).collect();
    counted.sort_by(|a, b| b.value.total_cmp(&a.value));
    counted
        .iter()
        .map(|share| {
            let width = (share.value.abs() / span * SCALE).max(4.0);
            let against = share.value < 0.0;
            let name = match share.factor.and_then(|factor| doc.factors.get(factor)) {
                Some(factor) => factor_name(input.notice.as_deref(), factor, words),
                None => words.plain(Key::FactorGeneral),
            };
            let percent = words.locale.number((share.part * 100.0).round(), 0);
            Bar {
                label: name,
                start: if against { (zero - width).max(0.0) as u16 } else { zero.min(SCALE - width) as u16 },
                width: width as u16,
                against,
                points: points(share.value, words),
                share: words.say(Key::SumsPercent, &[("n", &percent)]),
            }
        })
        .collect()
}

/// Three decimals are enough to see; a number too small for them is not shown as nothing.
fn points(value: f64, words: &Words<'_>) -> String {
    let digits = if value.abs() >= 0.0005 || value == 0.0 { 3 } else { 6 };
    words.locale.number(value, digits)
}
