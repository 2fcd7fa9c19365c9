//! What is said about items, the model, and who answers for the list.

use crate::Timestamp;

/// What a customer sees of an item. `id` is the key in the document's `items`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Item {
    /// Its key in `items`.
    #[cfg_attr(feature = "json", serde(skip))]
    pub id: String,
    /// As the shop calls it; at most 200 characters.
    pub title: String,
    /// Its page: https, http, or a path on the shop's site.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub url: Option<String>,
    /// Its picture; the same kinds of address.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub image: Option<String>,
    /// What it cost when the list was made.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub price: Option<Price>,
}

/// What an item costs, as the shop writes it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Price {
    /// A decimal number as text, such as `12.75`.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// What ranked the list, as the shop states it.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Model {
    /// The shop's own id.
    pub id: String,
    /// A name to show.
    pub name: String,
    /// Its version, to show.
    pub version: String,
    /// `item-item`, `trees`, `factorisation`, `rules`, `llm`.
    pub kind: String,
    /// Who made it, if not the shop.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub provider: Option<String>,
    /// When it was last trained.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub trained_at: Option<Timestamp>,
    /// What it was trained on, in words.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub trained_on: Option<String>,
    /// When it is rebuilt, in words.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub rebuilt: Option<String>,
    /// The last audit.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub audit: Option<Audit>,
}

/// The last time somebody examined the model.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Audit {
    /// When.
    pub at: Timestamp,
    /// What came of it, in words.
    pub result: String,
    /// The report.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub url: Option<String>,
}

/// A sentence the shop wrote, by language, and whether a model worded it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wording {
    /// At most 2,000 characters a language.
    pub text: crate::Localized,
    /// `template` or `model`.
    pub by: String,
}

/// Who answers for the list.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Oversight {
    /// A person or an office.
    pub accountable: String,
    /// How to reach them.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub contact: Option<String>,
    /// A person decides before the list has an effect.
    pub defer: bool,
}
