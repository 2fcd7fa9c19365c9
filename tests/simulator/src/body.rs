//! Who and what a history is made of: its world, its browsers, its pages.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use candor_choices::device::{DeviceState, KnownAs};
use candor_protocol::{Change, Choice, Choices, Decision, Standing};
use rquickjs::{Object, Persistent};

use crate::clock::Time;
use crate::ledger::{Ledger, Stamp};
use crate::network::{Flight, Heard};

/// What everybody in a history shares.
pub struct World {
    pub time: Time,
    pub chance: RefCell<fastrand::Rng>,
    pub ledger: RefCell<Ledger>,
    pub flights: RefCell<Vec<Flight>>,
    /// Requests that pages gave up.
    pub given_up: RefCell<Vec<u32>>,
    /// What answers rest on: each names its own by its place here.
    pub stamps: RefCell<Vec<Stamp>>,
    /// The shop's publishable key.
    pub site: String,
    /// The customer's name at the shop.
    pub customer: String,
    /// The shop's pages hand out tokens that are too old.
    pub old_tokens: Cell<bool>,
    /// Files of the loader that a page needs later may not come.
    pub files_fail: Cell<bool>,
    pub last_request: Cell<u32>,
    pub verbose: bool,
}

impl World {
    /// A key of storage without the prefix of the site.
    pub fn own<'k>(&self, key: &'k str) -> &'k str {
        let own = key.strip_prefix("candor:").and_then(|rest| rest.strip_prefix(&*self.site));
        own.map_or(key, |rest| rest.trim_start_matches(':'))
    }

    pub fn fault(&self, what: impl Into<String>) {
        self.ledger.borrow_mut().fault.get_or_insert(what.into());
    }
}

/// One browser on one machine: what its tabs share.
pub struct Machine {
    pub index: usize,
    pub storage: RefCell<BTreeMap<String, String>>,
    /// What lies in the browser's database.
    pub deep: RefCell<BTreeMap<String, String>>,
    /// Pages opened now can have no database either.
    pub shallow: Cell<bool>,
    /// Pages opened now cannot store.
    pub blocked: Cell<bool>,
    /// Nothing more fits into storage.
    pub full: Cell<bool>,
    /// How wrong its clock is.
    pub offset: Cell<i64>,
    pub gpc: bool,
    pub signed_in: Cell<bool>,
    /// How often the shop has said who is.
    pub tokens: Cell<u32>,
    pub tool_says_no: Cell<bool>,
    /// Nothing gets through.
    pub cut: Cell<bool>,
    /// Storage was never wiped, blocked or full: its sequence has no gap in the end.
    pub whole: Cell<bool>,
    /// None of its pages ended in the midst of writing: each number is given once.
    pub unbroken: Cell<bool>,
    /// Locks, and the pages that hold them.
    pub locks: RefCell<BTreeMap<String, u32>>,
    /// What was refused here and went into no outbox: off on this device until it is granted here.
    pub refused: RefCell<Vec<Refused>>,
}

/// Refused by somebody whom nobody knew.
#[derive(Debug, Clone)]
pub struct Refused {
    pub change: Change,
    /// Where it was pressed.
    pub page: u32,
    /// In storage that outlives the page.
    pub kept: bool,
}

impl Refused {
    /// Whether these say otherwise.
    pub fn is_undone_by(&self, choices: &Choices) -> bool {
        let Change { control, datum, .. } = &self.change;
        let out = |datum: &String| choices.control(control).is_some_and(|control| control.left_out.contains(datum));
        choices.standing(control) == Standing::Granted && !datum.as_ref().is_some_and(out)
    }
}

const YEAR: i64 = 365 * 24 * 3_600_000;

impl Machine {
    pub fn new(index: usize, chance: &mut fastrand::Rng) -> Self {
        Machine {
            index,
            storage: RefCell::default(),
            deep: RefCell::default(),
            shallow: Cell::new(chance.u8(..4) == 0),
            blocked: Cell::new(false),
            full: Cell::new(false),
            offset: Cell::new(if chance.u8(..4) == 0 { chance.i64(-YEAR..YEAR) } else { 0 }),
            gpc: chance.u8(..5) == 0,
            signed_in: Cell::new(chance.u8(..3) > 0),
            tokens: Cell::new(0),
            tool_says_no: Cell::new(false),
            cut: Cell::new(false),
            whole: Cell::new(true),
            unbroken: Cell::new(true),
            locks: RefCell::default(),
            refused: RefCell::default(),
        }
    }
}

/// One page: what it knows, and what the simulator knows of it.
pub struct Body {
    pub page: u32,
    pub state: DeviceState,
    pub world: Rc<World>,
    pub machine: Rc<Machine>,
    pub blocked: bool,
    pub shallow: bool,
    /// The drivers, once they have started the page's code.
    pub host: RefCell<Option<Persistent<Object<'static>>>>,
    /// By the true time; of what the Wasm set.
    pub timer: Cell<Option<i64>>,
    /// By the true time; when the first of the page's own timers is due.
    pub due: Cell<Option<i64>>,
    /// The page ends after so many acts.
    pub ends_after: Cell<Option<u32>>,
    pub ended: Cell<bool>,
    /// What the choices on screen rest on.
    pub stamp: RefCell<Option<Stamp>>,
    /// The answer that is being heard rests on this one.
    pub hearing: Cell<Option<usize>>,
    /// What was pressed here, each under the notice that was shown.
    pub pressed: RefCell<Vec<(Vec<Change>, String)>>,
    /// Grants that did not come into force, and whose person may press again.
    pub superseded: RefCell<Vec<Change>>,
    /// What became on while the page heard one word of another tab: it still is when it has heard it.
    pub flashed: RefCell<Vec<String>>,
    /// Since the shop last told the page that somebody else may be there: it said that nobody is, or who is.
    pub heard_nobody: Cell<bool>,
    pub heard_somebody: Cell<bool>,
    /// Another tab forgot whoever is there, and this one does not know yet: what is decided here goes with them.
    pub left_behind: Cell<bool>,
    /// Requests that broke off when the page was left.
    pub broken_off: RefCell<Vec<u32>>,
    pub messages: RefCell<VecDeque<Heard>>,
    pub writes: RefCell<VecDeque<Heard>>,
}

impl Body {
    pub fn new(page: u32, world: Rc<World>, machine: Rc<Machine>) -> Self {
        let (gpc, blocked, shallow) = (machine.gpc, machine.blocked.get(), machine.shallow.get());
        Body {
            page,
            state: DeviceState::new(gpc),
            world,
            machine,
            blocked,
            shallow,
            host: RefCell::default(),
            timer: Cell::default(),
            due: Cell::default(),
            ends_after: Cell::default(),
            ended: Cell::default(),
            stamp: RefCell::default(),
            hearing: Cell::default(),
            pressed: RefCell::default(),
            superseded: RefCell::default(),
            flashed: RefCell::default(),
            heard_nobody: Cell::default(),
            heard_somebody: Cell::default(),
            left_behind: Cell::new(false),
            broken_off: RefCell::default(),
            messages: RefCell::default(),
            writes: RefCell::default(),
        }
    }

    /// Whether the page is still there to do this.
    pub fn lives(&self) -> bool {
        match self.ends_after.get() {
            Some(0) => {
                self.ended.set(true);
                self.machine.unbroken.set(false);
            }
            Some(left) => self.ends_after.set(Some(left - 1)),
            None => {}
        }
        !self.ended.get()
    }

    /// Where somebody reads along.
    pub fn says(&self, what: impl FnOnce() -> String) {
        if self.world.verbose {
            eprintln!("    page {} {}", self.page, what());
        }
    }

    /// By the device's own clock.
    pub fn clock(&self) -> i64 {
        self.world.time.ms() + self.machine.offset.get()
    }

    /// The subject of whoever is signed in here.
    pub fn signed_in(&self) -> Option<String> {
        (self.state.known_as.get() == KnownAs::SignedIn).then(|| self.state.of.borrow().clone())
    }

    /// Without the prefix of the site.
    pub fn own<'k>(&self, key: &'k str) -> &'k str {
        self.world.own(key)
    }

    /// Something is written down under this key. `safe`: it outlives the page.
    pub fn keeps(&self, key: &str, value: &str, safe: bool) {
        if key == "refused" {
            return self.keeps_refused(value, safe);
        }
        if let Some(id) = key.strip_prefix("kept:").and_then(|rest| rest.rsplit(':').next()) {
            return self.world.ledger.borrow_mut().kept(id, safe);
        }
        let entry = serde_json::from_str::<serde_json::Value>(value).ok();
        let Some(of) = key.strip_prefix("out:").and_then(|rest| rest.split_once(':')).map(|(of, _)| of) else { return };
        let Some(Ok(entry)) = entry.as_ref().map(candor_choices::Entry::read) else { return };
        let saw = self.stamp.borrow().clone();
        let mut ledger = self.world.ledger.borrow_mut();
        if let Some(fault) = self.under_another_notice(&entry.decision).filter(|_| !ledger.knows(&entry.decision)) {
            ledger.fault.get_or_insert(fault);
        }
        let counts = safe && self.machine.unbroken.get();
        let id = entry.decision.id.clone();
        // It is in the ledger from here on.
        let page = self.page;
        let taken = |one: &Refused| !one.kept && one.page == page && entry.decision.changes().contains(&one.change);
        self.machine.refused.borrow_mut().retain(|one| !taken(one));
        ledger.made(entry.decision, &self.machine, of, saw, safe, counts);
        if self.left_behind.get() {
            ledger.forgotten_too(&id);
        }
    }

    /// The list of what was refused here.
    fn keeps_refused(&self, words: &str, safe: bool) {
        // Of two lists that tabs without room write in the same moment one counts.
        let behind = !self.messages.borrow().is_empty();
        self.machine.refused.borrow_mut().retain_mut(|one| {
            let Change { control, datum, .. } = &one.change;
            let word = datum.as_ref().map_or_else(|| control.clone(), |datum| format!("{control}>{datum}"));
            let listed = words.split_ascii_whitespace().any(|known| known == word);
            one.kept |= safe && listed && one.page == self.page;
            listed || one.page == self.page || !behind
        });
    }

    /// Somebody pressed.
    pub fn is_decided(&self, changes: &[Change]) {
        let mut refused = self.machine.refused.borrow_mut();
        // Of two lists that tabs without room write in the same moment, or that one without a database does not see,
        // one counts. Where another tab has forgotten meanwhile, what is decided goes with whom it forgot.
        let beside = !self.messages.borrow().is_empty() || self.shallow || self.left_behind.get();
        for change in changes {
            let same = |one: &Refused| one.change.control == change.control && one.change.datum == change.datum;
            if change.choice == Choice::Granted {
                refused.retain(|one| !same(one));
            } else if !beside && !refused.iter().any(|one| same(one) && one.kept) {
                refused.push(Refused { change: change.clone(), page: self.page, kept: false });
            }
        }
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
}
