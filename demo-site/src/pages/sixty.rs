//! The sixty seconds: the shop on the left, the privacy desk on the right, five
//! steps below, and the people to look with.

use super::layout::Page;
use super::{list, shop};
use crate::app::App;
use crate::persona::Persona;
use crate::picks::{Picks, Place};
use crate::visitor::Visitor;
use maud::{Markup, html};

struct Step {
    /// Whose eyes it needs.
    persona: Persona,
    title: &'static str,
    words: fn() -> Markup,
}

const STEPS: [Step; 5] = [
    Step {
        persona: Persona::Hanna,
        title: "Ask why",
        words: || html! { "Hanna’s list says what it rests on. Press " b { "From your orders · Why?" } " and read one sentence." },
    },
    Step {
        persona: Persona::Hanna,
        title: "See it, then switch",
        words: || html! { "In the card, open " b { "See or change the data" } ": " b { "See them" } " shows the list without her orders, beforehand. Switch " b { "Your orders" } " off: that is now the list. " b { "Undo" } " stands beside it." },
    },
    Step {
        persona: Persona::Tomek,
        title: "Leave one thing out",
        words: || html! { "Tomek bought one gift for somebody’s baby, a knitted rabbit (" span lang="pl" { "Króliczek na drutach" } "), and now sees baby things. In his card, under " b lang="pl" { "Zobacz lub zmień dane" } ", he presses " b lang="pl" { "Nie używajcie tego" } " beside it: only what came from it goes." },
    },
    Step {
        persona: Persona::Tomek,
        title: "Look at the record",
        words: || html! { "On the privacy desk: his decision, the very words he saw, in Polish, what he is served now, and a refused read of his returns, which he never granted." },
    },
    Step {
        persona: Persona::Hanna,
        title: "Cut the line",
        words: || html! { "Cut the connection and switch something off: " b { "Not sent yet" } ". Reconnect: " b { "Saved" } ". Then ask the chat: its next answer obeys." },
    },
];

/// The third step where the orders are not the shop's own, and nobody knows of a gift.
const OTHER_ORDERS: &str = "Tomek takes one purchase out: a gift, or somebody else’s. Only what came from it goes.";

pub fn page(app: &App, visitor: &Visitor, picks: &Picks) -> Markup {
    let class = if visitor.persona == Persona::Amina { "sixty desk-first" } else { "sixty" };
    let page = Page { app, visitor, title: "Sixty seconds", class, scripts: &["/assets/sixty.js"] };
    page.document(&html! {
        a.skip href="#picks" { (visitor.language.say("Skip to the list")) }
        header.stage aria-label="The demo" lang="en" {
            div.claim {
                h1 { "Why am I shown this?" }
                p { "Candor is the small “Why?” in the list: it answers, and takes a no. Beside it, or below on a phone, is what the privacy team sees." }
            }
            (people(visitor))
        }
        main.split aria-label="The shop and the privacy desk" {
            section.pane.shop aria-label="The shop" {
                (page.shop_header())
                div.shop-body {
                    @if visitor.persona.customer().is_some() { p.greeting { (shop::greeting(visitor)) } }
                    (list::section(&app.shelf, picks, &Place::Home, visitor.language))
                }
            }
            section.pane.desk aria-label="The privacy desk" lang="en" {
                header.desk-bar { h2 { "The privacy desk" } p { "What the shop’s privacy team sees" } }
                iframe id="desk" src={ (app.origins.desk) "/desk" } title="The privacy desk, as a guest" {}
            }
        }
        (steps(app, visitor))
    })
}

fn people(visitor: &Visitor) -> Markup {
    html! {
        nav.people aria-label="Whose eyes" {
            @for persona in Persona::ALL {
                a.person href={ "/?persona=" (persona.id()) } data-persona-link=(persona.id())
                    aria-current=[(persona == visitor.persona).then_some("true")] {
                    span class={ "face " (persona.id()) } aria-hidden="true" { (persona.name().chars().next().unwrap_or(' ')) }
                    span.who { strong { (persona.name()) } span { (persona.about()) } }
                }
            }
        }
    }
}

fn steps(app: &App, visitor: &Visitor) -> Markup {
    let is_cut = app.line.is_cut();
    html! {
        section.steps lang="en" aria-label="Five steps" {
            ol {
                @for (index, step) in STEPS.iter().enumerate() {
                    @let number = index + 1;
                    // Anybody who is signed in can lose the line.
                    @let persona = if number == 5 && visitor.persona.customer().is_some() { visitor.persona } else { step.persona };
                    li id={ "step-" (number) } data-step=(number) {
                        h3 { span.number aria-hidden="true" { (number) } (step.title) span.done hidden { "Done" } }
                        p { @if number == 3 && app.shelf.retail { (OTHER_ORDERS) } @else { ((step.words)()) } }
                        div.act {
                            a.show href={ "/?persona=" (persona.id()) "#show-" (number) } data-show=(number) {
                                "Show me"
                                @if persona != visitor.persona { " as " (persona.name()) }
                            }
                            @if number == 5 { (line_button(is_cut)) }
                        }
                    }
                }
            }
        }
    }
}

/// The switch of the customer's line to the service. A form, so that it works without script.
pub fn line_button(is_cut: bool) -> Markup {
    html! {
        form.line method="post" action=(if is_cut { "/demo/mend" } else { "/demo/cut" }) data-cut=(is_cut) {
            button type="submit" { (if is_cut { "Reconnect" } else { "Cut the connection" }) }
        }
    }
}
