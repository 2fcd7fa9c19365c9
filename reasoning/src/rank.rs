use std::cmp::Ordering;

use candor_protocol::{Candidate, Code, Explanation, Fault, Method};

use crate::Without;

/// A candidate in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Index into the document's candidates.
    pub candidate: usize,
    pub score: f64,
}

/// The whole order of a document's candidates, without some of the data.
///
/// Scores are sums from left to right in the order of the factors that are on,
/// each minus the evidence that is left out; what a factor that is on keeps out
/// is out; ties stand by item id in byte order; pinned positions are apart.
pub fn rank(doc: &Explanation, without: &Without) -> Result<Vec<Placed>, Fault> {
    rank_left(doc, Left { off: without.mask(doc)?, without: [without, without] })
}

/// What still counts.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    /// The factors that are off as a bit mask.
    pub off: u32,
    /// Both leave out what they leave out.
    pub without: [&'a Without; 2],
}

impl Left<'_> {
    pub fn is_on(self, factor: usize) -> bool {
        self.off >> factor & 1 == 0
    }

    pub fn leaves_out(self, factor: usize, datum: &str) -> bool {
        self.without.iter().any(|without| without.leaves_out(factor, datum))
    }
}

#[inline(never)]
pub(crate) fn rank_left(doc: &Explanation, left: Left<'_>) -> Result<Vec<Placed>, Fault> {
    let mut order = Vec::with_capacity(doc.candidates.len());
    let mut pinned: Vec<(usize, Placed)> = Vec::new();
    for (index, candidate) in doc.candidates.iter().enumerate() {
        let pin = doc.pinned.iter().find(|pin| pin.item == candidate.item);
        if pin.is_none() && kept_out(candidate, left) {
            continue;
        }
        let score = match doc.method {
            Method::Table => from_table(candidate, left.off, doc.personal()),
            _ => sum(candidate, left),
        };
        let Some(score) = score.filter(|score| score.is_finite()) else {
            return Err(Fault::new(Code::BadNumber, place(index, "")));
        };
        // −0 is 0, or equal scores would not tie.
        let placed = Placed { candidate: index, score: score + 0.0 };
        match pin {
            Some(pin) => {
                let at = pinned.partition_point(|(position, _)| *position <= pin.position);
                pinned.insert(at, (pin.position, placed));
            }
            None => order.push(placed),
        }
    }
    let id = |placed: &Placed| doc.candidates.get(placed.candidate).map_or("", |candidate| candidate.item.as_str());
    order.sort_unstable_by(|a, b| compare(a.score, b.score, || (id(a), id(b))));
    let mut next = 0;
    for (position, placed) in pinned {
        let at = position.saturating_sub(1).max(next).min(order.len());
        order.insert(at, placed);
        next = at + 1;
    }
    Ok(order)
}

/// The order of two finite scores: the higher first, ties by item id in byte
/// order. Ids are asked for only where scores tie. −0 must have become 0.
pub fn compare<'a>(a: f64, b: f64, ids: impl FnOnce() -> (&'a str, &'a str)) -> Ordering {
    b.total_cmp(&a).then_with(|| {
        let (a, b) = ids();
        a.cmp(b)
    })
}

/// Whether a factor that is on keeps the candidate out.
fn kept_out(candidate: &Candidate, left: Left<'_>) -> bool {
    candidate.excluded_by.iter().any(|exclusion| {
        let factor = exclusion.factor;
        left.is_on(factor) && exclusion.refs.iter().any(|datum| !left.leaves_out(factor, datum))
    })
}

/// Contribution minus what is left out of it. Where every weight is a multiple
/// of 2⁻⁴⁰ below 2¹² in magnitude, and so is every partial sum, each of these
/// sums fits the 53 bits of a double and is exact: the result is, bit for bit,
/// what a ranker gets that never saw the datum, whatever order either adds in.
fn sum(candidate: &Candidate, left: Left<'_>) -> Option<f64> {
    let mut score = 0.0;
    for (factor, contribution) in candidate.contributions.iter().enumerate() {
        if left.is_on(factor) {
            score += remainder(candidate, factor, *contribution, left);
        }
    }
    Some(score)
}

/// A contribution without the data that are left out.
pub(crate) fn remainder(candidate: &Candidate, factor: usize, mut contribution: f64, left: Left<'_>) -> f64 {
    if left.without.iter().all(|without| without.data.is_empty()) {
        return contribution;
    }
    for evidence in &candidate.evidence {
        if evidence.factor == factor && left.leaves_out(factor, &evidence.datum) {
            contribution -= evidence.weight;
        }
    }
    contribution
}

fn from_table(candidate: &Candidate, off: u32, personal: usize) -> Option<f64> {
    let on = ((1usize << personal.min(16)) - 1) & !(off as usize);
    candidate.values.get(on).copied()
}

pub(crate) fn place(candidate: usize, rest: &str) -> String {
    let mut place = String::from("/candidates/");
    place.push_str(&candor_protocol::write::number(candidate as u64));
    place.push_str(rest);
    place
}
