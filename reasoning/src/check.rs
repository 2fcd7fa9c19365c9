use candor_protocol::{Code, Explanation, Fault, Method};

use crate::{Reduced, Sums, Without, check_sums};

/// What the service refuses beyond the document's shape: numbers that do not
/// add up, a list that is not its own top, and a datum that is listed where it
/// suits. Whether the data were allowed is the service's to know.
pub fn check(doc: &Explanation) -> Result<(), Fault> {
    if let Sums::DoNot { place, .. } = check_sums(doc) {
        return Err(Fault::new(Code::DoesNotAdd, place));
    }
    if !matches!(doc.method, Method::Additive | Method::Table) {
        return Ok(());
    }
    if Reduced::new(doc, Without::default())?.shown != doc.shown {
        return Err(Fault::new(Code::NotTheTop, "/shown"));
    }
    if doc.method == Method::Additive { check_listed(doc) } else { Ok(()) }
}

/// A ref listed for one candidate must be listed for all it counts for. The sum
/// of the rest hides which data are in it, but not how many: with `n` data in a
/// source of which `k` are listed somewhere, no rest can hold more than `n − k`
/// without holding a listed one.
fn check_listed(doc: &Explanation) -> Result<(), Fault> {
    for (index, factor) in doc.factors.iter().enumerate().take(doc.personal()) {
        let Some(observed) = &factor.observed else { continue };
        let mut refs: Vec<&str> = Vec::new();
        for candidate in &doc.candidates {
            refs.extend(candidate.evidence.iter().filter(|e| e.factor == index).map(|e| e.datum.as_str()));
            let exclusions = candidate.excluded_by.iter().filter(|e| e.factor == index);
            refs.extend(exclusions.flat_map(|e| &e.refs).map(String::as_str));
        }
        refs.sort_unstable();
        refs.dedup();
        let unlisted = observed.count.saturating_sub(refs.len() as u64);
        for (at, candidate) in doc.candidates.iter().enumerate() {
            let rest = candidate.evidence_rest.iter().filter(|rest| rest.factor == index);
            if rest.map(|rest| rest.count).fold(0, u64::saturating_add) > unlisted {
                return Err(Fault::new(Code::NotListed, crate::rank::place(at, "/evidence_rest")));
            }
        }
    }
    Ok(())
}
