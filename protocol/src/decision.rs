//! A decision: one event that sets choices.

use crate::form::Form;
use crate::reader::{Need, Reader};
use crate::words::word_enum;
use crate::{Code, Fault, Node, Timestamp, limits};

word_enum! {
    /// Where a customer met it.
    Surface { Storefront = "storefront", Chat = "chat", Email = "email" }
}
word_enum! {
    /// Which rendering the customer used.
    Tier { Wasm = "wasm", Frame = "frame", Html = "html", Server = "server" }
}
word_enum! {
    /// What a decision sets a control to. Unset is the absence of a decision.
    Choice { Granted = "granted", Denied = "denied" }
}
word_enum! {
    /// How it was made. `signal` and `import` are not the person's own act.
    DecisionMethod { Switch = "switch", Button = "button", Agent = "agent", Api = "api", Import = "import", Signal = "signal" }
}

word_enum! {
    /// What a decision binds.
    Binding {
        /// The person wherever they are signed in.
        Account = "account",
        /// The device it was made on and no other: a refusal made before signing in, sent after it.
        /// A denial that binds a device holds there until a later grant of that device.
        Device = "device",
    }
}

/// The epoch and rev of the choices that were on screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Base {
    /// `e_…`; empty where nothing was known yet.
    pub epoch: String,
    /// 0 where nothing was known yet.
    pub rev: u64,
}

impl Binding {
    /// Whether it binds the person everywhere, which is the default.
    pub fn is_account(&self) -> bool {
        *self == Binding::Account
    }
}

impl Base {
    /// Reads the field `base`.
    pub(crate) fn read<N: Node>(at: &mut Reader<N>) -> Self {
        let base =
            at.within("base", Need::Must, |at| Base { epoch: at.text("epoch", Form::BaseEpoch), rev: at.count("rev") });
        base.unwrap_or_default()
    }
}

/// One control, or one datum of it, set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// Such as `recommendations/orders`.
    pub control: String,
    /// What it is set to.
    pub choice: Choice,
    /// An evidence `ref`: denied leaves that one out, granted takes it in again.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub datum: Option<String>,
}

/// What a decision does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Content {
    /// At least one change; each control and datum once.
    #[cfg_attr(feature = "json", serde(rename = "changes"))]
    Changes(Vec<Change>),
    /// Nothing, with the reason; closes a gap in a device's sequence.
    #[cfg_attr(feature = "json", serde(rename = "void"))]
    Void(String),
}

/// One event that sets choices.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decision {
    /// UUIDv7 form; 74 random bits. Its order is never trusted.
    pub id: String,
    /// The device it was made on, by the random id it gave itself.
    pub device: String,
    /// Gapless per device and subject, from 1.
    pub seq: u64,
    /// Hash of the notice on screen.
    pub notice: String,
    /// Hash of the message catalogue on screen.
    pub served: String,
    /// BCP 47.
    pub locale: String,
    /// Where the person was.
    pub surface: Surface,
    /// What they saw it in.
    pub tier: Tier,
    /// The account, unless it says `device`.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Binding::is_account"))]
    pub binds: Binding,
    /// `changes`, or `void` with its reason.
    #[cfg_attr(feature = "json", serde(flatten))]
    pub content: Content,
    /// What was on screen.
    pub base: Base,
    /// How it was made.
    pub method: DecisionMethod,
    /// By the device's clock; evidence, never trusted for order.
    pub occurred_at: Timestamp,
}

impl Decision {
    /// Reads a decision; a signal that grants is refused.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let mut at = Reader::new(node, String::new());
        let decision = Decision::read_here(&mut at);
        at.end(decision)
    }

    pub(crate) fn read_here<N: Node>(at: &mut Reader<N>) -> Self {
        let decision = Decision {
            id: at.text("id", Form::Uuid),
            seq: at.count_in("seq", 1..u64::MAX, Code::BadNumber),
            device: at.text("device", Form::Id),
            notice: at.text("notice", Form::Id),
            served: at.text("served", Form::Id),
            locale: at.text("locale", Form::Id),
            surface: Surface::nth(at.word("surface", Need::Must, Surface::NAMES)),
            tier: Tier::nth(at.word("tier", Need::Must, Tier::NAMES)),
            // The account is the first word.
            binds: Binding::nth(at.word("binds", Need::May, Binding::NAMES)),
            content: read_content(at),
            base: Base::read(at),
            method: DecisionMethod::nth(at.word("method", Need::Must, DecisionMethod::NAMES)),
            occurred_at: at.time("occurred_at", Need::Must).unwrap_or_default(),
        };
        if decision.method == DecisionMethod::Signal {
            let changes = decision.changes();
            at.each("changes", changes.len(), &mut |at, index| {
                if changes.get(index).is_some_and(|change| change.choice == Choice::Granted) {
                    at.fault_in("choice", Code::SignalGrants);
                }
            });
        }
        decision
    }

    /// Whether it denies anything; denials travel first.
    pub fn denies(&self) -> bool {
        matches!(&self.content, Content::Changes(changes) if changes.iter().any(|change| change.choice == Choice::Denied))
    }

    /// What it changes; nothing where it is void.
    pub fn changes(&self) -> &[Change] {
        match &self.content {
            Content::Changes(changes) => changes,
            Content::Void(_) => &[],
        }
    }
}

fn read_content<N: Node>(at: &mut Reader<N>) -> Content {
    let listed = at.has("changes", Need::May);
    let changes = at.list("changes", Need::May, limits::CHANGES, |at| Change {
        control: at.text("control", Form::Control),
        choice: Choice::nth(at.word("choice", Need::Must, Choice::NAMES)),
        datum: at.maybe_text("datum", Form::Id),
    });
    at.once("changes", changes.len(), &|a, b| {
        let (Some(a), Some(b)) = (changes.get(a), changes.get(b)) else { return false };
        a.control == b.control && a.datum == b.datum
    });
    let void = at.maybe_text("void", Form::Label);
    match void {
        None if !changes.is_empty() => return Content::Changes(changes),
        Some(reason) if !listed => return Content::Void(reason),
        _ => at.fault(Code::VoidAndChanges),
    }
    Content::Void(String::new())
}
