//! What stands: the merge rule, what is allowed, and the outbox of a device.
//!
//! Pure: no clock, network, storage or browser. Time and random numbers come in
//! as arguments, so the page, the service and a simulator run the same code.
//!
//! * [`Record`] holds one subject's decisions as the merge rule sees them; the
//!   service folds one from its history and asks it what stands.
//! * [`against()`] says why a grant did not come into force.
//! * [`allowed()`] answers whether a source may be used, and says no whenever it
//!   does not know.
//! * [`Outbox`] keeps a device's decisions until the service has answered them.
//! * [`device`] is everything between a press and a request.
#![warn(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod against;
mod allowed;
mod backoff;
pub mod device;
mod entry;
mod merge;
mod outbox;
mod pending;
mod record;
mod signal;
mod terms;

pub use against::against;
pub use allowed::allowed;
pub use entry::{Entry, State};
pub use outbox::{Effect, Event, Failure, Outbox, Status};
pub use pending::{in_force, on_screen, set};
pub use record::{Received, Record, fold};
pub use signal::{signal_changes, signal_ends, told_of};
pub use terms::{ControlTerms, PublishedNotice, Terms, terms_of};
