use candor_protocol::{Explanation, Method};
use candor_reasoning::{Without, preview, rank};

/// The document as it would be without what has been switched off since: what
/// the card speaks of until the new one is there. `None`: nothing was, or the
/// numbers do not tell.
pub(crate) fn reduced(doc: &Explanation, without: &Without) -> Option<Explanation> {
    if without.is_empty() || !matches!(doc.method, Method::Additive | Method::Table) {
        return None;
    }
    let shown = preview(doc, without).ok()?.items;
    let order = rank(doc, without).ok()?;
    let off = |factor: usize| without.factors.contains(&factor);
    let left = |factor: usize, datum: &str| without.data.iter().any(|(f, d)| *f == factor && d == datum);
    let keep =
        !without.factors.iter().fold(0usize, |mask, factor| mask | 1usize.checked_shl(*factor as u32).unwrap_or(0));
    let mut out = doc.clone();
    for placed in &order {
        if let Some(candidate) = out.candidates.get_mut(placed.candidate) {
            candidate.score = placed.score;
        }
    }
    for candidate in &mut out.candidates {
        for (factor, value) in candidate.contributions.iter_mut().enumerate() {
            if off(factor) {
                *value = 0.0;
            } else {
                let gone = candidate.evidence.iter().filter(|e| e.factor == factor && left(factor, &e.datum));
                *value -= gone.map(|evidence| evidence.weight).sum::<f64>();
            }
        }
        let old = std::mem::take(&mut candidate.values);
        candidate.values = (0..old.len()).map(|mask| old.get(mask & keep).copied().unwrap_or(0.0)).collect();
        candidate.evidence.retain(|evidence| !off(evidence.factor) && !left(evidence.factor, &evidence.datum));
        candidate.evidence_rest.retain(|rest| !off(rest.factor));
        candidate.excluded_by.retain_mut(|exclusion| {
            exclusion.refs.retain(|datum| !left(exclusion.factor, datum));
            !off(exclusion.factor) && !exclusion.refs.is_empty()
        });
    }
    out.shown = shown;
    Some(out)
}
