//! One history: sixty and more steps, each drawn at random, each checked; then
//! everything is mended and has to agree.

mod carrying;
mod events;
mod mending;
mod people;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::body::{Machine, World};
use crate::invariants;
use crate::ledger::{Counts, Ledger};
use crate::network::{Ask, Flight};
use crate::notice::CONTROLS;
use crate::service::House;
use crate::tab::{Around, Tab};

const MACHINES: usize = 3;
const TABS: usize = 2;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// How often each kind of step comes, in the order of [`History::step`]; the
/// second number is how often it comes where a history has much of it.
const WEIGHTS: [(usize, usize); 19] = [
    (24, 40),
    (50, 80),
    (8, 16),
    (8, 16),
    (8, 16),
    (3, 8),
    (3, 10),
    (3, 8),
    (6, 12),
    (2, 8),
    (1, 4),
    (1, 4),
    (1, 6),
    (1, 5),
    (1, 8),
    (1, 6),
    (1, 4),
    (1, 3),
    (6, 10),
];

pub struct History<'a> {
    pub house: &'a mut House,
    pub world: Rc<World>,
    pub machines: Vec<Rc<Machine>>,
    pub tabs: Vec<Vec<Option<Tab>>>,
    flights: Vec<Flight>,
    pages: u64,
    customer: String,
    versions: [u64; 3],
    notices: u64,
    old_token: bool,
    locks: bool,
    weights: Vec<usize>,
    /// Subjects the service has answered about.
    pub subjects: BTreeSet<String>,
    /// The state of the disk, and how many subjects, that were held against the ledger last.
    pub checked: Cell<(u64, usize)>,
    verbose: bool,
}

/// Plays the history of a seed. The text says which invariant broke, and after which step.
pub fn run(seed: u64, steps: u32, house: &mut House, verbose: bool) -> Result<Counts, String> {
    house.dice.seed(seed);
    house.forget_backup();
    let mut chance = fastrand::Rng::with_seed(seed);
    house.time.set(crate::clock::START + i64::try_from(seed % 1024).unwrap_or(0) * 1_000);
    house.begin(seed);
    let machines = (0..MACHINES)
        .map(|index| {
            Rc::new(Machine {
                index,
                storage: RefCell::default(),
                blocked: Cell::new(false),
                offset: Cell::new(if chance.u8(..4) == 0 { chance.i64(-YEAR..YEAR) } else { 0 }),
                gpc: chance.u8(..5) == 0,
                signed_in: Cell::new(chance.u8(..3) > 0),
                cut: Cell::new(false),
                whole: Cell::new(true),
            })
        })
        .collect();
    let locks = chance.bool();
    // What always comes may come more often; of the faults each history has some not at all and some often.
    let weights = WEIGHTS
        .iter()
        .enumerate()
        .map(|(kind, (some, much))| match chance.u8(..4) {
            0 if kind > 4 && kind < 18 => 0,
            1 => *much,
            _ => *some,
        })
        .collect();
    let mut history = History {
        world: Rc::new(World {
            time: house.time.clone(),
            chance: RefCell::new(chance),
            ledger: RefCell::new(Ledger::new()),
        }),
        house,
        machines,
        tabs: (0..MACHINES).map(|_| (0..TABS).map(|_| None).collect()).collect(),
        flights: Vec::new(),
        pages: 0,
        customer: format!("customer-{seed}"),
        versions: [0; 3],
        notices: 0,
        old_token: false,
        locks,
        weights,
        subjects: BTreeSet::new(),
        checked: Cell::new((0, 0)),
        verbose,
    };
    history.publish();
    history.pass(5_000);
    // Half of the histories begin with everybody looking at a page that has loaded.
    if history.one_in(2) {
        for machine in 0..MACHINES {
            history.open(machine, 0);
        }
        history.quiet().map_err(|fault| format!("at the start: {fault}"))?;
    }
    for step in 0..steps {
        let what = history.step();
        let checked = history.check(&what).map_err(|fault| format!("step {step}, {what}: {fault}"));
        if verbose && checked.is_err() {
            history.world.ledger.borrow().tell();
        }
        checked?;
    }
    let mended = history.mend().map_err(|fault| format!("after mending: {fault}"));
    if verbose {
        history.world.ledger.borrow().tell();
    }
    let mended = mended?;
    let counts = history.world.ledger.borrow().counts;
    Ok(Counts { histories: 1, steps: u64::from(steps) + mended, ..counts })
}

impl History<'_> {
    fn draw(&self, below: usize) -> usize {
        self.world.chance.borrow_mut().usize(..below)
    }

    fn one_in(&self, many: usize) -> bool {
        self.draw(many) == 0
    }

    fn check(&mut self, what: &str) -> Result<(), String> {
        if self.verbose {
            eprintln!("  {} {what}", self.world.time.ms() - crate::clock::START);
        }
        invariants::after_a_step(self)
    }

    /// One thing happens. Says what.
    fn step(&mut self) -> String {
        let machine = self.draw(MACHINES);
        let tab = self.draw(TABS);
        let mut at = self.draw(self.weights.iter().sum());
        let mut kind = 0;
        while at >= self.weights[kind] {
            at -= self.weights[kind];
            kind += 1;
        }
        match kind {
            0 => self.act(machine, tab),
            1 => self.move_a_flight(),
            2 => self.time_passes(),
            3 => self.tabs_hear(),
            4 => self.open(machine, tab),
            5 => self.close(machine, tab),
            6 => self.crash(machine, tab),
            7 => self.hide(machine, tab),
            8 => self.show(machine, tab),
            9 => {
                let cut = !self.machines[machine].cut.get();
                self.machines[machine].cut.set(cut);
                format!("machine {machine} is {}", if cut { "cut off" } else { "back" })
            }
            10 => self.wipe(machine),
            11 => {
                let offset = self.world.chance.borrow_mut().i64(-YEAR..YEAR);
                self.machines[machine].offset.set(offset);
                format!("the clock of machine {machine} is wrong by {} days", offset / DAY)
            }
            12 => {
                let place = self.draw(3);
                self.versions[place] += 1;
                self.publish();
                format!("the terms of {} change", CONTROLS[place])
            }
            13 => {
                self.world.ledger.borrow_mut().counts.restarts += 1;
                self.house.restart();
                "the service restarts".to_owned()
            }
            14 if self.house.has_backup() => self.restore(),
            14 => {
                self.house.back_up();
                self.world.ledger.borrow_mut().back_up();
                "a backup is made".to_owned()
            }
            15 => self.sign_in_or_out(machine),
            16 => {
                self.old_token = !self.old_token;
                format!("the shop's tokens are too old: {}", self.old_token)
            }
            17 => {
                let blocked = !self.machines[machine].blocked.get();
                self.machines[machine].blocked.set(blocked);
                self.machines[machine].whole.set(false);
                format!("storage of machine {machine} is blocked for new pages: {blocked}")
            }
            _ => self.gather(machine, tab),
        }
    }

    fn around<T>(
        &mut self,
        machine: usize,
        tab: usize,
        work: impl FnOnce(&mut Tab, &mut Around<'_>) -> T,
    ) -> Option<T> {
        let (own, other) = (tab, TABS - 1 - tab);
        let mut taken = self.tabs[machine][own].take()?;
        let (mut to_other, mut other_stale) = (Vec::new(), false);
        let page_of_other = self.tabs[machine][other].as_ref().map(|tab| tab.page);
        let locked = self.locks
            && self.flights.iter().any(|flight| {
                flight.page.is_some() && flight.page == page_of_other && matches!(flight.ask, Ask::Decisions { .. })
            });
        let mut around = Around {
            world: &self.world,
            machine: &self.machines[machine],
            flights: &mut self.flights,
            to_other: &mut to_other,
            other_stale: &mut other_stale,
            site: self.house.site(),
            customer: &self.customer,
            old_token: self.old_token,
            locked,
        };
        let done = work(&mut taken, &mut around);
        taken.drain(&mut around);
        if let Some(other) = &mut self.tabs[machine][other] {
            other.told.extend(to_other);
            other.stale |= other_stale;
        }
        if taken.body.ended.get() {
            self.world.ledger.borrow_mut().counts.crashes += 1;
            self.leave(taken.page);
        } else {
            self.tabs[machine][own] = Some(taken);
        }
        Some(done)
    }

    /// Nobody waits for the answers to a page that is gone.
    fn leave(&mut self, page: u64) {
        for flight in &mut self.flights {
            if flight.page == Some(page) {
                flight.page = None;
            }
        }
    }
}
