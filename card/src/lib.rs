//! What a customer sees: the card behind "Why?", the ask, and the choices panel.
//!
//! Plain facts go in, markup comes out, and everything a person can do comes
//! back as an [`Act`]:
//!
//! ```text
//! WhyInput  ── why_view(&input, &words)  ──▶ WhyView   ── <Why view on/>   ──▶ Act
//! PanelInput ─ panel_view(&input, &words) ─▶ PanelView ── <Panel view on/> ──▶ Act
//! AskInput  ── ask_view(&input, &words)  ──▶ AskView   ── <Ask view on/>   ──▶ Act
//! ```
//!
//! The view-models hold every text, already in its language; components only
//! lay them out. One rendering serves the page (`csr`, callbacks) and the
//! service (`ssr`, forms and links where the input carries [`Html`]). Layers are
//! `<details>`, so they open without any code. Nothing here knows a browser,
//! a clock or the network.
//!
//! In the page: hold the input, derive the view in one signal, mount
//! `<Why view=signal on=callback/>` inside a shadow root with [`STYLE`] adopted,
//! set `document.lang` and `dir` from the view, and after every view give
//! [`WhyView::memory`] back in [`WhyInput::memory`].
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod about;
mod act;
mod ask;
mod chip;
mod evidence;
mod foot;
mod input;
mod markup;
mod names;
mod notes;
mod panel;
mod record;
mod reduced;
mod saves;
mod sentence;
mod sources;
mod sums;
mod view;
mod why;

pub use act::Act;
pub use ask::ask_view;
pub use chip::{chip_for_item, chip_name, chip_text};
pub use input::{
    AskInput, Datum, DocumentState, Feedback, FeedbackKind, FeedbackState, History, Html, Memory, PanelInput,
    PanelState, Past, Person, Save, SaveState, Target, WhyInput,
};
pub use markup::{Ask, AskProps, Panel, PanelProps, Why, WhyProps};
pub use panel::panel_view;
pub use view::*;
pub use why::why_view;

/// The one sheet, for the shadow root and for the service's pages.
pub const STYLE: &str = include_str!("../style/card.css");
