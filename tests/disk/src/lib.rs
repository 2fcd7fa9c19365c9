//! A disk that fails. Between SQLite and the system's files stands a file system of SQLite's (a
//! VFS) that counts every call, lets one of them fail as real disks do, and remembers per file
//! what was synced: so it can also say what would be there after a power cut.
//!
//! It is the default VFS of the process once a [`Disk`] was made, so that the code under test opens
//! its files as it always does. Folders without a disk are the system's, untouched. Whoever asks the
//! file system without SQLite asks the [`Disk`] first and tells it what was done.

mod call;
mod disk;
mod kept;
mod names;
mod vfs;

pub use call::{Asked, Call, Failure};
pub use disk::{Disk, Left};
