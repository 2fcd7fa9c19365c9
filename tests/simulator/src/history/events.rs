//! What happens to devices and service without anybody's doing.

use super::{DAY, HOUR, History, MACHINES, MINUTE, TABS};
use crate::body::Body;
use crate::notice::notice;
use crate::page::Engine;

impl History<'_> {
    pub(super) fn wipe(&mut self, machine: usize) -> String {
        self.machines[machine].storage.borrow_mut().clear();
        self.machines[machine].deep.borrow_mut().clear();
        self.machines[machine].whole.set(false);
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.counts.wipes += 1;
        ledger.wiped(machine);
        self.machines[machine].refused.borrow_mut().clear();
        format!("storage of machine {machine} is wiped")
    }

    /// Storage is blocked, or full, or is so no more.
    pub(super) fn block(&mut self, machine: usize) -> String {
        if !self.calls {
            return format!("storage of machine {machine} is as it was");
        }
        let of = self.machines[machine].clone();
        of.whole.set(false);
        // Storage that is full has two places to look at, and is where most can go wrong.
        let which = if self.hard { self.draw(6).saturating_sub(3) } else { self.draw(3) };
        let (what, which) = match which {
            0 => ("full", &of.full),
            1 => ("without a database for new pages", &of.shallow),
            _ => ("blocked for new pages", &of.blocked),
        };
        which.set(!which.get());
        format!("storage of machine {machine} is {what}: {}", which.get())
    }

    pub(super) fn cut(&mut self, machine: usize) -> String {
        let cut = !self.machines[machine].cut.get();
        self.set_cut(machine, cut);
        format!("machine {machine} is {}", if cut { "cut off" } else { "back" })
    }

    pub(super) fn set_cut(&mut self, machine: usize, cut: bool) {
        self.machines[machine].cut.set(cut);
        for tab in 0..TABS {
            if self.tabs[machine][tab].as_ref().is_some_and(|tab| !tab.frozen) {
                self.with(machine, tab, |engine, body| engine.tell(body, "network", (body.page, !cut)));
            }
        }
    }

    pub(super) fn publish(&mut self) {
        self.notices += 1;
        let hash = self.house.publish(&notice(self.house.site(), self.notices, self.offer));
        // A further notice is in force two seconds after its publication.
        let from = self.world.time.ms() + if self.notices == 1 { 0 } else { 2_000 };
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.publish(&hash, self.offer, from);
        ledger.counts.notices += 1;
    }

    /// The service ends, told to or killed, and another begins.
    pub(super) fn restart(&mut self) -> String {
        let killed = self.one_in(2);
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.counts.restarts += 1;
        ledger.counts.kills += u64::from(killed);
        drop(ledger);
        self.end_lines();
        if killed {
            self.house.crash();
        } else {
            self.house.restart();
        }
        format!("the service {}", if killed { "is killed" } else { "restarts" })
    }

    pub(super) fn restore(&mut self) -> String {
        self.end_lines();
        self.house.restore();
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.counts.restores += 1;
        ledger.restore();
        drop(ledger);
        // A further one, as whoever restores may publish: what was published since is there again.
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
            // What was granted lapses, and what leads back to somebody anonymous ends.
            _ if self.one_in(12) => self.world.chance.borrow_mut().i64(360 * DAY..420 * DAY),
            _ => self.world.chance.borrow_mut().i64(DAY..40 * DAY),
        };
        self.pass(ms);
        self.fire_timers();
        format!("{ms} ms pass")
    }

    pub(super) fn fire_timers(&mut self) {
        self.everywhere(|engine, body| engine.tick(body));
    }

    pub(super) fn tabs_hear(&mut self) -> String {
        self.everywhere(|engine, body| engine.hear(body));
        "tabs hear each other".to_owned()
    }

    fn everywhere(&mut self, work: impl Fn(&Engine, &Body)) {
        for machine in 0..MACHINES {
            for tab in 0..TABS {
                if self.tabs[machine][tab].as_ref().is_some_and(|tab| !tab.frozen) {
                    self.with(machine, tab, |engine, body| work(engine, body));
                }
            }
        }
    }
}
