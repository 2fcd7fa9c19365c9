//! The words that page and service speak: explanation documents, notices,
//! decisions and choices; how they are read, what is refused, and why.
//!
//! Pure: no clock, network, storage or browser. Documents are read through
//! [`Node`], so the page reads what `JSON.parse` gave it and the service reads
//! `serde_json` values, with the same code and the same limits. The service
//! starts from bytes: [`Explanation::from_json`] and its kin (feature `json`).
#![warn(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod base64;
mod choices;
mod decision;
mod duration;
mod explanation;
mod fault;
mod form;
#[cfg(feature = "json")]
mod json;
pub mod limits;
mod node;
mod notice;
mod reader;
#[cfg(feature = "schema")]
mod schema;
pub mod text;
mod timestamp;
mod words;
pub mod write;

pub use choices::{Against, ChangeResult, Choices, Control, Obstacle, Outcome, OutcomeStatus, Place, Standing};
pub use decision::{Base, Binding, Change, Choice, Content, Decision, DecisionMethod, Surface, Tier};
pub use duration::Duration;
pub use explanation::{
    Audit, Candidate, Evidence, EvidenceRest, Exclusion, Explanation, Factor, Item, Kind, Method, Model, NotUsed,
    Observed, Oversight, Pin, Price, WhyNotUsed, Wording,
};
pub use fault::{Code, Fault};
#[cfg(feature = "json")]
pub use json::{DecisionsRequest, FeedbackKind, FeedbackRequest, Misread, PageRequest, parse};
pub use node::{Kind as NodeKind, Node};
pub use notice::{Channel, LegalBasis, Localized, Notice, NoticeControl, Purpose, Source};
#[cfg(feature = "schema")]
pub use schema::schemas;
pub use timestamp::Timestamp;
