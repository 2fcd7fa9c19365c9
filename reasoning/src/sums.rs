use candor_protocol::{Candidate, Explanation, Method};

use crate::rank::place;

/// Whether the numbers add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sums {
    AddUp,
    /// `place` is a JSON Pointer to what does not.
    DoNot {
        candidate: String,
        place: String,
    },
    /// The document is words only.
    NotClaimed,
}

/// Every candidate: contributions against the ranker's own score, evidence
/// against its contribution.
pub fn check_sums(doc: &Explanation) -> Sums {
    if matches!(doc.method, Method::Reason | Method::Citation) {
        return Sums::NotClaimed;
    }
    // A source that lists no data anywhere is the shop's to explain as a whole;
    // one that lists some must account for all of its contribution.
    let mut listed = 0u32;
    for candidate in &doc.candidates {
        let factors = candidate.evidence.iter().map(|evidence| evidence.factor);
        for factor in factors.chain(candidate.evidence_rest.iter().map(|rest| rest.factor)) {
            listed |= 1u32.checked_shl(factor as u32).unwrap_or(0);
        }
    }
    for (index, candidate) in doc.candidates.iter().enumerate() {
        if let Some(rest) = check_candidate(doc, candidate, listed) {
            return Sums::DoNot { candidate: candidate.item.clone(), place: place(index, rest) };
        }
    }
    Sums::AddUp
}

/// The part of the candidate that does not add up.
fn check_candidate(doc: &Explanation, candidate: &Candidate, listed: u32) -> Option<&'static str> {
    let tolerance = match doc.method {
        // Attributions of trees are computed in single precision.
        Method::Attribution => 1e-4,
        _ => 1e-9,
    };
    if doc.method == Method::Table {
        let all = candidate.values.last().copied();
        return all.is_none_or(|all| !agree(&[all], candidate.score, tolerance)).then_some("/values");
    }
    if !agree(&candidate.contributions, candidate.score, tolerance) {
        return Some("/score");
    }
    let mut terms = Vec::with_capacity(candidate.evidence.len() + 1);
    for (factor, contribution) in candidate.contributions.iter().enumerate() {
        if listed >> factor & 1 == 0 {
            continue;
        }
        terms.clear();
        terms.extend(candidate.evidence.iter().filter(|e| e.factor == factor).map(|e| e.weight));
        terms.extend(candidate.evidence_rest.iter().filter(|r| r.factor == factor).map(|r| r.weight));
        if !agree(&terms, *contribution, tolerance) {
            return Some("/evidence");
        }
    }
    None
}

/// |Σ terms − total| ≤ tolerance · max(1, Σ|terms|); nothing that is not finite agrees.
fn agree(terms: &[f64], total: f64, tolerance: f64) -> bool {
    let (mut sum, mut size) = (0.0, 0.0);
    for term in terms {
        sum += term;
        size += term.abs();
    }
    let apart: f64 = sum - total;
    apart.is_finite() && apart.abs() <= tolerance * f64::max(1.0, size)
}
