//! What there is to say about the state a card is in.

use candor_protocol::{Choice, Standing};
use candor_words::Key;

use crate::names::local;
use crate::parts::{button, note, strong};
use crate::pen::Pen;
use crate::sentence::nothing_yet;
use crate::{Act, Common, DocumentState, SaveState, Signal, WhyFacts};

#[inline(never)]
pub(crate) fn card_notes(pen: &mut Pen<'_>, facts: &WhyFacts<'_>) {
    match facts.document {
        DocumentState::Unreachable | DocumentState::NotReady => button(pen, "plain", Key::StateRetry, "", Act::Retry),
        DocumentState::Withdrawn { .. } => button(pen, "plain", Key::StateRenew, "", Act::Retry),
        DocumentState::General => general(pen, facts),
        DocumentState::Ready { document, .. } if nothing_yet(facts, document) => note(pen, Key::AskPopular),
        _ => {}
    }
    common_notes(pen, &facts.common);
    if facts.moved {
        note(pen, Key::StateMoved);
    }
}

/// What is said where there are no choices to speak of: how the shop chooses.
fn general(pen: &mut Pen<'_>, facts: &WhyFacts<'_>) {
    let Some(notice) = facts.common.notice else { return };
    let mut sources: Vec<String> = Vec::new();
    for control in &notice.controls {
        if control.purpose() == "recommendations"
            && let Some(source) = notice.source(control.subject_matter())
        {
            sources.push(local(&source.label, pen.words).to_owned());
        }
    }
    if !sources.is_empty() {
        strong(pen, Key::StateGeneralHow);
        let list = pen.words.locale.list(&sources);
        pen.line("p", "note", &pen.words.say(Key::StateGeneralUses, &[("sources", &list)]));
    }
}

/// Of card and panel alike: the browser's signal, and that there is no line to the service.
#[inline(never)]
pub(crate) fn common_notes(pen: &mut Pen<'_>, common: &Common<'_>) {
    if gpc_holds(common) {
        // The words the rule on Global Privacy Control prescribes (11 CCR 7025(c)(6)).
        strong(pen, Key::StateGpc);
        // On another browser, or after the tool took its "no" back, nobody asks for it here and now.
        if common.signal != Signal::None {
            note(pen, if common.signal == Signal::ShopTool { Key::StateGpcTool } else { Key::StateGpcWhy });
        }
    }
    if common.offline {
        let held =
            common.saves.iter().any(|save| matches!(save.state, SaveState::Local) && save.choice == Choice::Denied);
        note(pen, if held { Key::StateOffline } else { Key::StateOfflineIdle });
    }
}

/// What sets one control's state apart: a signal, this device, lapsed terms. Answers whether anything does.
#[inline(never)]
pub(crate) fn control_notes(pen: &mut Pen<'_>, common: &Common<'_>, control: &str) -> bool {
    let stands = common.choices.control(control);
    let (signal, device, lapsed) =
        stands.map_or((false, false, false), |stands| (stands.by_signal, stands.device_only, stands.lapsed));
    let off = common.device_off.iter().any(|off| off == control);
    let here = device || (off && common.choices.standing(control) == Standing::Granted);
    if signal {
        strong(pen, Key::StateGpc);
    }
    if here {
        note(pen, Key::StateDevice);
    }
    if lapsed {
        note(pen, Key::StateLapsed);
    }
    signal || here || lapsed
}

/// Whether the browser's signal keeps anything off.
fn gpc_holds(common: &Common<'_>) -> bool {
    let choices = common.choices;
    if choices.controls.iter().any(|control| control.by_signal) {
        return true;
    }
    let Some(notice) = common.notice.filter(|_| common.signal != Signal::None) else { return false };
    notice.controls.iter().any(|control| control.gpc && choices.standing(&control.id) != Standing::Granted)
}
