//! What is decided and kept in one step, apart from HTTP: each an [`Ask`](crate::writer::Ask) to the writer.

mod beginning;
mod decide;
mod erase;
mod import;
mod keep;
mod note;
mod session;

pub use beginning::{BEFORE_ERASURE, GoOn, uuid};
pub use decide::{CAPABILITY_EXPIRED, Decide, Incoming};
pub use erase::Erase;
pub use import::{Became, Import, Imported};
pub use keep::{Keep, Keeping, left_out_in};
pub use note::{NOBODY, Note, Reveal, Sweep, WriteRefusals};
pub use session::{Session, SignedIn};
