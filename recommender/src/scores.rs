//! The ranker: every item's score, by accumulating whole rows of the model.

use crate::model::{Model, exact};
use crate::{Role, Sponsored};

/// The data of one source that the model can use.
pub(crate) struct Used<'a> {
    pub source: &'a crate::Source,
    /// Items of the model, ascending.
    pub data: Vec<u32>,
}

/// What a datum adds to a target's score, from the model's weight between them.
/// Half of a weight is a multiple of 2⁻⁴⁰ still.
pub(crate) fn effect(role: Role, weight: f64) -> f64 {
    match role {
        Role::Bought | Role::InBasket => weight,
        // Only what resembles it: being unlike something sent back is no merit.
        Role::Returned if weight > 0.0 => -0.5 * weight,
        Role::Returned => 0.0,
    }
}

/// The scores that rank, in one pass over all items and data. Nothing here is
/// taken from what is told about contributions; the two must agree.
pub(crate) fn all(model: &Model, used: &[Used<'_>], page: &[u32], sponsored: &[Sponsored]) -> Vec<f64> {
    let mut scores: Vec<f64> = model.items.iter().map(|item| item.popularity).collect();
    for sponsor in sponsored {
        for (item, boost) in &sponsor.boosts {
            if let Some(item) = model.find(item) {
                scores[item as usize] += exact(*boost);
            }
        }
    }
    let rows = used.iter().flat_map(|used| used.data.iter().map(|datum| (used.source.role, *datum)));
    for (role, datum) in rows.chain(page.iter().map(|item| (Role::InBasket, *item))) {
        for (score, weight) in scores.iter_mut().zip(model.row(datum)) {
            *score += effect(role, *weight);
        }
    }
    scores.iter_mut().for_each(|score| *score += 0.0);
    scores
}

/// What one source adds to each item.
pub(crate) fn of_data(model: &Model, role: Role, data: &[u32]) -> Vec<f64> {
    let mut sums = vec![0.0; model.items.len()];
    for datum in data {
        for (sum, weight) in sums.iter_mut().zip(model.row(*datum)) {
            *sum += effect(role, *weight);
        }
    }
    sums
}
