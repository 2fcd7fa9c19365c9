//! The components: they lay a view out and hand back acts. Text goes into text
//! nodes, addresses were checked where the document was read, and nothing is set
//! through `innerHTML`.

mod card;
mod drawn;
#[cfg(not(feature = "csr"))]
mod html;
mod panel;
mod parts;
mod tree;

use leptos::prelude::*;

use crate::{Act, AskView, PanelView, WhyView};
use tree::Markup;

/// The card behind "Why?".
#[component]
pub fn Why(#[prop(into)] view: Signal<WhyView>, on: Callback<Act>) -> impl IntoView {
    move || Markup { tree: view.with(card::card), on }
}

/// Every choice there is.
#[component]
pub fn Panel(#[prop(into)] view: Signal<PanelView>, on: Callback<Act>) -> impl IntoView {
    move || Markup { tree: view.with(panel::panel), on }
}

/// The question in a list's own place.
#[component]
pub fn Ask(#[prop(into)] view: Signal<AskView>, on: Callback<Act>) -> impl IntoView {
    move || Markup { tree: view.with(panel::ask), on }
}
