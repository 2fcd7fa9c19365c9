//! The two actions at the foot, and what became of them.

use candor_protocol::Explanation;
use candor_words::Key;

use crate::parts::{button, close_layer, layer};
use crate::pen::Pen;
use crate::{Act, FeedbackKind, FeedbackState, WhyFacts};

#[inline(never)]
pub(crate) fn foot(pen: &mut Pen<'_>, facts: &WhyFacts<'_>, doc: &Explanation) {
    pen.open("div", "foot");
    offer(pen, FeedbackKind::NotForMe);
    layer(pen, "wrong", "wrong", false, Key::FootWrong);
    pen.open("div", "presses");
    offer(pen, FeedbackKind::WrongReason);
    offer(pen, FeedbackKind::WrongData);
    if doc.oversight.as_ref().is_some_and(|oversight| oversight.contact.is_some()) {
        offer(pen, FeedbackKind::AskPerson);
    }
    pen.close();
    close_layer(pen);
    for feedback in facts.feedback {
        let state = match &feedback.state {
            FeedbackState::Sending => pen.words.say(Key::FootSending, &[]),
            FeedbackState::Received { id } => pen.words.say(Key::FootReceived, &[("id", id)]),
            FeedbackState::Failed => pen.words.say(Key::FootFailed, &[]),
        };
        pen.line("p", "note", &[pen.words.text(label(feedback.kind)), ": ", &state].concat());
    }
    pen.close();
}

fn offer(pen: &mut Pen<'_>, kind: FeedbackKind) {
    button(pen, "plain", label(kind), "", Act::Feedback(kind));
}

fn label(kind: FeedbackKind) -> Key {
    match kind {
        FeedbackKind::NotForMe => Key::FootNotForMe,
        FeedbackKind::WrongReason => Key::WrongReason,
        FeedbackKind::WrongData => Key::WrongData,
        FeedbackKind::AskPerson => Key::WrongPerson,
    }
}
