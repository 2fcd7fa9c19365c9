use candor_protocol::{Change, DecisionMethod};

use crate::{FeedbackKind, Target};

/// Everything a person can do on a card, a panel or an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// One decision. `master`: made with *Personal picks*; keep it in [`crate::Save::master`].
    Decide {
        changes: Vec<Change>,
        method: DecisionMethod,
        master: bool,
    },
    /// Open this preview (set `WhyInput::preview`), or close the open one.
    Preview(Option<Target>),
    /// Open the second layer (`details[data-layer=sources]`) and move focus to its summary.
    ShowSources,
    Feedback(FeedbackKind),
    /// Fetch the person's record.
    History,
    /// Hand the person their record as a file.
    Export,
    /// Fetch the document again, or the new list.
    Retry,
    /// Open the choices panel.
    OpenChoices,
    Close,
}
