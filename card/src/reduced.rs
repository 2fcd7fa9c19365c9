use candor_protocol::{Candidate, Evidence, Exclusion, Explanation, Factor, Method, Model};
use candor_reasoning::{Without, rank};

/// The document as it would be without what has been switched off since: what
/// the card speaks of until the new one is there. `None`: nothing was, or the
/// numbers do not tell. It holds what is ranked and reasoned with; what is said
/// of items, the model and the shop stays with the document as made.
#[inline(never)]
pub(crate) fn reduced(doc: &Explanation, without: &Without) -> Option<Explanation> {
    if without.is_empty() || !matches!(doc.method, Method::Additive | Method::Table) {
        return None;
    }
    let order = rank(doc, without).ok()?;
    let mut candidates = Vec::with_capacity(doc.candidates.len());
    for candidate in &doc.candidates {
        candidates.push(reduced_candidate(candidate, without));
    }
    let mut shown = Vec::new();
    for placed in &order {
        if let Some(candidate) = candidates.get_mut(placed.candidate) {
            candidate.score = placed.score;
            if shown.len() < doc.limit {
                shown.push(candidate.item.clone());
            }
        }
    }
    let mut factors = Vec::with_capacity(doc.factors.len());
    for factor in &doc.factors {
        let (control, observed, inputs) = (None, None, None);
        let (id, paid_by) = (factor.id.clone(), factor.paid_by.clone());
        factors.push(Factor { id, kind: factor.kind, control, observed, inputs, paid_by });
    }
    Some(Explanation {
        version: doc.version,
        id: String::new(),
        site: String::new(),
        surface: doc.surface,
        made_at: doc.made_at,
        expires_at: doc.expires_at,
        subject: None,
        base: Default::default(),
        notice: String::new(),
        inputs: String::new(),
        limit: doc.limit,
        method: doc.method,
        factors,
        not_used: Vec::new(),
        items: Vec::new(),
        shown,
        pinned: doc.pinned.clone(),
        candidates,
        model: Model::default(),
        wording: None,
        stated_never_used: Vec::new(),
        oversight: None,
    })
}

fn reduced_candidate(candidate: &Candidate, without: &Without) -> Candidate {
    let off = |factor: usize| without.factors.contains(&factor);
    let left = |factor: usize, datum: &str| without.data.iter().any(|(f, d)| *f == factor && d == datum);
    let mut out = Candidate {
        item: candidate.item.clone(),
        score: candidate.score,
        contributions: Vec::new(),
        values: Vec::new(),
        excluded_by: Vec::new(),
        evidence: Vec::new(),
        evidence_rest: Vec::new(),
    };
    for (factor, value) in candidate.contributions.iter().enumerate() {
        out.contributions.push(if off(factor) { 0.0 } else { *value });
    }
    let mut keep = !0usize;
    for factor in &without.factors {
        keep &= !1usize.checked_shl(*factor as u32).unwrap_or(0);
    }
    for mask in 0..candidate.values.len() {
        out.values.push(candidate.values.get(mask & keep).copied().unwrap_or(0.0));
    }
    for evidence in candidate.evidence.iter().filter(|evidence| !off(evidence.factor)) {
        let Evidence { factor, datum, item, weight } = evidence;
        if left(*factor, datum) {
            if let Some(value) = out.contributions.get_mut(*factor) {
                *value -= weight;
            }
            continue;
        }
        out.evidence.push(Evidence { factor: *factor, datum: datum.clone(), item: item.clone(), weight: *weight });
    }
    for rest in candidate.evidence_rest.iter().filter(|rest| !off(rest.factor)) {
        out.evidence_rest.push(rest.clone());
    }
    for exclusion in candidate.excluded_by.iter().filter(|exclusion| !off(exclusion.factor)) {
        let factor = exclusion.factor;
        let mut refs = Vec::new();
        for datum in exclusion.refs.iter().filter(|datum| !left(factor, datum)) {
            refs.push(datum.clone());
        }
        if !refs.is_empty() {
            out.excluded_by.push(Exclusion { factor, refs });
        }
    }
    out
}
