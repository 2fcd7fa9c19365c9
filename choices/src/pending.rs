//! The service's choices with a device's unanswered decisions on top.

use candor_protocol::{Change, Choice, Choices, Control, Decision, Standing};

/// What switches show: the service's choices, then each unanswered decision of
/// this device in its order.
pub fn on_screen<'a>(known: &Choices, mut waiting: impl Iterator<Item = &'a Decision>) -> Choices {
    overlay(known, &mut waiting, true)
}

/// What the page may act on: as [`on_screen`], but an unanswered grant counts
/// for nothing. An unanswered denial counts at once.
pub fn in_force<'a>(known: &Choices, mut waiting: impl Iterator<Item = &'a Decision>) -> Choices {
    overlay(known, &mut waiting, false)
}

fn overlay(known: &Choices, waiting: &mut dyn Iterator<Item = &Decision>, grants: bool) -> Choices {
    let mut choices = known.clone();
    for decision in waiting {
        for change in decision.changes() {
            if grants || change.choice == Choice::Denied {
                set(&mut choices, change);
            }
        }
    }
    choices
}

/// Sets one control, or one datum of it, as a page without a service does.
pub fn set(choices: &mut Choices, change: &Change) {
    let place = choices.controls.partition_point(|control| control.id < change.control);
    if choices.controls.get(place).is_none_or(|control| control.id != change.control) {
        choices.controls.insert(place, Control::unset(&change.control));
    }
    let Some(control) = choices.controls.get_mut(place) else { return };
    match (&change.datum, change.choice) {
        (None, choice) => {
            let rev = control.rev;
            let left_out = std::mem::take(&mut control.left_out);
            *control = Control { rev, left_out, ..Control::unset(&change.control) };
            control.choice = if choice == Choice::Granted { Standing::Granted } else { Standing::Denied };
        }
        (Some(datum), Choice::Denied) => {
            if let Err(place) = control.left_out.binary_search(datum) {
                control.left_out.insert(place, datum.clone());
            }
        }
        (Some(datum), Choice::Granted) => control.left_out.retain(|known| known != datum),
    }
}
