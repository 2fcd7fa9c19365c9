//! The shop's own pages: everything, one product, the basket.

use super::layout::Page;
use super::list;
use crate::app::App;
use crate::catalogue::Product;
use crate::picks::{Picks, Place};
use crate::visitor::Visitor;
use maud::{Markup, html};

/// Categories beyond this many items are cut: a page, not an inventory.
const SHELF_LENGTH: usize = 48;

/// The list page: what is chosen, then everything.
pub fn home(app: &App, visitor: &Visitor, picks: &Picks) -> Markup {
    let language = visitor.language;
    let page = Page { app, visitor, title: language.say("Shop"), class: "shop-page", scripts: &[] };
    page.shop_document(&html! {
        h1.greeting { (greeting(visitor)) }
        (list::section(&app.shelf, picks, &Place::Home, language))
        h2.all { (language.say("Everything")) }
        @for category in app.shelf.catalogue.categories() {
            section.category {
                h3 { (language.say(category_name(category))) }
                ul.goods {
                    @for product in app.shelf.catalogue.iter().filter(|product| product.category == category).take(SHELF_LENGTH) {
                        li.good { (list::card(product, language)) }
                    }
                }
            }
        }
    })
}

/// One product, and what goes with it: the same for everyone.
pub fn product(app: &App, visitor: &Visitor, product: &Product, picks: &Picks) -> Markup {
    let language = visitor.language;
    let page = Page { app, visitor, title: product.title(language), class: "shop-page", scripts: &[] };
    page.shop_document(&html! {
        article.product {
            img src={ "/drawing/" (product.id) ".svg" } alt="" width="480" height="480";
            div.words {
                h1 { (product.title(language)) }
                p.text { (product.text(language)) }
                p.price { (language.price(&product.price)) }
                form method="post" action="/basket/add" {
                    input type="hidden" name="item" value=(product.id);
                    button.buy type="submit" { (language.say("Add to basket")) }
                }
            }
        }
        (list::section(&app.shelf, picks, &Place::Product(product.id.clone()), language))
    })
}

pub fn basket(app: &App, visitor: &Visitor, picks: &Picks) -> Markup {
    let language = visitor.language;
    let page = Page { app, visitor, title: language.say("Basket"), class: "shop-page", scripts: &[] };
    let lines: Vec<&Product> = visitor.basket.iter().filter_map(|item| app.shelf.catalogue.get(item)).collect();
    let pence: u64 = lines.iter().map(|product| pence(&product.price)).sum();
    page.shop_document(&html! {
        h1 { (language.say("Basket")) }
        @if lines.is_empty() {
            p.empty { (language.say("Your basket is empty.")) }
        } @else {
            ul.lines {
                @for product in &lines {
                    li {
                        img src={ "/drawing/" (product.id) ".svg" } alt="" width="72" height="72";
                        a href={ "/product/" (product.id) } { (product.title(language)) }
                        span.price { (language.price(&product.price)) }
                        form method="post" action="/basket/remove" {
                            input type="hidden" name="item" value=(product.id);
                            button.quiet type="submit" { (language.say("Remove")) span.hidden { ": " (product.title(language)) } }
                        }
                    }
                }
            }
            p.total { (language.say("Total")) " " strong { (language.price(&format!("{}.{:02}", pence / 100, pence % 100))) } }
            p.small { (language.say("Checkout is not part of this demo.")) }
        }
        (list::section(&app.shelf, picks, &Place::Basket, language))
    })
}

pub fn lost(app: &App, visitor: &Visitor) -> Markup {
    let language = visitor.language;
    let page =
        Page { app, visitor, title: language.say("This page does not exist."), class: "shop-page", scripts: &[] };
    page.shop_document(&html! {
        h1 { (language.say("This page does not exist.")) }
        p { a href="/shop" { (language.say("Back to the shop")) } }
    })
}

pub fn greeting(visitor: &Visitor) -> &'static str {
    use crate::persona::Persona;
    visitor.language.say(match visitor.persona {
        Persona::Hanna => "Good to see you, Hanna.",
        Persona::Tomek => "Good to see you, Tomek.",
        Persona::Nora | Persona::Amina => "Welcome.",
    })
}

fn category_name(category: &str) -> &'static str {
    match category {
        "tea" => "Tea",
        "kitchen" => "Kitchen",
        "garden" => "Garden",
        "paper" => "Paper",
        "baby" => "Baby",
        "home" => "Home",
        _ => "From the orders",
    }
}

fn pence(price: &str) -> u64 {
    let (pounds, pence) = price.split_once('.').unwrap_or((price, "00"));
    pounds.parse::<u64>().unwrap_or_default() * 100 + pence.parse::<u64>().unwrap_or_default()
}
