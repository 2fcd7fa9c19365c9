//! What people do with pages.

use std::rc::Rc;

use candor_choices::device::{Device, Made};
use candor_protocol::{Binding, Change, Choice, DecisionMethod, Surface};

use super::{History, TABS, Tab};
use crate::body::Body;
use crate::invariants;
use crate::notice::CONTROLS;

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

    /// A press on a switch, where one is to be seen.
    pub(super) fn decide(&mut self, machine: usize, tab: usize, change: Change) -> Option<String> {
        let told = format!(
            "machine {machine} tab {tab}: {} {} {}",
            change.control,
            change.choice.as_str(),
            change.datum.as_deref().unwrap_or("")
        );
        let seen = self.tabs[machine][tab].as_ref().is_some_and(|tab| tab.visible && !tab.frozen);
        let pressed = self.with(machine, tab, |engine, body| {
            let can = seen && body.state.stands.borrow().notice.is_some();
            can && engine
                .run(body, |page| {
                    let made = Made {
                        method: DecisionMethod::Switch,
                        surface: Surface::Storefront,
                        notice: page.body.state.stands.borrow().notice_hash.clone(),
                        lang: "en".to_owned(),
                        master: false,
                        binds: Binding::Account,
                    };
                    page.decide(vec![change], made);
                })
                .is_some()
        });
        pressed.filter(|pressed| *pressed).map(|_| told)
    }

    /// Somebody comes to a page, or back to one, and turns to a card.
    pub(super) fn open(&mut self, machine: usize, tab: usize) -> String {
        if self.tabs[machine][tab].as_ref().is_some_and(|tab| tab.frozen) {
            return self.thaw(machine, tab);
        }
        if self.tabs[machine][tab].is_none() {
            self.pages += 1;
            let body = Rc::new(Body::new(self.pages, self.world.clone(), self.machines[machine].clone()));
            self.tabs[machine][tab] = Some(Tab { body, visible: true, frozen: false });
            let (locks, calls, refuses) = (self.locks, self.calls, self.machines[machine].tool_says_no.get());
            let waits = format!("candor:{}:o", self.world.site);
            let waits = self.machines[machine].storage.borrow().keys().any(|key| key.starts_with(&waits));
            self.with(machine, tab, |engine, body| {
                engine.open(body, locks, calls);
                if refuses {
                    engine.tell(body, "refuse", (body.page, true));
                }
                // As `widget/loader/page/candor.ts` does.
                if waits && !body.blocked {
                    engine.tell(body, "flush", (body.page,));
                }
            });
        }
        self.look(machine, tab);
        format!("machine {machine} tab {tab} is opened")
    }

    pub(super) fn close(&mut self, machine: usize, tab: usize) -> String {
        let how = self.draw(6);
        if how > 3 {
            return self.freeze(machine, tab);
        }
        if how > 0 {
            self.with(machine, tab, |engine, body| engine.tell(body, "leave", (body.page, false)));
        }
        if let Some(gone) = self.tabs[machine][tab].take() {
            self.engine.gone(gone.body.page);
        }
        format!("machine {machine} tab {tab} is closed")
    }

    /// The browser keeps the page as it is, for whoever goes back to it.
    fn freeze(&mut self, machine: usize, tab: usize) -> String {
        if self.tabs[machine][tab].as_ref().is_some_and(|tab| !tab.frozen) {
            self.with(machine, tab, |engine, body| engine.tell(body, "leave", (body.page, true)));
        }
        if let Some(tab) = &mut self.tabs[machine][tab] {
            tab.frozen = true;
            let page = Some(tab.body.page);
            for flight in self.world.flights.borrow_mut().iter_mut().filter(|flight| flight.page == page) {
                flight.page = None;
                tab.body.broken_off.borrow_mut().push(flight.id);
            }
            self.world.ledger.borrow_mut().counts.freezes += 1;
        }
        format!("machine {machine} tab {tab} is left")
    }

    pub(super) fn thaw(&mut self, machine: usize, tab: usize) -> String {
        if let Some(tab) = &mut self.tabs[machine][tab] {
            (tab.frozen, tab.visible) = (false, true);
            // It heard nothing meanwhile.
            tab.body.messages.borrow_mut().clear();
            tab.body.writes.borrow_mut().clear();
        }
        self.with(machine, tab, |engine, body| {
            engine.tell(body, "back", (body.page,));
            for id in std::mem::take(&mut *body.broken_off.borrow_mut()) {
                engine.tell(body, "deliver", (body.page, id, 0, "", None::<String>, ""));
            }
        });
        format!("machine {machine} tab {tab} is come back to")
    }

    pub(super) fn crash(&mut self, machine: usize, tab: usize) -> String {
        let after = u32::try_from(self.draw(8)).unwrap_or(0);
        if let Some(tab) = &self.tabs[machine][tab] {
            tab.body.ends_after.set(Some(after));
        }
        format!("machine {machine} tab {tab} ends after {after} acts")
    }

    /// `is`: it comes to the front; else it goes behind another.
    pub(super) fn seen(&mut self, machine: usize, tab: usize, is: bool) -> String {
        let there = self.tabs[machine][tab].as_mut().filter(|tab| !tab.frozen).map(|tab| tab.visible = is);
        if there.is_some() {
            self.with(machine, tab, |engine, body| engine.tell(body, "visible", (body.page, is)));
        }
        format!("machine {machine} tab {tab} {}", if is { "comes to the front" } else { "is hidden" })
    }

    /// A card is opened, which asks what stands; one that was open is closed.
    pub(super) fn look(&mut self, machine: usize, tab: usize) -> String {
        if self.tabs[machine][tab].as_ref().is_some_and(|tab| !tab.frozen) {
            self.with(machine, tab, |engine, body| {
                engine.tell(body, "hide", (body.page,));
                engine.tell(body, "show", (body.page,));
            });
        }
        format!("machine {machine} tab {tab} asks what stands")
    }

    /// Somebody wants this device to know nothing of them any more.
    pub(super) fn forget(&mut self, machine: usize, tab: usize) -> String {
        let there = self.tabs[machine][tab].as_ref().is_some_and(|tab| !tab.frozen && !tab.body.blocked);
        if there && !self.machines[machine].full.get() {
            self.machines[machine].whole.set(false);
            let mut ledger = self.world.ledger.borrow_mut();
            ledger.counts.forgets += 1;
            ledger.forgotten(machine);
            drop(ledger);
            self.machines[machine].refused.borrow_mut().clear();
            for there in self.tabs[machine].iter().flatten() {
                there.body.left_behind.set(true);
            }
            self.with(machine, tab, |engine, body| {
                body.left_behind.set(false);
                body.heard_nobody.set(false);
                body.heard_somebody.set(false);
                engine.tell(body, "forget", (body.page,));
                if !body.ended.get() && engine.ask::<bool>(body, "ready", (body.page,)) == Some(true) {
                    invariants::nothing_left(body);
                }
            });
        }
        format!("machine {machine} tab {tab} forgets")
    }

    /// The shop's own consent tool says no, or does not any more, as `widget/loader/rare/signals.ts` hears it.
    pub(super) fn tool_says(&mut self, machine: usize) -> String {
        let no = !self.machines[machine].tool_says_no.get();
        self.machines[machine].tool_says_no.set(no);
        for tab in 0..TABS {
            if self.tabs[machine][tab].as_ref().is_some_and(|tab| !tab.frozen) {
                self.with(machine, tab, |engine, body| engine.tell(body, "refuse", (body.page, no)));
            }
        }
        format!("the consent tool on machine {machine} says no: {no}")
    }

    /// In all tabs at once, or, where the shop's page tells it to one, in that one alone.
    pub(super) fn sign_in_or_out(&mut self, machine: usize) -> String {
        let signed_in = !self.machines[machine].signed_in.get();
        let only = self.one_in(2).then(|| self.draw(TABS));
        self.set_signed_in(machine, signed_in, only);
        format!("machine {machine} signs {}, told to {only:?}", if signed_in { "in" } else { "out" })
    }

    pub(super) fn set_signed_in(&mut self, machine: usize, signed_in: bool, only: Option<usize>) {
        self.world.ledger.borrow_mut().counts.sign_ins += u64::from(signed_in);
        self.machines[machine].signed_in.set(signed_in);
        for tab in (0..TABS).filter(|tab| only.is_none_or(|only| only == *tab)) {
            if self.tabs[machine][tab].as_ref().is_some_and(|tab| !tab.frozen) {
                self.identify(machine, tab);
            }
        }
    }

    /// The shop tells the page that somebody else may be there.
    pub(super) fn identify(&mut self, machine: usize, tab: usize) {
        self.with(machine, tab, |engine, body| {
            body.heard_nobody.set(false);
            body.heard_somebody.set(false);
            engine.tell(body, "identify", (body.page,));
        });
    }
}
