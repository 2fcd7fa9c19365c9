//! What people do with pages.

use candor_choices::device::{Device, Made};
use candor_protocol::{Binding, Change, Choice, DecisionMethod, Surface};

use super::{History, TABS};
use crate::notice::CONTROLS;
use crate::tab::Tab;

impl History<'_> {
    pub(super) fn act(&mut self, machine: usize, tab: usize) -> String {
        // Whoever was told that it is not on may press again, knowing why.
        let superseded = self.tabs[machine][tab].as_ref().and_then(|tab| tab.body.superseded.borrow_mut().pop());
        let again = superseded.filter(|_| self.one_in(2));
        self.world.ledger.borrow_mut().counts.pressed_again += u64::from(again.is_some());
        let change = if let Some(change) = again {
            change
        } else {
            let mut chance = self.world.chance.borrow_mut();
            let control = CONTROLS[chance.usize(..CONTROLS.len())].to_owned();
            let choice = if chance.bool() { Choice::Granted } else { Choice::Denied };
            let datum = (chance.u8(..7) == 0).then(|| format!("r{}", chance.u8(1..3)));
            Change { control, choice, datum }
        };
        self.decide(machine, tab, change).unwrap_or_else(|| self.open(machine, tab))
    }

    pub(super) fn decide(&mut self, machine: usize, tab: usize, change: Change) -> Option<String> {
        let told = format!(
            "machine {machine} tab {tab}: {} {} {}",
            change.control,
            change.choice.as_str(),
            change.datum.as_deref().unwrap_or("")
        );
        self.around(machine, tab, |tab, _| {
            let can = tab.visible && tab.body.state.stands.borrow().notice.is_some();
            if can {
                let made = Made {
                    method: DecisionMethod::Switch,
                    surface: Surface::Storefront,
                    notice: tab.body.state.stands.borrow().notice_hash.clone(),
                    lang: "en".to_owned(),
                    master: false,
                    binds: Binding::Account,
                };
                tab.body.decide(vec![change], made);
            }
            can
        })
        .filter(|can| *can)
        .map(|_| told)
    }

    pub(super) fn open(&mut self, machine: usize, tab: usize) -> String {
        if self.tabs[machine][tab].is_none() {
            self.pages += 1;
            self.tabs[machine][tab] = Some(Tab::open(self.pages, &self.world, &self.machines[machine]));
        }
        self.around(machine, tab, |tab, around| {
            tab.flush(around, false);
            tab.gather(around);
        });
        format!("machine {machine} tab {tab} is opened")
    }

    pub(super) fn close(&mut self, machine: usize, tab: usize) -> String {
        if self.draw(3) > 0 {
            self.around(machine, tab, |tab, _| tab.hide());
        }
        if let Some(gone) = self.tabs[machine][tab].take() {
            self.leave(gone.page);
        }
        format!("machine {machine} tab {tab} is closed")
    }

    pub(super) fn crash(&mut self, machine: usize, tab: usize) -> String {
        let after = u32::try_from(self.draw(8)).unwrap_or(0);
        if let Some(tab) = &self.tabs[machine][tab] {
            tab.body.ends_after.set(Some(after));
        }
        format!("machine {machine} tab {tab} ends after {after} acts")
    }

    pub(super) fn hide(&mut self, machine: usize, tab: usize) -> String {
        self.around(machine, tab, |tab, _| tab.hide());
        format!("machine {machine} tab {tab} is hidden")
    }

    pub(super) fn show(&mut self, machine: usize, tab: usize) -> String {
        let online = !self.machines[machine].cut.get();
        self.around(machine, tab, |tab, around| {
            tab.visible = true;
            tab.flush(around, online);
        });
        format!("machine {machine} tab {tab} comes to the front")
    }

    pub(super) fn gather(&mut self, machine: usize, tab: usize) -> String {
        self.around(machine, tab, |tab, around| tab.gather(around));
        format!("machine {machine} tab {tab} asks what stands")
    }

    pub(super) fn sign_in_or_out(&mut self, machine: usize) -> String {
        let signed_in = !self.machines[machine].signed_in.get();
        self.set_signed_in(machine, signed_in);
        format!("machine {machine} signs {}", if signed_in { "in" } else { "out" })
    }

    pub(super) fn set_signed_in(&mut self, machine: usize, signed_in: bool) {
        self.world.ledger.borrow_mut().counts.sign_ins += u64::from(signed_in);
        self.machines[machine].signed_in.set(signed_in);
        for tab in 0..TABS {
            self.around(machine, tab, |tab, _| tab.forget());
        }
    }
}
