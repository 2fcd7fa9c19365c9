use candor_protocol::{Candidate, Explanation, Kind, Method};

use crate::effect::fall;
use crate::{Reduced, Without};

/// Why, in one sentence: which message, and what goes into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sentence {
    /// Somebody pays for it. Comes before anything else.
    Ad { paid_by: String },
    /// The strongest removal effect is a source's; the item that its weightiest evidence is about, which the document need not describe.
    BecauseOf { factor: usize, datum_item: Option<String> },
    /// The strongest is this page's or this conversation's.
    Context { factor: usize, datum_item: Option<String> },
    /// Nothing personal moves it by a place.
    Popular,
    /// The shop's own `wording`, or the names of its factors: the document has no numbers.
    Stated,
}

/// The sentence for an item; without one, for the list's first.
pub fn sentence(doc: &Explanation, item: Option<&str>) -> Sentence {
    Reduced::whole(doc).sentence(item)
}

impl Reduced<'_> {
    /// As [`sentence`], of what is left.
    pub fn sentence(&self, item: Option<&str>) -> Sentence {
        let (doc, item) = (self.doc, self.item_or_first(item));
        if let Some(paid_by) = paid_by(self, item) {
            return Sentence::Ad { paid_by };
        }
        let strongest = match doc.method {
            Method::Additive | Method::Table => strongest_removal(self, item),
            Method::Attribution => strongest_contribution(doc, item),
            Method::Reason | Method::Citation => return Sentence::Stated,
        };
        let Some(factor) = strongest else { return Sentence::Popular };
        let datum_item = doc.candidate(item).and_then(|candidate| weightiest(self, candidate, factor));
        match doc.factors.get(factor).map(|factor| factor.kind) {
            Some(Kind::Context) => Sentence::Context { factor, datum_item },
            _ => Sentence::BecauseOf { factor, datum_item },
        }
    }
}

/// The kind on the chip: what the list as a whole rests on. Honest unopened: a
/// source that moves any place of the list makes it personal.
pub fn leading_kind(doc: &Explanation) -> Kind {
    let whole = Reduced::whole(doc);
    let first = whole.sentence(None);
    if matches!(first, Sentence::Ad { .. }) {
        return Kind::Commercial;
    }
    let moves = |kind: Kind| {
        doc.factors.iter().enumerate().filter(|(_, factor)| factor.kind == kind).any(|(index, _)| {
            match whole.top(&Without::factor(index)) {
                Ok(list) => list != doc.shown,
                Err(_) => doc.shown.iter().any(|item| whole.contribution(item, index) != 0.0),
            }
        })
    };
    let stated = first == Sentence::Stated;
    let has = |kind: Kind| doc.factors.iter().any(|factor| factor.kind == kind);
    for kind in [Kind::Personal, Kind::Context] {
        if if stated { has(kind) } else { moves(kind) } {
            return kind;
        }
    }
    Kind::General
}

fn paid_by(list: &Reduced<'_>, item: &str) -> Option<String> {
    list.doc.factors.iter().enumerate().find_map(|(index, factor)| {
        let paid = factor.kind == Kind::Commercial && list.contribution(item, index) > 0.0;
        if paid { factor.paid_by.clone() } else { None }
    })
}

/// The source or context the item falls furthest without, if it falls at all.
/// Sources come first among equals, then the larger contribution.
fn strongest_removal(list: &Reduced<'_>, item: &str) -> Option<usize> {
    let doc = list.doc;
    let mut best: Option<(isize, f64, usize)> = None;
    for (index, factor) in doc.factors.iter().enumerate() {
        if !matches!(factor.kind, Kind::Personal | Kind::Context) {
            continue;
        }
        let contribution = list.contribution(item, index);
        let Ok(effect) = list.measure(item, index, None, contribution) else { continue };
        let places = fall(effect.before, effect.after, doc.limit);
        let same_kind = |of: usize| doc.factors.get(of).is_some_and(|other| other.kind == factor.kind);
        let stronger = best
            .is_none_or(|(most, size, of)| places > most || (places == most && same_kind(of) && contribution > size));
        if places > 0 && stronger {
            best = Some((places, contribution, index));
        }
    }
    best.map(|(_, _, index)| index)
}

/// An estimate has no removal effect: the largest positive number.
fn strongest_contribution(doc: &Explanation, item: &str) -> Option<usize> {
    let candidate = doc.candidate(item)?;
    let largest = candidate.contributions.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let kind = doc.factors.get(largest.0).map(|factor| factor.kind)?;
    (*largest.1 > 0.0 && matches!(kind, Kind::Personal | Kind::Context)).then_some(largest.0)
}

fn weightiest(list: &Reduced<'_>, candidate: &Candidate, factor: usize) -> Option<String> {
    let of = candidate
        .evidence
        .iter()
        .filter(|evidence| evidence.factor == factor && evidence.weight > 0.0 && list.uses(factor, &evidence.datum));
    let evidence = of.max_by(|a, b| a.weight.total_cmp(&b.weight).then_with(|| b.datum.cmp(&a.datum)))?;
    evidence.item.clone()
}
