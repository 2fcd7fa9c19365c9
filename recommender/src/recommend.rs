use std::collections::BTreeSet;

use candor_protocol::{
    Base, Explanation, Item, NotUsed, Oversight, Pin, Surface, Timestamp, WhyNotUsed, Wording, limits,
};

use crate::candidates::{Closed, Field};
use crate::document::{self, Parts};
use crate::fingerprint::Fingerprint;
use crate::model::exact;
use crate::scores::{self, Used};
use crate::{Model, RequestError, Source};

/// What a list is made of. The data in `sources` are those that are allowed;
/// there is no way to hand over others.
pub struct Request<'a> {
    /// `rec_` and 26 base32 digits.
    pub id: String,
    pub site: String,
    pub surface: Surface,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    pub subject: Option<String>,
    /// The choices the sources were allowed under.
    pub base: Base,
    /// Hash of the notice in force.
    pub notice: String,
    pub limit: usize,
    pub sources: Vec<Source>,
    /// Sources that were not asked for or not allowed, and why. Allowed ones
    /// without usable data are added as `empty`.
    pub not_used: Vec<NotUsed>,
    /// Items the page is about.
    pub page: Vec<String>,
    pub sponsored: Vec<Sponsored>,
    /// Not in stock.
    pub unavailable: BTreeSet<String>,
    pub pinned: Vec<Pin>,
    /// What the customer sees of an item; where it says nothing, title and price from the orders.
    pub card: &'a dyn Fn(&str) -> Option<Item>,
    pub about: candor_protocol::Model,
    pub wording: Option<Wording>,
    pub stated_never_used: Vec<String>,
    pub oversight: Option<Oversight>,
}

/// Paid placement: who pays, and what is added to which items' scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Sponsored {
    /// The factor's id, such as `sponsored`.
    pub id: String,
    pub paid_by: String,
    pub boosts: Vec<(String, f64)>,
}

/// How many data of a source are listed one by one, from the most to none, until
/// the document fits.
const CAPS: [usize; 6] = [40, 24, 12, 6, 2, 0];
/// Evidence lines of one document; about half of what its size allows.
const LINES: usize = 5_000;

impl Model {
    /// The list and how it came about.
    pub fn recommend(&self, request: &Request<'_>) -> Result<Explanation, RequestError> {
        if request.limit == 0 || request.limit > limits::LIST {
            return Err(RequestError::Limit);
        }
        let mut not_used = request.not_used.clone();
        let mut used = Vec::new();
        for source in &request.sources {
            match self.usable(source) {
                data if data.is_empty() => {
                    not_used.push(NotUsed { id: source.id.clone(), why: WhyNotUsed::Empty });
                }
                data => used.push(Used { source, data }),
            }
        }
        let page: BTreeSet<u32> = request.page.iter().filter_map(|item| self.find(item)).collect();
        let page: Vec<u32> = page.into_iter().collect();
        let others = 1 + usize::from(!page.is_empty()) + request.sponsored.len();
        if used.len() > limits::PERSONAL_FACTORS || others > limits::OTHER_FACTORS {
            return Err(RequestError::TooManyFactors);
        }
        let field = self.field(request, &used, &page);
        let closed = fitting(&field)?;
        let inputs = self.inputs(request, &page);
        let scores = scores::all(self, &used, &page, &request.sponsored);
        Ok(document::write(Parts { request, field: &field, closed, page, scores, not_used, inputs }))
    }

    /// What the model knows of a source's data: no sensitive item is in it, and
    /// what is left out is not used even if it was handed over.
    fn usable(&self, source: &Source) -> Vec<u32> {
        let allowed = source.data.iter().filter(|datum| !source.left_out.contains(&datum.item));
        let known: BTreeSet<u32> = allowed.filter_map(|datum| self.find(&datum.item)).collect();
        known.into_iter().collect()
    }

    fn field<'a>(&'a self, request: &Request<'_>, used: &'a [Used<'a>], page: &[u32]) -> Field<'a> {
        let mut base = scores::of_data(self, crate::Role::InBasket, page);
        base.iter_mut().zip(&self.items).for_each(|(base, item)| *base += item.popularity);
        for (item, boost) in request.sponsored.iter().flat_map(|sponsor| &sponsor.boosts) {
            if let Some(item) = self.find(item) {
                base[item as usize] += exact(*boost);
            }
        }
        let mut held = vec![0; self.items.len()];
        for (source, used) in used.iter().enumerate() {
            used.data.iter().for_each(|item| held[*item as usize] |= 1 << source);
        }
        let mut blocked: Vec<bool> = self.items.iter().map(|item| request.unavailable.contains(&item.id)).collect();
        page.iter().for_each(|item| blocked[*item as usize] = true);
        let mut pinned: Vec<u32> = request.pinned.iter().filter_map(|pin| self.find(&pin.item)).collect();
        pinned.retain(|item| !blocked[*item as usize]);
        pinned.sort_unstable();
        pinned.dedup();
        let sums = used.iter().map(|used| scores::of_data(self, used.source.role, &used.data)).collect();
        Field { model: self, used, sums, base, held, blocked, pinned, limit: request.limit }
    }

    /// A hash of everything besides the person's data that decides the list.
    fn inputs(&self, request: &Request<'_>, page: &[u32]) -> String {
        let mut print = Fingerprint::of("candor inputs 1");
        print.text(self.fingerprint());
        print.count(request.limit);
        print.set(page.iter().map(|item| self.items[*item as usize].id.as_str()));
        print.set(request.unavailable.iter().map(String::as_str));
        for sponsor in &request.sponsored {
            print.text(&sponsor.id);
            for (item, boost) in &sponsor.boosts {
                print.text(item);
                print.number(exact(*boost));
            }
        }
        for pin in &request.pinned {
            print.count(pin.position);
            print.text(&pin.item);
        }
        print.hex()
    }
}

fn fitting(field: &Field<'_>) -> Result<Closed, RequestError> {
    let mut needed = 0;
    for cap in CAPS {
        let closed = field.close(cap);
        needed = closed.candidates.len();
        let lines = closed.listed.iter().map(std::collections::BTreeSet::len).sum::<usize>() * needed;
        // Few pairs are neighbours, so `lines` is far above what is written; count only where it may matter.
        if needed <= limits::CANDIDATES && (lines <= LINES || document::lines(field, &closed) <= LINES) {
            return Ok(closed);
        }
    }
    Err(RequestError::TooManyCandidates { needed })
}
