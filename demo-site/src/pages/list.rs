//! The list: its heading with the chip, its items, and the ask where nothing personal is allowed yet.

use super::layout::why_link;
use crate::catalogue::Product;
use crate::language::Language;
use crate::picks::{Picks, Place};
use crate::shelf::Shelf;
use maud::{Markup, html};

/// The list as it stands on a page, and as `/list` answers.
pub fn section(shelf: &Shelf, picks: &Picks, place: &Place, language: Language) -> Markup {
    html! {
        section.picks id="picks" data-place=(place_name(place)) data-recommendation=(picks.recommendation) aria-labelledby="picks-title" {
            h2 {
                span id="picks-title" { (heading(picks, place, language)) } " "
                (chip(picks, language))
            }
            ol.goods {
                @for item in &picks.items {
                    @if let Some(product) = shelf.catalogue.get(item) {
                        li.good data-item=(item) {
                            (card(product, language))
                            @if picks.paid.contains(item) { (ad_chip(picks, product, language)) }
                        }
                    }
                }
            }
            div.ask-place { @if let Some(source) = picks.ask { (ask(picks, source, language)) } }
        }
    }
}

/// `<candor-why>` for the whole list. Until Candor has loaded it is a plain link.
pub fn chip(picks: &Picks, language: Language) -> Markup {
    html! {
        candor-why recommendation=(picks.recommendation) kind=(picks.kind()) lang=(language.code()) {
            a href=(why_link(&picks.recommendation, language)) { (picks.chip(language)) }
        }
    }
}

pub fn ask(picks: &Picks, source: &str, language: Language) -> Markup {
    html! { candor-ask recommendation=(picks.recommendation) source=(source) lang=(language.code()) {} }
}

/// A product as a card with one link.
pub fn card(product: &Product, language: Language) -> Markup {
    html! {
        a.card href={ "/product/" (product.id) } {
            img src={ "/drawing/" (product.id) ".svg" } alt="" width="200" height="200";
            span.title { (product.title(language)) }
            span.price { (language.price(&product.price)) }
        }
    }
}

fn ad_chip(picks: &Picks, product: &Product, language: Language) -> Markup {
    html! {
        candor-why.ad recommendation=(picks.recommendation) kind="commercial" item=(product.id) lang=(language.code()) {
            a href=(why_link(&picks.recommendation, language)) { (language.say("Ad")) " · " (language.say("Why?")) }
        }
    }
}

fn heading(picks: &Picks, place: &Place, language: Language) -> &'static str {
    language.say(match place {
        Place::Product(_) => "Goes with it",
        _ if !picks.is_personal() => "Popular right now",
        Place::Basket if picks.rests_on == "From your basket" => "With your basket",
        Place::Home | Place::Basket | Place::Chat => "For you",
    })
}

fn place_name(place: &Place) -> &str {
    match place {
        Place::Home | Place::Chat => "home",
        Place::Basket => "basket",
        Place::Product(_) => "product",
    }
}
