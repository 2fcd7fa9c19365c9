//! What happens to devices and service without anybody's doing.

use candor_choices::Event;
use candor_choices::device::{Cause, Device};

use super::{DAY, HOUR, History, MACHINES, MINUTE, TABS};
use crate::notice::notice;

impl History<'_> {
    pub(super) fn wipe(&mut self, machine: usize) -> String {
        self.machines[machine].storage.borrow_mut().clear();
        self.machines[machine].whole.set(false);
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.counts.wipes += 1;
        ledger.wiped(machine);
        format!("storage of machine {machine} is wiped")
    }

    pub(super) fn publish(&mut self) {
        self.notices += 1;
        let hash = self.house.publish(&notice(self.house.site(), self.notices, self.versions));
        // A further notice is in force two seconds after its publication.
        let from = self.world.time.ms() + if self.notices == 1 { 0 } else { 2_000 };
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.publish(&hash, self.versions, from);
        ledger.counts.notices += 1;
    }

    pub(super) fn restore(&mut self) -> String {
        let epoch = format!("e_{:026}", self.world.chance.borrow_mut().u64(..));
        self.house.restore(&epoch);
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.counts.restores += 1;
        ledger.restore();
        drop(ledger);
        // Notices that were published since are published again by whoever restores.
        self.publish();
        "an old backup is restored".to_owned()
    }

    pub(super) fn pass(&mut self, ms: i64) {
        self.world.time.pass(ms);
    }

    pub(super) fn time_passes(&mut self) -> String {
        let ms = match self.draw(12) {
            0..6 => self.world.chance.borrow_mut().i64(1..2_000),
            6..9 => self.world.chance.borrow_mut().i64(2_000..MINUTE),
            9 => self.world.chance.borrow_mut().i64(MINUTE..2 * HOUR),
            10 => self.world.chance.borrow_mut().i64(HOUR..3 * DAY),
            _ => self.world.chance.borrow_mut().i64(DAY..40 * DAY),
        };
        self.pass(ms);
        self.fire_timers();
        self.give_up();
        format!("{ms} ms pass")
    }

    pub(super) fn fire_timers(&mut self) {
        for machine in 0..MACHINES {
            for tab in 0..TABS {
                self.around(machine, tab, |tab, _| {
                    if tab.body.timer.get().is_some_and(|due| due <= tab.body.clock()) {
                        tab.body.timer.set(None);
                        tab.body.outbox_event(Event::Tick, Cause::OtherDevice);
                    }
                });
            }
        }
    }

    pub(super) fn tabs_hear(&mut self) -> String {
        for machine in 0..MACHINES {
            for tab in 0..TABS {
                self.around(machine, tab, |tab, _| {
                    tab.hear_tab();
                    if tab.stale {
                        tab.load(Cause::Tab);
                    }
                });
            }
        }
        "tabs hear each other".to_owned()
    }
}
