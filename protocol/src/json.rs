//! Reading from bytes, for the service: the size first, then the syntax, then the document.

use serde_json::Value;

use crate::form::Form;
use crate::reader::{Need, Reader};
use crate::{Code, Decision, Explanation, Fault, Node, Notice, limits};

impl Explanation {
    /// Reads a document of at most [`limits::DOCUMENT_BYTES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Fault> {
        Explanation::read(&parse(bytes, limits::DOCUMENT_BYTES)?)
    }
}

impl Notice {
    /// Reads a notice of at most [`limits::NOTICE_BYTES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Fault> {
        Notice::read(&parse(bytes, limits::NOTICE_BYTES)?)
    }
}

impl Decision {
    /// Reads a decision of at most [`limits::DECISION_BYTES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Fault> {
        Decision::read(&parse(bytes, limits::DECISION_BYTES)?)
    }
}

/// Parses a body of at most `max` bytes into one JSON object.
///
/// Where it is no JSON the fault's place names line and column, as in `line 3, column 17`.
pub fn parse(bytes: &[u8], max: usize) -> Result<Value, Fault> {
    if bytes.len() > max {
        return Err(Fault::new(Code::TooLarge, ""));
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Fault::new(Code::NotJson, format!("line {}, column {}", error.line(), error.column())))?;
    if value.is_object() { Ok(value) } else { Err(Fault::new(Code::WrongType, "")) }
}

/// `POST /v1/decisions`: what a page sends.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionsRequest {
    /// The site's publishable key.
    pub site: String,
    /// The subject's, as the session gave it.
    pub capability: String,
    /// Each read by itself, in order: one that is malformed does not hold back the others.
    pub decisions: Vec<Result<Decision, Misread>>,
}

/// A decision of a request that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// Its id, if that much could be read.
    pub id: Option<String>,
    /// The place is in the request.
    pub fault: Fault,
}

impl DecisionsRequest {
    /// Reads a request of at most [`limits::REQUEST_BYTES`] with decisions of at
    /// most [`limits::DECISION_BYTES`] each, as they are written without spaces.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Fault> {
        let body = parse(bytes, limits::REQUEST_BYTES)?;
        let mut at = Reader::new(&body, String::new());
        let request = DecisionsRequest {
            site: at.text("site", Form::Id),
            capability: at.text("capability", Form::Token),
            decisions: at.list("decisions", Need::Must, limits::REQUEST_DECISIONS, |at| read_one(at.apart())),
        };
        at.end(request)
    }
}

fn read_one(mut at: Reader<&Value>) -> Result<Decision, Misread> {
    let node = *at.node();
    if node.to_string().len() > limits::DECISION_BYTES {
        at.fault(Code::TooLarge);
    }
    let decision = Decision::read_here(&mut at);
    at.end(decision).map_err(|fault| Misread { id: node.get("id").and_then(|id| id.text()), fault })
}

/// What the other calls of a page hold, each call its part:
/// `/v1/session`, `/v1/recommendations/{id}`, `/v1/choices`, `/v1/history`,
/// `/v1/live`, `/v1/export`, `/v1/erase`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// The site's publishable key.
    pub site: String,
    /// The subject's, as the session gave it.
    pub capability: Option<String>,
    /// The id the device gave itself.
    pub device: Option<String>,
    /// The shop's token of who is signed in.
    pub token: Option<String>,
    /// The epoch and rev of the choices the page has.
    pub epoch: Option<String>,
    /// The rev that goes with `epoch`.
    pub rev: Option<u64>,
}

impl PageRequest {
    /// Reads a request of at most [`limits::REQUEST_BYTES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Fault> {
        let body = parse(bytes, limits::REQUEST_BYTES)?;
        let mut at = Reader::new(&body, String::new());
        let request = PageRequest {
            site: at.text("site", Form::Id),
            capability: at.maybe_text("capability", Form::Token),
            device: at.maybe_text("device", Form::Id),
            token: at.maybe_text("token", Form::Token),
            epoch: at.maybe_text("epoch", Form::Id),
            rev: at.has("rev", Need::May).then(|| at.count("rev")),
        };
        at.end(request)
    }
}

/// `POST /v1/feedback`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackRequest {
    /// The site's publishable key.
    pub site: String,
    /// The subject's, if there is one.
    pub capability: Option<String>,
    /// Its id.
    pub recommendation: String,
    /// None: the list.
    pub item: Option<String>,
    /// What the person says.
    pub kind: FeedbackKind,
    /// What the person wrote, at most [`limits::TEXT_CHARS`].
    pub text: Option<String>,
}

crate::words::word_enum! {
    /// What a person says of a recommendation.
    FeedbackKind {
        NotForMe = "not-for-me",
        WrongReason = "wrong-reason",
        WrongData = "wrong-data",
        /// A person should look at it.
        AskPerson = "ask-person",
    }
}

impl FeedbackRequest {
    /// Reads a request of at most [`limits::REQUEST_BYTES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Fault> {
        let body = parse(bytes, limits::REQUEST_BYTES)?;
        let mut at = Reader::new(&body, String::new());
        let request = FeedbackRequest {
            recommendation: at.text("recommendation", Form::Recommendation),
            site: at.text("site", Form::Id),
            capability: at.maybe_text("capability", Form::Token),
            item: at.maybe_text("item", Form::Id),
            kind: FeedbackKind::nth(at.word("kind", Need::Must, FeedbackKind::NAMES)),
            text: at.maybe_text("text", Form::Sentence),
        };
        at.end(request)
    }
}
