//! What the card is told: plain facts, gathered by the widget or the service.

use std::sync::Arc;

use candor_protocol::{Change, Choice, Choices, DecisionMethod, Explanation, Notice, Obstacle, Surface, Timestamp};

/// All facts behind one card, held in one place; see [`crate::WhyFacts`].
#[derive(Debug, Clone)]
pub struct WhyInput {
    pub document: DocumentState,
    pub notice: Option<Arc<Notice>>,
    /// What stands as far as known here: the service's last answer, with what was decided here since.
    pub choices: Choices,
    /// What was decided since the card opened, oldest first, the last one per control and datum.
    pub saves: Vec<Save>,
    pub person: Person,
    /// The item explained; none means the list, through its first item.
    pub item: Option<String>,
    pub surface: Surface,
    /// The one preview that is open.
    pub preview: Option<Target>,
    /// Second layer open at first (`open` on the element, or after a form was sent).
    pub sources_open: bool,
    pub offline: bool,
    pub signal: Signal,
    /// Controls this device denies while the account grants them.
    pub device_off: Vec<String>,
    /// A list served after a switch differed from its preview because other inputs moved.
    pub moved: bool,
    pub feedback: Vec<Feedback>,
    pub history: History,
    /// Who added up the numbers: the page, or the service that renders it.
    pub checked_on_device: bool,
    /// What the last drawing showed, so that nothing jumps: the one it was drawn with.
    pub memory: Memory,
    /// Set by the service: forms and links instead of callbacks.
    pub html: Option<Html>,
}

/// Where the explanation stands.
#[derive(Debug, Clone)]
pub enum DocumentState {
    Loading,
    NotReady,
    Unreachable,
    /// The service shows only what is the same for everyone.
    General,
    /// A source it used was denied since; `factors` are those still granted.
    Withdrawn {
        factors: Vec<String>,
    },
    /// Its day is over; `factors` are those still granted.
    Expired {
        factors: Vec<String>,
    },
    Ready {
        document: Arc<Explanation>,
        /// Made by our recommender behind the service's gate: decides the claim under the numbers.
        reference: bool,
    },
}

/// Whose card it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Person {
    #[default]
    Anonymous,
    SignedIn,
}

/// A decision made while the card is open, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save {
    pub control: String,
    pub datum: Option<String>,
    pub choice: Choice,
    pub state: SaveState,
    /// What stands against it, where it was superseded.
    pub obstacle: Obstacle,
    /// Part of one press on *Personal picks*.
    pub master: bool,
}

impl Save {
    /// Whether there is anything to say of it: not where something else stands by now, of another device or tab.
    pub fn tells(&self, on: bool) -> bool {
        self.state != SaveState::Saved || on == (self.choice == Choice::Granted)
    }
}

/// Who, but for the person's own press, asks that their data not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signal {
    #[default]
    None,
    /// The browser, by Global Privacy Control.
    Browser,
    /// The shop's own consent tool.
    ShopTool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveState {
    /// Neither sent nor kept: gone when the page is.
    Unkept,
    /// On this device: "Not sent yet".
    Local,
    Saved,
    /// A grant that did not come into force.
    Superseded,
    /// The service refused it; it will be tried again.
    Failed,
}

/// What stood where on screen. A row keeps its place while the card is open,
/// also when the new list no longer uses what it stands for: its Undo is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Controls under "Data that counted".
    pub used: Vec<String>,
    /// Controls under "Not used, and why".
    pub unused: Vec<String>,
    pub data: Vec<Datum>,
}

/// One listed datum of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datum {
    pub control: String,
    pub datum: String,
    pub title: String,
}

/// What a preview leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Factor id, such as `orders`.
    pub source: String,
    pub datum: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    pub kind: FeedbackKind,
    pub state: FeedbackState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackKind {
    NotForMe,
    WrongReason,
    WrongData,
    AskPerson,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedbackState {
    Sending,
    Received { id: String },
    Failed,
}

/// The person's own record, fetched when asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum History {
    #[default]
    Closed,
    Loading,
    Failed,
    /// Nothing was ever sent: choices are kept on this device only.
    LocalOnly,
    /// Newest first.
    Lines(Vec<Past>),
}

/// One change of a recorded decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub at: Timestamp,
    pub change: Change,
    pub method: DecisionMethod,
    pub superseded: bool,
}

/// The HTML tier: where forms go and what they carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html {
    /// POST. Fields: `control`, `choice` (granted|denied), `datum`?; the master sends `change`
    /// once per change as `control=choice`; feedback sends `feedback=<kind>`; and all of `hidden`.
    pub action: String,
    /// Sent with every form, the csrf token among them.
    pub hidden: Vec<(String, String)>,
    /// Address of this page, with a query already or not; previews add `preview=<source>` and `datum=<ref>`.
    pub here: String,
}

/// Everything behind the choices panel.
#[derive(Debug, Clone)]
pub struct PanelInput {
    pub state: PanelState,
    pub notice: Option<Arc<Notice>>,
    pub choices: Choices,
    pub saves: Vec<Save>,
    pub offline: bool,
    pub signal: Signal,
    pub device_off: Vec<String>,
    pub history: History,
    pub html: Option<Html>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelState {
    Loading,
    Unreachable,
    /// Not known whose choices: texts only.
    Unknown,
    Ready,
}

/// Everything behind the ask.
#[derive(Debug, Clone)]
pub struct AskInput {
    pub notice: Option<Arc<Notice>>,
    /// Source id, such as `orders`; the control is `recommendations/<source>`.
    pub source: String,
    /// What was answered here, how far it got, and what stands against it.
    pub answer: Option<(Choice, SaveState, Obstacle)>,
    pub offline: bool,
    /// Address of the choices page, for the link in the text.
    pub choices_url: Option<String>,
    pub html: Option<Html>,
}

impl WhyInput {
    /// A card about which nothing is known yet.
    pub fn loading(surface: Surface) -> Self {
        WhyInput {
            document: DocumentState::Loading,
            notice: None,
            choices: Choices::default(),
            saves: Vec::new(),
            person: Person::Anonymous,
            item: None,
            surface,
            preview: None,
            sources_open: false,
            offline: false,
            signal: Signal::None,
            device_off: Vec::new(),
            moved: false,
            feedback: Vec::new(),
            history: History::Closed,
            checked_on_device: true,
            memory: Memory::default(),
            html: None,
        }
    }
}

impl FeedbackKind {
    /// As `/v1/feedback` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            FeedbackKind::NotForMe => "not-for-me",
            FeedbackKind::WrongReason => "wrong-reason",
            FeedbackKind::WrongData => "wrong-data",
            FeedbackKind::AskPerson => "ask-person",
        }
    }
}
