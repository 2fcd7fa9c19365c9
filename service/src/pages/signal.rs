//! Global Privacy Control where no script reads it: the browser says `Sec-GPC: 1`.

use axum::http::HeaderMap;
use candor_choices::signal_changes;
use candor_protocol::{Change, Choice, Choices, LegalBasis, Notice, Standing};

pub fn is_sent(headers: &HeaderMap) -> bool {
    headers.get("sec-gpc").is_some_and(|value| value == "1")
}

/// What it switches off of what is on, and was not granted in its knowledge.
pub fn obeyed(choices: &Choices, notice: &Notice) -> Vec<Change> {
    let mut changes = signal_changes(choices, notice);
    changes.retain(|change| choices.standing(&change.control) == Standing::Granted);
    changes
}

/// What it denies of these changes, where nothing yet says that it did. Recorded before them, it makes
/// a grant one whose maker was told.
pub fn told_of(choices: &Choices, notice: &Notice, changes: &[Change]) -> Vec<Change> {
    let marked =
        |id: &str| notice.control(id).is_some_and(|control| control.gpc && control.legal_basis != LegalBasis::Required);
    let known = |id: &str| choices.control(id).is_some_and(|control| control.by_signal || control.despite_signal);
    changes
        .iter()
        .filter(|change| change.choice == Choice::Granted && change.datum.is_none())
        .filter(|change| marked(&change.control) && !known(&change.control))
        .map(|change| Change { choice: Choice::Denied, ..change.clone() })
        .collect()
}
