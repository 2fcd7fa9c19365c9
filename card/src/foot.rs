//! The two actions at the foot, and what became of them.

use candor_protocol::Explanation;
use candor_words::{Key, Words};

use crate::{Act, Button, FeedbackKind, FeedbackState, Foot, WhyInput};

pub(crate) fn foot(input: &WhyInput, doc: &Explanation, words: &Words<'_>) -> Foot {
    let button = |key, kind| Button { label: words.plain(key), name: None, act: Act::Feedback(kind) };
    let mut wrong =
        vec![button(Key::WrongReason, FeedbackKind::WrongReason), button(Key::WrongData, FeedbackKind::WrongData)];
    if doc.oversight.as_ref().is_some_and(|oversight| oversight.contact.is_some()) {
        wrong.push(button(Key::WrongPerson, FeedbackKind::AskPerson));
    }
    let sent = input.feedback.iter().map(|feedback| {
        let what = words.plain(match feedback.kind {
            FeedbackKind::NotForMe => Key::FootNotForMe,
            FeedbackKind::WrongReason => Key::WrongReason,
            FeedbackKind::WrongData => Key::WrongData,
            FeedbackKind::AskPerson => Key::WrongPerson,
        });
        let state = match &feedback.state {
            FeedbackState::Sending => words.plain(Key::FootSending),
            FeedbackState::Received { id } => words.say(Key::FootReceived, &[("id", id)]),
            FeedbackState::Failed => words.plain(Key::FootFailed),
        };
        [what, state].join(": ")
    });
    Foot {
        not_for_me: Some(button(Key::FootNotForMe, FeedbackKind::NotForMe)),
        wrong_label: words.plain(Key::FootWrong),
        wrong,
        sent: sent.collect(),
    }
}
