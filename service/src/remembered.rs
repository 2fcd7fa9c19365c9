//! What erased customers had said no to. Most people the shop asks about and who are not
//! known never were; that is remembered too, so that asking again costs no read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::secret::Hash;

/// Beyond this many, all are asked for again.
const MOST: usize = 65_536;

#[derive(Default)]
pub struct Remembered(Mutex<State>);

#[derive(Default)]
struct State {
    known: HashMap<Hash, Arc<[String]>>,
    /// Moves with every erasure: what was read before it is not kept after it.
    moves: u64,
}

impl Remembered {
    /// The controls, if they were read since the last erasure; and what to hand to `keep`.
    pub fn of(&self, customer: &Hash) -> (Option<Arc<[String]>>, u64) {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.known.get(customer).cloned(), state.moves)
    }

    pub fn keep(&self, customer: Hash, denied: Arc<[String]>, moves: u64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.moves == moves {
            if state.known.len() >= MOST {
                state.known.clear();
            }
            state.known.insert(customer, denied);
        }
    }

    /// Someone was erased, here or by another program.
    pub fn forget(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.known.clear();
        state.moves += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_an_erasure_is_not_kept_after_it() {
        let remembered = Remembered::default();
        let (none, before) = remembered.of(&[1; 32]);
        assert_eq!(none, None);
        remembered.forget();
        remembered.keep([1; 32], Arc::from([]), before);
        let (none, now) = remembered.of(&[1; 32]);
        assert_eq!(none, None);
        remembered.keep([1; 32], Arc::from(["a".to_owned()]), now);
        assert_eq!(remembered.of(&[1; 32]).0.as_deref(), Some(&["a".to_owned()][..]));
    }
}
