//! "Your record": the history of choices, and a copy to keep.

use candor_protocol::{Choice, DecisionMethod, Notice};
use candor_words::{Key, Words};

use crate::names::{matter, source_name};
use crate::{Act, Button, History, Past, Record};

pub(crate) fn record(history: &History, notice: Option<&Notice>, words: &Words<'_>) -> Record {
    let mut view = Record { title: words.plain(Key::RecordTitle), ..Record::default() };
    let button = |key, act| Button { label: words.plain(key), name: None, act };
    match history {
        History::Closed => view.buttons.push(button(Key::RecordShow, Act::History)),
        History::Loading => view.note = Some(words.plain(Key::RecordLoading)),
        History::Failed => {
            view.note = Some(words.plain(Key::RecordFailed));
            view.buttons.push(button(Key::StateRetry, Act::History));
        }
        History::LocalOnly => view.note = Some(words.plain(Key::RecordLocal)),
        History::Lines(lines) if lines.is_empty() => view.note = Some(words.plain(Key::RecordNone)),
        History::Lines(lines) => view.lines = lines.iter().map(|past| line(past, notice, words)).collect(),
    }
    if *history != History::LocalOnly {
        view.buttons.push(button(Key::RecordExport, Act::Export));
    }
    view
}

fn line(past: &Past, notice: Option<&Notice>, words: &Words<'_>) -> [String; 3] {
    let control = &past.change.control;
    let mut what = source_name(notice, matter(control), words);
    let purpose = control.split_once('/').map_or("", |(purpose, _)| purpose);
    // Two purposes may use the same source.
    if purpose != "recommendations"
        && let Some(purpose) = notice.and_then(|notice| notice.purpose(purpose))
    {
        what = [purpose.label.text(words.locale.language()), what.as_str()].join(" · ");
    }
    let denied = past.change.choice == Choice::Denied;
    let (key, choice) = match (past.change.datum.is_some(), denied) {
        (false, true) => (Key::RecordLine, Key::SwitchOff),
        (false, false) => (Key::RecordLine, Key::SwitchOn),
        (true, true) => (Key::RecordDatum, Key::RecordLeft),
        (true, false) => (Key::RecordDatum, Key::RecordBack),
    };
    let choice = words.plain(choice);
    let mut extra = Vec::new();
    if past.method == DecisionMethod::Signal {
        extra.push(words.plain(Key::RecordSignal));
    }
    if past.superseded {
        extra.push(words.plain(Key::RecordSuperseded));
    }
    [words.locale.date(past.at), words.say(key, &[("what", &what), ("choice", &choice)]), extra.join(", ")]
}
