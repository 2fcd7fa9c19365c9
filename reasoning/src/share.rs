use candor_protocol::{Explanation, Method};

/// What one factor adds to an item's score: for "How it adds up". Not to be
/// taken for the removal effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// `None`: all that is not personal, where the document does not tell it apart.
    pub factor: Option<usize>,
    /// The exact Shapley value; for an additive score that is the contribution.
    pub value: f64,
    /// Its part of the sum of magnitudes, from 0 to 1.
    pub part: f64,
}

/// One share per factor, in factor order; they add up to the score. Empty where
/// the document gives no numbers.
pub fn shares(doc: &Explanation, item: &str) -> Vec<Share> {
    let Some(candidate) = doc.candidate(item) else { return Vec::new() };
    let mut shares: Vec<Share> = match doc.method {
        Method::Additive | Method::Attribution => {
            let of = |(factor, value): (usize, &f64)| Share { factor: Some(factor), value: *value + 0.0, part: 0.0 };
            candidate.contributions.iter().enumerate().map(of).collect()
        }
        Method::Table => shapley(&candidate.values, doc.personal()),
        Method::Reason | Method::Citation => Vec::new(),
    };
    let size: f64 = shares.iter().map(|share| share.value.abs()).sum();
    for share in &mut shares {
        share.part = if size > 0.0 { share.value.abs() / size } else { 0.0 };
    }
    shares
}

/// Σ over subsets S without i of |S|!(p−|S|−1)!/p! · (v(S ∪ i) − v(S)), and what
/// is there with every source off.
fn shapley(values: &[f64], personal: usize) -> Vec<Share> {
    let at = |mask: usize| values.get(mask).copied().unwrap_or(0.0);
    let share = |i: usize| -> f64 {
        (0..values.len())
            .filter(|mask| mask >> i & 1 == 0)
            .map(|mask| weight(mask.count_ones() as usize, personal) * (at(mask | 1 << i) - at(mask)))
            .sum()
    };
    let mut out: Vec<Share> =
        (0..personal).map(|i| Share { factor: Some(i), value: share(i) + 0.0, part: 0.0 }).collect();
    out.push(Share { factor: None, value: at(0), part: 0.0 });
    out
}

/// s!(p−s−1)!/p! = 1 / (p · C(p−1, s)).
fn weight(s: usize, p: usize) -> f64 {
    let choose = (0..s).fold(1.0, |c, k| c * (p - 1 - k) as f64 / (k + 1) as f64);
    1.0 / (p as f64 * choose)
}
