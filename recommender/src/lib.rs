//! The reference recommender: item-to-item, with exact contributions. It is
//! given the data that are allowed and nothing else, and says of every item
//! in the list, and of every item that a switch would bring into it, what each
//! datum added to its score.
//!
//! [`Orders`] are read from a file, [`Model::fit`] learns from them, and
//! [`Model::recommend`] makes a complete explanation document. No clock and no
//! randomness in here: ids and times come from the caller.

mod allowed;
mod candidates;
mod document;
mod ease;
mod error;
mod fingerprint;
mod model;
mod orders;
mod recommend;
mod scores;

pub use allowed::{Datum, Role, Source};
/// What the chip says of a finished document; a shop needs no more of `reasoning` than this.
pub use candor_reasoning::leading_kind;
pub use ease::{Gram, weights};
pub use error::{FitError, ReadError, RequestError};
pub use model::{Baskets, Model, Settings};
pub use orders::{Broken, Deal, Invoice, Orders, Reading};
pub use recommend::{Request, Sponsored};
