//! "Your record": the history of choices, and a copy to keep.

use candor_protocol::{Choice, DecisionMethod};
use candor_words::Key;

use crate::names::{local, matter, source_name};
use crate::parts::{button, close_layer, layer, note};
use crate::pen::Pen;
use crate::{Act, Common, History, Past};

pub(crate) fn record(pen: &mut Pen<'_>, common: &Common<'_>) {
    let lines = match common.history {
        History::Lines(lines) => lines.as_slice(),
        _ => &[],
    };
    layer(pen, "layer", "record", !lines.is_empty(), Key::RecordTitle);
    match common.history {
        History::Closed => {}
        History::Loading => note(pen, Key::RecordLoading),
        History::Failed => note(pen, Key::RecordFailed),
        History::LocalOnly => note(pen, Key::RecordLocal),
        History::Lines(lines) if lines.is_empty() => note(pen, Key::RecordNone),
        History::Lines(lines) => {
            pen.open("ul", "record");
            for past in lines {
                line(pen, past, common);
            }
            pen.close();
        }
    }
    pen.open("div", "presses");
    match common.history {
        History::Closed => button(pen, "plain", Key::RecordShow, "", Act::History),
        History::Failed => button(pen, "plain", Key::StateRetry, "", Act::History),
        _ => {}
    }
    if !matches!(common.history, History::LocalOnly) {
        button(pen, "plain", Key::RecordExport, "", Act::Export);
    }
    pen.close();
    close_layer(pen);
}

#[inline(never)]
fn line(pen: &mut Pen<'_>, past: &Past, common: &Common<'_>) {
    let words = pen.words;
    let control = &past.change.control;
    let mut what = source_name(common.notice, matter(control), words).to_owned();
    let purpose =
        control.strip_suffix(matter(control)).and_then(|purpose| purpose.strip_suffix('/')).unwrap_or_default();
    // Two purposes may use the same source.
    if purpose != "recommendations"
        && let Some(purpose) = common.notice.and_then(|notice| notice.purpose(purpose))
    {
        what = [local(&purpose.label, words), " · ", &what].concat();
    }
    let denied = past.change.choice == Choice::Denied;
    let (key, choice) = match (past.change.datum.is_some(), denied) {
        (false, true) => (Key::RecordLine, Key::SwitchOff),
        (false, false) => (Key::RecordLine, Key::SwitchOn),
        (true, true) => (Key::RecordDatum, Key::RecordLeft),
        (true, false) => (Key::RecordDatum, Key::RecordBack),
    };
    pen.open("li", "");
    pen.line("span", "when", &words.locale.date(past.at));
    pen.line("span", "", &words.say(key, &[("what", &what), ("choice", words.text(choice))]));
    let extras = [(past.method == DecisionMethod::Signal, Key::RecordSignal), (past.superseded, Key::RecordSuperseded)];
    let mut extra = String::new();
    for (_, key) in extras.into_iter().filter(|(is, _)| *is) {
        if !extra.is_empty() {
            extra.push_str(", ");
        }
        extra.push_str(words.text(key));
    }
    if !extra.is_empty() {
        pen.line("p", "moved", &extra);
    }
    pen.close();
}
