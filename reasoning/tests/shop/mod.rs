//! A shop small enough to compute by hand, whose documents can be made again
//! without some of the data.

use candor_protocol::{
    Base, Candidate, Evidence, EvidenceRest, Exclusion, Explanation, Factor, Item, Kind, Method, Model, Observed,
    Surface, Timestamp,
};
use proptest::prelude::*;

/// Weights in units of 2⁻⁴⁰, so that every sum is exact.
#[derive(Debug, Clone)]
pub struct Shop {
    /// `sources[s][d][i]`: what datum d of source s adds to item i.
    pub sources: Vec<Vec<Vec<i64>>>,
    /// Of each source, the items its data keep out: (datum, item).
    pub kept_out: Vec<Vec<(usize, usize)>>,
    pub popularity: Vec<i64>,
    pub limit: usize,
}

pub const UNIT: f64 = 1.0 / (1u64 << 40) as f64;

pub fn item(i: usize) -> String {
    format!("i{i}")
}

pub fn datum(d: usize) -> String {
    format!("d{d}")
}

impl Shop {
    pub fn items(&self) -> usize {
        self.popularity.len()
    }

    /// The document as a ranker makes it that has never seen what is `off` or
    /// `left_out`. Every source keeps its place, so that indices stay the same.
    pub fn document(&self, off: &[usize], left_out: &[(usize, usize)], backwards: bool) -> Explanation {
        let used = |s: usize, d: usize| !off.contains(&s) && !left_out.contains(&(s, d));
        let mut doc = blank(self.limit);
        for s in 0..self.sources.len() {
            let count = (0..self.sources[s].len()).filter(|d| used(s, *d)).count() as u64;
            doc.factors.push(Factor {
                control: Some(format!("recommendations/s{s}")),
                observed: Some(Observed { from: None, to: None, count }),
                ..factor(&format!("s{s}"), Kind::Personal)
            });
        }
        doc.factors.push(factor("popularity", Kind::General));
        for i in 0..self.items() {
            let mut candidate = blank_candidate(&item(i));
            for (s, data) in self.sources.iter().enumerate() {
                let mut evidence: Vec<Evidence> = data
                    .iter()
                    .enumerate()
                    .filter(|(d, _)| used(s, *d))
                    .map(|(d, weights)| Evidence {
                        factor: s,
                        datum: datum(d),
                        item: Some(item(d)),
                        weight: weights[i] as f64 * UNIT,
                    })
                    .collect();
                if backwards {
                    evidence.reverse();
                }
                candidate.contributions.push(evidence.iter().map(|e| e.weight).sum::<f64>() + 0.0);
                candidate.evidence.extend(evidence);
                let refs: Vec<String> =
                    self.kept_out[s].iter().filter(|(d, of)| *of == i && used(s, *d)).map(|(d, _)| datum(*d)).collect();
                if !refs.is_empty() {
                    candidate.excluded_by.push(Exclusion { factor: s, refs });
                }
            }
            candidate.contributions.push(self.popularity[i] as f64 * UNIT);
            candidate.score = candidate.contributions.iter().rev().sum::<f64>() + 0.0;
            doc.candidates.push(candidate);
            doc.items.push(Item { id: item(i), title: item(i), url: None, image: None, price: None });
        }
        doc.items.sort_by(|a, b| a.id.cmp(&b.id));
        if backwards {
            doc.candidates.reverse();
        }
        doc.shown = candor_reasoning::preview(&doc, &Default::default()).unwrap().items;
        doc
    }
}

pub fn factor(id: &str, kind: Kind) -> Factor {
    Factor { id: id.to_owned(), kind, control: None, observed: None, inputs: None, paid_by: None }
}

#[allow(dead_code)]
pub fn blank_candidate(item: &str) -> Candidate {
    Candidate {
        item: item.to_owned(),
        score: 0.0,
        contributions: Vec::new(),
        values: Vec::new(),
        excluded_by: Vec::new(),
        evidence: Vec::new(),
        evidence_rest: Vec::<EvidenceRest>::new(),
    }
}

pub fn blank(limit: usize) -> Explanation {
    Explanation {
        version: 1,
        id: format!("rec_{}", "a".repeat(26)),
        site: "pk_test".into(),
        surface: Surface::Storefront,
        made_at: Timestamp(0),
        expires_at: Timestamp(0),
        subject: None,
        base: Base::default(),
        notice: "sha256-0".into(),
        inputs: "in".into(),
        limit,
        method: Method::Additive,
        factors: Vec::new(),
        not_used: Vec::new(),
        items: Vec::new(),
        shown: Vec::new(),
        pinned: Vec::new(),
        candidates: Vec::new(),
        model: Model {
            id: "m".into(),
            name: "m".into(),
            version: "1".into(),
            kind: "item-item".into(),
            ..Model::default()
        },
        wording: None,
        stated_never_used: Vec::new(),
        oversight: None,
    }
}

/// One item a name, one row of contributions each; `p` personal factors in front,
/// the last factor general.
#[allow(dead_code)]
pub fn table_of(limit: usize, personal: usize, rows: &[(&str, &[f64])]) -> Explanation {
    let mut doc = blank(limit);
    let factors = rows[0].1.len();
    for f in 0..factors {
        doc.factors.push(factor(&format!("f{f}"), if f < personal { Kind::Personal } else { Kind::General }));
    }
    for (id, contributions) in rows {
        let mut candidate = blank_candidate(id);
        candidate.contributions = contributions.to_vec();
        candidate.score = contributions.iter().sum();
        doc.candidates.push(candidate);
        doc.items.push(Item { id: (*id).into(), title: (*id).into(), url: None, image: None, price: None });
    }
    doc.items.sort_by(|a, b| a.id.cmp(&b.id));
    doc.shown = candor_reasoning::preview(&doc, &Default::default()).unwrap().items;
    doc
}

#[allow(dead_code)]
pub fn shops() -> impl Strategy<Value = Shop> {
    (1usize..=4, 3usize..=12, 1usize..=5).prop_flat_map(|(sources, items, limit)| {
        // Few distinct sizes, so that ties are common; some as large as the rule allows.
        let weight = prop_oneof![4 => -2i64..=2, 2 => -(1i64 << 44)..(1i64 << 44), 1 => Just(0)];
        let source = prop::collection::vec(prop::collection::vec(weight.clone(), items), 0..=5);
        let kept = prop::collection::vec((0usize..5, 0..items), 0..=3);
        (
            prop::collection::vec(source, sources),
            prop::collection::vec(kept, sources),
            prop::collection::vec(weight, items),
            Just(limit),
        )
            .prop_map(|(sources, kept_out, popularity, limit)| Shop { sources, kept_out, popularity, limit })
    })
}
