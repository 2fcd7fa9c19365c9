//! One history: sixty and more steps, each drawn at random, each checked; then
//! everything is mended and has to agree.

mod carrying;
mod events;
mod mending;
mod people;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::body::{Body, Machine, World};
use crate::invariants;
use crate::ledger::{Counts, Ledger};
use crate::network::Line;
use crate::notice::{CONTROLS, Offer};
use crate::page::Engine;
use crate::service::House;

const MACHINES: usize = 3;
const TABS: usize = 2;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// How often each kind of step comes, in the order of [`History::step`]; the
/// second number is how often it comes where a history has much of it.
const WEIGHTS: [(usize, usize); 22] = [
    (24, 40),
    (100, 160),
    (8, 16),
    (8, 16),
    (6, 12),
    (3, 8),
    (3, 10),
    (3, 8),
    (6, 12),
    (2, 8),
    (1, 4),
    (1, 4),
    (1, 6),
    (1, 4),
    (1, 5),
    (1, 6),
    (1, 4),
    (1, 3),
    (4, 8),
    (8, 16),
    (1, 5),
    (1, 5),
];

/// A page in its place.
pub struct Tab {
    pub body: Rc<Body>,
    pub visible: bool,
    /// Left, and kept by the browser as it was.
    pub frozen: bool,
}

pub struct History<'a> {
    pub house: &'a mut House,
    pub engine: &'a Engine,
    pub world: Rc<World>,
    pub machines: Vec<Rc<Machine>>,
    pub tabs: Vec<Vec<Option<Tab>>>,
    lines: Vec<Line>,
    pages: u32,
    offer: Offer,
    notices: u64,
    locks: bool,
    /// Tabs can call each other. Where they cannot, storage always has room: what they do without either is told of
    /// as a limit.
    calls: bool,
    weights: Vec<usize>,
    /// See [`hard_weight`].
    hard: bool,
    /// Subjects the service has answered about.
    pub subjects: BTreeSet<String>,
    /// The state of the disk, and how many subjects, that were held against the ledger last.
    pub checked: Cell<(u64, usize)>,
}

/// Plays the history of a seed. The text says which invariant broke, and after which step.
pub fn run(seed: u64, steps: u32, house: &mut House, engine: &Engine, verbose: bool) -> Result<Counts, String> {
    house.dice.seed(seed);
    house.forget_backup();
    let mut chance = fastrand::Rng::with_seed(seed);
    house.time.set(crate::clock::START + i64::try_from(seed % 1024).unwrap_or(0) * 1_000);
    house.begin(seed);
    let machines = (0..MACHINES).map(|index| Rc::new(Machine::new(index, &mut chance))).collect();
    let locks = chance.bool();
    let (hard, calls) = (is_hard(seed), seed % 8 != 1);
    let weights = WEIGHTS
        .iter()
        .enumerate()
        .map(
            |(kind, weight)| {
                if hard { hard_weight(kind, *weight, &mut chance) } else { weigh(kind, *weight, &mut chance) }
            },
        )
        .collect();
    let world = Rc::new(World {
        time: house.time.clone(),
        chance: RefCell::new(chance),
        ledger: RefCell::new(Ledger::new()),
        flights: RefCell::default(),
        given_up: RefCell::default(),
        stamps: RefCell::default(),
        site: house.site().to_owned(),
        customer: format!("customer-{seed}"),
        old_tokens: Cell::new(false),
        files_fail: Cell::new(false),
        last_request: Cell::new(0),
        verbose,
    });
    engine.begin(&world);
    let mut history = History {
        world,
        house,
        engine,
        machines,
        tabs: (0..MACHINES).map(|_| (0..TABS).map(|_| None).collect()).collect(),
        lines: Vec::new(),
        pages: 0,
        offer: Offer::default(),
        notices: 0,
        locks,
        calls,
        weights,
        hard,
        subjects: BTreeSet::new(),
        checked: Cell::new((0, 0)),
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

/// What always comes may come more often; of the faults each history has some not at all and some often.
fn weigh(kind: usize, (some, much): (usize, usize), chance: &mut fastrand::Rng) -> usize {
    match chance.u8(..4) {
        0 if is_fault(kind) => 0,
        1 => much,
        _ => some,
    }
}

/// One in four; see [`hard_weight`].
pub fn is_hard(seed: u64) -> bool {
    seed.is_multiple_of(4)
}

/// A hard history has few of the faults, and those very often (swarm testing: Groce and others,
/// ISSTA 2012), most of them on one machine.
fn hard_weight(kind: usize, (some, much): (usize, usize), chance: &mut fastrand::Rng) -> usize {
    match chance.u8(..6) {
        0 | 1 if is_fault(kind) => 0,
        2 if is_fault(kind) => much * 2,
        3 if is_fault(kind) && kind > 8 => much * 5,
        4 => some,
        _ => much,
    }
}

fn is_fault(kind: usize) -> bool {
    kind > 4 && !(18..20).contains(&kind)
}

impl History<'_> {
    fn draw(&self, below: usize) -> usize {
        self.world.chance.borrow_mut().usize(..below)
    }

    fn one_in(&self, many: usize) -> bool {
        self.draw(many) == 0
    }

    fn check(&mut self, what: &str) -> Result<(), String> {
        if self.world.verbose {
            eprintln!("  {} {what}", self.world.time.ms() - crate::clock::START);
        }
        invariants::after_a_step(self)
    }

    /// One thing happens. Says what.
    fn step(&mut self) -> String {
        let machine = if self.hard && !self.one_in(4) { 0 } else { self.draw(MACHINES) };
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
            7 => self.seen(machine, tab, false),
            8 => self.seen(machine, tab, true),
            9 => self.cut(machine),
            10 => self.wipe(machine),
            11 => {
                let mut offset = self.world.chance.borrow_mut().i64(-YEAR..YEAR);
                let before = &self.machines[machine].offset;
                // Set back by less than an hour a page that was asked to wait waits so much longer than the end does.
                if (-HOUR..0).contains(&(offset - before.get())) {
                    offset = before.get();
                }
                before.set(offset);
                format!("the clock of machine {machine} is wrong by {} days", offset / DAY)
            }
            12 => {
                let place = self.draw(4);
                match self.offer.versions.get_mut(place) {
                    Some(version) => *version += 1,
                    None => self.offer.longer = !self.offer.longer,
                }
                self.publish();
                match CONTROLS.get(place) {
                    Some(control) => format!("the terms of {control} change"),
                    None => format!("a grant of returns holds longer: {}", self.offer.longer),
                }
            }
            13 => self.restart(),
            14 if self.house.has_backup() => self.restore(),
            14 => {
                self.house.back_up();
                self.world.ledger.borrow_mut().back_up();
                "a backup is made".to_owned()
            }
            15 => self.sign_in_or_out(machine),
            16 if self.one_in(2) => {
                self.world.old_tokens.set(!self.world.old_tokens.get());
                format!("the shop's tokens are too old: {}", self.world.old_tokens.get())
            }
            16 => {
                self.world.files_fail.set(!self.world.files_fail.get());
                format!("files of the loader may not come: {}", self.world.files_fail.get())
            }
            17 => self.block(machine),
            18 => self.look(machine, tab),
            19 => self.lines_tell(true),
            20 => self.forget(machine, tab),
            _ => self.tool_says(machine),
        }
    }

    fn page_of(&self, machine: usize, tab: usize) -> Option<u32> {
        self.tabs[machine][tab].as_ref().map(|tab| tab.body.page)
    }

    /// Does it with this page; one whose end came is gone then.
    fn with<T>(&mut self, machine: usize, tab: usize, work: impl FnOnce(&Engine, &Rc<Body>) -> T) -> Option<T> {
        let body = self.tabs[machine][tab].as_ref()?.body.clone();
        let done = work(self.engine, &body);
        if body.ended.get() {
            self.world.ledger.borrow_mut().counts.crashes += 1;
            self.tabs[machine][tab] = None;
            self.engine.gone(body.page);
        }
        Some(done)
    }
}
