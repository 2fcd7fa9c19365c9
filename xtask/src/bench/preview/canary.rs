//! Values planted where nobody may look, and the search for them.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bench::recommender::Seeded;

/// Looks at everything that comes out of the service and the recommender.
pub struct Watch {
    forbidden: String,
    allowed: String,
    found: AtomicUsize,
    controls: AtomicUsize,
    answers: AtomicUsize,
    pages: AtomicUsize,
}

/// Items planted in the data: in a source that is not allowed, and in one that
/// is. The second shows that the search finds what is there.
pub fn item(source: &str, allowed: bool, seed: u64) -> String {
    format!("{}-{source}", word(allowed, seed))
}

fn word(allowed: bool, seed: u64) -> String {
    let mut random = Seeded(seed ^ if allowed { 0xa110 } else { 0xf0b1 });
    format!("{}{:012x}", if allowed { "marker" } else { "canary" }, random.next() >> 16)
}

impl Watch {
    pub fn new(seed: u64) -> Self {
        let none = || AtomicUsize::new(0);
        Self {
            forbidden: word(false, seed),
            allowed: word(true, seed),
            found: none(),
            controls: none(),
            answers: none(),
            pages: none(),
        }
    }

    /// A document as the recommender made it.
    pub fn document(&self, text: &str) {
        self.search(text.as_bytes(), "a document");
        if text.contains(&self.allowed) {
            self.controls.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn answer(&self, text: &str) {
        self.search(text.as_bytes(), "an answer");
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    pub fn page(&self, text: &str) {
        self.search(text.as_bytes(), "a page");
        self.pages.fetch_add(1, Ordering::Relaxed);
    }

    pub fn file(&self, bytes: &[u8], name: &str) {
        self.search(bytes, name);
    }

    pub fn found(&self) -> usize {
        self.found.load(Ordering::Relaxed)
    }

    pub fn controls(&self) -> usize {
        self.controls.load(Ordering::Relaxed)
    }

    pub fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    pub fn pages(&self) -> usize {
        self.pages.load(Ordering::Relaxed)
    }

    fn search(&self, text: &[u8], place: &str) {
        let needle = self.forbidden.as_bytes();
        let hits = text.windows(needle.len()).filter(|at| at.first() == needle.first() && *at == needle).count();
        if hits > 0 {
            eprintln!("a canary was found in {place}");
            self.found.fetch_add(hits, Ordering::Relaxed);
        }
    }
}
