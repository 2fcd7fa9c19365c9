//! The merge rule, for one control or one datum of it.
//!
//! No clock decides: only what a decision's maker had seen (`base.rev`) and the
//! order in which one device made its own (`seq`).
//!
//! 1. A denial always applies, unless a grant of the same device with a higher
//!    `seq` is in force that its maker had not seen: then they have said yes since.
//!    (A device that has seen the grant it is said to precede has lost count: its
//!    storage was emptied under an open page. What it says was said later.)
//!    (Nor does a number say anything that the device gave twice: tabs that had no
//!    storage to share counted each for itself.)
//! 2. A grant applies if each device's last denial was seen by its maker, or is
//!    the maker's own earlier one, and bears no number that was given twice.
//! 3. Any other grant is superseded: kept in the history, not in force.
//!
//! Several grants can be in force at once, one a device. A denial ends all of
//! those that do not outlive it by rule 1. Remembering them all, and remembering
//! a denial even where it changes nothing, is what makes the end the same in
//! every order of arrival: granted if and only if some grant has, for each
//! denial, either seen it or followed it on its own device.

use candor_protocol::{ChangeResult, Timestamp};

/// What is known of one control, or of one datum of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Merge {
    /// Each device's last denial.
    denials: Vec<Denial>,
    /// Each device's last grant, of those that no denial has ended.
    grants: Vec<Grant>,
    /// The rev of the last change that applied.
    rev: u64,
    /// The denial that stands is a signal's and not the person's.
    by_signal: bool,
    /// Some denial was a signal's.
    signalled: bool,
    /// When a person last said no themselves. It decides nothing but when they may be asked again.
    refused_at: Option<Timestamp>,
}

/// A denial that arrives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal<'a> {
    pub device: &'a str,
    pub seq: u64,
    pub seen: Seen,
    /// Its device gave the number to another decision too.
    pub twice: bool,
    pub signal: bool,
    /// When the service received it.
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
struct Denial {
    device: String,
    rev: u64,
    seq: u64,
    /// Up to this rev its numbers do not say what came first: whoever grants has to have seen it.
    unordered: u64,
}

/// A grant in force, until it lapses.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub device: String,
    pub seq: u64,
    /// Hash of the terms it was made under.
    pub terms: String,
    /// When the service received it.
    pub since: Timestamp,
    /// The rev it took.
    pub rev: u64,
}

/// What the maker of a decision had seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Everything up to this rev.
    Rev(u64),
    /// The choices of another epoch, whose revs say nothing here.
    OtherEpoch,
    /// All there is: it is known to have applied.
    Everything,
}

impl Seen {
    /// Whether what took this rev was among it.
    fn reaches(self, rev: u64) -> bool {
        match self {
            Seen::Rev(seen) => rev <= seen,
            Seen::OtherEpoch => false,
            Seen::Everything => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    Granted,
    Denied,
    /// Never decided, or granted and lapsed.
    Unset {
        lapsed: bool,
    },
}

impl Merge {
    /// `next` is the rev the denial takes if it applies; `holds` says which grants
    /// have not lapsed.
    pub fn deny(&mut self, refusal: Refusal<'_>, next: u64, holds: impl Fn(&Grant) -> bool) -> ChangeResult {
        let Refusal { device, seq, seen, twice, signal, at } = refusal;
        let denied_before = self.grants.is_empty() && !self.denials.is_empty();
        // Kept under a rev that nobody can have seen yet, also where it is
        // superseded: a grant from elsewhere has not seen it.
        match self.denials.iter_mut().find(|kept| kept.device == device) {
            Some(kept) => {
                kept.rev = kept.rev.max(next);
                kept.seq = kept.seq.max(seq);
            }
            None => self.denials.push(Denial { device: device.to_owned(), rev: next, seq, unordered: 0 }),
        }
        if twice {
            self.number_given_twice(device, seq);
        }
        self.signalled |= signal;
        if !signal {
            self.refused_at = self.refused_at.max(Some(at));
        }
        let later = |grant: &Grant| !twice && grant.device == device && grant.seq > seq && !seen.reaches(grant.rev);
        self.grants.retain(|grant| later(grant) && holds(grant));
        if !self.grants.is_empty() {
            return ChangeResult::Superseded;
        }
        self.by_signal = signal && (self.by_signal || !denied_before);
        self.rev = next;
        ChangeResult::Applied
    }

    /// A grant made under terms that are in force. `next` is the rev it takes if it applies.
    pub fn grant(&mut self, grant: Grant, seen: Seen, next: u64, holds: impl Fn(&Grant) -> bool) -> ChangeResult {
        let covers = |denial: &Denial| {
            let own = seen != Seen::OtherEpoch && denial.device == grant.device && denial.seq < grant.seq;
            own && seen.reaches(denial.unordered) || seen.reaches(denial.rev)
        };
        if !self.denials.iter().all(covers) {
            return ChangeResult::Superseded;
        }
        self.grants.retain(holds);
        match self.grants.iter_mut().find(|kept| kept.device == grant.device) {
            Some(kept) if kept.seq > grant.seq => {}
            Some(kept) => *kept = grant,
            None => self.grants.push(grant),
        }
        self.by_signal = false;
        self.rev = next;
        ChangeResult::Applied
    }

    /// The device gave this number to two decisions: which of its own came first, no number from there on says.
    pub fn number_given_twice(&mut self, device: &str, seq: u64) {
        for denial in self.denials.iter_mut().filter(|denial| denial.device == device && denial.seq >= seq) {
            denial.unordered = denial.rev;
        }
    }

    pub fn stand(&self, holds: impl Fn(&Grant) -> bool) -> Stand {
        match (self.grants.is_empty(), self.denials.is_empty()) {
            (true, true) => Stand::Unset { lapsed: false },
            (true, false) => Stand::Denied,
            (false, _) if self.grants.iter().any(holds) => Stand::Granted,
            (false, _) => Stand::Unset { lapsed: true },
        }
    }

    pub fn rev(&self) -> u64 {
        self.rev
    }

    pub fn by_signal(&self) -> bool {
        self.by_signal
    }

    pub fn refused_at(&self) -> Option<Timestamp> {
        self.refused_at
    }

    /// Whether a grant that stands here was made in the knowledge of a signal.
    pub fn signalled(&self) -> bool {
        self.signalled
    }
}
