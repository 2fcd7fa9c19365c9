//! One decision in the outbox, as it lies in the device's storage.

use candor_protocol::{Change, Choices, Code, Decision, Fault, Node, write::Object};

/// One decision of this device. Each lies under a storage key of its own (its
/// decision's id), so that two tabs never write over each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// With the `seq` it got on entering.
    pub decision: Decision,
    /// How far it has come.
    pub state: State,
}

/// How far an entry has come.
#[allow(missing_docs)] // each variant says what its fields are
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not answered yet.
    Waiting,
    /// Answered in this epoch, and kept because it is the last one of this
    /// device for some control: a new epoch asks for it again. `rev`: the one it took; 0
    /// where it took none, or an earlier release wrote it.
    Kept { epoch: String, rev: u64 },
    /// Refused, with the code; not sent again.
    Aside { reason: String },
}

impl Entry {
    /// Storage form: the decision, and beside it how far it has come.
    pub fn to_json(&self) -> String {
        let mut out = Object::new();
        match &self.state {
            State::Waiting => {}
            State::Kept { epoch, rev } => {
                out.text("kept", epoch);
                out.number("rev", *rev);
            }
            State::Aside { reason } => out.text("aside", reason),
        }
        out.raw("decision", &self.decision.to_json());
        out.end()
    }

    /// Reads what storage holds. Whatever is not an entry is a fault, never a choice.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let word = |name: &str| node.get(name).and_then(|found| found.text());
        let mut state = State::Waiting;
        if let Some(reason) = word("aside") {
            state = State::Aside { reason };
        } else if let Some(epoch) = word("kept") {
            let rev = node.get("rev").and_then(|found| found.number()).unwrap_or_default();
            state = State::Kept { epoch, rev: rev as u64 };
        }
        let read = match node.get("decision") {
            Some(decision) => Decision::read(decision),
            None => Err(Fault::new(Code::Missing, "")),
        };
        match read {
            Ok(decision) => Ok(Entry { decision, state }),
            Err(fault) => Err(Fault { code: fault.code, place: ["/decision", &fault.place].concat() }),
        }
    }

    /// Whether this page has that one on its way, and may not have heard what became of it.
    pub(crate) fn is_on_its_way(&self, id: &str) -> bool {
        self.decision.id == id && !matches!(self.state, State::Kept { rev: 0, .. })
    }

    /// Whether these choices do not know of it yet: it waits, or another tab was answered later than they are.
    pub(crate) fn is_beyond(&self, choices: &Choices) -> bool {
        match &self.state {
            State::Waiting => true,
            State::Kept { epoch, rev } => *epoch == choices.epoch && *rev > choices.rev,
            State::Aside { .. } => false,
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }

    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.state, State::Kept { .. })
    }

    /// Whether later answered decisions of the same device say something else about
    /// everything this one says something about. Of two names of the device the numbers say nothing:
    /// there the one made later tells a later moment in its id, too.
    pub(crate) fn is_overtaken_in(&self, entries: &[Entry]) -> bool {
        // Two tabs without storage to share gave a number twice: it does not say what came later.
        let twice = |other: &Entry| other.decision.seq == self.decision.seq && !std::ptr::eq(other, self);
        if entries.iter().any(|other| other.is_kept() && twice(other)) {
            return false;
        }
        let says_again = |other: &Entry, change: &Change| {
            let mut later = other.decision.changes().iter();
            later.any(|later| later.control == change.control && later.datum == change.datum)
        };
        // The milliseconds of a UUID of version 7 (RFC 9562, section 5.7).
        fn made(entry: &Entry) -> Option<&str> {
            entry.decision.id.get(..13)
        }
        self.decision.changes().iter().all(|change| {
            entries.iter().any(|other| {
                other.is_kept()
                    && other.decision.seq > self.decision.seq
                    && (other.decision.device == self.decision.device || made(other) > made(self))
                    && other.decision.binds == self.decision.binds
                    && says_again(other, change)
            })
        })
    }
}
