use candor_protocol::{Explanation, Fault};

use crate::{Reduced, Without};

/// The list without some of the data that is in use now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// Item ids, first place first.
    pub items: Vec<String>,
    /// Items of today's list that are no longer in it.
    pub changed: usize,
    /// Every item of either list whose place differs.
    pub moves: Vec<Move>,
}

/// An item's place in today's list and in the preview, counted from 1. `None`:
/// not in this list; places beyond it are never named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub item: String,
    pub before: Option<usize>,
    pub after: Option<usize>,
}

/// What the list would be. Today's list is the one served, `shown`.
pub fn preview(doc: &Explanation, without: &Without) -> Result<Preview, Fault> {
    Reduced::whole(doc).preview(without)
}

impl Reduced<'_> {
    /// What the list that is left would be.
    pub fn preview(&self, without: &Without) -> Result<Preview, Fault> {
        let items = self.top(without)?;
        let mut found = Preview { items: Vec::with_capacity(items.len()), changed: 0, moves: Vec::new() };
        for (index, item) in self.shown.iter().enumerate() {
            let after = items.iter().position(|other| other == item).map(|at| at + 1);
            found.changed += usize::from(after.is_none());
            if after != Some(index + 1) {
                found.moves.push(Move { item: (*item).to_owned(), before: Some(index + 1), after });
            }
        }
        for (index, item) in items.iter().enumerate() {
            found.items.push((*item).to_owned());
            if !self.shown.contains(item) {
                found.moves.push(Move { item: (*item).to_owned(), before: None, after: Some(index + 1) });
            }
        }
        Ok(found)
    }
}
