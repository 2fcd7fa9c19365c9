use std::collections::{HashMap, HashSet};

use candor_protocol::{Item, Price, Timestamp};

use crate::ease::{Gram, weights};
use crate::fingerprint::Fingerprint;
use crate::{FitError, Orders};

/// Every weight is a multiple of this: 2⁻⁴⁰, so that sums are exact in any order.
pub(crate) const STEP: f64 = 1.0 / (1u64 << 40) as f64;

/// How a model is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The regularisation of EASE.
    pub lambda: f64,
    /// Items bought by fewer are left aside.
    pub min_buyers: usize,
    /// How many neighbours an item keeps: the strongest. Few enough that evidence is worth listing.
    pub neighbours: usize,
    /// What being bought by everybody would add to a score.
    pub popularity: f64,
    /// Items that would mark a person out as vulnerable: neither proposed, nor source, nor evidence.
    pub sensitive: HashSet<String>,
    /// Only these items, where given.
    pub among: Option<HashSet<String>>,
    pub currency: String,
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            lambda: 200.0,
            min_buyers: 50,
            neighbours: 200,
            popularity: 1.0 / 16.0,
            sensitive: HashSet::new(),
            among: None,
            currency: "GBP".to_owned(),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        }
    }
}

/// What is learned from: the items that count, and who bought which of them.
pub struct Baskets {
    /// Numbers of the orders' items, by id in byte order.
    pub items: Vec<u32>,
    /// Per customer, distinct positions in `items`.
    pub customers: Vec<Vec<u32>>,
    /// Per item, how many customers bought it.
    pub buyers: Vec<u32>,
}

impl Baskets {
    /// The purchases of the customers `from` says yes to, without items that
    /// are sensitive, or have too few buyers among them.
    pub fn of(orders: &Orders, settings: &Settings, from: impl Fn(&str) -> bool) -> Result<Self, FitError> {
        let mut customers: Vec<Vec<u32>> = (0..orders.customers().len() as u32)
            .filter(|customer| from(&orders.customers()[*customer as usize]))
            .map(|customer| orders.items_bought(customer))
            .collect();
        let mut buyers = vec![0u32; orders.item_count()];
        customers.iter().flatten().for_each(|item| buyers[*item as usize] += 1);
        let kept = |item: &u32| {
            let id = orders.item_id(*item);
            buyers[*item as usize] as usize >= settings.min_buyers.max(1)
                && !settings.sensitive.contains(id)
                && settings.among.as_ref().is_none_or(|among| among.contains(id))
        };
        let mut items: Vec<u32> = (0..orders.item_count() as u32).filter(kept).collect();
        if items.is_empty() {
            return Err(FitError::NoItems { min_buyers: settings.min_buyers });
        }
        items.sort_unstable_by(|a, b| orders.item_id(*a).cmp(orders.item_id(*b)));
        let mut place = vec![u32::MAX; orders.item_count()];
        items.iter().enumerate().for_each(|(at, item)| place[*item as usize] = at as u32);
        for basket in &mut customers {
            basket.retain_mut(|item| {
                *item = place[*item as usize];
                *item != u32::MAX
            });
        }
        customers.retain(|basket| !basket.is_empty());
        let buyers = items.iter().map(|item| buyers[*item as usize]).collect();
        Ok(Baskets { items, customers, buyers })
    }
}

/// What goes with what, learned from orders.
pub struct Model {
    pub(crate) items: Vec<Known>,
    index: HashMap<String, u32>,
    /// `weights[source * items + target]`, multiples of 2⁻³⁸, so that half of one is still exact.
    weights: Vec<f64>,
    customers: usize,
    span: Option<(Timestamp, Timestamp)>,
    currency: String,
    fingerprint: String,
}

pub(crate) struct Known {
    pub id: String,
    title: String,
    price: String,
    pub popularity: f64,
}

impl Model {
    /// Learns from the purchases of the customers `from` says yes to.
    pub fn fit(orders: &Orders, settings: &Settings, from: impl Fn(&str) -> bool) -> Result<Self, FitError> {
        let Baskets { items: chosen, customers: baskets, buyers } = Baskets::of(orders, settings, from)?;
        let n = chosen.len();
        let by_target = weights(Gram::new(n, &baskets), settings.lambda, settings.threads)?;
        let share = |buyers: &u32| f64::from(*buyers) / baskets.len() as f64;
        let popularity = buyers.iter().map(|buyers| exact(settings.popularity * share(buyers)));
        let items = chosen.iter().zip(popularity).map(|(item, popularity)| Known {
            id: orders.item_id(*item).to_owned(),
            title: orders.item_title(*item).to_owned(),
            price: orders.item_price(*item).to_owned(),
            popularity,
        });
        let mut model = Model {
            items: items.collect(),
            index: chosen.iter().enumerate().map(|(at, i)| (orders.item_id(*i).to_owned(), at as u32)).collect(),
            weights: neighbours(&by_target, n, settings.neighbours),
            customers: baskets.len(),
            span: orders.span(),
            currency: settings.currency.clone(),
            fingerprint: String::new(),
        };
        model.fingerprint = model.make_fingerprint();
        Ok(model)
    }

    pub fn item_count(&self) -> usize {
        self.items.len()
    }

    /// The ids it knows, in byte order.
    pub fn item_ids(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.id.as_str())
    }

    pub fn knows(&self, item: &str) -> bool {
        self.index.contains_key(item)
    }

    /// How many customers it learned from, and over which time.
    pub fn learned_from(&self) -> (usize, Option<(Timestamp, Timestamp)>) {
        (self.customers, self.span)
    }

    /// A hash of everything in it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Title and last price, as the orders had them.
    pub fn card(&self, item: &str) -> Option<Item> {
        let known = &self.items[self.find(item)? as usize];
        let decimal = |price: &&String| price.len() <= 16 && price.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let currency = self.currency.clone();
        let price = Some(&known.price).filter(decimal).map(|amount| Price { amount: amount.clone(), currency });
        let title = if known.title.is_empty() { &known.id } else { &known.title };
        Some(Item { id: known.id.clone(), title: title.chars().take(200).collect(), url: None, image: None, price })
    }

    pub(crate) fn find(&self, item: &str) -> Option<u32> {
        self.index.get(item).copied()
    }

    /// What having `source` adds to every item's score.
    pub(crate) fn row(&self, source: u32) -> &[f64] {
        let n = self.items.len();
        &self.weights[source as usize * n..][..n]
    }

    fn make_fingerprint(&self) -> String {
        let mut print = Fingerprint::of("candor item-item 1");
        for item in &self.items {
            print.text(&item.id);
            print.number(item.popularity);
        }
        self.weights.iter().filter(|weight| **weight != 0.0).for_each(|weight| print.number(*weight));
        print.hex()
    }
}

/// To a multiple of 2⁻³⁸, which half of is one of 2⁻⁴⁰ too. −0 is 0.
pub(crate) fn exact(weight: f64) -> f64 {
    const COARSE: f64 = STEP * 4.0;
    (weight / COARSE).round() * COARSE + 0.0
}

/// Of each target the strongest neighbours, the rest 0; turned so that a
/// source's weights stand together.
fn neighbours(by_target: &[f64], n: usize, keep: usize) -> Vec<f64> {
    let mut by_source = vec![0.0; n * n];
    let mut sizes: Vec<(f64, u32)> = Vec::with_capacity(n);
    for (target, column) in by_target.chunks_exact(n).enumerate() {
        sizes.clear();
        sizes.extend(column.iter().enumerate().map(|(source, weight)| (weight.abs(), source as u32)));
        if keep < n {
            sizes.select_nth_unstable_by(keep, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        }
        for (_, source) in sizes.iter().take(keep) {
            let source = *source as usize;
            by_source[source * n + target] = exact(column[source]);
        }
    }
    by_source
}
