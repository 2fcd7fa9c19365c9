//! A decision: one event that sets choices.

use crate::read::{At, Read, optional, word_enum};
use crate::{Code, Fault, Node, Timestamp, limits, text};

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
    pub(crate) fn read_at<N: Node>(at: &At<'_, N>) -> Read<Self> {
        let epoch = at.field("epoch")?;
        let word = epoch.raw_text()?;
        if !word.is_empty() {
            epoch.id_with("e_")?;
        }
        Ok(Base { epoch: word, rev: at.field("rev")?.count()? })
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
        Self::read_at(&At::root(node))
    }

    pub(crate) fn read_at<N: Node>(at: &At<'_, N>) -> Read<Self> {
        let id = at.field("id")?;
        if !text::is_uuid_v7(&id.raw_text()?) {
            return Err(id.fault(Code::BadId));
        }
        let seq = at.field("seq")?;
        if seq.count()? == 0 {
            return Err(seq.fault(Code::BadNumber));
        }
        let decision = Decision {
            id: id.raw_text()?,
            device: at.field("device")?.id()?,
            seq: seq.count()?,
            notice: at.field("notice")?.id()?,
            served: at.field("served")?.id()?,
            locale: at.field("locale")?.id()?,
            surface: at.field("surface")?.one_of(Surface::WORDS)?,
            tier: at.field("tier")?.one_of(Tier::WORDS)?,
            binds: optional!(at, "binds", |f: &At<'_, N>| f.one_of(Binding::WORDS)).unwrap_or(Binding::Account),
            content: read_content(at)?,
            base: Base::read_at(&at.field("base")?)?,
            method: at.field("method")?.one_of(DecisionMethod::WORDS)?,
            occurred_at: at.field("occurred_at")?.time()?,
        };
        let granted = decision.changes().iter().position(|change| change.choice == Choice::Granted);
        match granted.filter(|_| decision.method == DecisionMethod::Signal) {
            Some(index) => Err(at.fault_in(&["changes/", &index.to_string(), "/choice"].concat(), Code::SignalGrants)),
            None => Ok(decision),
        }
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

fn read_content<N: Node>(at: &At<'_, N>) -> Read<Content> {
    let changes = optional!(at, "changes", read_changes);
    let void = optional!(at, "void", read_reason);
    match (changes, void) {
        (Some(changes), None) if !changes.is_empty() => Ok(Content::Changes(changes)),
        (None, Some(reason)) => Ok(Content::Void(reason)),
        _ => Err(at.fault(Code::VoidAndChanges)),
    }
}

fn read_reason<N: Node>(at: &At<'_, N>) -> Read<String> {
    at.words(limits::LABEL_CHARS)
}

fn read_changes<N: Node>(at: &At<'_, N>) -> Read<Vec<Change>> {
    let changes = at.list(limits::CHANGES, |f| {
        Ok(Change {
            control: f.field("control")?.control()?,
            choice: f.field("choice")?.one_of(Choice::WORDS)?,
            datum: optional!(f, "datum", At::id),
        })
    })?;
    let said_before = |(index, change): (usize, &Change)| {
        changes.iter().take(index).any(|before| before.control == change.control && before.datum == change.datum)
    };
    match changes.iter().enumerate().position(said_before) {
        Some(index) => Err(at.fault_in(&index.to_string(), Code::Repeated)),
        None => Ok(changes),
    }
}
