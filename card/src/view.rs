//! What is shown: plain data, every text already chosen and in its language.
//! Components only lay it out.

use crate::{Act, Html, Memory};

/// The card.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WhyView {
    pub language: String,
    pub direction: &'static str,
    /// `loading`, `not-ready`, `unreachable`, `general`, `withdrawn`, `expired`, `ready`; for tests and pictures.
    pub state: &'static str,
    pub title: String,
    pub close: String,
    /// The one sentence.
    pub sentence: Vec<Piece>,
    /// Who worded the sentence, where the shop did.
    pub worded_by: Option<String>,
    /// What there is to know about the state the card is in.
    pub notes: Vec<Note>,
    pub item: Option<ItemLine>,
    pub master: Option<Switch>,
    pub sources: Option<Sources>,
    pub sums: Option<Sums>,
    pub about: Option<About>,
    pub record: Option<Record>,
    pub foot: Option<Foot>,
    /// One polite message per change.
    pub live: String,
    /// Give it back as `WhyInput::memory`.
    pub memory: Memory,
    pub html: Option<Html>,
}

/// A run of text; the name of something is set apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Plain(String),
    Name(String),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Note {
    pub text: String,
    /// Set apart: the words a rule prescribes.
    pub strong: bool,
    pub button: Option<Button>,
}

/// A button that does one thing. `name` is its full name where the label needs its surroundings.
#[derive(Debug, Clone, PartialEq)]
pub struct Button {
    pub label: String,
    pub name: Option<String>,
    pub act: Act,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ItemLine {
    pub title: String,
    pub url: Option<String>,
    pub image: Option<String>,
    pub price: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Switch {
    pub label: String,
    pub on: bool,
    /// "On" or "Off".
    pub word: String,
    pub act: Act,
    /// What pressing it did, how far that got, and the way back.
    pub done: Option<Done>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Done {
    pub text: String,
    /// "Not sent yet", "Saved".
    pub save: String,
    pub undo: Option<Button>,
}

/// The second layer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sources {
    pub title: String,
    pub open: bool,
    pub heading: String,
    pub rows: Vec<Row>,
    pub more_label: String,
    pub more: Vec<Row>,
    pub unused_title: String,
    /// Each with the reason among its notes.
    pub unused: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    pub control: String,
    pub name: String,
    /// None: there is nothing to switch; the notes say why.
    pub switch: Option<Switch>,
    pub weight: Option<String>,
    /// What is seen and what is said for "Without it: 1st → 4th".
    pub effect: Option<(String, String)>,
    pub changes: Option<String>,
    pub see: Option<PreviewButton>,
    pub preview: Option<PreviewList>,
    pub kept: Option<String>,
    pub notes: Vec<Note>,
    pub evidence_title: String,
    pub evidence: Vec<EvidenceLine>,
    pub evidence_rest: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PreviewButton {
    pub label: String,
    pub name: String,
    pub open: bool,
    pub act: Act,
    /// In the HTML tier: the address that shows it.
    pub link: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct PreviewList {
    pub title: String,
    /// The item, and "new" or "was 4th".
    pub items: Vec<(ItemLine, String)>,
    pub gone: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceLine {
    pub datum: String,
    pub title: String,
    pub effect: Option<(String, String)>,
    pub see: Option<PreviewButton>,
    pub preview: Option<PreviewList>,
    /// *Don't use this*, or *Undo* when it is left out.
    pub button: Button,
    pub left_out: bool,
    pub done: Option<Done>,
}

/// *How it adds up*.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sums {
    pub title: String,
    /// What counted, points, share.
    pub head: [String; 3],
    pub bars: Vec<Bar>,
    pub sum: Option<(String, String)>,
    /// What may be claimed about the numbers.
    pub claims: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    pub label: String,
    /// In thousandths of the common scale.
    pub start: u16,
    pub width: u16,
    pub against: bool,
    pub points: String,
    pub share: String,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct About {
    pub title: String,
    pub facts: Vec<Fact>,
    pub statement: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    pub title: String,
    pub note: Option<String>,
    /// Date, what, anything to add.
    pub lines: Vec<[String; 3]>,
    pub buttons: Vec<Button>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Foot {
    pub not_for_me: Option<Button>,
    pub wrong_label: String,
    pub wrong: Vec<Button>,
    /// What was sent, and its state.
    pub sent: Vec<String>,
}

/// All controls of the notice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PanelView {
    pub language: String,
    pub direction: &'static str,
    pub state: &'static str,
    pub title: String,
    pub close: String,
    pub intro: String,
    pub notes: Vec<Note>,
    pub groups: Vec<Group>,
    pub record: Option<Record>,
    pub live: String,
    pub html: Option<Html>,
}

/// One purpose.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    pub title: String,
    pub text: String,
    pub controls: Vec<ControlLine>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControlLine {
    pub control: String,
    pub label: String,
    pub text: String,
    pub kept: Option<String>,
    /// None: there is no switch; the notes say why.
    pub switch: Option<Switch>,
    pub notes: Vec<Note>,
    pub details_label: String,
    pub details: Vec<Fact>,
}

/// The ask.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AskView {
    pub language: String,
    pub direction: &'static str,
    /// `open`, `granted` or `denied`.
    pub state: &'static str,
    pub title: String,
    pub text: String,
    pub question: String,
    /// Yes and no, equal; empty once answered.
    pub buttons: Vec<Button>,
    /// What the answer did.
    pub done: Option<Done>,
    /// Before, the link's words, after.
    pub change: [String; 3],
    pub choices_url: Option<String>,
    pub live: String,
    pub html: Option<Html>,
}
