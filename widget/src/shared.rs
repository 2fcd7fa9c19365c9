//! What every card of a page shows alike.

use candor_card::{History, Person, Save, SaveState};
use candor_protocol::{Change, Choice, Choices, Control, Obstacle};

#[derive(Debug, Clone, Default)]
pub struct Shared {
    pub saves: Vec<Save>,
    pub person: Person,
    pub offline: bool,
    /// It is the shop's own consent tool that says no.
    pub by_tool: bool,
    /// What waits is kept nowhere.
    pub unkept: bool,
    pub history: History,
    /// The service could not be asked about the choices.
    pub unreachable: bool,
}

impl Shared {
    /// The last decision per control and datum.
    pub fn note(&mut self, changes: &[Change], state: SaveState, master: bool) {
        for change in changes {
            let same = |save: &Save| save.control == change.control && save.datum == change.datum;
            if let Some(place) = self.saves.iter().position(same) {
                self.saves.remove(place);
            }
            self.saves.push(Save {
                control: change.control.clone(),
                datum: change.datum.clone(),
                choice: change.choice,
                state: self.kept(state),
                obstacle: Default::default(),
                master,
            });
        }
    }

    /// What became of one change; one that was overtaken on screen says nothing any more.
    pub fn settle(&mut self, change: &Change, state: SaveState, obstacle: Obstacle) {
        let state = self.kept(state);
        if let Some(save) = self.saves.iter_mut().find(|save| is_of(save, change)) {
            save.state = state;
            save.obstacle = obstacle;
        }
    }

    /// Whether the card still says of one of these that it is on its way.
    pub fn waits(&self, changes: &[Change]) -> bool {
        let waits = |save: &Save| matches!(save.state, SaveState::Local | SaveState::Unkept);
        self.saves.iter().any(|save| waits(save) && changes.iter().any(|change| is_of(save, change)))
    }

    /// Whether there is nowhere to keep what waits. What was only to be kept, and does not wait to be sent, is saved
    /// once it is.
    pub fn keep_nothing<'a>(&mut self, is: bool, waits: impl Iterator<Item = &'a Change> + Clone) {
        self.unkept = is;
        for save in &mut self.saves {
            save.state = match save.state {
                SaveState::Local | SaveState::Unkept if is => SaveState::Unkept,
                SaveState::Unkept if waits.clone().any(|change| is_of(save, change)) => SaveState::Local,
                SaveState::Unkept => SaveState::Saved,
                other => other,
            };
        }
    }

    fn kept(&self, state: SaveState) -> SaveState {
        if self.unkept && matches!(state, SaveState::Local) { SaveState::Unkept } else { state }
    }
}

fn is_of(save: &Save, change: &Change) -> bool {
    change.control == save.control && change.datum == save.datum && change.choice == save.choice
}

/// What differs between two states of the choices: control, datum, and what it now stands at.
pub fn differences(before: &Choices, after: &Choices) -> Vec<(String, Option<String>, &'static str)> {
    let mut found = Vec::new();
    let gone = before.controls.iter().filter(|control| after.control(&control.id).is_none());
    for Control { id, .. } in after.controls.iter().chain(gone) {
        if before.standing(id) != after.standing(id) {
            found.push((id.clone(), None, after.standing(id).as_str()));
        }
        let (was, is) = (left_out(before, id), left_out(after, id));
        for (some, others, choice) in [(is, was, Choice::Denied), (was, is, Choice::Granted)] {
            for datum in some.iter().filter(|datum| !others.contains(datum)) {
                found.push((id.clone(), Some(datum.clone()), choice.as_str()));
            }
        }
    }
    found
}

fn left_out<'a>(choices: &'a Choices, control: &str) -> &'a [String] {
    choices.control(control).map(|control| control.left_out.as_slice()).unwrap_or_default()
}
