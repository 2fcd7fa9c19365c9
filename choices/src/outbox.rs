//! A device's decisions on their way to the service.
//!
//! A state machine without a clock, a network or a storage: events and the time
//! go in, effects come out, and the caller carries them out in their order. What
//! a person decided is stored before it is sent, is sent until it is answered,
//! and no failure ever changes it.
//!
//! There is one outbox per site, device and subject. Tabs that share storage
//! share it: each has its own machine, a lock (the caller's) lets one send at a
//! time, and sending the same decision twice has the effect of once.

use candor_protocol::{ChangeResult, Choices, Content, Decision, Outcome, OutcomeStatus, Timestamp, limits};

use crate::backoff::{longest_wait, wait_ms};
use crate::{Entry, State};

/// What happened.
#[allow(missing_docs)] // each variant says what its fields are
#[derive(Debug, Clone)]
pub enum Event {
    /// What storage holds now: at the start, and whenever another tab wrote.
    /// Entries the machine knows and storage no longer has were dealt with elsewhere, unless the device has
    /// another name by now: then storage was emptied under the page.
    Loaded { entries: Vec<Entry>, next_seq: u64, device: String },
    /// A person decided. The `seq` is given here; whatever it holds is overwritten,
    /// except in a void decision that closes a gap.
    Decided(Decision),
    /// The page came to the front, was restored, or opened a card.
    Flush,
    /// The service answered the request in flight, in this epoch.
    Answered { epoch: String, outcomes: Vec<Outcome> },
    /// The service is in this epoch, as the choices it served say.
    Epoch(String),
    /// The request in flight failed.
    Failed { failure: Failure, retry_after_ms: Option<u64> },
    /// The connection is back.
    Online,
    /// The page is being hidden; it may never come back.
    Hidden,
    /// The timer that was set has run out.
    Tick,
}

/// How a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No answer: offline, timed out, cut, or an answer that made no sense.
    Unreachable,
    /// 429 or 5xx.
    Busy,
    /// 401 or 403: the capability is not, or no longer, good.
    Capability,
    /// Any other 4xx: something in the request will never be taken.
    Refused,
    /// Another tab holds the lock. No failure of the service.
    OtherTab,
}

/// What to do now, in this order.
#[allow(clippy::large_enum_variant)] // a handful at a time, carried out at once
#[allow(missing_docs)] // each variant says what its fields are
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write the entry under its decision's id, over what is there.
    Store(Entry),
    /// Write the number the next decision gets.
    StoreNextSeq(u64),
    /// Delete what is under this decision id.
    Remove(String),
    /// One request with these decisions. `keepalive`: it has to outlive the page.
    Send { decisions: Vec<Decision>, keepalive: bool },
    /// Hand in [`Event::Tick`] after so many milliseconds; replaces an earlier timer.
    SetTimer(u64),
    /// Get a new capability; then hand in [`Event::Flush`].
    Renew,
    /// Tell the page how far a decision has come.
    Announce { decision: String, status: Status },
    /// A refused decision leaves a gap in the device's sequence: hand in this void
    /// one in its place, under an id of its own.
    CloseGap(Decision),
}

/// How far a decision has come, in words a page can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// On this device. Not sent yet, or not answered.
    Local,
    /// Acknowledged and in force.
    Saved,
    /// Acknowledged and kept in the history; something stands that it had not seen.
    Superseded,
    /// Not taken, and never will be.
    Refused,
}

impl Status {
    /// As pages are told.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Local => "local",
            Status::Saved => "saved",
            Status::Superseded => "superseded",
            Status::Refused => "refused",
        }
    }
}

/// A device's outbox for one subject.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    /// By seq.
    entries: Vec<Entry>,
    next_seq: u64,
    /// Ids of the decisions of the request under way; empty: none is.
    in_flight: Vec<String>,
    /// When the request under way was sent.
    sent_at: Timestamp,
    failures: u32,
    /// Not before this: the service asked for it, or it failed just now.
    not_before: Option<Timestamp>,
    /// The service itself asked to wait; only a page that is going away does not.
    asked_to_wait: bool,
    /// A new capability was asked for and has not been seen to work.
    renewed: bool,
    /// Send one by one, to find the decision that makes requests fail.
    singly: bool,
}

/// After this long without an answer or a failure a request counts as lost.
const ANSWER_MS: i64 = 30_000;
/// What site, capability and the frame around the decisions take of a request.
const FRAME_BYTES: usize = 4_096;

impl Outbox {
    /// An outbox nothing has entered; [`Event::Loaded`] brings what storage holds.
    pub fn new() -> Self {
        Outbox { next_seq: 1, ..Outbox::default() }
    }

    /// Another tab may have given numbers that this one has not heard of: the next is at least this.
    pub fn count_from(&mut self, next_seq: u64) {
        self.next_seq = self.next_seq.max(next_seq);
    }

    /// Everything in the outbox, by seq.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The decisions that these choices of the service do not know of yet, by seq: what the
    /// page shows on top of them.
    pub fn beyond<'a>(&'a self, choices: &'a Choices) -> impl Iterator<Item = &'a Decision> + Clone {
        self.entries.iter().filter(|entry| entry.is_beyond(choices)).map(|entry| &entry.decision)
    }

    /// The decisions not answered yet, by seq.
    pub fn waiting(&self) -> impl Iterator<Item = &Decision> + Clone {
        self.entries.iter().filter(|entry| entry.is_waiting()).map(|entry| &entry.decision)
    }

    /// Takes in what happened. `random` is drawn evenly from 0 to 1, anew each time.
    pub fn handle(&mut self, event: Event, now: Timestamp, random: f64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Loaded { entries, next_seq, device } => self.load(entries, next_seq, &device, &mut effects),
            Event::Decided(decision) => self.take_in(decision, &mut effects),
            Event::Answered { epoch, outcomes } => {
                self.answered(&epoch, &outcomes, now, random, &mut effects);
                return effects;
            }
            Event::Epoch(epoch) => self.ask_again(&epoch, &mut effects),
            Event::Failed { failure, retry_after_ms } => {
                self.failed(failure, retry_after_ms, now, random, &mut effects);
                return effects;
            }
            Event::Hidden => {
                self.send_last(now, &mut effects);
                return effects;
            }
            Event::Flush | Event::Online => self.forget_failure(),
            Event::Tick => {}
        }
        self.send(now, &mut effects);
        effects
    }

    fn load(&mut self, mut entries: Vec<Entry>, next_seq: u64, device: &str, effects: &mut Vec<Effect>) {
        // Whatever was not on its way from here, or is of somebody before, says nothing of what stands now; nor does
        // what was granted under another name of the device, perhaps to somebody else who is anonymous.
        for entry in &mut entries {
            let elsewhere = entry.decision.device != device && !entry.decision.denies();
            if let State::Kept { rev, .. } = &mut entry.state
                && (elsewhere || !self.entries.iter().any(|known| known.is_on_its_way(&entry.decision.id)))
            {
                *rev = 0;
            }
        }
        for entry in std::mem::take(&mut self.entries) {
            if entry.is_waiting() && entry.decision.device != device {
                // What was refused is refused still; a grant is not taken, and that is said. Neither is stored:
                // whoever emptied storage may have wanted that.
                if entry.decision.denies() {
                    entries.push(entry);
                } else {
                    announce(&entry.decision.id, Status::Refused, effects);
                }
            }
        }
        for entry in entries {
            // A page that ended while it moved one left it in both places: it is asked for once more.
            if let Some(known) = self.entries.iter_mut().find(|known| known.decision.id == entry.decision.id) {
                if entry.is_waiting() {
                    *known = entry;
                }
                continue;
            }
            let after = |known: &Entry| {
                let (known, new) = (&known.decision, &entry.decision);
                known.seq < new.seq || (known.seq == new.seq && known.id <= new.id)
            };
            let place = self.entries.partition_point(after);
            self.entries.insert(place, entry);
        }
        let highest = self.entries.last().map_or(0, |entry| entry.decision.seq);
        self.next_seq = self.next_seq.max(next_seq).max(highest + 1);
    }

    fn take_in(&mut self, mut decision: Decision, effects: &mut Vec<Effect>) {
        let closes_gap = decision.changes().is_empty() && decision.seq > 0 && decision.seq < self.next_seq;
        if !closes_gap {
            decision.seq = self.next_seq;
            self.next_seq += 1;
        }
        let entry = Entry { decision, state: State::Waiting };
        // First the decision, then the counter: a crash between the two leaves no gap.
        store(&entry, effects);
        effects.push(Effect::StoreNextSeq(self.next_seq));
        announce(&entry.decision.id, Status::Local, effects);
        let place = self.entries.partition_point(|known| known.decision.seq <= entry.decision.seq);
        self.entries.insert(place, entry);
        // A person is waiting for this: try, whatever failed before.
        self.forget_failure();
    }

    fn answered(&mut self, epoch: &str, outcomes: &[Outcome], now: Timestamp, random: f64, effects: &mut Vec<Effect>) {
        let mut taken = 0;
        for outcome in outcomes {
            // Also what an earlier request asked for: the one that a page being
            // hidden sent and the one before it may both be answered.
            let Some(entry) = self.entries.iter_mut().find(|entry| entry.decision.id == outcome.decision) else {
                continue;
            };
            taken += 1;
            let waits = entry.is_waiting();
            match outcome.status {
                OutcomeStatus::Recorded => {
                    entry.state = State::Kept { epoch: epoch.to_owned(), rev: outcome.rev };
                    let superseded = outcome.results.contains(&ChangeResult::Superseded);
                    store(entry, effects);
                    announce(&outcome.decision, if superseded { Status::Superseded } else { Status::Saved }, effects);
                }
                OutcomeStatus::Conflict | OutcomeStatus::Refused if waits => {
                    set_aside(entry, outcome.reason.as_deref().unwrap_or(outcome.status.as_str()), effects);
                }
                // Heard before, its gap is closed.
                OutcomeStatus::Conflict | OutcomeStatus::Refused => {}
                OutcomeStatus::Erased => {
                    self.remove(vec![outcome.decision.clone()], effects);
                    announce(&outcome.decision, Status::Refused, effects);
                }
            }
        }
        self.drop_overtaken(effects);
        self.ask_again(epoch, effects);
        if taken == 0 && !self.in_flight.is_empty() {
            // An answer that says nothing about what was sent is no answer.
            return self.failed(Failure::Unreachable, None, now, random, effects);
        }
        self.in_flight.clear();
        self.failures = 0;
        self.not_before = None;
        self.asked_to_wait = false;
        self.renewed = false;
        self.singly &= self.entries.iter().any(Entry::is_waiting);
        self.send(now, effects);
    }

    /// What another epoch answered was perhaps lost with it: it waits again. The
    /// same decision under the same id has the effect of once.
    fn ask_again(&mut self, epoch: &str, effects: &mut Vec<Effect>) {
        for entry in &mut self.entries {
            if matches!(&entry.state, State::Kept { epoch: known, .. } if known != epoch) {
                entry.state = State::Waiting;
                store(entry, effects);
            }
        }
    }

    /// Decisions that a later answered one overtook are needed no more, refused ones among them: what
    /// was not taken is said until something later is decided about it.
    fn drop_overtaken(&mut self, effects: &mut Vec<Effect>) {
        let mut overtaken = Vec::new();
        for entry in &self.entries {
            if !entry.is_waiting() && entry.is_overtaken_in(&self.entries) {
                overtaken.push(entry.decision.id.clone());
            }
        }
        self.remove(overtaken, effects);
    }

    fn remove(&mut self, ids: Vec<String>, effects: &mut Vec<Effect>) {
        self.entries.retain(|entry| !ids.contains(&entry.decision.id));
        for id in ids {
            effects.push(Effect::Remove(id));
        }
    }

    fn failed(
        &mut self,
        failure: Failure,
        retry_after_ms: Option<u64>,
        now: Timestamp,
        random: f64,
        effects: &mut Vec<Effect>,
    ) {
        let sent = std::mem::take(&mut self.in_flight);
        match failure {
            Failure::OtherTab => {
                // It sends what we would have sent; look again soon.
                effects.push(Effect::SetTimer(wait_ms(1, None, random)));
                return;
            }
            // Only what goes alone is known to be what was refused: two requests may have been on their way.
            Failure::Refused if self.singly && sent.len() == 1 => {
                let found = self.entries.iter_mut().find(|entry| sent.contains(&entry.decision.id));
                if let Some(entry) = found {
                    set_aside(entry, "refused", effects);
                }
                self.send(now, effects);
                return;
            }
            Failure::Refused => {
                self.singly = true;
                self.send(now, effects);
                return;
            }
            // A new one that is no good either is not asked for again at once.
            Failure::Capability => {
                self.renewed = !self.renewed;
                if self.renewed {
                    effects.push(Effect::Renew);
                }
            }
            Failure::Unreachable | Failure::Busy => {}
        }
        self.failures = self.failures.saturating_add(1);
        self.asked_to_wait = retry_after_ms.is_some();
        let wait = wait_ms(self.failures, retry_after_ms, random);
        self.not_before = Some(Timestamp(now.0.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX))));
        effects.push(Effect::SetTimer(wait));
    }

    /// The wait after a failure ends early when something has changed, unless the
    /// service asked for it.
    fn forget_failure(&mut self) {
        if !self.asked_to_wait {
            self.not_before = None;
        }
    }

    /// Milliseconds for which nothing is sent. A clock that was set back since holds nothing up.
    fn rest(&self, now: Timestamp) -> Option<u64> {
        let rest = u64::try_from(self.not_before?.0.saturating_sub(now.0)).ok()?;
        (1..=longest_wait(self.asked_to_wait)).contains(&rest).then_some(rest)
    }

    fn send(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        // A page that was frozen may never hear of its request.
        if !self.in_flight.is_empty() && now.0.saturating_sub(self.sent_at.0) < ANSWER_MS {
            return;
        }
        if let Some(rest) = self.rest(now) {
            // A timer may run out early; set it again for the rest.
            if self.entries.iter().any(Entry::is_waiting) {
                effects.push(Effect::SetTimer(rest));
            }
            return;
        }
        self.not_before = None;
        self.asked_to_wait = false;
        let mut waiting: Vec<&Decision> = self.waiting().collect();
        if self.singly {
            waiting.truncate(1);
        }
        let decisions = pack(&waiting);
        self.dispatch(decisions, false, now, effects);
    }

    /// The page is going: everything not answered, denials first, in a request
    /// that outlives it, also what is under way (that request may die with the
    /// page). While the service asked to wait, denials only.
    fn send_last(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let held = self.asked_to_wait && self.rest(now).is_some();
        let mut waiting: Vec<&Decision> = self.waiting().collect();
        if held {
            waiting.retain(|decision| decision.denies());
        }
        // Stable: within both halves the order stays that of seq.
        let mut ordered = Vec::with_capacity(waiting.len());
        for denies in [true, false] {
            ordered.extend(waiting.iter().filter(|decision| decision.denies() == denies));
        }
        let decisions = pack(&ordered);
        self.dispatch(decisions, true, now, effects);
    }

    fn dispatch(&mut self, decisions: Vec<Decision>, keepalive: bool, now: Timestamp, effects: &mut Vec<Effect>) {
        if decisions.is_empty() {
            return;
        }
        self.sent_at = now;
        for decision in &decisions {
            if !self.in_flight.contains(&decision.id) {
                self.in_flight.push(decision.id.clone());
            }
        }
        effects.push(Effect::Send { decisions, keepalive });
    }
}

/// As many as fit in one request.
fn pack(decisions: &[&Decision]) -> Vec<Decision> {
    let mut room = limits::REQUEST_BYTES - FRAME_BYTES;
    let mut packed = Vec::new();
    for decision in decisions {
        let size = decision.to_json().len() + 1;
        if size > room && !packed.is_empty() {
            break;
        }
        room = room.saturating_sub(size);
        packed.push(Decision::clone(decision));
    }
    packed
}

fn set_aside(entry: &mut Entry, reason: &str, effects: &mut Vec<Effect>) {
    entry.state = State::Aside { reason: reason.to_owned() };
    store(entry, effects);
    announce(&entry.decision.id, Status::Refused, effects);
    // A void that is refused is left at that.
    if !entry.decision.changes().is_empty() {
        effects
            .push(Effect::CloseGap(Decision { content: Content::Void(reason.to_owned()), ..entry.decision.clone() }));
    }
}

#[inline(never)]
fn store(entry: &Entry, effects: &mut Vec<Effect>) {
    effects.push(Effect::Store(entry.clone()));
}

#[inline(never)]
fn announce(decision: &str, status: Status, effects: &mut Vec<Effect>) {
    effects.push(Effect::Announce { decision: decision.to_owned(), status });
}
