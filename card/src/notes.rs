//! What there is to say about the state the card is in.

use candor_protocol::{Choice, Notice, Standing};
use candor_words::{Key, Words};

use crate::sentence::nothing_yet;
use crate::{Act, Button, DocumentState, Note, Save, SaveState, WhyInput};

pub(crate) fn note(key: Key, words: &Words<'_>) -> Note {
    Note { text: words.plain(key), ..Note::default() }
}

/// The words the rule on Global Privacy Control prescribes (11 CCR 7025(c)(6)).
pub(crate) fn gpc_note(words: &Words<'_>) -> Note {
    Note { text: words.plain(Key::StateGpc), strong: true, button: None }
}

/// Said while there is no line to the service.
pub(crate) fn offline_note(saves: &[Save], words: &Words<'_>) -> Note {
    let held = saves.iter().any(|save| save.state == SaveState::Local && save.choice == Choice::Denied);
    note(if held { Key::StateOffline } else { Key::StateOfflineIdle }, words)
}

/// Whether the browser's signal keeps anything off.
pub(crate) fn gpc_holds(gpc: bool, notice: Option<&Notice>, choices: &candor_protocol::Choices) -> bool {
    let marked = |notice: &Notice| {
        let mut controls = notice.controls.iter();
        controls.any(|control| control.gpc && choices.standing(&control.id) != Standing::Granted)
    };
    choices.controls.iter().any(|control| control.by_signal) || (gpc && notice.is_some_and(marked))
}

pub(crate) fn card_notes(input: &WhyInput, words: &Words<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let button = |key| Some(Button { label: words.plain(key), name: None, act: Act::Retry });
    match &input.document {
        DocumentState::Unreachable => {
            let text = words.plain(Key::StateUnreachableOff);
            notes.push(Note { text, strong: false, button: button(Key::StateRetry) });
        }
        DocumentState::NotReady => {
            notes.push(Note { text: String::new(), strong: false, button: button(Key::StateRetry) });
        }
        DocumentState::Withdrawn { .. } => {
            notes.push(Note { text: String::new(), strong: false, button: button(Key::StateRenew) });
        }
        DocumentState::General => {
            if let Some(notice) = &input.notice {
                let sources: Vec<String> = notice
                    .controls
                    .iter()
                    .filter(|control| control.purpose() == "recommendations")
                    .filter_map(|control| notice.source(control.subject_matter()))
                    .map(|source| source.label.text(words.locale.language()).to_owned())
                    .collect();
                if !sources.is_empty() {
                    let list = words.locale.list(&sources);
                    notes.push(Note { text: words.plain(Key::StateGeneralHow), strong: true, button: None });
                    let text = words.say(Key::StateGeneralUses, &[("sources", &list)]);
                    notes.push(Note { text, ..Note::default() });
                }
            }
        }
        DocumentState::Ready { document, .. } if nothing_yet(input, document) => {
            notes.push(note(Key::AskPopular, words));
        }
        _ => {}
    }
    if gpc_holds(input.gpc, input.notice.as_deref(), &input.choices) {
        notes.push(gpc_note(words));
        notes.push(note(Key::StateGpcWhy, words));
    }
    if input.offline {
        notes.push(offline_note(&input.saves, words));
    }
    if input.moved {
        notes.push(note(Key::StateMoved, words));
    }
    notes
}
