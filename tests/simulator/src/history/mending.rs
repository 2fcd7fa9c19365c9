//! The end of a history: everything is mended and has to agree.

use candor_protocol::{Change, Choice, Standing};

use super::{History, MACHINES, MINUTE, TABS};
use crate::invariants;
use crate::notice::CONTROLS;

impl History<'_> {
    /// Everything gets through again, everybody is signed in and looks: then all agree.
    pub(super) fn mend(&mut self) -> Result<u64, String> {
        let mut steps = 0;
        self.old_token = false;
        for machine in 0..MACHINES {
            self.machines[machine].cut.set(false);
            self.machines[machine].blocked.set(false);
            for tab in 0..TABS {
                if let Some(tab) = &self.tabs[machine][tab] {
                    tab.body.ends_after.set(None);
                }
            }
            if !self.machines[machine].signed_in.get() {
                self.set_signed_in(machine, true);
            }
            // A page that could not store goes, and what only it held.
            self.close(machine, 1);
            self.close(machine, 0);
            self.open(machine, 0);
        }
        for round in 0..40 {
            steps += self.quiet()?;
            if round > 2 && self.flights.is_empty() && !self.anything_waits() {
                break;
            }
            self.pass(6 * MINUTE);
            self.fire_timers();
            for machine in 0..MACHINES {
                self.open(machine, 0);
            }
        }
        steps += self.quiet()?;
        invariants::in_the_end(self)?;
        steps += self.knowing_choices_count()?;
        Ok(steps)
    }

    pub(super) fn quiet(&mut self) -> Result<u64, String> {
        let mut steps = 0;
        while !self.flights.is_empty() {
            self.pass(10);
            if self.flights[0].answer.is_none() {
                self.arrive(0);
            } else {
                self.hear(0);
            }
            self.tabs_hear();
            steps += 1;
            self.check("mending")?;
            if steps > 2_000 {
                return Err("requests never end".to_owned());
            }
        }
        Ok(steps)
    }

    pub(super) fn anything_waits(&self) -> bool {
        self.tabs.iter().flatten().flatten().any(|tab| tab.body.state.outbox.borrow().waiting().next().is_some())
    }

    /// Whoever sees what stands can switch it on, and off, and it is so everywhere.
    pub(super) fn knowing_choices_count(&mut self) -> Result<u64, String> {
        let mut steps = 0;
        for (machine, choice, wanted) in [
            (0, Choice::Granted, Standing::Granted),
            (1, Choice::Denied, Standing::Denied),
            (2, Choice::Granted, Standing::Granted),
        ] {
            self.open(machine, 0);
            steps += self.quiet()?;
            for control in CONTROLS {
                let mut stands = None;
                // The terms may have changed under the open page: the answer says so, the new ones are
                // shown, and it is pressed again.
                for _ in 0..2 {
                    let change = Change { control: control.to_owned(), choice, datum: None };
                    self.decide(machine, 0, change).ok_or("nobody can decide")?;
                    steps += self.quiet()?;
                    stands = invariants::stands(self, machine, control);
                    if stands == Some(wanted) {
                        break;
                    }
                }
                if stands != Some(wanted) {
                    return Err(format!("{control} was {} knowingly and stands at {stands:?}", choice.as_str()));
                }
            }
        }
        Ok(steps)
    }
}
