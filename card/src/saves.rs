//! What was decided while the card is open: what it did, how far it got, the way back.

use candor_protocol::{Change, Choice, Choices, DecisionMethod, Standing};
use candor_words::{Key, Words};

use crate::{Act, Button, Done, Save, SaveState, Switch};

/// The last decision on a control or on one datum of it.
pub(crate) fn last<'a>(saves: &'a [Save], control: &str, datum: Option<&str>) -> Option<&'a Save> {
    saves.iter().rev().find(|save| save.control == control && save.datum.as_deref() == datum)
}

/// Whether a control is on. `used`: the document in hand rests on it, which
/// answers while the choices are not known yet.
pub(crate) fn is_on(choices: &Choices, device_off: &[String], control: &str, used: bool) -> bool {
    let standing = match choices.standing(control) {
        Standing::Granted => true,
        Standing::Denied => false,
        Standing::Unset => used && choices.epoch.is_empty(),
    };
    let here = device_off.iter().any(|off| off == control);
    standing && !here && !choices.control(control).is_some_and(|stands| stands.device_only)
}

pub(crate) fn change(control: &str, datum: Option<&str>, choice: Choice) -> Change {
    Change { control: control.to_owned(), choice, datum: datum.map(str::to_owned) }
}

fn opposite(choice: Choice) -> Choice {
    match choice {
        Choice::Granted => Choice::Denied,
        Choice::Denied => Choice::Granted,
    }
}

/// One control's switch.
pub(crate) fn switch(label: &str, control: &str, on: bool, saves: &[Save], words: &Words<'_>) -> Switch {
    let to = if on { Choice::Denied } else { Choice::Granted };
    Switch {
        label: label.to_owned(),
        on,
        word: words.plain(if on { Key::SwitchOn } else { Key::SwitchOff }),
        act: Act::Decide { changes: vec![change(control, None, to)], method: DecisionMethod::Switch, master: false },
        done: last(saves, control, None).map(|save| done(save, label, words)),
    }
}

/// "Off. Not used for your picks any more." · "Saved" · *Undo*.
pub(crate) fn done(save: &Save, what: &str, words: &Words<'_>) -> Done {
    let text = words.plain(text_of(save));
    // What did not come into force has nothing to undo.
    let undo = (save.state != SaveState::Superseded).then(|| Button {
        label: words.plain(Key::Undo),
        name: Some(words.say(Key::UndoOf, &[("what", what)])),
        act: Act::Decide {
            changes: vec![change(&save.control, save.datum.as_deref(), opposite(save.choice))],
            method: DecisionMethod::Button,
            master: false,
        },
    });
    Done { text, save: progress(save.state, words), undo }
}

pub(crate) fn progress(state: SaveState, words: &Words<'_>) -> String {
    match state {
        SaveState::Local => words.plain(Key::SaveLocal),
        SaveState::Saved => words.plain(Key::SaveSaved),
        SaveState::Failed => words.plain(Key::SaveFailed),
        SaveState::Superseded => String::new(),
    }
}

/// The one polite message: what the last change did. How far it got is not said
/// again, so that one change is one message.
pub(crate) fn live(saves: &[Save], name: impl Fn(&Save) -> String, words: &Words<'_>) -> String {
    let Some(save) = saves.last() else { return String::new() };
    if save.master && save.state != SaveState::Superseded {
        return words.plain(master_text(save.choice));
    }
    [name(save), words.plain(text_of(save))].join(": ")
}

/// *Personal picks*: one decision for every source in use; on again what it had turned off.
pub(crate) fn master(controls: &[(String, bool)], saves: &[Save], words: &Words<'_>) -> Switch {
    let on = controls.iter().any(|(_, on)| *on);
    let by_master =
        |control: &str| last(saves, control, None).is_some_and(|save| save.master && save.choice == Choice::Denied);
    let changes: Vec<Change> = controls
        .iter()
        .filter(|(control, is)| if on { *is } else { by_master(control) })
        .map(|(control, _)| change(control, None, if on { Choice::Denied } else { Choice::Granted }))
        .collect();
    let mine: Vec<&Save> = saves.iter().filter(|save| save.master).collect();
    let state = mine.iter().map(|save| save.state).min_by_key(|state| match state {
        SaveState::Failed => 0,
        SaveState::Local => 1,
        SaveState::Superseded => 2,
        SaveState::Saved => 3,
    });
    let done = match (saves.last(), state) {
        (Some(save), Some(state)) if save.master => {
            Some(Done { text: words.plain(master_text(save.choice)), save: progress(state, words), undo: None })
        }
        _ => None,
    };
    Switch {
        label: words.plain(Key::MasterLabel),
        on,
        word: words.plain(if on { Key::SwitchOn } else { Key::SwitchOff }),
        act: if changes.is_empty() {
            Act::ShowSources
        } else {
            Act::Decide { changes, method: DecisionMethod::Switch, master: true }
        },
        done,
    }
}

fn master_text(choice: Choice) -> Key {
    match choice {
        Choice::Granted => Key::MasterOnDone,
        Choice::Denied => Key::MasterOffDone,
    }
}

fn text_of(save: &Save) -> Key {
    match (save.state, save.choice, save.datum.is_some()) {
        (SaveState::Superseded, Choice::Granted, _) => Key::StateSuperseded,
        (_, Choice::Denied, false) => Key::OffDone,
        (_, Choice::Granted, false) => Key::OnDone,
        (_, Choice::Denied, true) => Key::EvidenceLeft,
        (_, Choice::Granted, true) => Key::EvidenceBack,
    }
}
