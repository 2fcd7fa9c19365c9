//! What a customer sees: the card behind "Why?", the ask, and the choices panel.
//!
//! Plain facts go in, a [`Tree`] comes out, and everything a person can do comes
//! back as an [`Act`]:
//!
//! ```text
//! WhyFacts   ── why(&facts, &mut memory, &words) ─▶ Tree ── <Card draw on/> ──▶ Act
//! PanelFacts ── panel(&facts, &words)            ─▶ Tree ── <Card draw on/> ──▶ Act
//! AskFacts   ── ask(&facts, &words)              ─▶ Tree ── <Card draw on/> ──▶ Act
//! ```
//!
//! A tree holds every text, already in its language; the component only lays it
//! out. One drawing serves the page (`csr`, presses) and the service (`ssr`,
//! forms and links where the facts carry [`Html`]). Layers are `<details>`, so
//! they open without any code. Nothing here knows a browser, a clock or the
//! network.
//!
//! In the page: mount `<Card draw on/>` inside a shadow root with [`STYLE`]
//! adopted, set `document.lang` and `dir`, and keep one [`Memory`] for each card.
//! Who holds no facts of its own to borrow from fills a [`WhyInput`], a
//! [`PanelInput`] or an [`AskInput`].
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod about;
mod act;
mod ask;
mod chip;
mod evidence;
mod facts;
mod foot;
mod input;
mod markup;
mod names;
mod notes;
mod panel;
mod parts;
mod pen;
mod preview;
mod record;
mod row;
mod saves;
mod sentence;
mod sources;
mod sums;
mod tree;
mod why;

pub use act::Act;
pub use ask::ask;
pub use chip::{chip_for_item, chip_name, chip_text};
pub use facts::{AskFacts, Common, PanelFacts, WhyFacts};
pub use input::{
    AskInput, Datum, DocumentState, Feedback, FeedbackKind, FeedbackState, History, Html, Memory, PanelInput,
    PanelState, Past, Person, Save, SaveState, Signal, Target, WhyInput,
};
pub use markup::{Card, CardProps, Draw, On};
pub use panel::panel;
pub use tree::Tree;
pub use why::why;

/// The one sheet, for the shadow root and for the service's pages.
pub const STYLE: &str = include_str!("../style/card.css");
