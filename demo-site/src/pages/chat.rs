//! The chat: the page that holds deep-chat, and what the scripted assistant says.

use super::layout::Page;
use super::list;
use crate::app::App;
use crate::language::Language;
use crate::picks::Picks;
use crate::shelf::Shelf;
use crate::visitor::Visitor;
use maud::{Markup, html};

/// What the assistant understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Understood {
    Idea,
    Popular,
    /// The customer just decided; the next answer obeys.
    Decided,
    Nothing,
}

impl Understood {
    pub fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["popular", "populaire"]) {
            Understood::Popular
        } else if has(&[
            "idea",
            "gift",
            "present",
            "recommend",
            "suggest",
            "for me",
            "idée",
            "cadeau",
            "conseil",
            "pomysł",
            "prezent",
            "polec",
            "poleć",
            "dla mnie",
            "hello",
            "bonjour",
            "dzień dobry",
            "cześć",
        ]) {
            Understood::Idea
        } else {
            Understood::Nothing
        }
    }
}

pub fn page(app: &App, visitor: &Visitor) -> Markup {
    let language = visitor.language;
    let scripts: &[&str] = if app.deep_chat.is_some() { &["/assets/chat.js"] } else { &[] };
    let page = Page { app, visitor, title: language.say("Chat"), class: "chat-page", scripts };
    page.shop_document(&html! {
        h1.chat-title { (language.say("This assistant is scripted")) }
        p.chat-note { (language.say("It knows a few sentences and no more. Behind it is the same recommender, with the same permission.")) }
        @if app.deep_chat.is_some() {
            div.chat id="chat"
                data-intro=(language.say("Hello. I am a scripted assistant: I know a few sentences. Ask me for an idea, for a gift, or what is popular."))
                data-placeholder=(language.say("Write to the assistant"))
                data-idea=(language.say("Give me an idea"))
                data-popular=(language.say("What is popular?")) {}
        } @else {
            p.missing role="status" { (language.say("The chat is not installed. Run ./x demo, which brings it, or npm ci in demo-site.")) }
        }
        div.chat-line lang="en" { (super::sixty::line_button(app.line.is_cut())) }
    })
}

/// One message of the assistant. Its list carries the chip; its question is `<candor-ask>`.
pub fn answer(shelf: &Shelf, picks: &Picks, understood: Understood, language: Language) -> Markup {
    let asks = picks.ask.filter(|_| understood == Understood::Idea);
    let sentence = match understood {
        Understood::Nothing => {
            "I am a script and did not understand that. Ask me for an idea, a gift, or what is popular."
        }
        Understood::Decided => "Noted. From now on I choose with what you allow:",
        _ if asks.is_some() => "Three ideas to begin with.",
        _ if picks.is_personal() => "Here is what I would pick for you.",
        _ => "Here is what others like right now. I used none of your data.",
    };
    html! {
        div.say lang=(language.code()) {
            p { (language.say(sentence)) }
            @if understood != Understood::Nothing {
                ul.mini {
                    @for item in &picks.items {
                        @if let Some(product) = shelf.catalogue.get(item) { li { (list::card(product, language)) } }
                    }
                }
                (list::chip(picks, language))
                @if let Some(source) = asks { (list::ask(picks, source, language)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_understands_its_few_sentences_in_three_languages() {
        for (text, wanted) in [
            ("Give me an idea", Understood::Idea),
            ("Un cadeau ?", Understood::Idea),
            ("Daj mi pomysł", Understood::Idea),
            ("What is popular?", Understood::Popular),
            ("What is the meaning of it all", Understood::Nothing),
        ] {
            assert_eq!(Understood::of(text), wanted, "{text}");
        }
    }
}
