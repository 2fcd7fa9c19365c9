//! What a drawing reads, borrowed from whoever holds it.

use candor_protocol::{Choice, Choices, Explanation, Notice, Obstacle};

use crate::{
    AskInput, DocumentState, Feedback, History, Html, PanelInput, PanelState, Person, Save, SaveState, Signal, Target,
    WhyInput,
};

/// What card and panel have in common.
#[derive(Clone, Copy)]
pub struct Common<'a> {
    pub notice: Option<&'a Notice>,
    /// What stands as far as known here: the service's last answer, with what was decided here since.
    pub choices: &'a Choices,
    /// What was decided since the card opened, oldest first, the last one per control and datum.
    pub saves: &'a [Save],
    pub offline: bool,
    pub signal: Signal,
    /// Controls this device denies while the account grants them, beyond those that `choices` marks so.
    pub device_off: &'a [String],
    pub history: &'a History,
    /// Set by the service: forms and links instead of presses. Not read in the page.
    pub html: Option<&'a Html>,
}

/// All facts behind one card.
#[derive(Clone, Copy)]
pub struct WhyFacts<'a> {
    pub common: Common<'a>,
    pub document: &'a DocumentState,
    pub person: Person,
    /// The item explained; none means the list, through its first item.
    pub item: Option<&'a str>,
    /// The one preview that is open.
    pub preview: Option<&'a Target>,
    /// Second layer open at first (`open` on the element, or after a form was sent).
    pub sources_open: bool,
    /// A list served after a switch differed from its preview because other inputs moved.
    pub moved: bool,
    pub feedback: &'a [Feedback],
    /// Who added up the numbers: the page, or the service that renders it.
    pub checked_on_device: bool,
}

/// Everything behind the choices panel.
#[derive(Clone, Copy)]
pub struct PanelFacts<'a> {
    pub common: Common<'a>,
    pub state: PanelState,
}

/// Everything behind the ask.
#[derive(Clone, Copy)]
pub struct AskFacts<'a> {
    pub notice: Option<&'a Notice>,
    /// Source id, such as `orders`; the control is `recommendations/<source>`.
    pub source: &'a str,
    /// What was answered here, and how far it got.
    pub answer: Option<(Choice, SaveState, Obstacle)>,
    /// Address of the choices page, for the link in the text.
    pub choices_url: Option<&'a str>,
    pub html: Option<&'a Html>,
}

impl<'a> WhyFacts<'a> {
    /// The item explained, else the first of the list.
    #[inline(never)]
    pub(crate) fn item_of(&self, doc: &'a Explanation) -> &'a str {
        self.item.or(doc.shown.first().map(String::as_str)).unwrap_or_default()
    }
}

impl WhyInput {
    pub fn facts(&self) -> WhyFacts<'_> {
        WhyFacts {
            common: Common {
                notice: self.notice.as_deref(),
                choices: &self.choices,
                saves: &self.saves,
                offline: self.offline,
                signal: self.signal,
                device_off: &self.device_off,
                history: &self.history,
                html: self.html.as_ref(),
            },
            document: &self.document,
            person: self.person,
            item: self.item.as_deref(),
            preview: self.preview.as_ref(),
            sources_open: self.sources_open,
            moved: self.moved,
            feedback: &self.feedback,
            checked_on_device: self.checked_on_device,
        }
    }
}

impl PanelInput {
    pub fn facts(&self) -> PanelFacts<'_> {
        PanelFacts {
            common: Common {
                notice: self.notice.as_deref(),
                choices: &self.choices,
                saves: &self.saves,
                offline: self.offline,
                signal: self.signal,
                device_off: &self.device_off,
                history: &self.history,
                html: self.html.as_ref(),
            },
            state: self.state,
        }
    }
}

impl AskInput {
    pub fn facts(&self) -> AskFacts<'_> {
        AskFacts {
            notice: self.notice.as_deref(),
            source: &self.source,
            answer: self.answer,
            choices_url: self.choices_url.as_deref(),
            html: self.html.as_ref(),
        }
    }
}
