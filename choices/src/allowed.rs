//! Whether a source may be used. Not knowing is no.

use candor_protocol::{Choices, LegalBasis, Notice, Standing};

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
