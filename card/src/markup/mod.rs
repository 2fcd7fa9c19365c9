//! The component: it lays a tree out and hands back acts. Text goes into text
//! nodes, addresses were checked where the document was read, and nothing is set
//! through `innerHTML`.

mod drawn;
#[cfg(not(feature = "csr"))]
mod html;
mod view;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{Act, Tree};
use view::View;

/// What draws a card, a panel or an ask. It is asked again when anything changes that it read.
pub type Draw = Arc<dyn Fn() -> Tree + Send + Sync>;

/// Whom presses reach.
pub type On = Arc<dyn Fn(&Act) + Send + Sync>;

/// A card, a panel or an ask: one component, so that what the framework makes of
/// it is in the page once.
#[component]
pub fn Card(draw: Draw, on: On) -> impl IntoView {
    View { draw, on }
}
