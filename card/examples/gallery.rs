//! Every state × language × theme as one HTML file each, to be looked at:
//! `cargo run -p candor-card --example gallery --features ssr -- DIRECTORY`

#[path = "../tests/states/mod.rs"]
mod states;

use std::sync::Arc;

use candor_card::{Card, CardProps, STYLE, Tree, ask, panel, why};
use candor_words::{Words, bundled};
use leptos::prelude::*;
use states::locale::Simple;

fn main() -> std::io::Result<()> {
    let out = std::env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned());
    std::fs::create_dir_all(&out)?;
    let owner = Owner::new();
    owner.with(|| {
        for language in candor_words::LANGUAGES {
            let locale = Simple(language);
            let words = Words { catalogue: bundled(language), locale: &locale };
            let html =
                |tree: Tree| Card(CardProps { draw: Arc::new(move || tree.clone()), on: Arc::new(|_| {}) }).to_html();
            let mut pages = Vec::new();
            for (name, mut input) in states::cards() {
                let mut memory = std::mem::take(&mut input.memory);
                pages.push((name, html(why(&input.facts(), &mut memory, &words))));
            }
            for (name, input) in states::panels() {
                pages.push((name, html(panel(&input.facts(), &words))));
            }
            for (name, input) in states::asks() {
                pages.push((name, html(ask(&input.facts(), &words))));
            }
            for (name, html) in pages {
                for theme in ["light", "dark"] {
                    std::fs::write(format!("{out}/{name}-{language}-{theme}.html"), page(language, theme, &html))?;
                }
            }
        }
        Ok(())
    })
}

fn page(language: &str, theme: &str, card: &str) -> String {
    let around = "body{margin:0;padding:1rem;font-family:system-ui,sans-serif}.dark{background:#0f0e0d}.light{background:#f3f1ec}\
        .candor>section{border-radius:.75rem}";
    format!(
        "<!doctype html><html lang={language}><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Candor</title><style>{around}{STYLE}</style><body class={theme}><main class=candor data-theme={theme}>{card}</main>"
    )
}
