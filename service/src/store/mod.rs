//! What is kept. The rest of the service knows this trait, not the database.

mod change;
mod fault;
pub mod post;
pub mod reads;
mod schema;
mod sqlite;

pub use change::{Change, Revoked};
pub use fault::StoreFault;
pub use reads::Reads;
pub use sqlite::{Options, Sqlite, backup};

/// Reads, and writes that are there or not there together.
pub trait Tx: Reads {
    fn apply(&mut self, change: &Change) -> Result<(), StoreFault>;
}

/// A place that keeps things. `transact` returns after they are durable.
pub trait Store: Send + Sync {
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Tx) -> Result<(), StoreFault>) -> Result<(), StoreFault>;
    fn look(&self, work: &mut dyn FnMut(&dyn Reads) -> Result<(), StoreFault>) -> Result<(), StoreFault>;
    /// Moves everything into the one file, so that what was deleted is in none. [`StoreFault::Locked`]: a reader
    /// holds the log, and it has to be asked for again.
    fn settle(&self) -> Result<(), StoreFault>;
    /// Whether nothing was settled yet, or the last settling was held up.
    fn unsettled(&self) -> bool;
}

impl dyn Store + '_ {
    pub fn write<T>(&self, work: impl FnOnce(&mut dyn Tx) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        let (mut work, mut out) = (Some(work), None);
        self.transact(&mut |tx| {
            if let Some(work) = work.take() {
                out = Some(work(tx)?);
            }
            Ok(())
        })?;
        out.ok_or(StoreFault::Gone)
    }

    pub fn read<T>(&self, work: impl FnOnce(&dyn Reads) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        let (mut work, mut out) = (Some(work), None);
        self.look(&mut |view| {
            if let Some(work) = work.take() {
                out = Some(work(view)?);
            }
            Ok(())
        })?;
        out.ok_or(StoreFault::Gone)
    }
}
