//! Which items a document must hold: every item of the list under any subset of
//! its sources, and without any one listed datum.

use std::collections::BTreeSet;

use candor_reasoning::compare;

use crate::model::Model;
use crate::scores::{Used, effect};

/// All that decides a list.
pub(crate) struct Field<'a> {
    pub model: &'a Model,
    pub used: &'a [Used<'a>],
    /// Per source and item, what the source adds.
    pub sums: Vec<Vec<f64>>,
    /// What the factors add that are nobody's data.
    pub base: Vec<f64>,
    /// Bit f: source f has the item among its data, and so keeps it out.
    pub held: Vec<u32>,
    /// Never in the list, whatever is on: on the page already, or not in stock.
    pub blocked: Vec<bool>,
    /// Apart from the order.
    pub pinned: Vec<u32>,
    pub limit: usize,
}

/// The candidates, and per source the data that are listed one by one.
pub(crate) struct Closed {
    pub candidates: BTreeSet<u32>,
    pub listed: Vec<BTreeSet<u32>>,
}

impl Field<'_> {
    /// Lists at most `cap` data of each source, and those besides that keep a
    /// candidate out: who may leave one out must see what it brings back.
    pub fn close(&self, cap: usize) -> Closed {
        let everything = (1u32 << self.used.len()) - 1;
        let mut closed = Closed { candidates: self.pinned.iter().copied().collect(), listed: self.strongest(cap) };
        for on in 0..=everything {
            closed.candidates.extend(self.top(on, None));
        }
        let mut tried: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.used.len()];
        loop {
            let mut news = false;
            for (source, listed) in closed.listed.iter().enumerate() {
                for datum in listed {
                    if tried[source].insert(*datum) {
                        closed.candidates.extend(self.top(everything, Some((source, *datum))));
                        news = true;
                    }
                }
            }
            for candidate in &closed.candidates {
                for (source, listed) in closed.listed.iter_mut().enumerate() {
                    if self.held[*candidate as usize] >> source & 1 == 1 {
                        news |= listed.insert(*candidate);
                    }
                }
            }
            if !news {
                return closed;
            }
        }
    }

    /// The first `limit` items with these sources on, without one datum.
    fn top(&self, on: u32, without: Option<(usize, u32)>) -> Vec<u32> {
        let row = without.map(|(source, datum)| (self.used[source].source.role, self.model.row(datum)));
        let mut order: Vec<(f64, u32)> = Vec::with_capacity(self.base.len());
        for (item, base) in self.base.iter().enumerate() {
            let mut held = self.held[item] & on;
            if let Some((source, datum)) = without
                && datum as usize == item
            {
                held &= !(1 << source);
            }
            if held != 0 || self.blocked[item] || self.pinned.contains(&(item as u32)) {
                continue;
            }
            let mut score = *base;
            for (source, sums) in self.sums.iter().enumerate() {
                if on >> source & 1 == 1 {
                    score += sums[item];
                }
            }
            if let Some((role, row)) = row {
                score -= effect(role, row[item]);
            }
            order.push((score + 0.0, item as u32));
        }
        let id = |item: u32| self.model.items[item as usize].id.as_str();
        let by = |a: &(f64, u32), b: &(f64, u32)| compare(a.0, b.0, || (id(a.1), id(b.1)));
        if order.len() > self.limit {
            order.select_nth_unstable_by(self.limit, by);
            order.truncate(self.limit);
        }
        order.into_iter().map(|(_, item)| item).collect()
    }

    /// Of each source the data that count most for today's list.
    fn strongest(&self, cap: usize) -> Vec<BTreeSet<u32>> {
        let today = self.top((1u32 << self.used.len()) - 1, None);
        let of = |used: &Used<'_>| {
            let weight = |datum: u32| {
                let row = self.model.row(datum);
                today.iter().map(|item| effect(used.source.role, row[*item as usize]).abs()).fold(0.0, f64::max)
            };
            let mut data: Vec<(f64, u32)> = used.data.iter().map(|datum| (weight(*datum), *datum)).collect();
            data.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            data.into_iter().take(cap).map(|(_, datum)| datum).collect()
        };
        self.used.iter().map(of).collect()
    }
}
