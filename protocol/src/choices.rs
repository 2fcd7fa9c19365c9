//! What stands: the answer to "what are my choices", and to a decision.

use crate::form::Form;
use crate::reader::{Need, Reader};
use crate::words::word_enum;
use crate::{Fault, Node, Timestamp, limits};

word_enum! {
    /// What a control stands at.
    Standing { Granted = "granted", Denied = "denied", Unset = "unset" }
}
word_enum! {
    /// What became of one change.
    ChangeResult {
        Applied = "applied",
        /// Kept in the history, not in force: a denial stands that its maker had not seen.
        Superseded = "superseded",
    }
}
word_enum! {
    /// What became of a decision as a whole.
    OutcomeStatus {
        /// Recorded; `results` says what each change did.
        Recorded = "recorded",
        /// The same id came before with other content. No effect.
        Conflict = "conflict",
        /// The subject was erased. No effect.
        Erased = "erased",
        /// Not taken; `reason` says why. No effect.
        Refused = "refused",
    }
}

word_enum! {
    /// Where something was switched off, as its person knows places.
    Place {
        /// Another of their devices.
        Other = "other-device",
        /// The device that asks.
        Here = "this-device",
        /// A page of the shop that needs no script.
        Page = "page",
        Chat = "chat",
        /// The browser's signal, or the shop's own consent tool, and not the person.
        Signal = "signal",
        /// The shop brought it: from its telephone, its server or its earlier records.
        Shop = "shop",
        /// Nothing more is known: the record began anew.
        Anew = "anew",
    }
}

/// The choices of one subject at one rev.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choices {
    /// 128 random bits as `e_…`, compared for equality only.
    pub epoch: String,
    /// The rev of the last decision that changed something, if only what a grant must have seen; 0 before the first.
    pub rev: u64,
    /// By control id; sorted by it in memory. A control not listed is unset.
    #[cfg_attr(feature = "json", serde(serialize_with = "control_map"))]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, Control>"))]
    pub controls: Vec<Control>,
}

/// What one control stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Control {
    /// Purpose, `/`, source or channel.
    #[cfg_attr(feature = "json", serde(skip))]
    pub id: String,
    /// What it stands at.
    pub choice: Standing,
    /// The rev of the last decision that changed it; 0 where none did.
    pub rev: u64,
    /// Refs left out, in byte order.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub left_out: Vec<String>,
    /// The choice that stands came from a signal such as Global Privacy Control.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "is_false"))]
    pub by_signal: bool,
    /// Granted by a person who had been told of a signal; the signal is not sent again.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "is_false"))]
    pub despite_signal: bool,
    /// A grant lapsed: the terms changed or its time passed. The choice is unset.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "is_false"))]
    pub lapsed: bool,
    /// Denied on the device that was asked for, while the account stands at granted.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "is_false"))]
    pub device_only: bool,
}

/// What became of one decision. Immutable: the same decision sent again gets the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// The decision's id.
    pub decision: String,
    /// Whether it was recorded.
    pub status: OutcomeStatus,
    /// The rev it took; 0 where it took none.
    pub rev: u64,
    /// One per change, in their order.
    pub results: Vec<ChangeResult>,
    /// Why it was refused; or, of a recorded one that also denies, why its grants were not taken. A code.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub reason: Option<String>,
}

impl Choices {
    /// Reads choices as the service serves them.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let mut at = Reader::new(node, String::new());
        let choices = Choices {
            epoch: at.text("epoch", Form::Epoch),
            rev: at.count("rev"),
            controls: at.map("controls", Need::Must, limits::NOTICE_ENTRIES, |at| Control {
                id: at.key(),
                choice: Standing::nth(at.word("choice", Need::Must, Standing::NAMES)),
                rev: at.count("rev"),
                left_out: at.texts("left_out", Need::May, limits::EVIDENCE, Form::Id),
                by_signal: at.flag("by_signal"),
                despite_signal: at.flag("despite_signal"),
                lapsed: at.flag("lapsed"),
                device_only: at.flag("device_only"),
            }),
        };
        at.end(choices)
    }

    /// The control with this id, if anyone decided on it.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// A control nobody decided on is unset.
    pub fn standing(&self, id: &str) -> Standing {
        self.control(id).map_or(Standing::Unset, |control| control.choice)
    }

    /// Whether what a change grants is so here.
    pub fn has(&self, change: &crate::Change) -> bool {
        let control = self.control(&change.control);
        match &change.datum {
            None => control.is_some_and(|control| control.choice == Standing::Granted),
            Some(datum) => !control.is_some_and(|control| control.left_out.contains(datum)),
        }
    }

    /// What a decision made with these on screen names as its base.
    pub fn base(&self) -> crate::Base {
        crate::Base { epoch: self.epoch.clone(), rev: self.rev }
    }
}

impl Control {
    /// A control nobody decided on.
    pub fn unset(id: impl Into<String>) -> Self {
        Control {
            id: id.into(),
            choice: Standing::Unset,
            rev: 0,
            left_out: Vec::new(),
            by_signal: false,
            despite_signal: false,
            lapsed: false,
            device_only: false,
        }
    }
}

impl Outcome {
    /// Reads an outcome as the service answers it.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let mut at = Reader::new(node, String::new());
        let outcome = Outcome {
            decision: at.text("decision", Form::Id),
            status: OutcomeStatus::nth(at.word("status", Need::Must, OutcomeStatus::NAMES)),
            rev: at.count("rev"),
            results: at
                .list("results", Need::Must, limits::CHANGES, |at| ChangeResult::nth(at.own_word(ChangeResult::NAMES))),
            reason: at.maybe_text("reason", Form::Id),
        };
        at.end(outcome)
    }
}

/// What stands now against a grant that was superseded. It is told beside the
/// outcome, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Against {
    /// The control that was granted.
    pub control: String,
    /// The datum of it, where one was meant.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub datum: Option<String>,
    /// What it is.
    #[cfg_attr(feature = "json", serde(flatten))]
    pub obstacle: Obstacle,
}

/// Why a grant did not come into force; nothing set: it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Obstacle {
    /// Where it was switched off, unseen by whoever granted it.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub place: Option<Place>,
    /// When that was, as the service received it.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub at: Option<Timestamp>,
    /// What is asked is not what it was granted under.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "is_false"))]
    pub terms_changed: bool,
}

#[cfg(feature = "json")]
fn control_map<S: serde::Serializer>(controls: &[Control], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(controls.iter().map(|control| (&control.id, control)))
}

#[cfg(feature = "json")]
fn is_false(flag: &bool) -> bool {
    !flag
}
