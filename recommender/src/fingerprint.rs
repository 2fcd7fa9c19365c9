use sha2::{Digest, Sha256};

/// An opaque hash of what went into something. Every part is fed with its
/// length, so that no two sequences of parts look alike.
#[derive(Clone)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    pub fn of(kind: &str) -> Self {
        let mut new = Fingerprint(Sha256::new());
        new.text(kind);
        new
    }

    pub fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    pub fn number(&mut self, number: f64) {
        self.0.update(number.to_bits().to_le_bytes());
    }

    pub fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_le_bytes());
    }

    /// A set: the order of its members does not matter.
    pub fn set<'a>(&mut self, members: impl IntoIterator<Item = &'a str>) {
        let mut members: Vec<&str> = members.into_iter().collect();
        members.sort_unstable();
        members.dedup();
        self.count(members.len());
        members.iter().for_each(|member| self.text(member));
    }

    pub fn hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
