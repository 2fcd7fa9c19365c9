//! Who listens: browsers to one person's choices, the desk to all that happens.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{broadcast, watch};

pub struct Live {
    people: Mutex<HashMap<String, watch::Sender<u64>>>,
    desk: broadcast::Sender<Happened>,
}

/// What the desk hears of; it then reads what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub site: String,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Decided,
    Refused,
    Served,
    Feedback,
    Revealed,
    Erased,
    /// An endpoint did not take a message.
    Undelivered,
}

impl Default for Live {
    fn default() -> Self {
        Live { people: Mutex::default(), desk: broadcast::channel(1_024).0 }
    }
}

impl Live {
    /// Told whenever the subject's choices move; none where `most` listen already.
    pub fn listen(&self, subject: &str, most: usize) -> Option<watch::Receiver<u64>> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.retain(|_, sender| sender.receiver_count() > 0);
        let sender = people.entry(subject.to_owned()).or_insert_with(|| watch::channel(0).0);
        (sender.receiver_count() < most).then(|| sender.subscribe())
    }

    pub fn tell(&self, subject: &str) {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = people.get(subject) {
            sender.send_modify(|count| *count += 1);
        }
    }

    /// Terms changed, or another program imported or erased: it may concern anybody.
    pub fn tell_all(&self) {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.values().for_each(|sender| sender.send_modify(|count| *count += 1));
    }

    pub fn listeners(&self) -> usize {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).values().map(watch::Sender::receiver_count).sum()
    }

    pub fn desk(&self) -> broadcast::Receiver<Happened> {
        self.desk.subscribe()
    }

    pub fn happened(&self, what: Happened) {
        // Nobody at the desk: nobody to tell.
        let _ = self.desk.send(what);
    }
}
