//! What an anonymous person's choices become when they sign in.

use candor_protocol::{Change, Choice, Choices, Standing};

/// What goes over to the account, and what does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// Refusals and what was left out: sent at once, as binding this device.
    pub denials: Vec<Change>,
    /// Controls that were granted: offered for confirmation, never carried silently.
    pub offered: Vec<String>,
}

/// Sorts an anonymous person's choices on this device. The account's own choices
/// are not touched by a grant made before anyone knew whose it was.
pub fn at_sign_in(anonymous: &Choices) -> Carried {
    let mut carried = Carried::default();
    for control in &anonymous.controls {
        let denial = |datum| Change { control: control.id.clone(), choice: Choice::Denied, datum };
        match control.choice {
            Standing::Denied => carried.denials.push(denial(None)),
            Standing::Granted => carried.offered.push(control.id.clone()),
            Standing::Unset => {}
        }
        carried.denials.extend(control.left_out.iter().map(|datum| denial(Some(datum.clone()))));
    }
    carried
}
