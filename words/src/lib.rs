//! Every sentence a customer can see, in English, French and Polish, and the
//! [`Locale`] that writes numbers, places, money and dates.
//!
//! Pure: the page implements [`Locale`] with `Intl`, the service with tables;
//! `samples.json` holds what both must answer. A [`Catalogue`] is read through
//! [`candor_protocol::Node`]; with the feature `bundled` all of them are inside.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

#[cfg(feature = "bundled")]
mod bundled;
mod catalogue;
mod key;
mod locale;
mod words;

#[cfg(feature = "bundled")]
pub use bundled::{LANGUAGES, bundled, bundled_file};
pub use catalogue::Catalogue;
pub use key::Key;
pub use locale::{Direction, Locale, Plural};
pub use words::{Words, fill};
