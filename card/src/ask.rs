use candor_protocol::{Choice, DecisionMethod};
use candor_words::{Key, Words};

use crate::names::source_name;
use crate::saves::{change, progress};
use crate::{Act, AskInput, AskView, Button, Done, SaveState};

/// The ask in a list's own place: never a pop-up, two equal buttons.
pub fn ask_view(input: &AskInput, words: &Words<'_>) -> AskView {
    let name = source_name(input.notice.as_deref(), &input.source, words);
    let (question, yes) = match input.source.as_str() {
        "orders" => (Key::AskOrders, Key::AskYesOrders),
        "returns" => (Key::AskReturns, Key::AskYesReturns),
        "basket" => (Key::AskBasket, Key::AskYesBasket),
        "views" => (Key::AskViews, Key::AskYesViews),
        _ => (Key::AskSource, Key::AskYesSource),
    };
    let control = ["recommendations/", &input.source].concat();
    let button = |key, choice| Button {
        label: words.plain(key),
        name: None,
        act: Act::Decide {
            changes: vec![change(&control, None, choice)],
            method: DecisionMethod::Button,
            master: false,
        },
    };
    let (before, after) = words.around(Key::AskChange, "link", &[]);
    let done = input.answer.map(|(choice, state)| Done {
        text: words.plain(match (choice, state) {
            (Choice::Granted, SaveState::Superseded) => Key::StateSuperseded,
            (Choice::Granted, _) => Key::AskGranted,
            (Choice::Denied, _) => Key::AskDenied,
        }),
        save: progress(state, words),
        undo: None,
    });
    AskView {
        language: words.locale.language().to_owned(),
        direction: words.locale.direction().as_str(),
        state: match input.answer {
            None => "open",
            Some((Choice::Granted, _)) => "granted",
            Some((Choice::Denied, _)) => "denied",
        },
        title: words.plain(Key::AskTitle),
        text: words.plain(Key::AskPopular),
        question: words.say(question, &[("source", &name)]),
        buttons: match input.answer {
            None => vec![button(yes, Choice::Granted), button(Key::AskNo, Choice::Denied)],
            Some(_) => Vec::new(),
        },
        live: done.as_ref().map(|done| done.text.clone()).unwrap_or_default(),
        done,
        change: [before, words.plain(Key::PanelTitle), after],
        choices_url: input.choices_url.clone(),
        html: input.html.clone(),
    }
}
