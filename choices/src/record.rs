//! One subject's decisions, as the merge rule sees them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;

use candor_protocol::{
    Binding, Change, ChangeResult, Choice, Choices, Control, Decision, DecisionMethod, Outcome, OutcomeStatus,
    Standing, Timestamp,
};
use rpds::RedBlackTreeMapSync;

use crate::merge::{Grant, Merge, Refusal, Seen, Stand};
use crate::{ControlTerms, Terms};

/// Everything the merge rule needs of one subject.
///
/// It is not stored: the service keeps the decisions in the order in which they
/// arrived and [`fold`]s them, which costs a few map look-ups a decision.
#[derive(Debug, Clone, Default)]
pub struct Record {
    epoch: String,
    rev: u64,
    merges: BTreeMap<Key, Merge>,
    /// What each decision was answered, with a digest of its content.
    answered: RedBlackTreeMapSync<String, (u64, Outcome)>,
    /// Which of its sequence numbers each device has sent, as runs in order.
    sequences: BTreeMap<String, Vec<(u64, u64)>>,
}

/// What one [`Merge`] is about. Ordered by control, so that what belongs
/// together lies together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    control: String,
    /// None: the whole control.
    datum: Option<String>,
    /// None: the account.
    device: Option<String>,
}

/// A decision on arrival, and what the rule needs beside it.
#[derive(Clone, Copy)]
struct Arrival<'a> {
    decision: &'a Decision,
    terms: &'a Terms,
    at: Timestamp,
    /// The rev it takes if it changes something.
    next: u64,
    /// What its maker had seen.
    seen: Seen,
    /// Its device gave its number to another decision too.
    twice: bool,
}

/// One decision as it was received: what [`fold`] needs to answer it as it was answered then.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// As the page sent it.
    pub decision: &'a Decision,
    /// By the service's clock.
    pub at: Timestamp,
    /// The epoch of the store at that moment.
    pub epoch: &'a str,
    /// What it was answered, where that is kept: then this is what it did, whatever
    /// the terms say by now.
    pub outcome: Option<&'a Outcome>,
}

/// The record after these decisions, in the order in which they were received,
/// now that the store is in `epoch`.
pub fn fold<'a>(epoch: &str, decisions: impl IntoIterator<Item = Received<'a>>, terms: &Terms) -> Record {
    let mut record = Record::default();
    for received in decisions {
        record.begin_epoch(received.epoch);
        match received.outcome {
            Some(outcome) => record.replay(received.decision, outcome, terms, received.at),
            None => {
                record.decide(received.decision, terms, received.at);
            }
        }
    }
    record.begin_epoch(epoch);
    record
}

impl Record {
    /// A subject nobody has decided for: everything unset, at rev 0.
    pub fn new(epoch: impl Into<String>) -> Self {
        Record { epoch: epoch.into(), ..Record::default() }
    }

    /// The epoch it is in.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The rev of the last decision that changed something, if only what a grant must
    /// have seen; 0 before the first.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// A new store, a restored backup or a link begins an epoch. What was seen in
    /// another one counts as not seen; what was decided stays.
    pub fn begin_epoch(&mut self, epoch: &str) {
        if self.epoch != epoch {
            self.epoch = epoch.to_owned();
        }
    }

    /// Applies a decision received at `at` and says what became of it.
    ///
    /// The same decision again gets the same outcome and has no effect; another
    /// one under the same id gets [`OutcomeStatus::Conflict`] and has none either.
    /// A decision that changes something takes one rev, however many controls it changes.
    pub fn decide(&mut self, decision: &Decision, terms: &Terms, at: Timestamp) -> Outcome {
        self.take(decision, terms, at, None)
    }

    /// The same for a decision whose grants may not be taken: its denials are, and its grants change nothing, not
    /// even on its own device. The outcome says why.
    pub fn decide_denials(&mut self, decision: &Decision, terms: &Terms, at: Timestamp, reason: &str) -> Outcome {
        self.take(decision, terms, at, Some(reason))
    }

    fn take(&mut self, decision: &Decision, terms: &Terms, at: Timestamp, reason: Option<&str>) -> Outcome {
        let digest = digest(decision);
        if let Some((known, outcome)) = self.answered.get(&decision.id) {
            if *known == digest {
                return outcome.clone();
            }
            return Outcome {
                decision: decision.id.clone(),
                status: OutcomeStatus::Conflict,
                rev: 0,
                results: Vec::new(),
                reason: Some("conflict".to_owned()),
            };
        }
        let arrival = self.arrival(decision, terms, at, self.rev + 1);
        let mut results = Vec::with_capacity(decision.changes().len());
        for change in decision.changes() {
            results.push(match reason.filter(|_| change.choice == Choice::Granted) {
                Some(_) => ChangeResult::Superseded,
                None => self.change(arrival, change, None),
            });
        }
        let applied = results.contains(&ChangeResult::Applied);
        let outcome = Outcome {
            decision: decision.id.clone(),
            status: OutcomeStatus::Recorded,
            rev: if applied { arrival.next } else { 0 },
            results,
            reason: reason.map(str::to_owned),
        };
        self.answered.insert_mut(decision.id.clone(), (digest, outcome.clone()));
        outcome
    }

    /// Applies a decision that was received at `at` and answered with `outcome`,
    /// exactly as it was applied then.
    pub fn replay(&mut self, decision: &Decision, outcome: &Outcome, terms: &Terms, at: Timestamp) {
        if outcome.status != OutcomeStatus::Recorded || self.answered.contains_key(&decision.id) {
            return;
        }
        let arrival = self.arrival(decision, terms, at, outcome.rev.max(self.rev + 1));
        for (change, result) in decision.changes().iter().zip(&outcome.results) {
            if outcome.reason.is_none() || change.choice == Choice::Denied {
                self.change(arrival, change, Some(*result));
            }
        }
        self.answered.insert_mut(decision.id.clone(), (digest(decision), outcome.clone()));
    }

    /// What was answered to the decision with this id.
    pub fn outcome(&self, decision: &str) -> Option<&Outcome> {
        self.answered.get(decision).map(|(_, outcome)| outcome)
    }

    /// What stands at `now`; on `device`, if one is given, with what binds it alone.
    ///
    /// A control nobody decided on is not listed. A grant that has lapsed by now
    /// is unset and says so, without a new rev.
    pub fn choices(&self, terms: &Terms, now: Timestamp, device: Option<&str>) -> Choices {
        let mut controls: Vec<Control> = Vec::new();
        for (key, merge) in &self.merges {
            if key.device.is_some() && key.device.as_deref() != device {
                continue;
            }
            if controls.last().is_none_or(|last| last.id != key.control) {
                controls.push(Control::unset(&key.control));
            }
            let Some(control) = controls.last_mut() else { continue };
            let stand = merge.stand(|grant| holds(grant, &key.control, terms, now));
            match (&key.datum, &key.device) {
                // The account's own comes first in the order of keys.
                (None, None) => stand_at(control, merge, stand),
                (None, Some(_)) if stand == Stand::Denied => {
                    control.device_only = control.choice == Standing::Granted;
                    control.choice = Standing::Denied;
                    control.rev = control.rev.max(merge.rev());
                    control.despite_signal = false;
                    // A "no" of the person's own on this device is no signal's, whatever ended it for the account.
                    control.by_signal &= merge.by_signal();
                }
                (Some(datum), _) if stand == Stand::Denied && control.left_out.last() != Some(datum) => {
                    control.left_out.push(datum.clone());
                }
                _ => {}
            }
        }
        // A grant on a device whose account was never decided leaves nothing to say.
        controls.retain(|control| *control != Control::unset(&*control.id));
        Choices { epoch: self.epoch.clone(), rev: self.rev, controls }
    }

    /// When the person last said no to a control themselves, for the account or on
    /// `device`. Whoever asks again goes by this; what stands does not.
    pub fn refused_at(&self, control: &str, device: Option<&str>) -> Option<Timestamp> {
        let of = |device: Option<&str>| {
            let key = Key { control: control.to_owned(), datum: None, device: device.map(str::to_owned) };
            self.merges.get(&key)?.refused_at()
        };
        of(None).max(device.and_then(|device| of(Some(device))))
    }

    /// The devices that have sent something, in byte order.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.sequences.keys().map(String::as_str)
    }

    /// The sequence numbers of a device that have not arrived though later ones
    /// have; at most `most` runs of them.
    pub fn missing(&self, device: &str, most: usize) -> Vec<RangeInclusive<u64>> {
        let mut expected = 1;
        let mut gaps = Vec::new();
        for (first, last) in self.sequences.get(device).into_iter().flatten() {
            if *first > expected {
                gaps.push(expected..=first - 1);
            }
            expected = last.saturating_add(1);
        }
        gaps.truncate(most);
        gaps
    }

    fn arrival<'a>(&mut self, decision: &'a Decision, terms: &'a Terms, at: Timestamp, next: u64) -> Arrival<'a> {
        let twice = !self.note_sequence(&decision.device, decision.seq);
        if twice {
            for merge in self.merges.values_mut() {
                merge.number_given_twice(&decision.device, decision.seq);
            }
        }
        Arrival { decision, terms, at, next, seen: self.seen(decision), twice }
    }

    /// One change of a decision, by the rule, or with the result it is known to have had.
    fn change(&mut self, arrival: Arrival, change: &Change, known: Option<ChangeResult>) -> ChangeResult {
        let result = match change.choice {
            Choice::Denied => self.deny(arrival, change),
            Choice::Granted => self.grant(arrival, change, known),
        };
        if result == ChangeResult::Applied {
            self.rev = arrival.next;
        }
        result
    }

    fn deny(&mut self, arrival: Arrival, change: &Change) -> ChangeResult {
        let Arrival { decision, terms, at, next, seen, twice } = arrival;
        let signal = decision.method == DecisionMethod::Signal;
        let marked = |found: Option<&ControlTerms>| found.is_some_and(|terms| terms.gpc);
        // A signal speaks for the controls that are marked for it and for no other.
        if signal && !marked(terms.of(&change.control, at)) && !marked(terms.under(&decision.notice, &change.control)) {
            return ChangeResult::Superseded;
        }
        let device = (!decision.binds.is_account()).then_some(decision.device.as_str());
        let holds = |grant: &Grant| holds(grant, &change.control, terms, at);
        // Also a superseded one takes the rev that it is kept under: whoever looks from now on has seen it.
        self.rev = next;
        let refusal = Refusal { device: &decision.device, seq: decision.seq, seen, twice, signal, at };
        self.merge(change, device).deny(refusal, next, holds)
    }

    fn grant(&mut self, arrival: Arrival, change: &Change, known: Option<ChangeResult>) -> ChangeResult {
        let Arrival { decision, terms, at, next, seen, .. } = arrival;
        let made_under = terms.under(&decision.notice, &change.control).map(|terms| &terms.hash);
        let unchanged = made_under.is_some() && made_under == terms.of(&change.control, at).map(|terms| &terms.hash);
        let possible = unchanged && decision.method != DecisionMethod::Signal;
        if !possible && known != Some(ChangeResult::Applied) {
            return ChangeResult::Superseded;
        }
        let grant = Grant {
            device: decision.device.clone(),
            seq: decision.seq,
            terms: made_under.cloned().unwrap_or_default(),
            since: at,
            rev: next,
        };
        let holds = |grant: &Grant| holds(grant, &change.control, terms, at);
        // Whoever switches on at a device means it there too: its own refusal ends with it.
        let here = self.merge(change, Some(&decision.device)).grant(grant.clone(), seen, next, holds);
        let seen = match known {
            Some(ChangeResult::Superseded) => return ChangeResult::Superseded,
            Some(ChangeResult::Applied) => Seen::Everything,
            None => seen,
        };
        match decision.binds {
            Binding::Device => here,
            Binding::Account => self.merge(change, None).grant(grant, seen, next, holds),
        }
    }

    fn seen(&self, decision: &Decision) -> Seen {
        match decision.base.epoch.as_str() {
            // Nothing was on screen.
            "" => Seen::Rev(0),
            // A rev that was never given cannot have been seen.
            epoch if epoch == self.epoch && decision.base.rev > self.rev => Seen::Rev(0),
            epoch if epoch == self.epoch => Seen::Rev(decision.base.rev),
            _ => Seen::OtherEpoch,
        }
    }

    fn merge(&mut self, change: &Change, device: Option<&str>) -> &mut Merge {
        self.merges
            .entry(Key {
                control: change.control.clone(),
                datum: change.datum.clone(),
                device: device.map(str::to_owned),
            })
            .or_default()
    }

    /// Whether the device gave the number for the first time.
    fn note_sequence(&mut self, device: &str, seq: u64) -> bool {
        let runs = match self.sequences.entry(device.to_owned()) {
            Entry::Occupied(runs) => runs.into_mut(),
            Entry::Vacant(none) => none.insert(Vec::new()),
        };
        // Nearly always the next one.
        if let Some(last) = runs.last_mut().filter(|run| run.1.checked_add(1) == Some(seq)) {
            last.1 = seq;
            return true;
        }
        let place = runs.partition_point(|(first, _)| *first <= seq);
        if place.checked_sub(1).and_then(|before| runs.get(before)).is_some_and(|(_, last)| *last >= seq) {
            return false;
        }
        runs.insert(place, (seq, seq));
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(runs.len());
        for (first, last) in runs.drain(..) {
            match joined.last_mut() {
                Some(run) if run.1.checked_add(1) == Some(first) => run.1 = last,
                _ => joined.push((first, last)),
            }
        }
        *runs = joined;
        true
    }
}

/// A grant holds while its control's terms are the ones it was made under, and until its time has passed.
fn holds(grant: &Grant, control: &str, terms: &Terms, now: Timestamp) -> bool {
    terms.holds(control, &grant.terms, grant.since, now)
}

fn stand_at(control: &mut Control, merge: &Merge, stand: Stand) {
    control.rev = merge.rev();
    match stand {
        Stand::Granted => {
            control.choice = Standing::Granted;
            control.despite_signal = merge.signalled();
        }
        Stand::Denied => {
            control.choice = Standing::Denied;
            control.by_signal = merge.by_signal();
        }
        Stand::Unset { lapsed } => control.lapsed = lapsed,
    }
}

/// Tells contents apart within this process. A customer who made two of their own
/// collide would get the first one's outcome, and nothing else.
fn digest(decision: &Decision) -> u64 {
    let mut hasher = DefaultHasher::new();
    decision.hash(&mut hasher);
    hasher.finish()
}
