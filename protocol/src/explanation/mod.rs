//! The explanation document: how one list came about.

mod about;
mod candidate;
mod reading;
mod references;

pub use about::{Audit, Item, Model, Oversight, Price, Wording};
pub use candidate::{Candidate, Evidence, EvidenceRest, Exclusion};
use references::check_references;

use crate::reader::Reader;
use crate::words::word_enum;
use crate::{Base, Fault, Node, Surface, Timestamp};

word_enum! {
    /// How a document's numbers were made, which decides what may be claimed.
    Method {
        /// The score is the sum of the contributions of the factors that are on.
        Additive = "additive",
        /// One score per subset of the personal factors.
        Table = "table",
        /// Numbers from elsewhere that add up; an estimate, no preview.
        Attribution = "attribution",
        /// Words only.
        Reason = "reason",
        /// Passages a language model relied on; never weights.
        Citation = "citation",
    }
}

word_enum! {
    /// What a factor is.
    Kind {
        /// A source of this person's data; has a switch.
        Personal = "personal",
        /// This page, this conversation, the season.
        Context = "context",
        /// Popularity.
        General = "general",
        /// Paid placement, margin, clearance.
        Commercial = "commercial",
    }
}

word_enum! {
    /// Why a source was not used.
    WhyNotUsed {
        /// Switched off.
        Off = "off",
        /// Never asked for, or lapsed.
        Unset = "unset",
        /// Allowed, but there is nothing in it.
        Empty = "empty",
        /// This shop does not use it here.
        Never = "never",
    }
}

/// One recommendation explained. Personal factors stand first.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// Always 1.
    pub version: u32,
    /// `rec_` and 26 base32 digits.
    pub id: String,
    /// The site's publishable key.
    pub site: String,
    /// Where the list was shown.
    pub surface: Surface,
    /// When the list was made.
    pub made_at: Timestamp,
    /// Later than `made_at`; the service takes at most what its notice allows.
    pub expires_at: Timestamp,
    /// `sub_…`, or nobody.
    pub subject: Option<String>,
    /// The choices the document was made under.
    pub base: Base,
    /// Hash of the notice in force.
    pub notice: String,
    /// Opaque hash of catalogue, model, stock and context.
    pub inputs: String,
    /// How many places the list has.
    pub limit: usize,
    /// What the numbers are, and so what may be claimed of them.
    pub method: Method,
    /// Everything that moved the list, personal factors first; at most 8 of these and 8 others.
    pub factors: Vec<Factor>,
    /// Sources that moved nothing.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub not_used: Vec<NotUsed>,
    /// By item id; sorted by it in memory.
    #[cfg_attr(feature = "json", serde(serialize_with = "item_map"))]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, Item>"))]
    pub items: Vec<Item>,
    /// The list as served, first place first.
    pub shown: Vec<String>,
    /// Places the shop fixed; each place and each item once.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub pinned: Vec<Pin>,
    /// At most 500, each item once; closed downward for an additive or table document.
    pub candidates: Vec<Candidate>,
    /// What ranked.
    pub model: Model,
    /// A sentence of the shop's own.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub wording: Option<Wording>,
    /// What the shop states it does not use.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub stated_never_used: Vec<String>,
    /// Who answers for it.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub oversight: Option<Oversight>,
}

/// Anything that moved the list.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Factor {
    /// Once in a document; a personal factor's is its source's.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The switch of a personal factor, such as `recommendations/orders`.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub control: Option<String>,
    /// Over what time its data were observed.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub observed: Option<Observed>,
    /// Opaque hash of this source's data and of what is left out of it.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub inputs: Option<String>,
    /// Who pays for a commercial factor.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub paid_by: Option<String>,
}

/// When a source's data were observed, and how many there are.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Observed {
    /// The earliest.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub from: Option<Timestamp>,
    /// The latest; not before `from`.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub to: Option<Timestamp>,
    /// How many data.
    pub count: u64,
}

/// A source that moved nothing, and why.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotUsed {
    /// The source.
    pub id: String,
    /// Why not.
    pub why: WhyNotUsed,
}

/// A place the shop fixed. Positions count from 1.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pin {
    /// From 1 to `limit`.
    pub position: usize,
    /// Described in `items`.
    pub item: String,
    /// Why it is there, in words.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub reason: Option<String>,
}

impl Explanation {
    /// Reads and checks a document's shape. Whether its numbers add up and its
    /// list is its own top is for `reasoning`; whether it used only what was
    /// allowed is for the service. Unknown fields are accepted.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let mut at = Reader::new(node, String::new());
        let document = reading::read(&mut at);
        check_references(&mut at, &document);
        at.end(document)
    }

    /// How many factors are personal; they stand first.
    pub fn personal(&self) -> usize {
        self.factors.iter().take_while(|factor| factor.kind == Kind::Personal).count()
    }

    /// What is said of an item.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.binary_search_by(|item| item.id.as_str().cmp(id)).ok().and_then(|at| self.items.get(at))
    }

    /// The candidate that is this item.
    pub fn candidate(&self, item: &str) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.item == item)
    }
}

#[cfg(feature = "json")]
fn item_map<S: serde::Serializer>(items: &[Item], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(items.iter().map(|item| (&item.id, item)))
}
