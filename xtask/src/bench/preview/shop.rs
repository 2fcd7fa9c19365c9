//! The shop: its customers' data, and its recommender, which gets what the
//! service allowed.

use std::collections::BTreeSet;

use anyhow::Result;
use candor_protocol::{Base, Explanation, Item, Surface, Timestamp};
use candor_recommender::{Datum, Deal, Model, Orders, Request, Role, Settings, Source};

use super::canary;
use crate::bench::recommender::Seeded;

pub const SOURCES: [(&str, Role); 3] =
    [("orders", Role::Bought), ("returns", Role::Returned), ("basket", Role::InBasket)];

pub struct Shop {
    pub orders: Orders,
    model: Model,
    /// Planted items are data only, never in stock.
    planted: BTreeSet<String>,
    seed: u64,
}

/// One customer's data, by source, in the order of `SOURCES`.
pub struct Customer {
    pub id: String,
    pub data: [Vec<Datum>; 3],
}

/// What of a list is nobody's data: the page it stands on, and its length.
#[derive(Clone)]
pub struct Setting {
    pub page: Option<String>,
    pub limit: usize,
}

/// What an evaluation answered for one source.
pub struct Gate {
    pub allowed: bool,
    pub left_out: Vec<String>,
}

impl Shop {
    /// Fits the model with the planted items among the products, so that they
    /// would count if they were let in.
    pub fn new(orders: Orders, seed: u64) -> Result<Self> {
        let planted: BTreeSet<String> = SOURCES
            .iter()
            .flat_map(|(source, _)| [canary::item(source, true, seed), canary::item(source, false, seed)])
            .collect();
        let settings = Settings { min_buyers: 50, ..Settings::default() };
        let model = Model::fit(&with_planted(&orders, &planted), &settings, |_| true)?;
        Ok(Self { orders, model, planted, seed })
    }

    /// Half of the last invoice lies in the basket, the other invoices are the
    /// orders. Every source holds a planted item: the allowed ones a marker, the
    /// others a canary.
    pub fn customer(&self, number: u32, allowed: [bool; 3]) -> Customer {
        let id = self.orders.customers()[number as usize].clone();
        let mut invoices = self.orders.invoices(number);
        let last = if invoices.len() > 1 { invoices.pop() } else { None };
        let datum = |item: &u32, at| Datum { item: self.orders.item_id(*item).to_owned(), at: Some(at) };
        let bought = invoices.iter().flat_map(|invoice| invoice.items.iter().map(|item| datum(item, invoice.at)));
        let mut orders: Vec<Datum> = Vec::new();
        for datum in bought {
            if !orders.iter().any(|known| known.item == datum.item) {
                orders.push(datum);
            }
        }
        let basket = last.iter().flat_map(|last| {
            last.items.iter().take(last.items.len().div_ceil(2).min(6)).map(|item| datum(item, last.at))
        });
        let mut data = [orders, self.orders.returned(&id), basket.collect()];
        for (index, (source, _)) in SOURCES.iter().enumerate() {
            data[index].push(Datum { item: canary::item(source, allowed[index], self.seed), at: None });
        }
        Customer { id, data }
    }

    /// Whether the model can use any real datum of an allowed source: the
    /// planted ones alone are no case.
    pub fn can_use(&self, customer: &Customer, allowed: [bool; 3]) -> bool {
        let real = |datum: &Datum| self.model.knows(&datum.item) && !self.planted.contains(&datum.item);
        customer.data.iter().zip(allowed).any(|(data, allowed)| allowed && data.iter().any(real))
    }

    pub fn setting(&self, random: &mut Seeded) -> Setting {
        let page = (random.below(3) == 0).then(|| {
            let items: Vec<&str> = self.model.item_ids().filter(|item| !self.planted.contains(*item)).collect();
            items[random.below(items.len())].to_owned()
        });
        Setting { page, limit: [5, 8, 10][random.below(3)] }
    }

    /// The list, made from what the gates let through. Data behind a closed gate
    /// are not touched.
    pub fn recommend(
        &self,
        customer: &Customer,
        gates: &[Gate],
        setting: &Setting,
        about: About,
    ) -> Result<Explanation> {
        let open = gates.iter().enumerate().filter(|(_, gate)| gate.allowed);
        let sources = open.map(|(index, gate)| {
            let (id, role) = SOURCES[index];
            let data = customer.data[index].iter().filter(|datum| !gate.left_out.contains(&datum.item));
            Source { left_out: gate.left_out.clone(), ..Source::new(id, role, data.cloned().collect()) }
        });
        let card = |item: &str| self.planted.contains(item).then(|| titled(item));
        let request = Request {
            id: about.id,
            site: about.site,
            surface: Surface::Storefront,
            made_at: about.made_at,
            expires_at: about.made_at.plus_hours(1),
            subject: Some(about.subject),
            base: about.base,
            notice: about.notice,
            limit: setting.limit,
            sources: sources.collect(),
            not_used: Vec::new(),
            page: setting.page.iter().cloned().collect(),
            sponsored: Vec::new(),
            unavailable: self.planted.clone(),
            pinned: Vec::new(),
            card: &card,
            about: candor_protocol::Model {
                id: "bench".into(),
                name: "Item to item".into(),
                version: "1".into(),
                kind: "item-item".into(),
                ..Default::default()
            },
            wording: None,
            stated_never_used: Vec::new(),
            oversight: None,
        };
        Ok(self.model.recommend(&request)?)
    }
}

/// The ids and times of one document.
pub struct About {
    pub id: String,
    pub site: String,
    pub subject: String,
    pub base: Base,
    pub notice: String,
    pub made_at: Timestamp,
}

fn titled(item: &str) -> Item {
    Item { id: item.to_owned(), title: format!("Planted {item}"), url: None, image: None, price: None }
}

/// The real orders, and 80 customers more who bought all planted items together
/// with what most people buy.
fn with_planted(orders: &Orders, planted: &BTreeSet<String>) -> Orders {
    let mut buyers = vec![0usize; orders.item_count()];
    let mut lines: Vec<(String, String, u32, Timestamp)> = Vec::new();
    for (number, customer) in orders.customers().iter().enumerate() {
        for (at, invoice) in orders.invoices(number as u32).iter().enumerate() {
            for item in &invoice.items {
                buyers[*item as usize] += 1;
                lines.push((customer.clone(), format!("{customer}-{at}"), *item, invoice.at));
            }
        }
    }
    let mut popular: Vec<u32> = (0..orders.item_count() as u32).collect();
    popular.sort_by_key(|item| (std::cmp::Reverse(buyers[*item as usize]), *item));
    popular.truncate(40);
    let extra: Vec<(String, String)> =
        (0..80).map(|n| (format!("planted-{n}"), format!("planted-invoice-{n}"))).collect();
    let real = lines.iter().map(|(customer, invoice, item, at)| Deal {
        invoice,
        item: orders.item_id(*item),
        title: orders.item_title(*item),
        quantity: 1,
        at: *at,
        price: "1",
        customer,
    });
    let added = extra.iter().enumerate().flat_map(|(n, (customer, invoice))| {
        let with = popular.iter().skip(n % 4).step_by(4).map(|item| orders.item_id(*item));
        planted.iter().map(String::as_str).chain(with).map(move |item| Deal {
            invoice,
            item,
            title: "",
            quantity: 1,
            at: Timestamp(0),
            price: "1",
            customer,
        })
    });
    Orders::from_deals(real.chain(added))
}
