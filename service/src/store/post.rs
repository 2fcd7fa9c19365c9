//! What is to be told to the shop's own systems: endpoints, and messages to them.

use candor_protocol::Timestamp;

/// An address of the shop that is told of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub row: i64,
    /// `wh_…`
    pub id: String,
    pub site: String,
    pub url: String,
    /// Which of its secrets signs, counted from 1; the secrets themselves are derived, not kept.
    pub secret: u64,
    /// When the secret before this one was replaced.
    pub rotated_at: Option<Timestamp>,
    /// When it answered that it is gone for good.
    pub disabled_at: Option<Timestamp>,
}

/// A message that waits for one endpoint, or that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub row: i64,
    /// `msg_…`; the same at each attempt, and at each endpoint of the site.
    pub id: String,
    pub endpoint: i64,
    /// What it is about; messages of one subject go out one after the other.
    pub subject: String,
    /// Such as `choice.changed`.
    pub kind: String,
    pub body: String,
    /// Attempts that failed.
    pub attempts: u32,
    /// How the last one ended: a status, or words.
    pub status: Option<String>,
    pub created_at: Timestamp,
    /// When it was given up; none while it waits.
    pub done_at: Option<Timestamp>,
}

/// A message as it is in a store that a backup takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// `wh_…`: rows are others in the backup.
    pub endpoint: String,
    pub message: Message,
    pub delivered: bool,
}

/// An endpoint's figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PostCounts {
    pub waiting: u64,
    /// Since the moment that was asked for.
    pub delivered: u64,
    pub dead: u64,
}

/// One thing to keep about endpoints and messages.
#[derive(Debug, Clone)]
pub enum Posting {
    /// A new endpoint, or an old address put to use again.
    Endpoint {
        id: String,
        site: String,
        url: String,
        at: Timestamp,
    },
    /// The next secret signs; the one before it goes on for a while.
    Rotate {
        id: String,
        at: Timestamp,
    },
    /// The endpoint and all its messages go.
    Remove {
        id: String,
    },
    /// A message to every endpoint of the site that is in use.
    Message {
        site: String,
        id: String,
        subject: String,
        kind: &'static str,
        body: String,
        at: Timestamp,
    },
    Delivered {
        row: i64,
        id: String,
        status: String,
        at: Timestamp,
    },
    /// Failed, and to be tried again.
    Again {
        row: i64,
        id: String,
        status: String,
        next: Timestamp,
    },
    /// Failed for the last time.
    Dead {
        row: i64,
        id: String,
        status: String,
        at: Timestamp,
    },
    /// The endpoint said that it is gone: what waits for it is dead.
    Disable {
        /// `wh_…`: another endpoint may lie in its row by now.
        id: String,
        status: String,
        at: Timestamp,
    },
    /// An endpoint of a restored backup is as it stood in the store before it. Where it is gone for good, what waits
    /// for it is dead.
    TakeOver {
        id: String,
        secret: u64,
        rotated_at: Option<Timestamp>,
        disabled_at: Option<Timestamp>,
    },
    /// Dead letters of an endpoint wait again, all or one.
    Replay {
        site: String,
        endpoint: String,
        message: Option<String>,
        at: Timestamp,
    },
    /// What waits or died belongs to an epoch that ended, but for messages of one kind.
    Forget {
        but: &'static str,
    },
    /// A message of a restored backup's endpoint is as it was in the store before it; its subject has one of a kind.
    Carry {
        known: Known,
        at: Timestamp,
    },
}
