//! What can be asked of the store. Rows as plain data.

use candor_protocol::Timestamp;

use super::StoreFault;
use super::post::{Endpoint, Message, PostCounts};
use crate::secret::Hash;

/// A view of the store at one moment. Lists come newest first; `before` is the
/// `row` to go on from (none: the newest).
pub trait Reads {
    /// 128 random bits of this store, as `e_…`.
    fn epoch(&self) -> Result<String, StoreFault>;
    /// Moves when sites, keys or notices change, or another program erased someone.
    fn generation(&self) -> Result<u64, StoreFault>;
    fn sites(&self) -> Result<Vec<SiteRow>, StoreFault>;
    fn subject(&self, id: &str) -> Result<Option<SubjectRow>, StoreFault>;
    fn subject_of_customer(&self, site: &str, customer: &Hash) -> Result<Option<SubjectRow>, StoreFault>;
    fn subjects(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<SubjectRow>, StoreFault>;
    /// A subject's decisions in the order in which they arrived.
    fn decisions_of(&self, subject: &str) -> Result<Vec<Received>, StoreFault>;
    fn decisions(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<(String, Received)>, StoreFault>;
    fn recommendation(&self, site: &str, id: &str) -> Result<Option<Kept>, StoreFault>;
    fn recommendations_of(&self, subject: &str, limit: usize) -> Result<Vec<Kept>, StoreFault>;
    fn recommendations(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Kept>, StoreFault>;
    fn refusals(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Refusal>, StoreFault>;
    fn refusals_of(&self, subject: &str, limit: usize) -> Result<Vec<Refusal>, StoreFault>;
    fn feedback(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Feedback>, StoreFault>;
    fn feedback_of(&self, subject: &str) -> Result<Vec<Feedback>, StoreFault>;
    fn reveals(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Reveal>, StoreFault>;
    fn counts(&self, site: &str) -> Result<Counts, StoreFault>;
    /// Language and text of a catalogue that was on screen once.
    fn catalogue(&self, hash: &str) -> Result<Option<(String, String)>, StoreFault>;
    /// A site's endpoints, the oldest first.
    fn endpoints(&self, site: &str) -> Result<Vec<Endpoint>, StoreFault>;
    /// Messages an endpoint is to be sent now: of each subject the first that waits.
    fn due(&self, endpoint: i64, now: Timestamp, limit: usize) -> Result<Vec<Message>, StoreFault>;
    /// A site's messages that were given up, newest first.
    fn dead_letters(&self, site: &str, limit: usize) -> Result<Vec<Message>, StoreFault>;
    fn post_counts(&self, endpoint: i64, since: Timestamp) -> Result<PostCounts, StoreFault>;
    /// Where a subject's imported decisions came from.
    fn imports_of(&self, subject: &str) -> Result<Vec<Import>, StoreFault>;
    /// What was done about what a customer reported, the first step first.
    fn feedback_steps(&self, feedback: &str) -> Result<Vec<FeedbackStep>, StoreFault>;
    fn used(&self, token: &Hash) -> Result<bool, StoreFault>;
    fn erased(&self, subject_hash: &Hash) -> Result<bool, StoreFault>;
    /// What stays of everyone erased, in the order in which they were.
    fn erasures(&self) -> Result<Vec<Erasure>, StoreFault>;
    /// When a customer was last erased, and what they had said no to then.
    fn last_erasure(&self, customer: &Hash) -> Result<Option<Erasure>, StoreFault>;
}

#[derive(Debug, Clone)]
pub struct SiteRow {
    pub id: String,
    pub name: String,
    pub origins: Vec<String>,
    pub secret_keys: Vec<(Hash, bool)>,
    /// Keys of the privacy team.
    pub desk_keys: Vec<Hash>,
    /// Algorithm and key.
    pub token_keys: Vec<(String, Vec<u8>)>,
    /// Endpoints in use.
    pub endpoints: Vec<Endpoint>,
    /// Hash, text word for word, when published; newest first.
    pub notices: Vec<(String, String, Timestamp)>,
}

#[derive(Debug, Clone)]
pub struct SubjectRow {
    pub row: i64,
    pub id: String,
    pub site: String,
    /// Keyed hash of the shop's customer id; none: anonymous.
    pub customer: Option<Hash>,
    pub closed: bool,
    pub created_at: Timestamp,
}

/// A decision as it came and what became of it; both as JSON.
#[derive(Debug, Clone)]
pub struct Received {
    /// 0 until it is kept.
    pub row: i64,
    pub id: String,
    /// The epoch of the store when it came.
    pub epoch: String,
    pub body: String,
    pub outcome: String,
    pub received_at: Timestamp,
}

/// A recommendation's document while it lives, and what stays of it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub row: i64,
    pub id: String,
    pub site: String,
    pub subject: Option<String>,
    pub digest: Hash,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    /// Made by our recommender behind the gate.
    pub reference: bool,
    /// Ids of the personal factors, by spaces.
    pub factors: String,
    /// Gone once expired.
    pub body: Option<String>,
}

/// A read that was refused; equal ones within a moment are one line with their count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub row: i64,
    pub site: String,
    /// `sub_…`, or none where the shop named a person who is not known.
    pub subject: Option<String>,
    pub purpose: String,
    pub source: String,
    pub reason: String,
    pub count: u64,
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Feedback {
    pub row: i64,
    pub id: String,
    pub subject: Option<String>,
    pub recommendation: String,
    pub item: Option<String>,
    pub kind: String,
    pub text: Option<String>,
    pub state: String,
    pub at: Timestamp,
}

/// Where an imported decision came from, in the shop's words.
#[derive(Debug, Clone)]
pub struct Import {
    pub decision: String,
    pub channel: Option<String>,
    pub evidence: Option<String>,
}

/// The line that stays of someone erased: keyed hashes, and what they had said no to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub site: String,
    pub subject: Hash,
    pub customer: Option<Hash>,
    pub denied: Vec<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct FeedbackStep {
    pub state: String,
    pub who: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Reveal {
    pub row: i64,
    pub subject: String,
    pub who: String,
    pub what: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub subjects: u64,
    pub decisions: u64,
    pub refusals: u64,
    pub recommendations: u64,
    pub feedback: u64,
    pub erased: u64,
}
