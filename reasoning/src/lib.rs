//! From an explanation to what is shown: the ranking, the sums, what each
//! source and each datum changes, the preview, and the sentence.
//!
//! Pure: no clock, network, storage or browser. Answers are indices and message
//! keys; words are chosen elsewhere. [`rank()`] is the one ranking function: the
//! recommender orders with it, the service checks with it, the card previews
//! with it.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod check;
mod effect;
mod preview;
mod rank;
mod reduced;
mod sentence;
mod share;
mod sums;
mod without;

pub use check::check;
pub use effect::{Effect, Weight, datum_effects, source_effects};
pub use preview::{Move, Preview, preview};
pub use rank::{Placed, compare, rank};
pub use reduced::Reduced;
pub use sentence::{Sentence, leading_kind, sentence};
pub use share::{Share, shares};
pub use sums::{Sums, check_sums};
pub use without::Without;
