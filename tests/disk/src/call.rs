//! What is asked of a file system, by SQLite and beside it, and the ways in which a disk fails at it.

/// One kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Makes a name absolute.
    Name,
    Access,
    Open,
    Close,
    Delete,
    Size,
    Read,
    Write,
    Truncate,
    Sync,
    Lock,
    Unlock,
    /// Whether someone is about to write.
    Reserved,
    /// Maps a page of the write-ahead log's index.
    Map,
    /// Locks a slot of it.
    MapLock,
    MapUnlock,
    // SQLite does not ask for these.
    MakeFolder,
    SyncFolder,
    Copy,
    Link,
    Rename,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Nothing was done.
    Refused,
    /// It was done, and is reported as failed all the same.
    Done,
    /// Half of it was written before the disk failed.
    Half,
    /// Half of it was written before the disk was full.
    Full,
    /// Someone else holds the lock.
    Busy,
    /// Of a sync: what was written since the last one is gone. File systems that throw the pages
    /// away after a failed write-back do so.
    Lost,
    /// Of a sync: what was written since the last one can still be read and never reaches the disk,
    /// also when a later sync succeeds. Linux marks pages clean after a failed write-back (ext4).
    Forgotten,
    /// Neither this call nor any after it is done: the process is no more.
    Killed,
}

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub call: Call,
    /// Where the file lies in the disk's folder.
    pub file: String,
}

impl Call {
    /// The ways in which it is made to fail.
    pub fn failures(self) -> &'static [Failure] {
        match self {
            Call::Write => &[Failure::Refused, Failure::Half, Failure::Full],
            Call::Sync => &[Failure::Lost, Failure::Forgotten, Failure::Done],
            Call::Copy => &[Failure::Refused, Failure::Half, Failure::Full],
            Call::Truncate | Call::Delete | Call::SyncFolder | Call::Link | Call::Rename => {
                &[Failure::Refused, Failure::Done]
            }
            Call::Lock | Call::MapLock => &[Failure::Refused, Failure::Busy],
            // The system takes these back in any case; only its word can be wrong.
            _ if self.only_lets_go() => &[Failure::Done],
            _ => &[Failure::Refused],
        }
    }

    pub(crate) fn only_lets_go(self) -> bool {
        matches!(self, Call::Unlock | Call::MapUnlock | Call::Close)
    }
}
