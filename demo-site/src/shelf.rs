//! What the shop sells, what it knows, and the recommender that it runs.

use crate::catalogue::{Catalogue, Product};
use crate::language::Language;
use crate::persona::Persona;
use crate::{orders, visitor::Visitor};
use candor_protocol::{Item, Price};
use candor_recommender::{Datum, Model, Orders, Role, Settings, Source, Sponsored};
use std::collections::HashSet;
use std::path::Path;

/// The sources this shop could choose from, each only where it is allowed.
pub const SOURCES: [&str; 3] = ["orders", "returns", "basket"];
/// What paying for a place adds to a score: enough to be seen among the popular,
/// too little to push aside what was chosen for somebody.
const PAID: f64 = 0.012;

pub struct Shelf {
    pub catalogue: Catalogue,
    pub model: Model,
    pub orders: Orders,
    /// The orders are somebody else's: UCI Online Retail.
    pub retail: bool,
    origin: String,
}

impl Shelf {
    /// The shop's own products and the generated year.
    pub fn own(origin: &str) -> Result<Self, String> {
        let catalogue = Catalogue::own();
        let csv = orders::csv(&orders::year(&catalogue), &catalogue);
        let orders = Orders::read(csv.as_bytes()).map_err(|fault| fault.to_string())?;
        let settings = Settings {
            lambda: 30.0,
            min_buyers: 5,
            popularity: 0.1,
            sensitive: catalogue.iter().filter(|product| product.sensitive).map(|product| product.id.clone()).collect(),
            ..Settings::default()
        };
        Self::fitted(catalogue, orders, &settings, false, origin)
    }

    /// The same shop on the orders in a file.
    pub fn from_file(file: &Path, origin: &str) -> Result<Self, String> {
        let orders = Orders::open(file).map_err(|fault| fault.to_string())?;
        let reading = &orders.reading;
        eprintln!(
            "{}: {} lines, {} used, {} set aside, {} broken",
            file.display(),
            reading.lines,
            reading.used,
            reading.set_aside,
            reading.broken
        );
        for broken in &reading.examples {
            eprintln!("  line {}: {}", broken.line, broken.reason);
        }
        Self::fitted(Catalogue::from_lines(std::iter::empty()), orders, &Settings::default(), true, origin)
    }

    fn fitted(
        catalogue: Catalogue,
        orders: Orders,
        settings: &Settings,
        retail: bool,
        origin: &str,
    ) -> Result<Self, String> {
        // The personas never said yes to `training/orders`, so nothing is learned from them.
        let personas: HashSet<&str> = Persona::ALL.iter().filter_map(|persona| number(*persona, retail)).collect();
        let model = Model::fit(&orders, settings, |customer| !personas.contains(customer))
            .map_err(|fault| fault.to_string())?;
        let mut shelf = Self { catalogue, model, orders, retail, origin: origin.to_owned() };
        if retail {
            let cards: Vec<Item> = shelf.model.item_ids().filter_map(|item| shelf.model.card(item)).collect();
            shelf.catalogue = Catalogue::from_lines(cards.iter().map(|card| {
                let price = card.price.as_ref().and_then(|price| price.amount.parse().ok()).unwrap_or_default();
                (card.id.as_str(), card.title.as_str(), price)
            }));
        }
        Ok(shelf)
    }

    /// What lies in a persona's basket before anything was put there.
    pub fn first_basket(&self, persona: Persona) -> Vec<String> {
        if !self.retail {
            return persona.basket().iter().map(|item| (*item).to_owned()).collect();
        }
        // The last thing this customer bought that the shop still knows.
        let Some(number) = number(persona, true) else { return Vec::new() };
        let mut bought = self.orders.bought(number);
        bought.sort_by_key(|datum| std::cmp::Reverse(datum.at));
        bought.into_iter().map(|datum| datum.item).filter(|item| self.model.knows(item)).take(1).collect()
    }

    /// One source of a visitor's data. Called only for sources that are allowed.
    pub fn source(&self, visitor: &Visitor, source: &str, left_out: &[String]) -> Option<Source> {
        let number = number(visitor.persona, self.retail).filter(|_| visitor.persona.customer().is_some());
        let (role, mut data) = match source {
            "orders" => (Role::Bought, number.map(|number| self.orders.bought(number)).unwrap_or_default()),
            "returns" => (Role::Returned, number.map(|number| self.orders.returned(number)).unwrap_or_default()),
            "basket" => {
                let datum = |item: &String| Datum { item: item.clone(), at: None };
                (Role::InBasket, visitor.basket.iter().map(datum).collect())
            }
            _ => return None,
        };
        data.retain(|datum| !left_out.contains(&datum.item));
        let mut source = Source::new(source, role, data);
        source.left_out = left_out.to_vec();
        Some(source)
    }

    /// What a customer sees of an item, in the language of the page.
    pub fn card(&self, id: &str, language: Language) -> Option<Item> {
        let product = self.catalogue.get(id)?;
        Some(Item {
            id: id.to_owned(),
            title: product.title(language).to_owned(),
            url: Some(format!("{}/product/{id}", self.origin)),
            image: Some(format!("{}/drawing/{id}.svg", self.origin)),
            price: Some(Price { amount: product.price.clone(), currency: "GBP".to_owned() }),
        })
    }

    /// Who pays for which place.
    pub fn sponsored(&self) -> Vec<Sponsored> {
        let paid = |product: &Product| {
            product.sponsored_by.as_ref().map(|payer| Sponsored {
                id: "sponsored".to_owned(),
                paid_by: payer.clone(),
                boosts: vec![(product.id.clone(), PAID)],
            })
        };
        self.catalogue.iter().filter_map(paid).collect()
    }

    /// The drawing of a product, or a tile with its name.
    pub fn drawing(&self, id: &str) -> Option<String> {
        let product = self.catalogue.get(id)?;
        Some(match crate::drawing::of(id).filter(|_| !self.retail) {
            Some(svg) => svg.to_owned(),
            None => crate::drawing::tile(id, product.title(Language::English)),
        })
    }
}

fn number(persona: Persona, retail: bool) -> Option<&'static str> {
    if retail { persona.retail_number() } else { persona.own_number() }
}
