//! The end of a history: everything is mended and has to agree.

use candor_protocol::{Change, Choice, Standing};

use super::{History, MACHINES, MINUTE, TABS};
use crate::ending;
use crate::notice::CONTROLS;

impl History<'_> {
    /// Everything gets through again, everybody is signed in and looks: then all agree.
    pub(super) fn mend(&mut self) -> Result<u64, String> {
        let mut steps = 0;
        self.world.old_tokens.set(false);
        self.world.files_fail.set(false);
        // What was published meanwhile comes into force, and whoever was asked to wait has waited.
        self.pass(6 * MINUTE);
        // Either the pages that stood open bring what they hold, or what they left on their devices is brought by others.
        let stand = self.one_in(2);
        for machine in 0..MACHINES {
            let of = self.machines[machine].clone();
            for fault in [&of.blocked, &of.full, &of.shallow] {
                fault.set(false);
            }
            for tab in self.tabs[machine].iter().flatten() {
                tab.body.ends_after.set(None);
            }
            self.set_cut(machine, false);
            for tab in 0..TABS {
                // A page that cannot store goes, and what only it held; so does one that was left.
                let page = self.tabs[machine][tab].as_ref();
                if page.is_some_and(|tab| tab.frozen || tab.body.blocked || tab.body.shallow) {
                    self.leave(machine, tab);
                }
                if stand {
                    self.identify(machine, tab);
                    self.seen(machine, tab, true);
                    self.look(machine, tab);
                }
            }
        }
        if stand {
            steps += self.until_nothing_waits(|history, machine| {
                for tab in 0..TABS {
                    history.look(machine, tab);
                }
            })?;
            ending::of_open_pages(self).map_err(|fault| format!("of the open pages: {fault}"))?;
        }
        for machine in 0..MACHINES {
            if !self.machines[machine].signed_in.get() {
                self.set_signed_in(machine, true, None);
            }
            for tab in (0..TABS).rev() {
                self.leave(machine, tab);
            }
            self.open(machine, 0);
        }
        steps += self.until_nothing_waits(|history, machine| {
            history.open(machine, 0);
        })?;
        ending::in_the_end(self)?;
        if self.one_in(4) {
            steps += self.knowing_choices_count()?;
        }
        Ok(steps)
    }

    fn leave(&mut self, machine: usize, tab: usize) {
        if let Some(gone) = self.tabs[machine][tab].take() {
            self.engine.gone(gone.body.page);
        }
    }

    fn until_nothing_waits(&mut self, again: impl Fn(&mut Self, usize)) -> Result<u64, String> {
        let mut steps = 0;
        for _ in 0..40 {
            steps += self.quiet()?;
            let waits = self.anything_waits();
            if waits {
                self.pass(6 * MINUTE);
                self.fire_timers();
            }
            // A page whose line broke hears of the others when it looks again.
            for machine in 0..MACHINES {
                again(self, machine);
            }
            if !waits {
                steps += self.quiet()?;
                break;
            }
        }
        Ok(steps)
    }

    /// Until nothing is on its way, and nothing that takes a moment is under way in a page.
    pub(super) fn quiet(&mut self) -> Result<u64, String> {
        let (mut steps, mut still) = (0, 0);
        while still < 2 {
            self.pass(10);
            self.fire_timers();
            self.tabs_hear();
            self.lines_tell(false);
            if self.flying() == 0 {
                still += 1;
                continue;
            }
            still = 0;
            let arrived = self.world.flights.borrow()[0].answer.is_some();
            if arrived {
                self.hear(0);
            } else {
                self.arrive(0);
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
        let control = CONTROLS[self.draw(CONTROLS.len())];
        for (machine, choice, wanted) in [
            (0, Choice::Granted, Standing::Granted),
            (1, Choice::Denied, Standing::Denied),
            (2, Choice::Granted, Standing::Granted),
        ] {
            self.open(machine, 0);
            steps += self.quiet()?;
            let mut stands = None;
            // The terms may have changed under the open page: the answer says so, the new ones are
            // shown, and it is pressed again.
            for _ in 0..2 {
                let change = Change { control: control.to_owned(), choice, datum: None };
                self.decide(machine, 0, change).ok_or("nobody can decide")?;
                steps += self.quiet()?;
                stands = ending::stands(self, machine, control);
                if stands == Some(wanted) {
                    break;
                }
            }
            if stands != Some(wanted) {
                return Err(format!("{control} was {} knowingly and stands at {stands:?}", choice.as_str()));
            }
        }
        Ok(steps)
    }
}
