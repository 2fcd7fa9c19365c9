//! The question in a list's own place.

use candor_protocol::{Choice, DecisionMethod};
use candor_words::{Key, Words};

use crate::names::{of_source, source_name};
use crate::parts::{button, link, live, section};
use crate::pen::Pen;
use crate::saves::{decide, open_done, told};
use crate::{Act, AskFacts, SaveState, Tree};

/// The ask in a list's own place: never a pop-up, two equal buttons.
pub fn ask(facts: &AskFacts<'_>, words: &Words<'_>) -> Tree {
    let mut pen = Pen::new(words, facts.html);
    let pen = &mut pen;
    let state = match facts.answer {
        None | Some((Choice::Granted, SaveState::Superseded, _)) => "open",
        Some((Choice::Granted, ..)) => "granted",
        Some((Choice::Denied, ..)) => "denied",
    };
    section(pen, "ask", "ask", state);
    pen.with("aria-label", words.text(Key::AskTitle));
    pen.with("tabindex", "-1");
    let mut said = String::new();
    // Where a yes did not come into force it is asked again, so that it can be said knowingly.
    let mut ask = true;
    if let Some((choice, state, obstacle)) = facts.answer {
        let text = if choice == Choice::Granted { Key::AskGranted } else { Key::AskDenied };
        open_done(pen, text, state, obstacle);
        said = told(text, state, obstacle, words);
        pen.close();
        ask = state == SaveState::Superseded;
    }
    if ask {
        question(pen, facts);
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
    live(pen, &said);
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
