use candor_protocol::{Explanation, Fault};

use crate::Without;
use crate::rank::{Left, rank_left, remainder};

/// A document without what has been switched off since it was made, and the list
/// that is left: what a card speaks of until the new document is there.
#[derive(Debug, Clone)]
pub struct Reduced<'a> {
    /// As made.
    pub doc: &'a Explanation,
    /// What counts no more.
    pub without: Without,
    /// Item ids, first place first.
    pub shown: Vec<&'a str>,
    /// The factors that are off as a bit mask.
    off: u32,
}

impl<'a> Reduced<'a> {
    /// As made, with the list as served.
    pub fn whole(doc: &'a Explanation) -> Self {
        Reduced { doc, without: Without::default(), shown: doc.shown.iter().map(String::as_str).collect(), off: 0 }
    }

    /// A fault where the numbers do not tell.
    pub fn new(doc: &'a Explanation, without: Without) -> Result<Self, Fault> {
        let off = without.mask(doc)?;
        let mut reduced = Reduced { doc, without, shown: Vec::new(), off };
        reduced.shown = reduced.top(&Without::default())?;
        Ok(reduced)
    }

    /// The list that is left when these go, too.
    pub(crate) fn top(&self, without: &Without) -> Result<Vec<&'a str>, Fault> {
        let left = Left { off: self.off | without.mask(self.doc)?, without: [&self.without, without] };
        let order = rank_left(self.doc, left)?;
        let best = order.iter().take(self.doc.limit);
        let candidates = best.filter_map(|placed| self.doc.candidates.get(placed.candidate));
        Ok(candidates.map(|candidate| candidate.item.as_str()).collect())
    }

    /// What a factor still adds to an item.
    pub(crate) fn contribution(&self, item: &str, factor: usize) -> f64 {
        let Some(candidate) = self.doc.candidate(item) else { return 0.0 };
        match candidate.contributions.get(factor) {
            Some(made) if self.left().is_on(factor) => remainder(candidate, factor, *made, self.left()),
            _ => 0.0,
        }
    }

    /// Whether a datum still counts.
    pub(crate) fn uses(&self, factor: usize, datum: &str) -> bool {
        self.left().is_on(factor) && !self.without.leaves_out(factor, datum)
    }

    fn left(&self) -> Left<'_> {
        Left { off: self.off, without: [&self.without, &self.without] }
    }

    /// The first item of the list, where none is named.
    pub fn item_or_first<'b>(&self, item: Option<&'b str>) -> &'b str
    where
        'a: 'b,
    {
        item.or(self.shown.first().copied()).unwrap_or_default()
    }
}
