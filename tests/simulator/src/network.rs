//! Requests on their way, and what became of them.

use candor_protocol::Decision;

use crate::ledger::Stamp;
use crate::service::Answer;

/// What a request is about, for whoever hears the answer.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A session with the shop's token.
    Session,
    /// What the anonymous subject refused, before it is closed at sign-in.
    Parting,
    /// An anonymous subject is made, or its capability renewed.
    Anonymous {
        then: Vec<Then>,
    },
    /// Decisions of whose outbox.
    Decisions {
        of: String,
    },
    Choices,
    Notice,
}

/// What waits for it to be known who somebody is.
#[derive(Debug, Clone)]
pub enum Then {
    Hold,
    Send { of: String, decisions: Vec<Decision>, grants: bool },
    Gather,
    Flush { online: bool },
}

/// A request that a page has sent.
#[derive(Debug)]
pub struct Flight {
    pub machine: usize,
    /// The page that waits for the answer, if it still does.
    pub page: Option<u64>,
    pub ask: Ask,
    pub path: &'static str,
    pub body: String,
    pub keepalive: bool,
    /// By the true clock.
    pub sent_at: i64,
    /// Whoever was at the page then.
    pub era: u32,
    pub answer: Option<(Answer, Option<Stamp>)>,
}

/// After so long a page gives a request up.
pub const PATIENCE_MS: i64 = 10_000;
