//! Requests on their way, and what became of them.

use std::collections::VecDeque;

use axum::body::Body;

use crate::service::Answer;

/// A request that a page has sent.
#[derive(Debug)]
pub struct Flight {
    /// As the page knows it.
    pub id: u32,
    pub machine: usize,
    /// The page that waits for the answer, if it still does.
    pub page: Option<u32>,
    /// After `/v1/`.
    pub path: String,
    /// Empty where it only asks.
    pub body: String,
    pub answer: Option<Answer>,
}

/// On which the service tells a page of whatever moves.
pub struct Line {
    pub id: u32,
    pub machine: usize,
    pub page: u32,
    pub subject: String,
    pub stream: Body,
    /// The page knows that it is there.
    pub open: bool,
    /// Said and not heard yet; nothing: it ends.
    pub said: VecDeque<Option<String>>,
}

/// What the other tabs of a browser make known to a page.
#[derive(Debug, Clone)]
pub enum Heard {
    /// On the channel.
    Message(String),
    /// In storage.
    Stored { key: String, value: Option<String> },
}

impl Heard {
    pub fn text(&self) -> Option<&str> {
        match self {
            Heard::Message(text) => Some(text),
            Heard::Stored { value, .. } => value.as_deref(),
        }
    }
}
