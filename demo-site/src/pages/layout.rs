//! What every page of the shop has around its own content.

use crate::app::App;
use crate::language::Language;
use crate::persona::Persona;
use crate::visitor::Visitor;
use maud::{DOCTYPE, Markup, html};

/// One page: who looks, and what belongs to this page alone.
pub struct Page<'a> {
    pub app: &'a App,
    pub visitor: &'a Visitor,
    pub title: &'a str,
    pub class: &'a str,
    pub scripts: &'a [&'a str],
}

impl Page<'_> {
    /// The whole document.
    pub fn document(&self, body: &Markup) -> Markup {
        let service = &self.app.origins.service;
        html! {
            (DOCTYPE)
            html lang=(self.visitor.language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · " (crate::SHOP) }
                    link rel="icon" href="/assets/mark.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/assets/shop.css";
                    // Stands for the setting of Nora's browser; before Candor, as a browser's own would be.
                    @if self.visitor.persona == Persona::Nora { script src="/assets/gpc.js" {} }
                    script src="/assets/shop.js" defer {}
                    @for script in self.scripts { script src=(script) defer {} }
                    script async src={ (service) "/embed/candor.js" } data-site=(crate::SITE) data-first-party="/candor" {}
                }
                body.(self.class) data-persona=(self.visitor.persona.id()) { (body) }
            }
        }
    }

    /// The shop's own header.
    pub fn shop_header(&self) -> Markup {
        let language = self.visitor.language;
        let count = self.visitor.basket.len();
        html! {
            header.shop-header {
                a.wordmark href="/shop" { (mark()) span { (crate::SHOP) } }
                nav aria-label=(language.say("Shop")) {
                    a href="/shop" { (language.say("Shop")) }
                    a href="/basket" { (language.say("Basket")) @if count > 0 { " " span.count { (count) } } }
                    a href="/chat" { (language.say("Chat")) }
                    a href=(choices_link(language)) data-candor-open="choices" { (language.say("Your data")) }
                }
            }
        }
    }

    /// A page of the shop alone, with the way back to the sixty seconds.
    pub fn shop_document(&self, content: &Markup) -> Markup {
        self.document(&html! {
            nav.way-back lang="en" aria-label="The demo" { a href="/" { "← The sixty seconds" } span { "You look with " (self.visitor.persona.name()) "’s eyes." } }
            div.shop {
                (self.shop_header())
                main { (content) }
                footer.shop-footer { (crate::SHOP) " · " (self.visitor.language.say("Good things for home, table and garden"))
                    @if self.app.shelf.retail { " · Orders: UCI Online Retail (Chen, Sain, Guo 2012), CC BY 4.0" }
                }
            }
        })
    }
}

/// The page of choices that the service renders, on the shop's own path.
pub fn choices_link(language: Language) -> String {
    format!("/candor/choices?site={}&lang={}", crate::SITE, language.code())
}

/// The page that says why, for whoever has no script.
pub fn why_link(recommendation: &str, language: Language) -> String {
    format!("/candor/why/{recommendation}?lang={}", language.code())
}

fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" {
            path d="M16 3c6 5 9 10 9 15a9 9 0 0 1-18 0c0-5 3-10 9-15z" fill="none" stroke="currentColor" stroke-width="1.8" {}
            path d="M16 10v19M16 17l4.500-4M16 21l-4.500-4" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" {}
        }
    }
}
