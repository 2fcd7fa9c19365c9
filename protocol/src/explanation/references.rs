//! Whether a document names only what it has, and each thing once. Lists are short,
//! so each entry is held against those before it: small code for the page.

use super::{Candidate, Evidence, Explanation, Factor, Kind, Method};
use crate::read::{At, Read};
use crate::{Code, Node, limits};

/// The factors' order, number and switches.
pub(super) fn check_factors<N: Node>(at: &At<'_, N>, factors: &[Factor]) -> Read<()> {
    let list = at.field("factors")?;
    let personal = factors.iter().filter(|factor| factor.kind == Kind::Personal).count();
    if personal > limits::PERSONAL_FACTORS || factors.len() - personal > limits::OTHER_FACTORS {
        return Err(list.fault(Code::TooMany));
    }
    for (index, factor) in factors.iter().enumerate() {
        let code = if factor.kind == Kind::Personal && index >= personal {
            Code::FactorOrder
        } else if factor.kind == Kind::Personal && factor.control.is_none() {
            Code::NoControl
        } else if factors.iter().take(index).any(|before| before.id == factor.id) {
            Code::Repeated
        } else {
            continue;
        };
        return Err(list.fault_in(&index.to_string(), code));
    }
    Ok(())
}

/// Items are described, shown items are candidates, and nothing is there twice.
pub(super) fn check_references<N: Node>(at: &At<'_, N>, doc: &Explanation) -> Read<()> {
    for (index, candidate) in doc.candidates.iter().enumerate() {
        let place = || ["candidates/", &index.to_string()].concat();
        if doc.item(&candidate.item).is_none() {
            return Err(at.fault_in(&[&place(), "/item"].concat(), Code::UnknownItem));
        }
        if doc.candidates.iter().take(index).any(|before| before.item == candidate.item) {
            return Err(at.fault_in(&[&place(), "/item"].concat(), Code::Repeated));
        }
        if let Some((path, code)) = fault_of_candidate(doc, candidate) {
            return Err(at.fault_in(&[&place(), "/", &path].concat(), code));
        }
    }
    // A list of words or passages need not say what else there was.
    let ranked = matches!(doc.method, Method::Additive | Method::Table);
    for (index, item) in doc.shown.iter().enumerate() {
        let known = doc.item(item).is_some() && (!ranked || doc.candidate(item).is_some());
        let once = doc.shown.iter().take(index).all(|before| before != item);
        if let Some(code) = fault_of_entry(known, once) {
            return Err(at.fault_in(&["shown/", &index.to_string()].concat(), code));
        }
    }
    for (index, pin) in doc.pinned.iter().enumerate() {
        let once =
            doc.pinned.iter().take(index).all(|before| before.position != pin.position && before.item != pin.item);
        if let Some(code) = fault_of_entry(doc.item(&pin.item).is_some(), once) {
            return Err(at.fault_in(&["pinned/", &index.to_string()].concat(), code));
        }
    }
    for (index, source) in doc.not_used.iter().enumerate() {
        if doc.not_used.iter().take(index).any(|before| before.id == source.id) {
            return Err(at.fault_in(&["not_used/", &index.to_string()].concat(), Code::Repeated));
        }
    }
    Ok(())
}

/// The way from the candidate to what is wrong in it.
fn fault_of_candidate(doc: &Explanation, candidate: &Candidate) -> Option<(String, Code)> {
    let place = |list: &str, index: usize| [list, "/", &index.to_string()].concat();
    for (index, evidence) in candidate.evidence.iter().enumerate() {
        let same = |before: &Evidence| before.factor == evidence.factor && before.datum == evidence.datum;
        if candidate.evidence.iter().take(index).any(same) {
            return Some((place("evidence", index), Code::Repeated));
        }
        if evidence.item.as_ref().is_some_and(|item| doc.item(item).is_none()) {
            return Some(([&place("evidence", index), "/item"].concat(), Code::UnknownItem));
        }
    }
    for (index, rest) in candidate.evidence_rest.iter().enumerate() {
        if candidate.evidence_rest.iter().take(index).any(|before| before.factor == rest.factor) {
            return Some((place("evidence_rest", index), Code::Repeated));
        }
    }
    for (index, exclusion) in candidate.excluded_by.iter().enumerate() {
        let refs = &exclusion.refs;
        let named_twice = refs.iter().enumerate().any(|(at, datum)| refs.iter().take(at).any(|before| before == datum));
        if named_twice || candidate.excluded_by.iter().take(index).any(|before| before.factor == exclusion.factor) {
            return Some((place("excluded_by", index), Code::Repeated));
        }
    }
    None
}

fn fault_of_entry(known: bool, once: bool) -> Option<Code> {
    match (known, once) {
        (false, _) => Some(Code::UnknownItem),
        (true, false) => Some(Code::Repeated),
        (true, true) => None,
    }
}
