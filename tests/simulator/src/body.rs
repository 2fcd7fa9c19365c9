//! A page's body: what [`Device`] asks for, with storage that can be blocked or
//! wiped, a clock that can be wrong, and an end that can come between any two acts.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use candor_choices::Status;
use candor_choices::device::{Cause, Device, DeviceState};
use candor_protocol::{Change, Choice, Choices, Decision, Timestamp};

use crate::clock::Time;
use crate::ledger::{Ledger, Stamp};

/// What everybody in a history shares.
pub struct World {
    pub time: Time,
    pub chance: RefCell<fastrand::Rng>,
    pub ledger: RefCell<Ledger>,
}

/// One browser on one machine: what its tabs share.
pub struct Machine {
    pub index: usize,
    pub storage: RefCell<BTreeMap<String, String>>,
    /// Pages opened now cannot store.
    pub blocked: Cell<bool>,
    /// How wrong its clock is.
    pub offset: Cell<i64>,
    pub gpc: bool,
    pub signed_in: Cell<bool>,
    /// Nothing gets through.
    pub cut: Cell<bool>,
    /// Storage was never wiped or blocked: its sequence has no gap in the end.
    pub whole: Cell<bool>,
}

/// What the page's code asked its drivers to do.
pub enum Out {
    AskWho,
    Renew,
    Send {
        decisions: Vec<Decision>,
        keepalive: bool,
    },
    Share(Choices, Option<Stamp>),
    /// The other tabs hear that storage changed.
    Wrote,
}

pub struct Body {
    pub state: DeviceState,
    pub world: Rc<World>,
    pub machine: Rc<Machine>,
    /// The device's name until one is stored.
    fresh: RefCell<String>,
    /// A name was stored when it was last looked for.
    named: Cell<bool>,
    blocked: bool,
    memory: RefCell<BTreeMap<String, String>>,
    pub outs: RefCell<VecDeque<Out>>,
    /// By the device's clock.
    pub timer: Cell<Option<i64>>,
    /// The page ends after so many acts.
    pub ends_after: Cell<Option<u32>>,
    pub ended: Cell<bool>,
    /// What the choices on screen rest on.
    pub stamp: RefCell<Option<Stamp>>,
    /// What the answer that is being heard rests on.
    pub hearing: RefCell<Option<Stamp>>,
    /// What was pressed here, each under the notice that was shown.
    pressed: RefCell<Vec<(Vec<Change>, String)>>,
    /// Grants that did not come into force, and whose person may press again.
    pub superseded: RefCell<Vec<Change>>,
}

impl Body {
    pub fn new(world: Rc<World>, machine: Rc<Machine>) -> Self {
        let fresh = device_id(&world);
        let (gpc, blocked) = (machine.gpc, machine.blocked.get());
        Body {
            state: DeviceState::new(gpc),
            world,
            machine,
            fresh: RefCell::new(fresh),
            named: Cell::default(),
            blocked,
            memory: RefCell::default(),
            outs: RefCell::default(),
            timer: Cell::default(),
            ends_after: Cell::default(),
            ended: Cell::default(),
            stamp: RefCell::default(),
            hearing: RefCell::default(),
            pressed: RefCell::default(),
            superseded: RefCell::default(),
        }
    }

    /// Whether the page is still there to do this.
    fn lives(&self) -> bool {
        match self.ends_after.get() {
            Some(0) => self.ended.set(true),
            Some(left) => self.ends_after.set(Some(left - 1)),
            None => {}
        }
        !self.ended.get()
    }

    fn out(&self, out: Out) {
        if self.lives() {
            self.outs.borrow_mut().push_back(out);
        }
    }

    /// Where storage was emptied under the page the numbers went with it, and the name goes too.
    pub fn take_new_name(&self) {
        *self.fresh.borrow_mut() = device_id(&self.world);
    }

    pub fn clock(&self) -> i64 {
        self.world.time.ms() + self.machine.offset.get()
    }

    /// A grant goes out under a notice that its person was shown when they pressed, and under no other.
    fn under_another_notice(&self, decision: &Decision) -> Option<String> {
        let pressed = self.pressed.borrow();
        // What was pressed twice before it was known who is there was perhaps pressed under two.
        let mut shown =
            pressed.iter().filter(|(changes, _)| changes.as_slice() == decision.changes()).map(|(_, shown)| shown);
        let grants = decision.changes().iter().any(|change| change.choice == Choice::Granted);
        let last = shown.clone().next_back()?;
        (grants && !shown.any(|shown| *shown == decision.notice))
            .then(|| format!("{} was granted under {}, and {last} was shown", decision.id, decision.notice))
    }

    /// Storage keys that begin so, also those that only this page holds.
    pub fn keys(&self, start: &str) -> Vec<String> {
        let storage = self.machine.storage.borrow();
        let kept = storage.keys().filter(|_| !self.blocked);
        let memory = self.memory.borrow();
        let mut keys: Vec<String> = kept.chain(memory.keys()).filter(|key| key.starts_with(start)).cloned().collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// What storage holds under this key, or this page alone.
    pub fn get(&self, key: &str) -> Option<String> {
        let held = self.memory.borrow().get(key).cloned();
        held.or_else(|| self.machine.storage.borrow().get(key).filter(|_| !self.blocked).cloned())
    }
}

impl Device for Body {
    fn state(&self) -> &DeviceState {
        &self.state
    }
    fn has_service(&self) -> bool {
        true
    }
    fn now(&self) -> Timestamp {
        Timestamp(self.clock())
    }
    fn random(&self) -> f64 {
        self.world.chance.borrow_mut().f64()
    }
    fn fresh_id(&self) -> String {
        let chance = self.world.chance.borrow_mut().u128(..);
        let digits = format!("{chance:032x}");
        format!("{}-{}-7{}-8{}-{}", &digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..])
    }
    fn id(&self) -> String {
        let kept = self.get("device");
        if self.named.replace(kept.is_some()) && kept.is_none() {
            self.take_new_name();
        }
        kept.unwrap_or_else(|| self.fresh.borrow().clone())
    }
    fn words_hash(&self, _: &str) -> String {
        "sha256-words".to_owned()
    }
    fn kept(&self, key: &str) -> String {
        self.get(key).unwrap_or_default()
    }
    fn next_seq(&self, of: &str) -> u64 {
        self.get(&format!("seq:{of}")).and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    fn set(&self, key: &str, value: &str) -> bool {
        if !self.lives() {
            return false;
        }
        if key.starts_with("out:")
            && let Ok(value) = serde_json::from_str::<serde_json::Value>(value)
            && let Ok(entry) = candor_choices::Entry::read(&value)
        {
            let (of, saw) = (self.state.of.borrow().clone(), self.stamp.borrow().clone());
            let mut ledger = self.world.ledger.borrow_mut();
            if let Some(fault) = self.under_another_notice(&entry.decision).filter(|_| !ledger.knows(&entry.decision)) {
                ledger.fault.get_or_insert(fault);
            }
            ledger.made(entry.decision, self.machine.index, &of, saw, !self.blocked);
        }
        if self.blocked {
            self.memory.borrow_mut().insert(key.to_owned(), value.to_owned());
            return false;
        }
        self.machine.storage.borrow_mut().insert(key.to_owned(), value.to_owned());
        self.outs.borrow_mut().push_back(Out::Wrote);
        true
    }

    fn remove(&self, key: &str) {
        if self.lives() {
            self.memory.borrow_mut().remove(key);
            if !self.blocked && self.machine.storage.borrow_mut().remove(key).is_some() {
                self.outs.borrow_mut().push_back(Out::Wrote);
            }
        }
    }

    fn ask_who(&self) {
        self.out(Out::AskWho);
    }
    fn renew(&self) {
        self.out(Out::Renew);
    }
    fn send(&self, decisions: &[Decision], keepalive: bool) {
        self.out(Out::Send { decisions: decisions.to_vec(), keepalive });
    }
    fn share(&self, choices: &Choices) {
        let stamp = self.hearing.borrow().clone();
        self.out(Out::Share(choices.clone(), stamp));
    }
    fn set_timer(&self, ms: u64) {
        if self.lives() {
            self.timer.set(Some(self.clock().saturating_add(i64::try_from(ms).unwrap_or(i64::MAX))));
        }
    }
    fn decided(&self, changes: &[Change], _: bool) {
        let shown = self.state.stands.borrow().notice_hash.clone();
        self.pressed.borrow_mut().push((changes.to_vec(), shown));
    }
    fn settle(&self, changes: &[Change], status: Status) {
        if status == Status::Superseded {
            let granted = changes.iter().filter(|change| change.choice == Choice::Granted);
            self.superseded.borrow_mut().extend(granted.cloned());
        }
    }
    fn tell_status(&self, _: &str, _: Status) {
        self.lives();
    }
    fn became(&self, _: &Choices, _: &Choices, _: Cause) {}
    fn redraw(&self) {}
    fn keep_state(&self) {}
    fn person_left(&self) {
        self.timer.set(None);
        self.superseded.borrow_mut().clear();
        *self.stamp.borrow_mut() = None;
    }
}

fn device_id(world: &World) -> String {
    format!("dev_{:032x}", world.chance.borrow_mut().u128(..))
}
