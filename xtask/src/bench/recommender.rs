//! Recall@10 on real orders, beside popularity alone: of the items a customer
//! bought for the first time in the last invoice, how many the list of ten holds
//! that is made from the earlier ones.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use candor_protocol::{Base, Surface, Timestamp};
use candor_recommender::{Datum, Invoice, Model, Orders, Request, Role, Settings, Source};

use super::{Figure, Goal, Options};
use crate::root;

const MIN_BUYERS: usize = 50;
const LEFT_OUT: usize = 800;
const PLACES: usize = 10;

pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    if let Some(other) = options.recommender.as_deref().filter(|name| *name != "item-item") {
        bail!("there is no recommender {other}; there is item-item");
    }
    let orders = orders(options)?;
    let seeds = options.seeds.unwrap_or(3).max(1);
    // Which items count is a fact of the catalogue, the same whoever is left out.
    let catalogue = Settings { min_buyers: MIN_BUYERS, ..Settings::default() };
    let everybody = candor_recommender::Baskets::of(&orders, &catalogue, |_| true)?;
    let items: HashSet<String> = everybody.items.iter().map(|item| orders.item_id(*item).to_owned()).collect();
    let settings = Settings { min_buyers: 1, among: Some(items.clone()), ..catalogue };
    let (mut ours, mut popular, mut asked) = (Vec::new(), Vec::new(), 0);
    for seed in options.start..options.start + seeds {
        let left_out = choose(&orders, &items, seed)?;
        let model = Model::fit(&orders, &settings, |customer| !left_out.contains(customer))?;
        let tasks = tasks(&orders, &model, &left_out);
        asked += tasks.len();
        ours.push(recall(&model, &tasks, true)?);
        popular.push(recall(&model, &tasks, false)?);
        eprintln!(
            "seed {seed}: {} customers, {:.4}, popularity alone {:.4}",
            tasks.len(),
            ours[ours.len() - 1],
            popular[popular.len() - 1]
        );
    }
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    Ok(vec![
        Figure::new(
            format!("Recall@10, mean of {seeds} choices of {LEFT_OUT} customers"),
            mean(&ours),
            "",
            Goal::AtLeast(0.09),
        ),
        Figure::new("the same by popularity alone", mean(&popular), "", Goal::Told),
        Figure::new("worst of these choices", ours.iter().copied().fold(f64::INFINITY, f64::min), "", Goal::Told),
        Figure::new("customers with something new in their last invoice, of all choices", asked as f64, "", Goal::Told),
        Figure::new(format!("items with {MIN_BUYERS} buyers or more"), items.len() as f64, "", Goal::Told),
        Figure::new("lambda, fixed", settings.lambda, "", Goal::Told),
    ])
}

/// The orders to measure on: `--data`, else `CANDOR_ONLINE_RETAIL`, else the
/// file beside the repository.
pub(super) fn orders_file(options: &Options) -> Result<PathBuf> {
    let beside = || root::at("../shared/data/online-retail/online-retail.csv.gz");
    let given = options.data.clone().or_else(|| std::env::var_os("CANDOR_ONLINE_RETAIL").map(PathBuf::from));
    let file = given.unwrap_or_else(beside);
    if !file.is_file() {
        bail!("{} is not there; give UCI Online Retail as .csv or .csv.gz with --data FILE", file.display());
    }
    Ok(file)
}

pub(super) fn orders(options: &Options) -> Result<Orders> {
    let file = orders_file(options)?;
    let orders = Orders::open(&file).with_context(|| format!("{} is of no use", file.display()))?;
    let reading = &orders.reading;
    eprintln!(
        "{} lines: {} used, {} set aside, {} broken",
        reading.lines, reading.used, reading.set_aside, reading.broken
    );
    for broken in &reading.examples {
        eprintln!("  line {}: {}", broken.line, broken.reason);
    }
    Ok(orders)
}

/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014): the same numbers everywhere.
pub(super) struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

/// 800 of the customers with at least three invoices and ten items.
fn choose(orders: &Orders, items: &HashSet<String>, seed: u64) -> Result<HashSet<String>> {
    let mut able: Vec<&String> = Vec::new();
    for (number, customer) in orders.customers().iter().enumerate() {
        let invoices = of_these(orders, items, orders.invoices(number as u32));
        let distinct: BTreeSet<u32> = invoices.iter().flat_map(|invoice| invoice.items.iter().copied()).collect();
        if invoices.len() >= 3 && distinct.len() >= 10 {
            able.push(customer);
        }
    }
    if able.len() < LEFT_OUT {
        bail!("only {} customers have 3 invoices and 10 items; this bench leaves out {LEFT_OUT}", able.len());
    }
    able.sort_unstable();
    let mut random = Seeded(seed);
    for at in 0..LEFT_OUT {
        let other = at + random.below(able.len() - at);
        able.swap(at, other);
    }
    Ok(able.into_iter().take(LEFT_OUT).cloned().collect())
}

/// Invoices with the items that count only.
fn of_these(orders: &Orders, items: &HashSet<String>, mut invoices: Vec<Invoice>) -> Vec<Invoice> {
    invoices.iter_mut().for_each(|invoice| invoice.items.retain(|item| items.contains(orders.item_id(*item))));
    invoices.retain(|invoice| !invoice.items.is_empty());
    invoices
}

/// What is known of a customer, and what is to be found.
struct Task {
    earlier: Vec<Datum>,
    wanted: HashSet<String>,
}

fn tasks(orders: &Orders, model: &Model, customers: &HashSet<String>) -> Vec<Task> {
    let items: HashSet<String> = model.item_ids().map(str::to_owned).collect();
    let mut customers: Vec<&String> = customers.iter().collect();
    customers.sort_unstable();
    let task = |customer: &String| {
        let invoices = of_these(orders, &items, orders.invoices(orders.customer(customer)?));
        let (last, earlier) = invoices.split_last()?;
        let id = |item: &u32| orders.item_id(*item).to_owned();
        let known: BTreeSet<String> = earlier.iter().flat_map(|invoice| invoice.items.iter().map(id)).collect();
        let wanted: HashSet<String> = last.items.iter().map(id).filter(|item| !known.contains(item)).collect();
        let earlier = known.into_iter().map(|item| Datum { item, at: None }).collect();
        (!wanted.is_empty()).then_some(Task { earlier, wanted })
    };
    customers.into_iter().filter_map(task).collect()
}

/// The mean over customers of hits ÷ min(10, how many were to be found). What was
/// bought before is kept out of both lists.
fn recall(model: &Model, tasks: &[Task], personal: bool) -> Result<f64> {
    let mut sum = 0.0;
    for task in tasks {
        let mut asked = request(Vec::new(), PLACES);
        if personal {
            asked.sources = vec![Source::new("orders", Role::Bought, task.earlier.clone())];
        } else {
            asked.unavailable = task.earlier.iter().map(|datum| datum.item.clone()).collect();
        }
        let list = model.recommend(&asked)?.shown;
        let hits = list.iter().filter(|item| task.wanted.contains(*item)).count();
        sum += hits as f64 / task.wanted.len().min(PLACES) as f64;
    }
    Ok(sum / tasks.len() as f64)
}

/// A request about nobody in particular.
fn request(sources: Vec<Source>, limit: usize) -> Request<'static> {
    Request {
        id: format!("rec_{}", "0".repeat(26)),
        site: "pk_bench".to_owned(),
        surface: Surface::Storefront,
        made_at: Timestamp(0),
        expires_at: Timestamp(0),
        subject: None,
        base: Base::default(),
        notice: "none".to_owned(),
        limit,
        sources,
        not_used: Vec::new(),
        page: Vec::new(),
        sponsored: Vec::new(),
        unavailable: BTreeSet::new(),
        pinned: Vec::new(),
        card: &|_| None,
        about: candor_protocol::Model::default(),
        wording: None,
        stated_never_used: Vec::new(),
        oversight: None,
    }
}
