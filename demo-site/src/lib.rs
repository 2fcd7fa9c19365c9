//! A shop and a chat that meet Candor as a stranger would: over HTTP and the
//! script tag. It imports the recommender it runs and the words of the protocol,
//! nothing of the service or the widget.

pub mod app;
pub mod catalogue;
pub mod drawing;
pub mod gate;
pub mod grants;
pub mod html_text;
pub mod identifier;
pub mod kept;
pub mod language;
pub mod last_known;
pub mod orders;
pub mod pages;
pub mod persona;
pub mod picks;
pub mod policy;
pub mod proxy;
pub mod relay;
mod seeded;
pub mod shelf;
pub mod token;
pub mod visitor;

/// The site's publishable key.
pub const SITE: &str = "pk_demo";
pub const SHOP: &str = "Larch & Ladle";
