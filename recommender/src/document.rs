//! Writing down what the ranker did, datum by datum.

use std::collections::BTreeMap;

use candor_protocol::{
    Candidate, Evidence, EvidenceRest, Exclusion, Explanation, Factor, Item, Kind, Method, NotUsed, Observed,
};
use candor_reasoning::{Without, rank};

use crate::candidates::{Closed, Field};
use crate::fingerprint::Fingerprint;
use crate::model::exact;
use crate::scores::{Used, effect};
use crate::{Request, Role};

pub(crate) struct Parts<'a> {
    pub request: &'a Request<'a>,
    pub field: &'a Field<'a>,
    pub closed: Closed,
    pub page: Vec<u32>,
    /// The ranker's own, of every item.
    pub scores: Vec<f64>,
    pub not_used: Vec<NotUsed>,
    pub inputs: String,
}

/// How many lines of evidence a document would have.
pub(crate) fn lines(field: &Field<'_>, closed: &Closed) -> usize {
    let of = |(used, listed): (&Used<'_>, &std::collections::BTreeSet<u32>)| -> usize {
        let counts = |datum: &u32| {
            let row = field.model.row(*datum);
            closed.candidates.iter().filter(|item| effect(used.source.role, row[**item as usize]) != 0.0).count()
        };
        listed.iter().map(counts).sum()
    };
    field.used.iter().zip(&closed.listed).map(of).sum()
}

pub(crate) fn write(parts: Parts<'_>) -> Explanation {
    let Parts { request, field, closed, page, scores, not_used, inputs } = parts;
    let writer = Writer { request, field, closed: &closed, page: &page };
    let candidates: Vec<Candidate> =
        closed.candidates.iter().map(|item| writer.candidate(*item, scores[*item as usize])).collect();
    let items = writer.items(&candidates);
    let pinned = request.pinned.iter().filter(|pin| items.contains_key(&pin.item)).cloned().collect();
    let mut doc = Explanation {
        version: 1,
        id: request.id.clone(),
        site: request.site.clone(),
        surface: request.surface,
        made_at: request.made_at,
        expires_at: request.expires_at,
        subject: request.subject.clone(),
        base: request.base.clone(),
        notice: request.notice.clone(),
        inputs,
        limit: request.limit,
        method: Method::Additive,
        factors: writer.factors(),
        not_used,
        items: items.into_values().collect(),
        shown: Vec::new(),
        pinned,
        candidates,
        model: request.about.clone(),
        wording: request.wording.clone(),
        stated_never_used: request.stated_never_used.clone(),
        oversight: request.oversight.clone(),
    };
    // Every number is finite and the method is additive, so there is an order.
    let order = rank(&doc, &Without::default()).unwrap_or_default();
    doc.shown = order.iter().take(doc.limit).map(|placed| doc.candidates[placed.candidate].item.clone()).collect();
    doc
}

struct Writer<'a> {
    request: &'a Request<'a>,
    field: &'a Field<'a>,
    closed: &'a Closed,
    page: &'a [u32],
}

impl Writer<'_> {
    fn id(&self, item: u32) -> String {
        self.field.model.items[item as usize].id.clone()
    }

    fn factors(&self) -> Vec<Factor> {
        let plain = |id: &str, kind| Factor {
            id: id.to_owned(),
            kind,
            control: None,
            observed: None,
            inputs: None,
            paid_by: None,
        };
        let mut factors: Vec<Factor> = self
            .field
            .used
            .iter()
            .map(|used| Factor {
                control: Some(used.source.control.clone()),
                observed: Some(self.observed(used)),
                inputs: Some(self.inputs(used)),
                ..plain(&used.source.id, Kind::Personal)
            })
            .collect();
        if !self.page.is_empty() {
            factors.push(plain("page", Kind::Context));
        }
        factors.push(plain("popularity", Kind::General));
        for sponsor in &self.request.sponsored {
            factors.push(Factor { paid_by: Some(sponsor.paid_by.clone()), ..plain(&sponsor.id, Kind::Commercial) });
        }
        factors
    }

    fn observed(&self, used: &Used<'_>) -> Observed {
        let uses = |item: &str| self.field.model.find(item).is_some_and(|item| used.data.binary_search(&item).is_ok());
        let times = || used.source.data.iter().filter(|datum| uses(&datum.item)).filter_map(|datum| datum.at);
        Observed { from: times().min(), to: times().max(), count: used.data.len() as u64 }
    }

    fn inputs(&self, used: &Used<'_>) -> String {
        let mut print = Fingerprint::of("candor source 1");
        print.text(&used.source.id);
        print.set(used.data.iter().map(|item| self.field.model.items[*item as usize].id.as_str()));
        print.set(used.source.left_out.iter().map(String::as_str));
        print.hex()
    }

    fn candidate(&self, item: u32, score: f64) -> Candidate {
        let mut found = Candidate {
            item: self.id(item),
            score,
            contributions: Vec::new(),
            values: Vec::new(),
            excluded_by: Vec::new(),
            evidence: Vec::new(),
            evidence_rest: Vec::new(),
        };
        for (factor, used) in self.field.used.iter().enumerate() {
            let listed = &self.closed.listed[factor];
            let mut lines = Vec::new();
            let mut rest = EvidenceRest { factor, count: 0, weight: 0.0 };
            for datum in &used.data {
                let weight = effect(used.source.role, self.field.model.row(*datum)[item as usize]);
                if weight == 0.0 {
                    continue;
                }
                if listed.contains(datum) {
                    lines.push((*datum, weight));
                } else {
                    rest.count += 1;
                    rest.weight += weight;
                }
            }
            self.tell(&mut found, factor, lines, rest);
            if self.field.held[item as usize] >> factor & 1 == 1 {
                found.excluded_by.push(Exclusion { factor, refs: vec![self.id(item)] });
            }
        }
        let mut next = self.field.used.len();
        if !self.page.is_empty() {
            let row = |of: &u32| effect(Role::InBasket, self.field.model.row(*of)[item as usize]);
            let lines = self.page.iter().map(|of| (*of, row(of))).filter(|(_, weight)| *weight != 0.0).collect();
            self.tell(&mut found, next, lines, EvidenceRest { factor: next, count: 0, weight: 0.0 });
            next += 1;
        }
        debug_assert_eq!(found.contributions.len(), next);
        found.contributions.push(self.field.model.items[item as usize].popularity);
        for sponsor in &self.request.sponsored {
            let boosts = sponsor.boosts.iter().filter(|(boosted, _)| *boosted == found.item);
            found.contributions.push(boosts.map(|(_, boost)| exact(*boost)).sum::<f64>() + 0.0);
        }
        found
    }

    /// Adds a factor's evidence, the weightiest first, and its sum.
    fn tell(&self, to: &mut Candidate, factor: usize, mut lines: Vec<(u32, f64)>, rest: EvidenceRest) {
        lines.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        let listed: f64 = lines.iter().map(|(_, weight)| weight).sum();
        to.contributions.push(listed + rest.weight + 0.0);
        to.evidence.extend(lines.into_iter().map(|(datum, weight)| Evidence {
            factor,
            datum: self.id(datum),
            item: Some(self.id(datum)),
            weight,
        }));
        if rest.count > 0 {
            to.evidence_rest.push(rest);
        }
    }

    /// Every item that is named, in the byte order of ids.
    fn items(&self, candidates: &[Candidate]) -> BTreeMap<String, Item> {
        let mut items = BTreeMap::new();
        let evidence = candidates.iter().flat_map(|c| &c.evidence).filter_map(|e| e.item.as_ref());
        for id in candidates.iter().map(|c| &c.item).chain(evidence) {
            if !items.contains_key(id) {
                let known = (self.request.card)(id).or_else(|| self.field.model.card(id));
                let bare = || Item { id: id.clone(), title: id.clone(), url: None, image: None, price: None };
                items.insert(id.clone(), Item { id: id.clone(), ..known.unwrap_or_else(bare) });
            }
        }
        items
    }
}
