//! The pages, written as plain HTML: no inline style, no inline script.

pub mod chat;
pub mod layout;
pub mod list;
pub mod shop;
pub mod sixty;
