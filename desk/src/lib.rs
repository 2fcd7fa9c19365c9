//! The privacy desk: what the privacy team sees. Every choice with the words it
//! was made under, what is served now, refused reads, one person's file.
//!
//! Plain data in ([`view`]), whole pages of HTML out ([`pages`]). Knows no
//! store, no HTTP and no clock; works without JavaScript, and `desk.js` brings
//! news into the page as it arrives.

// Markup is one type per element until it is boxed.
#![recursion_limit = "256"]

mod control;
mod counts;
mod decisions;
mod erase;
pub mod feedback;
mod frame;
mod gaps;
mod looks;
pub mod pages;
mod person;
mod phrases;
mod post;
mod proof;
mod refused;
mod served;
mod shown;
mod sign_in;
pub mod view;

pub use frame::{encoded, fingerprint};
pub use phrases::{LANGUAGES, Speech};

/// The desk's only style sheet.
pub const STYLE: &str = include_str!("../style/desk.css");
/// The desk's only script; everything works without it.
pub const SCRIPT: &str = include_str!("../script/desk.js");
