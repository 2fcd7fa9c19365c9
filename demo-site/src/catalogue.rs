//! What the shop sells.

use crate::language::Language;
use std::collections::BTreeMap;

/// One product. Titles and sentences in every language of the shop, or in the
/// one language that the order data speak.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Product {
    pub id: String,
    pub category: String,
    /// Pounds, as text: `12.50`.
    pub price: String,
    title: BTreeMap<String, String>,
    #[serde(default)]
    text: BTreeMap<String, String>,
    /// Says something about a person that no list may rest on.
    #[serde(default)]
    pub sensitive: bool,
    /// Who pays for its place.
    pub sponsored_by: Option<String>,
}

/// All products, in shop order.
#[derive(Debug, Clone)]
pub struct Catalogue {
    products: Vec<Product>,
    at: BTreeMap<String, usize>,
}

impl Product {
    pub fn title(&self, language: Language) -> &str {
        in_language(&self.title, language)
    }

    pub fn text(&self, language: Language) -> &str {
        in_language(&self.text, language)
    }
}

impl Catalogue {
    /// The shop's own 48 products.
    pub fn own() -> Self {
        let products: Vec<Product> =
            serde_json::from_str(include_str!("../catalogue/products.json")).expect("the shipped catalogue is JSON");
        Self::of(products)
    }

    /// Products known only by the lines of orders: a code, a name, a price.
    pub fn from_lines<'a>(lines: impl Iterator<Item = (&'a str, &'a str, f64)>) -> Self {
        let products = lines.map(|(id, name, price)| Product {
            id: id.to_owned(),
            category: "orders".to_owned(),
            price: format!("{price:.2}"),
            title: BTreeMap::from([("en".to_owned(), sentence_case(name))]),
            text: BTreeMap::new(),
            sensitive: false,
            sponsored_by: None,
        });
        Self::of(products.collect())
    }

    fn of(products: Vec<Product>) -> Self {
        let at = products.iter().enumerate().map(|(index, product)| (product.id.clone(), index)).collect();
        Self { products, at }
    }

    pub fn get(&self, id: &str) -> Option<&Product> {
        self.at.get(id).and_then(|index| self.products.get(*index))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Product> {
        self.products.iter()
    }

    /// Categories in shop order.
    pub fn categories(&self) -> Vec<&str> {
        let mut seen = Vec::new();
        for product in &self.products {
            if !seen.contains(&product.category.as_str()) {
                seen.push(product.category.as_str());
            }
        }
        seen
    }
}

fn in_language(texts: &BTreeMap<String, String>, language: Language) -> &str {
    texts.get(language.code()).or_else(|| texts.get("en")).map_or("", String::as_str)
}

/// `REGENCY CAKESTAND 3 TIER` reads as shouting on a shelf.
fn sentence_case(name: &str) -> String {
    let mut letters = name.trim().chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_is_described_in_every_language_and_drawn() {
        let catalogue = Catalogue::own();
        assert_eq!(catalogue.iter().count(), 48);
        for product in catalogue.iter() {
            for language in Language::ALL {
                assert!(product.title.contains_key(language.code()), "{} has no title in {language:?}", product.id);
                assert!(product.text.contains_key(language.code()), "{} has no text in {language:?}", product.id);
            }
            assert!(product.price.parse::<f64>().is_ok_and(|price| price > 0.0), "{}", product.id);
            assert!(crate::drawing::of(&product.id).is_some(), "{} is not drawn", product.id);
        }
    }

    #[test]
    fn something_is_sensitive_and_something_is_paid_for() {
        let catalogue = Catalogue::own();
        assert!(catalogue.iter().filter(|product| product.sensitive).count() >= 2);
        assert_eq!(catalogue.iter().filter(|product| product.sponsored_by.is_some()).count(), 1);
    }
}
