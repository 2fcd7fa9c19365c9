//! Whether a document names only what it has, and each thing once. Lists are short,
//! so each entry is held against those before it: small code for the page.

use super::{Candidate, Explanation, Factor, Kind, Method};
use crate::reader::Reader;
use crate::{Code, Node, limits};

/// The factors' order, number and switches.
pub(super) fn check_factors<N: Node>(at: &mut Reader<N>, factors: &[Factor]) {
    let personal = factors.iter().filter(|factor| factor.kind == Kind::Personal).count();
    if personal > limits::PERSONAL_FACTORS || factors.len() - personal > limits::OTHER_FACTORS {
        at.fault_in("factors", Code::TooMany);
    }
    at.each("factors", factors.len(), &mut |at, index| {
        let Some(factor) = factors.get(index) else { return };
        if factor.kind == Kind::Personal && index >= personal {
            at.fault(Code::FactorOrder);
        }
        if factor.kind == Kind::Personal && factor.control.is_none() {
            at.fault(Code::NoControl);
        }
        if factors.iter().take(index).any(|before| before.id == factor.id) {
            at.fault(Code::Repeated);
        }
    });
}

/// Items are described, shown items are candidates, and nothing is there twice.
pub(super) fn check_references<N: Node>(at: &mut Reader<N>, doc: &Explanation) {
    let Explanation { candidates, shown, pinned, not_used, .. } = doc;
    at.each("candidates", candidates.len(), &mut |at, index| {
        let Some(candidate) = candidates.get(index) else { return };
        if doc.item(&candidate.item).is_none() {
            at.fault_in("item", Code::UnknownItem);
        }
        if candidates.iter().take(index).any(|before| before.item == candidate.item) {
            at.fault_in("item", Code::Repeated);
        }
        check_candidate(at, doc, candidate);
    });
    // A list of words or passages need not say what else there was.
    let ranked = matches!(doc.method, Method::Additive | Method::Table);
    at.each("shown", shown.len(), &mut |at, index| {
        let Some(item) = shown.get(index) else { return };
        if doc.item(item).is_none() || (ranked && doc.candidate(item).is_none()) {
            at.fault(Code::UnknownItem);
        }
        if shown.iter().take(index).any(|before| before == item) {
            at.fault(Code::Repeated);
        }
    });
    at.each("pinned", pinned.len(), &mut |at, index| {
        let Some(pin) = pinned.get(index) else { return };
        if doc.item(&pin.item).is_none() {
            at.fault(Code::UnknownItem);
        }
        if pinned.iter().take(index).any(|before| before.position == pin.position || before.item == pin.item) {
            at.fault(Code::Repeated);
        }
    });
    at.once("not_used", not_used.len(), &|a, b| not_used.get(a).map(|n| &n.id) == not_used.get(b).map(|n| &n.id));
}

fn check_candidate<N: Node>(at: &mut Reader<N>, doc: &Explanation, candidate: &Candidate) {
    let Candidate { evidence, evidence_rest, excluded_by, .. } = candidate;
    at.each("evidence", evidence.len(), &mut |at, index| {
        let Some(one) = evidence.get(index) else { return };
        if evidence.iter().take(index).any(|before| before.factor == one.factor && before.datum == one.datum) {
            at.fault(Code::Repeated);
        }
        if one.item.as_ref().is_some_and(|item| doc.item(item).is_none()) {
            at.fault_in("item", Code::UnknownItem);
        }
    });
    at.once("evidence_rest", evidence_rest.len(), &|a, b| {
        evidence_rest.get(a).map(|rest| rest.factor) == evidence_rest.get(b).map(|rest| rest.factor)
    });
    at.each("excluded_by", excluded_by.len(), &mut |at, index| {
        let Some(exclusion) = excluded_by.get(index) else { return };
        let refs = &exclusion.refs;
        let named_twice = refs.iter().enumerate().any(|(at, datum)| refs.iter().take(at).any(|before| before == datum));
        if named_twice || excluded_by.iter().take(index).any(|before| before.factor == exclusion.factor) {
            at.fault(Code::Repeated);
        }
    });
}
