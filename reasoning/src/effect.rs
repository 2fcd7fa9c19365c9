use std::cmp::Ordering;

use candor_protocol::{Explanation, Fault};

use crate::{Reduced, Without};

/// How much something counted for an item, from what the item does without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// The item falls furthest without it.
    MainReason,
    /// The item falls by a place or more.
    AlsoCounted,
    /// The item rises.
    CountedAgainst,
    /// The item stays.
    HardlyMattered,
}

/// What changes without one source, or without one datum of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    pub factor: usize,
    /// The evidence `ref`; `None` where the whole source is meant.
    pub datum: Option<String>,
    pub weight: Weight,
    /// The item's place in today's list, from 1. `None`: not in it.
    pub before: Option<usize>,
    pub after: Option<usize>,
    /// What it adds to the item's score.
    pub contribution: f64,
    /// Items of today's list that would no longer be in it.
    pub changed: usize,
}

/// The effect of each source in use, strongest first. Without an item: on the list's first.
pub fn source_effects(doc: &Explanation, item: Option<&str>) -> Result<Vec<Effect>, Fault> {
    Reduced::whole(doc).source_effects(item)
}

/// The effect of each listed datum of a source, strongest first: those that
/// count for the item; without an item those that count for any in the list.
pub fn datum_effects(doc: &Explanation, item: Option<&str>, factor: usize) -> Result<Vec<Effect>, Fault> {
    Reduced::whole(doc).datum_effects(item, factor)
}

impl Reduced<'_> {
    /// As [`source_effects`], of what is left.
    pub fn source_effects(&self, item: Option<&str>) -> Result<Vec<Effect>, Fault> {
        let item = self.item_or_first(item);
        let mut effects = Vec::with_capacity(self.doc.personal());
        for factor in 0..self.doc.personal() {
            let contribution = self.contribution(item, factor);
            put(&mut effects, self.measure(item, factor, None, contribution)?, self.doc.limit);
        }
        name_main_reason(&mut effects);
        Ok(effects)
    }

    /// As [`datum_effects`], of what is left.
    pub fn datum_effects(&self, item: Option<&str>, factor: usize) -> Result<Vec<Effect>, Fault> {
        let first = self.item_or_first(item);
        let counts = |candidate: &str| match item {
            Some(item) => candidate == item,
            None => self.shown.contains(&candidate),
        };
        // Each once.
        let mut data: Vec<&str> = Vec::new();
        for candidate in self.doc.candidates.iter().filter(|candidate| counts(&candidate.item)) {
            for evidence in candidate.evidence.iter().filter(|evidence| evidence.factor == factor) {
                if let Err(at) = data.binary_search(&evidence.datum.as_str())
                    && self.uses(factor, &evidence.datum)
                {
                    data.insert(at, &evidence.datum);
                }
            }
        }
        let mut effects = Vec::with_capacity(data.len());
        for datum in data {
            let weight = self.doc.candidate(first).map_or(0.0, |candidate| {
                let of = candidate.evidence.iter().filter(|e| e.factor == factor && e.datum == datum);
                of.map(|evidence| evidence.weight).sum::<f64>() + 0.0
            });
            put(&mut effects, self.measure(first, factor, Some(datum), weight)?, self.doc.limit);
        }
        name_main_reason(&mut effects);
        Ok(effects)
    }

    pub(crate) fn measure(
        &self,
        item: &str,
        factor: usize,
        datum: Option<&str>,
        contribution: f64,
    ) -> Result<Effect, Fault> {
        let without = match datum {
            Some(datum) => Without::datum(factor, datum),
            None => Without::factor(factor),
        };
        let list = self.top(&without)?;
        Ok(Effect {
            factor,
            datum: datum.map(str::to_owned),
            weight: Weight::HardlyMattered,
            before: self.shown.iter().position(|shown| *shown == item).map(|at| at + 1),
            after: list.iter().position(|shown| *shown == item).map(|at| at + 1),
            contribution,
            changed: self.shown.iter().filter(|shown| !list.contains(shown)).count(),
        })
    }
}

/// How many places an item falls: positive falls, negative rises. All places
/// beyond the list are one, for the candidates are closed only for the list.
pub(crate) fn fall(before: Option<usize>, after: Option<usize>, limit: usize) -> isize {
    let place = |rank: Option<usize>| rank.unwrap_or(limit + 1) as isize;
    place(after) - place(before)
}

/// Gives an effect its word and its place: the strongest stands first; ties by contribution.
fn put(effects: &mut Vec<Effect>, mut effect: Effect, limit: usize) {
    effect.weight = match fall(effect.before, effect.after, limit) {
        1.. => Weight::AlsoCounted,
        0 => Weight::HardlyMattered,
        _ => Weight::CountedAgainst,
    };
    let at = effects.partition_point(|known| compare(known, &effect, limit).is_lt());
    effects.insert(at, effect);
}

fn compare(a: &Effect, b: &Effect, limit: usize) -> Ordering {
    let distance = |effect: &Effect| fall(effect.before, effect.after, limit).unsigned_abs();
    let size = |effect: &Effect| match effect.weight {
        Weight::AlsoCounted | Weight::MainReason => effect.contribution,
        Weight::CountedAgainst => -effect.contribution,
        Weight::HardlyMattered => effect.contribution.abs(),
    };
    a.weight
        .cmp(&b.weight)
        .then_with(|| distance(b).cmp(&distance(a)))
        .then_with(|| size(b).total_cmp(&size(a)))
        .then_with(|| b.changed.cmp(&a.changed))
        .then_with(|| a.factor.cmp(&b.factor))
        .then_with(|| a.datum.cmp(&b.datum))
}

fn name_main_reason(effects: &mut [Effect]) {
    if let Some(first) = effects.first_mut()
        && first.weight == Weight::AlsoCounted
    {
        first.weight = Weight::MainReason;
    }
}
