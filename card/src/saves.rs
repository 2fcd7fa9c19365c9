//! What was decided while the card is open: what it did, how far it got, the way back.

use candor_protocol::{Change, Choice, DecisionMethod, Obstacle, Place, Standing};
use candor_words::{Key, Words};

use crate::parts::button;
use crate::pen::Pen;
use crate::{Act, Common, Save, SaveState, parts};

/// The last decision on a control or on one datum of it.
#[inline(never)]
pub(crate) fn last<'a>(saves: &'a [Save], control: &str, datum: Option<&str>) -> Option<&'a Save> {
    saves.iter().rev().find(|save| save.control == control && save.datum.as_deref() == datum)
}

/// Whether a control is on. `used`: the document in hand rests on it, which
/// answers while the choices are not known yet.
#[inline(never)]
pub(crate) fn is_on(common: &Common<'_>, control: &str, used: bool) -> bool {
    let choices = common.choices;
    let standing = match choices.standing(control) {
        Standing::Granted => true,
        Standing::Denied => false,
        Standing::Unset => used && choices.epoch.is_empty(),
    };
    let here = common.device_off.iter().any(|off| off == control);
    standing && !here && !choices.control(control).is_some_and(|stands| stands.device_only)
}

/// One decision on one control, or on one datum of it.
#[inline(never)]
pub(crate) fn decide(control: &str, datum: Option<&str>, grant: bool, method: DecisionMethod) -> Act {
    Act::Decide { changes: vec![change(control, datum, grant)], method, master: false }
}

#[inline(never)]
pub(crate) fn change(control: &str, datum: Option<&str>, grant: bool) -> Change {
    let choice = if grant { Choice::Granted } else { Choice::Denied };
    Change { control: control.to_owned(), choice, datum: datum.map(str::to_owned) }
}

/// One control's switch.
pub(crate) fn switch(pen: &mut Pen<'_>, labelled: &str, control: &str, on: bool) {
    parts::switch(pen, labelled, on, decide(control, None, !on, DecisionMethod::Switch));
}

/// "Off. Not used for your picks any more." · "Saved" · *Undo*. `undo`: there is no other way back.
#[inline(never)]
pub(crate) fn done(pen: &mut Pen<'_>, save: &Save, what: &str, undo: bool) {
    open_done(pen, text_of(save), save.state, save.obstacle);
    // What did not come into force has nothing to undo.
    if undo && save.state != SaveState::Superseded {
        let name = pen.words.say(Key::UndoOf, &[("what", what)]);
        let grant = save.choice == Choice::Denied;
        let act = decide(&save.control, save.datum.as_deref(), grant, DecisionMethod::Button);
        button(pen, "quiet", Key::Undo, &name, act);
    }
    pen.close();
}

/// What a press did and how far it got.
#[inline(never)]
pub(crate) fn open_done(pen: &mut Pen<'_>, text: Key, state: SaveState, obstacle: Obstacle) {
    pen.open("div", "done");
    pen.open("p", "");
    let said = told(text, state, obstacle, pen.words);
    pen.text(&said);
    pen.text(" ");
    let progress = match state {
        SaveState::Unkept => Some(Key::SaveUnkept),
        SaveState::Local => Some(Key::SaveLocal),
        SaveState::Saved => Some(Key::SaveSaved),
        SaveState::Failed => Some(Key::SaveFailed),
        SaveState::Superseded => None,
    };
    if let Some(progress) = progress {
        pen.line_of("span", "save", progress);
    }
    pen.close();
}

/// The one polite message: what the last change did. How far it got is not said
/// again, so that one change is one message.
pub(crate) fn live(save: &Save, name: &str, words: &Words<'_>) -> String {
    if save.master && save.state != SaveState::Superseded {
        return words.plain(master_text(save));
    }
    [name, ": ", &told(text_of(save), save.state, save.obstacle, words)].concat()
}

/// *Personal picks*: one decision for every source in use; on again what it had turned off.
#[inline(never)]
pub(crate) fn master(pen: &mut Pen<'_>, controls: &[(&str, bool)], saves: &[Save]) {
    let on = controls.iter().any(|(_, on)| *on);
    let mut changes = Vec::new();
    for (control, is) in controls {
        let by_master = || last(saves, control, None).is_some_and(|save| save.master && save.choice == Choice::Denied);
        if if on { *is } else { by_master() } {
            changes.push(change(control, None, !on));
        }
    }
    let chooses = changes.is_empty();
    let act = if chooses {
        // Without code a page cannot open its own second layer.
        if pen.html().is_some() {
            return;
        }
        Act::ShowSources
    } else {
        Act::Decide { changes, method: DecisionMethod::Switch, master: true }
    };
    pen.open("div", "master");
    pen.open("p", "top");
    pen.open("span", "label");
    pen.with("id", "candor-master");
    pen.say(Key::MasterLabel);
    pen.close();
    pen.close();
    parts::switch(pen, "candor-master", on, act);
    if let Some(save) = saves.last().filter(|save| save.master && save.tells(on)) {
        open_done(pen, master_text(save), least(saves), save.obstacle);
        pen.close();
    } else if chooses {
        pen.line_of("p", "fine", Key::MasterChoose);
    }
    pen.close();
}

/// How far all that was switched together got: as far as the last of it. Of what did not come into
/// force its own row tells; here only where none of it did.
fn least(saves: &[Save]) -> SaveState {
    let states = [SaveState::Failed, SaveState::Unkept, SaveState::Local, SaveState::Saved];
    let has = |state: &SaveState| saves.iter().any(|save| save.master && save.state == *state);
    states.into_iter().find(has).unwrap_or(SaveState::Superseded)
}

fn master_text(save: &Save) -> Key {
    match save.choice {
        Choice::Granted => Key::MasterOnDone,
        Choice::Denied => Key::MasterOffDone,
    }
}

fn text_of(save: &Save) -> Key {
    match (save.choice, save.datum.is_some()) {
        (Choice::Denied, false) => Key::OffDone,
        (Choice::Granted, false) => Key::OnDone,
        (Choice::Denied, true) => Key::EvidenceLeft,
        (Choice::Granted, true) => Key::EvidenceBack,
    }
}

/// What is said of a decision; of a grant that did not come into force why: when and where it was
/// withdrawn, or that what is asked has changed.
#[inline(never)]
pub(crate) fn told(text: Key, state: SaveState, obstacle: Obstacle, words: &Words<'_>) -> String {
    if state != SaveState::Superseded {
        return words.plain(text);
    }
    let key = match obstacle.place {
        None if obstacle.terms_changed => return words.plain(Key::StateSupersededTerms),
        None => Key::StateSuperseded,
        Some(Place::Anew) => Key::StateSupersededAnew,
        Some(_) => Key::StateSupersededWhen,
    };
    let place = obstacle.place.map_or(Key::WhereOther, |place| match place {
        Place::Other | Place::Anew => Key::WhereOther,
        Place::Here => Key::WhereHere,
        Place::Page => Key::WherePage,
        Place::Chat => Key::WhereChat,
        Place::Signal => Key::WhereSignal,
        Place::Shop => Key::WhereShop,
    });
    let when = obstacle.at.map(|at| words.locale.moment(at)).unwrap_or_default();
    let mut said = words.say(key, &[("where", words.text(place)), ("when", &when)]);
    if obstacle.terms_changed {
        said.push(' ');
        said.push_str(words.text(Key::StateSupersededAlso));
    }
    said
}
