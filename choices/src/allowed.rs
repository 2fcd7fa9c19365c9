//! Whether a source may be used. Not knowing is no.

use candor_protocol::{Change, Choice, Choices, LegalBasis, Notice, Standing};

/// Whether `source` (or a channel) may be used for `purpose` under these choices
/// and this notice.
///
/// Under consent: only while granted. Under `legitimate-interest`: only after a
/// positive read of "told, and never objected", which is recorded as a grant. A
/// `required` control has no switch and is always in use. A control the notice
/// does not have is never in use, whatever was granted.
pub fn allowed(choices: &Choices, notice: &Notice, purpose: &str, source: &str) -> bool {
    let mut all = notice.controls.iter();
    let Some(control) = all.find(|control| control.purpose() == purpose && control.subject_matter() == source) else {
        return false;
    };
    match control.legal_basis {
        LegalBasis::Required => true,
        LegalBasis::Consent | LegalBasis::LegitimateInterest => choices.standing(&control.id) == Standing::Granted,
    }
}

/// What Global Privacy Control denies: the controls marked `gpc` that are not
/// denied already and that nobody granted in the knowledge of a signal. Empty:
/// there is nothing to send.
pub fn signal_changes(choices: &Choices, notice: &Notice) -> Vec<Change> {
    let open = |id: &str| {
        choices.control(id).is_none_or(|control| control.choice != Standing::Denied && !control.despite_signal)
    };
    notice
        .controls
        .iter()
        .filter(|control| control.gpc && control.legal_basis != LegalBasis::Required && open(&control.id))
        .map(|control| Change { control: control.id.clone(), choice: Choice::Denied, datum: None })
        .collect()
}
