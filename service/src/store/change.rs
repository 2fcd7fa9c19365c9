use candor_protocol::Timestamp;

use super::post::Posting;
use super::reads::{Received, Refusal};
use crate::secret::Hash;

/// Which key is taken back.
#[derive(Debug, Clone)]
pub enum Revoked {
    Secret(Hash),
    Desk(Hash),
    /// The public key or shared secret as it was registered.
    Token(Vec<u8>),
}

/// One thing to keep, or to keep no longer.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new site, or its new name and origins.
    Site {
        id: String,
        name: String,
        origins: Vec<String>,
        at: Timestamp,
    },
    /// A shop server's key, by its hash.
    SecretKey {
        site: String,
        hash: Hash,
        reference: bool,
        at: Timestamp,
    },
    /// The key that signs a shop's sign-in tokens.
    TokenKey {
        site: String,
        alg: String,
        key: Vec<u8>,
        at: Timestamp,
    },
    /// A key of the privacy team, by its hash.
    DeskKey {
        site: String,
        hash: Hash,
        at: Timestamp,
    },
    /// A key that opens nothing any more.
    Revoke {
        site: String,
        key: Revoked,
    },
    /// A message catalogue that was on screen, so that its words can be shown again.
    Catalogue {
        hash: String,
        language: String,
        body: String,
    },
    /// A notice, word for word; the newest is in force.
    Notice {
        site: String,
        hash: String,
        body: String,
        at: Timestamp,
    },
    Subject {
        id: String,
        site: String,
        customer: Option<Hash>,
        at: Timestamp,
    },
    /// An anonymous subject whose person signed in.
    Close {
        subject: String,
    },
    Decision {
        subject: String,
        received: Received,
    },
    Recommendation {
        site: String,
        id: String,
        subject: Option<String>,
        digest: Hash,
        made_at: Timestamp,
        expires_at: Timestamp,
        reference: bool,
        factors: String,
        body: String,
    },
    Feedback {
        id: String,
        site: String,
        subject: Option<String>,
        recommendation: String,
        item: Option<String>,
        kind: String,
        text: Option<String>,
        at: Timestamp,
    },
    Refusal(Refusal),
    /// A token that was used once.
    Used {
        hash: Hash,
        until: Timestamp,
    },
    /// Someone of the privacy team looked at a person's data.
    Reveal {
        site: String,
        subject: String,
        who: String,
        what: String,
        at: Timestamp,
    },
    /// Everything of a subject goes; one line of keyed hashes stays, so that its "no" does.
    Erase {
        site: String,
        subject: String,
        subject_hash: Hash,
        customer: Option<Hash>,
        denied: Vec<String>,
        at: Timestamp,
    },
    /// Endpoints of the shop, and what is to be told to them.
    Post(Posting),
    /// Where an imported decision came from.
    Imported {
        subject: String,
        decision: String,
        channel: Option<String>,
        evidence: Option<String>,
    },
    /// What the privacy team did about something a customer reported.
    FeedbackStep {
        site: String,
        feedback: String,
        /// Where it stood; where it no longer does, nothing happens.
        from: String,
        state: String,
        who: String,
        at: Timestamp,
    },
    /// Documents past their time lose everything but ids, hashes and factor names; old tokens go.
    Sweep {
        now: Timestamp,
    },
    /// A restored backup begins an epoch.
    Epoch(String),
    /// Something changed that a running service holds in memory.
    Generation,
}
