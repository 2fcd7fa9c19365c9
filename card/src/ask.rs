//! The question in a list's own place.

use candor_protocol::{Choice, DecisionMethod};
use candor_words::{Key, Words};

use crate::names::{of_source, source_name};
use crate::parts::{button, link, live, section};
use crate::pen::Pen;
use crate::saves::{decide, open_done};
use crate::{Act, AskFacts, SaveState, Tree};

/// The ask in a list's own place: never a pop-up, two equal buttons.
pub fn ask(facts: &AskFacts<'_>, words: &Words<'_>) -> Tree {
    let mut pen = Pen::new(words, facts.html);
    let pen = &mut pen;
    let state = match facts.answer {
        None => "open",
        Some((Choice::Granted, _)) => "granted",
        Some((Choice::Denied, _)) => "denied",
    };
    section(pen, "ask", "ask", state);
    pen.with("aria-label", words.text(Key::AskTitle));
    pen.with("tabindex", "-1");
    let mut said = "";
    match facts.answer {
        None => question(pen, facts),
        Some((choice, state)) => {
            let key = match (choice, state) {
                (Choice::Granted, SaveState::Superseded) => Key::StateSuperseded,
                (Choice::Granted, _) => Key::AskGranted,
                (Choice::Denied, _) => Key::AskDenied,
            };
            open_done(pen, key, state);
            pen.close();
            said = words.text(key);
        }
    }
    pen.open("p", "fine");
    let (before, after) = words.around(Key::AskChange, "link");
    pen.text(before);
    let title = words.text(Key::PanelTitle);
    match facts.choices_url {
        Some(url) if pen.html().is_some() => link(pen, "name", url, title),
        Some(url) => {
            // The address works without code; with it the panel opens in place.
            pen.open("a", "name");
            pen.with("href", url);
            pen.press(Act::OpenChoices);
            pen.text(title);
            pen.close();
        }
        None => pen.line("em", "", title),
    }
    pen.text(after);
    pen.close();
    live(pen, said);
    pen.done()
}

fn question(pen: &mut Pen<'_>, facts: &AskFacts<'_>) {
    let question =
        of_source(facts.source, [Key::AskOrders, Key::AskReturns, Key::AskBasket, Key::AskViews, Key::AskSource]);
    let yes = of_source(
        facts.source,
        [Key::AskYesOrders, Key::AskYesReturns, Key::AskYesBasket, Key::AskYesViews, Key::AskYesSource],
    );
    pen.line_of("p", "", Key::AskPopular);
    pen.open("p", "reason");
    pen.with("part", "reason");
    let name = source_name(facts.notice, facts.source, pen.words);
    pen.text(&pen.words.say(question, &[("source", name)]));
    pen.close();
    let control = ["recommendations/", facts.source].concat();
    pen.open("div", "equals");
    for (label, grant) in [(yes, true), (Key::AskNo, false)] {
        button(pen, "equal", label, "", decide(&control, None, grant, DecisionMethod::Button));
    }
    pen.close();
}
