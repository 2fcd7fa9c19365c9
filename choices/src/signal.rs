//! Global Privacy Control: what it switches off, and what it denies before a grant.

use candor_protocol::{Change, Choice, Choices, LegalBasis, Notice, NoticeControl, Standing};

/// Whether the signal speaks of this control. What is required has no switch.
fn speaks(control: &NoticeControl) -> bool {
    control.gpc && control.legal_basis != LegalBasis::Required
}

/// Whether the signal switches this control off: it is on, and nobody granted it in the knowledge of a signal.
pub fn signal_ends(control: &NoticeControl, choices: &Choices) -> bool {
    let on = choices.control(&control.id);
    speaks(control) && on.is_some_and(|on| on.choice == Standing::Granted && !on.despite_signal)
}

/// What the signal switches off of what is on. Empty: there is nothing to send.
pub fn signal_changes(choices: &Choices, notice: &Notice) -> Vec<Change> {
    let mut changes = Vec::new();
    for control in notice.controls.iter().filter(|control| signal_ends(control, choices)) {
        changes.push(Change { control: control.id.clone(), choice: Choice::Denied, datum: None });
    }
    changes
}

/// What the signal denies of these changes, where nothing yet says that it did. Recorded before them, it makes
/// a grant one whose maker was told.
pub fn told_of(choices: &Choices, notice: &Notice, changes: &[Change]) -> Vec<Change> {
    let mut denied = Vec::new();
    for change in changes.iter().filter(|change| change.choice == Choice::Granted && change.datum.is_none()) {
        let said = choices.control(&change.control).is_some_and(|known| known.by_signal || known.despite_signal);
        if !said && notice.control(&change.control).is_some_and(speaks) {
            denied.push(Change { choice: Choice::Denied, ..change.clone() });
        }
    }
    denied
}
