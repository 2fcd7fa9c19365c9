//! One history: sixty and more steps, each drawn at random, each checked; then
//! everything is mended and has to agree.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use candor_choices::Event;
use candor_choices::device::{Cause, Device, Made};
use candor_protocol::{Binding, Change, Choice, Choices, DecisionMethod, Outcome, Standing, Surface};

use crate::body::{Machine, World};
use crate::invariants;
use crate::ledger::{Counts, Ledger, Stamp};
use crate::network::{Ask, Flight, PATIENCE_MS};
use crate::notice::{CONTROLS, notice};
use crate::service::{Answer, House};
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
        verbose,
    };
    history.publish();
    history.pass(5_000);
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

    // What people do.

    fn act(&mut self, machine: usize, tab: usize) -> String {
        let change = {
            let mut chance = self.world.chance.borrow_mut();
            let control = CONTROLS[chance.usize(..CONTROLS.len())].to_owned();
            let choice = if chance.bool() { Choice::Granted } else { Choice::Denied };
            let datum = (chance.u8(..7) == 0).then(|| format!("r{}", chance.u8(1..3)));
            Change { control, choice, datum }
        };
        self.decide(machine, tab, change).unwrap_or_else(|| self.open(machine, tab))
    }

    fn decide(&mut self, machine: usize, tab: usize, change: Change) -> Option<String> {
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

    fn open(&mut self, machine: usize, tab: usize) -> String {
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

    fn close(&mut self, machine: usize, tab: usize) -> String {
        if self.draw(3) > 0 {
            self.around(machine, tab, |tab, _| tab.hide());
        }
        if let Some(gone) = self.tabs[machine][tab].take() {
            self.leave(gone.page);
        }
        format!("machine {machine} tab {tab} is closed")
    }

    fn crash(&mut self, machine: usize, tab: usize) -> String {
        let after = u32::try_from(self.draw(8)).unwrap_or(0);
        if let Some(tab) = &self.tabs[machine][tab] {
            tab.body.ends_after.set(Some(after));
        }
        format!("machine {machine} tab {tab} ends after {after} acts")
    }

    fn hide(&mut self, machine: usize, tab: usize) -> String {
        self.around(machine, tab, |tab, _| tab.hide());
        format!("machine {machine} tab {tab} is hidden")
    }

    fn show(&mut self, machine: usize, tab: usize) -> String {
        let online = !self.machines[machine].cut.get();
        self.around(machine, tab, |tab, around| {
            tab.visible = true;
            tab.flush(around, online);
        });
        format!("machine {machine} tab {tab} comes to the front")
    }

    fn gather(&mut self, machine: usize, tab: usize) -> String {
        self.around(machine, tab, |tab, around| tab.gather(around));
        format!("machine {machine} tab {tab} asks what stands")
    }

    fn sign_in_or_out(&mut self, machine: usize) -> String {
        let signed_in = !self.machines[machine].signed_in.get();
        self.set_signed_in(machine, signed_in);
        format!("machine {machine} signs {}", if signed_in { "in" } else { "out" })
    }

    fn set_signed_in(&mut self, machine: usize, signed_in: bool) {
        self.world.ledger.borrow_mut().counts.sign_ins += u64::from(signed_in);
        self.machines[machine].signed_in.set(signed_in);
        for tab in 0..TABS {
            self.around(machine, tab, |tab, _| tab.forget());
        }
    }

    // What happens to them.

    fn wipe(&mut self, machine: usize) -> String {
        self.machines[machine].storage.borrow_mut().clear();
        self.machines[machine].whole.set(false);
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.counts.wipes += 1;
        ledger.wiped(machine);
        format!("storage of machine {machine} is wiped")
    }

    fn publish(&mut self) {
        self.notices += 1;
        let hash = self.house.publish(&notice(self.house.site(), self.notices, self.versions));
        // A further notice is in force two seconds after its publication.
        let from = self.world.time.ms() + if self.notices == 1 { 0 } else { 2_000 };
        let mut ledger = self.world.ledger.borrow_mut();
        ledger.publish(&hash, self.versions, from);
        ledger.counts.notices += 1;
    }

    fn restore(&mut self) -> String {
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

    fn pass(&mut self, ms: i64) {
        self.world.time.pass(ms);
    }

    fn time_passes(&mut self) -> String {
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

    fn fire_timers(&mut self) {
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

    /// A page waits ten seconds for an answer; the request may arrive all the same.
    fn give_up(&mut self) {
        let now = self.world.time.ms();
        let late: Vec<usize> =
            (0..self.flights.len()).filter(|at| self.flights[*at].sent_at + PATIENCE_MS < now).collect();
        for at in late.into_iter().rev() {
            let flight = self.flights.swap_remove(at);
            let page = flight.page;
            if flight.answer.is_none() && self.one_in(2) {
                self.flights.push(Flight {
                    page: None,
                    ask: flight.ask.clone(),
                    body: flight.body.clone(),
                    answer: None,
                    sent_at: now,
                    ..flight
                });
            }
            self.told(page, flight, Answer::of_status(0, None), None);
        }
    }

    fn tabs_hear(&mut self) -> String {
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

    fn move_a_flight(&mut self) -> String {
        if self.flights.is_empty() {
            return "nothing is on its way".to_owned();
        }
        let at = self.draw(self.flights.len());
        let (path, cut) = (self.flights[at].path, self.machines[self.flights[at].machine].cut.get());
        let chance = self.draw(100);
        if self.flights[at].answer.is_none() {
            match chance {
                _ if cut => self.lose(at, 0, None),
                0..74 => self.arrive(at),
                74..80 => {
                    // It arrives, and once more later.
                    self.world.ledger.borrow_mut().counts.repeated += 1;
                    let flight = &self.flights[at];
                    let again = Flight {
                        machine: flight.machine,
                        page: None,
                        ask: flight.ask.clone(),
                        path: flight.path,
                        body: flight.body.clone(),
                        keepalive: flight.keepalive,
                        sent_at: flight.sent_at,
                        era: flight.era,
                        answer: None,
                    };
                    self.flights.push(again);
                    self.arrive(at)
                }
                80..88 => self.lose(at, 0, None),
                88..91 => self.lose(at, 503, Some(1_000)),
                91..94 => self.lose(at, 429, Some(30_000)),
                94..96 => self.lose(at, 500, None),
                96..98 => self.lose(at, 408, None),
                _ => self.lose(at, 200, None),
            }
            format!("{path} of machine {} is carried", self.flights.get(at).map_or(9, |f| f.machine))
        } else {
            match chance {
                _ if cut => self.lose(at, 0, None),
                0..84 => self.hear(at),
                84..94 => self.lose(at, 0, None),
                _ => self.lose(at, 200, None),
            }
            format!("the answer to {path} is carried")
        }
    }

    /// It never arrives, or its answer does not: the page hears a failure, or an answer without sense.
    fn lose(&mut self, at: usize, status: u16, retry_after_ms: Option<u64>) {
        let flight = self.flights.swap_remove(at);
        let mut ledger = self.world.ledger.borrow_mut();
        match status {
            0 => ledger.counts.lost += 1,
            _ => ledger.counts.refused_on_the_way += 1,
        }
        drop(ledger);
        let page = flight.page;
        self.told(page, flight, Answer::of_status(status, retry_after_ms), None);
    }

    /// The service gets it.
    fn arrive(&mut self, at: usize) {
        let flight = &self.flights[at];
        let answer = match flight.ask {
            Ask::Notice => self.house.get_notice(),
            _ => self.house.ask(flight.path, &flight.body),
        };
        let subject = subject_of(&flight.body);
        let mut stamp = None;
        if let Some(subject) = subject.filter(|_| answer.status == 200) {
            let (choices, outcomes) = match flight.ask {
                Ask::Decisions { .. } => (Choices::read(&answer.body["choices"]).ok(), outcomes(&answer)),
                Ask::Choices | Ask::Parting => (Choices::read(&answer.body).ok(), Vec::new()),
                _ => (None, Vec::new()),
            };
            let now = self.world.time.ms();
            if self.verbose {
                eprintln!("    {} answers {}: {}", flight.path, answer.status, answer.body);
            }
            let mut ledger = self.world.ledger.borrow_mut();
            if let Err(fault) = ledger.answered(&subject, &outcomes, now) {
                ledger.fault.get_or_insert(fault);
            }
            if let Some(choices) = choices {
                let granted = choices.controls.iter().filter(|control| control.choice == Standing::Granted);
                stamp = Some(Stamp {
                    lineage: ledger.lineage(),
                    subject: subject.as_str().into(),
                    len: ledger.taken(&subject),
                    granted: Rc::new(granted.map(|control| control.id.clone()).collect()),
                });
            }
            self.subjects.insert(subject);
        }
        self.flights[at].answer = Some((answer, stamp));
        if self.flights[at].page.is_none() {
            self.flights.swap_remove(at);
        }
    }

    fn hear(&mut self, at: usize) {
        let mut flight = self.flights.swap_remove(at);
        if let Some((answer, stamp)) = flight.answer.take() {
            let page = flight.page;
            self.told(page, flight, answer, stamp);
        }
    }

    fn told(&mut self, page: Option<u64>, flight: Flight, answer: Answer, stamp: Option<Stamp>) {
        let Some(page) = page else { return };
        let machine = flight.machine;
        let Some(tab) = (0..TABS).find(|tab| self.tabs[machine][*tab].as_ref().is_some_and(|t| t.page == page)) else {
            return;
        };
        self.around(machine, tab, |tab, around| tab.hear_answer(around, flight, answer, stamp));
    }

    // The end.

    /// Everything gets through again, everybody is signed in and looks: then all agree.
    fn mend(&mut self) -> Result<u64, String> {
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

    fn quiet(&mut self) -> Result<u64, String> {
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

    fn anything_waits(&self) -> bool {
        self.tabs.iter().flatten().flatten().any(|tab| tab.body.state.outbox.borrow().waiting().next().is_some())
    }

    /// Whoever sees what stands can switch it on, and off, and it is so everywhere.
    fn knowing_choices_count(&mut self) -> Result<u64, String> {
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
                // The terms may have changed under an open page: opened again it shows the new ones.
                for _ in 0..2 {
                    self.close(machine, 0);
                    self.open(machine, 0);
                    steps += self.quiet()?;
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

fn outcomes(answer: &Answer) -> Vec<Outcome> {
    let list = answer.body["outcomes"].as_array();
    list.into_iter().flatten().filter_map(|outcome| Outcome::read(outcome).ok()).collect()
}

/// A capability names its subject.
fn subject_of(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("capability")?.as_str()?.split('~').nth(1).map(str::to_owned)
}
