use std::sync::Arc;

use candor_protocol::{Choices, Explanation, Kind as FactorKind};

use super::decide::find;
use crate::directory::Site;
use crate::live::{Happened, What};
use crate::metrics::count;
use crate::problem::{Kind, Problem};
use crate::secret::sha256;
use crate::state::Core;
use crate::store::Change;
use crate::writer::{Ask, Group};

/// A document to keep, read and checked for itself already.
pub struct Keep {
    pub core: Arc<Core>,
    pub site: Arc<Site>,
    pub doc: Explanation,
    /// As it was sent, byte for byte.
    pub body: String,
    pub reference: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    New,
    Same,
}

impl Ask for Keep {
    type Answer = Keeping;

    fn run(&self, group: &mut Group<'_>) -> Result<Keeping, Problem> {
        let digest = sha256(self.body.as_bytes());
        if let Some(kept) = group.store().recommendation(&self.site.id, &self.doc.id)? {
            return if kept.digest == digest { Ok(Keeping::Same) } else { Err(Problem::new(Kind::DifferentBytes)) };
        }
        self.check(group).inspect_err(|_| count(&self.core.metrics.refused_documents))?;
        let factors: Vec<&str> = self.personal().map(|factor| factor.id.as_str()).collect();
        group.apply(&Change::Recommendation {
            site: self.site.id.clone(),
            id: self.doc.id.clone(),
            subject: self.doc.subject.clone(),
            digest,
            made_at: self.doc.made_at,
            expires_at: self.doc.expires_at,
            reference: self.reference,
            factors: factors.join(" "),
            body: self.body.clone(),
        })?;
        group.happened(Happened { site: self.site.id.clone(), what: What::Served });
        count(&self.core.metrics.recommendations);
        Ok(Keeping::New)
    }
}

impl Keep {
    fn personal(&self) -> impl Iterator<Item = &candor_protocol::Factor> {
        self.doc.factors.iter().filter(|factor| factor.kind == FactorKind::Personal)
    }

    fn check(&self, group: &Group<'_>) -> Result<(), Problem> {
        match &self.doc.subject {
            _ if self.doc.personal() > 0 => self.check_allowed(group),
            // Of somebody erased nothing comes back.
            Some(subject) => find(&self.core, &self.site, subject, group).map(drop),
            None => Ok(()),
        }
    }

    /// Every personal source was granted at `base` for this subject and still is,
    /// and nothing that is left out is in the document.
    fn check_allowed(&self, group: &Group<'_>) -> Result<(), Problem> {
        let Some(subject) = &self.doc.subject else {
            return Err(Problem::because(Kind::NotAllowed, "A personal factor needs a subject."));
        };
        let now = self.core.now();
        let person = find(&self.core, &self.site, subject, group)?;
        let site = self.core.site_now(&self.site);
        let choices = person.record.choices(&site.terms, now, None);
        let refused = |detail: String, place: Option<String>| {
            let mut problem = Problem::because(Kind::NotAllowed, detail).with("choices", &choices);
            problem.fault = Some("not-allowed");
            problem.place = place;
            Err(problem)
        };
        if person.closed {
            return Err(Problem::new(Kind::Closed));
        }
        if self.doc.base.epoch != choices.epoch || self.doc.base.rev > choices.rev {
            return refused("`base` is not of these choices.".into(), Some("/base".into()));
        }
        let Some(published) = site.notice(now) else { return Err(Problem::new(Kind::NoNotice)) };
        for (index, factor) in self.personal().enumerate() {
            let control = factor.control.as_deref().unwrap_or_default();
            let place = Some(format!("/factors/{index}"));
            let (purpose, source) = control.split_once('/').unwrap_or((control, ""));
            if !candor_choices::allowed(&choices, &published.notice, purpose, source) {
                return refused(format!("The source {} is not allowed.", factor.id), place);
            }
            // Decided on since `base`: what was allowed then is not what is allowed now.
            if choices.control(control).is_some_and(|control| control.rev > self.doc.base.rev) {
                return refused(format!("The source {} was decided on after `base`.", factor.id), place);
            }
        }
        match left_out_in(&self.doc, &choices) {
            Some(place) => refused("A datum that is left out is in the document.".into(), Some(place)),
            None => Ok(()),
        }
    }
}

/// Where a document holds a datum that these choices leave out.
pub fn left_out_in(doc: &Explanation, choices: &Choices) -> Option<String> {
    let left_out: Vec<&[String]> = doc
        .factors
        .iter()
        .map(|factor| {
            let control = factor.control.as_deref().and_then(|id| choices.control(id));
            control.map_or(&[][..], |control| control.left_out.as_slice())
        })
        .collect();
    if left_out.iter().all(|refs| refs.is_empty()) {
        return None;
    }
    let out = |factor: usize, datum: &String| left_out.get(factor).is_some_and(|refs| refs.contains(datum));
    for (c, candidate) in doc.candidates.iter().enumerate() {
        if let Some(e) = candidate.evidence.iter().position(|evidence| out(evidence.factor, &evidence.datum)) {
            return Some(format!("/candidates/{c}/evidence/{e}"));
        }
        let names = |exclusion: &candor_protocol::Exclusion| exclusion.refs.iter().any(|r| out(exclusion.factor, r));
        if let Some(x) = candidate.excluded_by.iter().position(names) {
            return Some(format!("/candidates/{c}/excluded_by/{x}"));
        }
    }
    None
}
