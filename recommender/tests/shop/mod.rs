//! A small shop whose customers buy at random.
#![allow(dead_code)]

use std::collections::{BTreeSet, HashSet};

use candor_protocol::{Base, Item, Surface, Timestamp};
use candor_recommender::{Datum, Deal, Model, Orders, Request, Role, Settings, Source};
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub struct Shop {
    /// Per customer, the items bought.
    pub baskets: Vec<Vec<usize>>,
    /// Role and items of each source of the one who asks.
    pub sources: Vec<(Role, Vec<usize>)>,
    pub page: Option<usize>,
    pub boost: Option<usize>,
    pub limit: usize,
    pub neighbours: usize,
}

pub fn id(item: usize) -> String {
    format!("i{item:02}")
}

impl Shop {
    pub fn model(&self, sensitive: &[usize]) -> Option<Model> {
        let names: Vec<(String, String)> =
            (0..self.baskets.len()).map(|customer| (format!("c{customer}"), format!("n{customer}"))).collect();
        let ids: Vec<String> = (0..40).map(id).collect();
        let deals = self.baskets.iter().zip(&names).flat_map(|(basket, (customer, invoice))| {
            basket.iter().map(|item| Deal {
                invoice,
                item: &ids[*item],
                title: "A thing",
                quantity: 1,
                at: Timestamp(1_000 * *item as i64),
                price: "1.50",
                customer,
            })
        });
        let settings = Settings {
            lambda: 1.0,
            min_buyers: 1,
            neighbours: self.neighbours,
            popularity: 0.125,
            sensitive: sensitive.iter().map(|item| id(*item)).collect::<HashSet<_>>(),
            threads: 1,
            ..Settings::default()
        };
        Model::fit(&Orders::from_deals(deals), &settings, |_| true).ok()
    }

    pub fn sources(&self) -> Vec<Source> {
        let of = |(at, (role, items)): (usize, &(Role, Vec<usize>))| Source::new(&format!("s{at}"), *role, data(items));
        self.sources.iter().enumerate().map(of).collect()
    }

    pub fn request(&self, sources: Vec<Source>) -> Request<'static> {
        let mut request = request(sources, self.limit);
        request.page = self.page.map(id).into_iter().collect();
        request.sponsored = self
            .boost
            .map(|item| candor_recommender::Sponsored {
                id: "sponsored".into(),
                paid_by: "Brand X".into(),
                boosts: vec![(id(item), 0.3)],
            })
            .into_iter()
            .collect();
        request
    }
}

pub fn data(items: &[usize]) -> Vec<Datum> {
    items.iter().map(|item| Datum { item: id(*item), at: Some(Timestamp(*item as i64)) }).collect()
}

fn no_card(_: &str) -> Option<Item> {
    None
}

pub fn request(sources: Vec<Source>, limit: usize) -> Request<'static> {
    Request {
        id: format!("rec_{}", "a".repeat(26)),
        site: "pk_test".into(),
        surface: Surface::Storefront,
        made_at: Timestamp(0),
        expires_at: Timestamp(86_400_000),
        subject: Some("sub_1".into()),
        base: Base { epoch: "e_1".into(), rev: 1 },
        notice: "sha256-0".into(),
        limit,
        sources,
        not_used: Vec::new(),
        page: Vec::new(),
        sponsored: Vec::new(),
        unavailable: BTreeSet::new(),
        pinned: Vec::new(),
        card: &no_card,
        about: candor_protocol::Model {
            id: "m".into(),
            name: "m".into(),
            version: "1".into(),
            kind: "item-item".into(),
            ..Default::default()
        },
        wording: None,
        stated_never_used: Vec::new(),
        oversight: None,
    }
}

pub fn shops() -> impl Strategy<Value = Shop> {
    (6usize..=24).prop_flat_map(|items| {
        let some = |most: usize| prop::collection::vec(0..items, 0..=most);
        let role = prop_oneof![Just(Role::Bought), Just(Role::Returned), Just(Role::InBasket)];
        (
            prop::collection::vec(prop::collection::vec(0..items, 1..=6), 6..=40),
            prop::collection::vec((role, some(8)), 0..=4),
            prop::option::of(0..items),
            prop::option::of(0..items),
            1usize..=5,
            prop_oneof![Just(3usize), Just(100)],
        )
            .prop_map(|(baskets, sources, page, boost, limit, neighbours)| Shop {
                baskets,
                sources,
                page,
                boost,
                limit,
                neighbours,
            })
    })
}
