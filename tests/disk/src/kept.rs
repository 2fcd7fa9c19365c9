//! One file as it lies on the disk, apart from what the system only holds in memory.

/// Disks write whole sectors; a write of several can be torn between them.
const SECTOR: u64 = 512;

#[derive(Debug, Default, Clone)]
pub struct Kept {
    /// What was synced; none: the file itself was not.
    durable: Option<Vec<u8>>,
    /// What was done since, in order.
    pending: Vec<Change>,
    /// Whether there is a file of this name, and whether its folder knows, where that was not synced.
    name: Name,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Name {
    #[default]
    Kept,
    /// Deleted: after a power cut the old file is back.
    Deleted,
    /// Deleted and made anew.
    Renewed,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: u64, bytes: Vec<u8> },
    Truncate(u64),
}

impl Kept {
    /// A file that was there before anyone looked.
    pub fn found(bytes: Vec<u8>) -> Self {
        Kept { durable: Some(bytes), ..Kept::default() }
    }

    pub fn wrote(&mut self, at: u64, bytes: &[u8]) {
        self.pending.push(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub fn truncated(&mut self, size: u64) {
        self.pending.push(Change::Truncate(size));
    }

    pub fn deleted(&mut self) {
        self.truncated(0);
        self.name = Name::Deleted;
    }

    pub fn opened(&mut self) {
        if self.name == Name::Deleted {
            self.name = Name::Renewed;
        }
    }

    /// Its folder was synced; whether there still is such a file.
    pub fn stays(&mut self) -> bool {
        match self.name {
            Name::Kept => true,
            Name::Deleted => false,
            Name::Renewed => {
                *self =
                    Kept { durable: Some(Vec::new()), pending: std::mem::take(&mut self.pending), name: Name::Kept };
                true
            }
        }
    }

    pub fn synced(&mut self) {
        let mut bytes = self.durable.take().unwrap_or_default();
        self.pending.drain(..).for_each(|change| change.apply(&mut bytes));
        self.durable = Some(bytes);
    }

    /// What was done since the last sync never reaches the disk.
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    pub fn durable(&self) -> Option<&[u8]> {
        self.durable.as_deref()
    }

    /// What is on the disk where of the sectors not synced some were written, as `some` says; none:
    /// no such file.
    pub fn torn(&self, mut some: impl FnMut() -> bool) -> Option<Vec<u8>> {
        let mut bytes = match &self.durable {
            Some(bytes) => bytes.clone(),
            None if self.pending.is_empty() || !some() => return None,
            None => Vec::new(),
        };
        for change in &self.pending {
            match change {
                Change::Truncate(_) if some() => change.clone().apply(&mut bytes),
                Change::Truncate(_) => {}
                Change::Write { at, bytes: written } => {
                    let (mut from, end) = (*at, at + written.len() as u64);
                    while from < end {
                        let to = ((from / SECTOR + 1) * SECTOR).min(end);
                        if some() {
                            let piece = &written[(from - at) as usize..(to - at) as usize];
                            Change::Write { at: from, bytes: piece.to_vec() }.apply(&mut bytes);
                        }
                        from = to;
                    }
                }
            }
        }
        Some(bytes)
    }
}

impl Change {
    fn apply(self, file: &mut Vec<u8>) {
        match self {
            Change::Truncate(size) => file.resize(size as usize, 0),
            Change::Write { at, bytes } => {
                let (at, end) = (at as usize, at as usize + bytes.len());
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[at..end].copy_from_slice(&bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_synced_survives_and_a_forgotten_write_never_comes_back() {
        let mut file = Kept::default();
        file.wrote(0, b"aaaa");
        assert_eq!(file.durable(), None);
        file.synced();
        file.wrote(0, b"bb");
        assert_eq!(file.durable(), Some(&b"aaaa"[..]));
        file.forget();
        file.wrote(3, b"cc");
        file.synced();
        assert_eq!(file.durable(), Some(&b"aaacc"[..]));
    }

    #[test]
    fn a_torn_write_is_torn_between_sectors() {
        let mut file = Kept::found(vec![0; 1_024]);
        file.wrote(256, &[7; 512]);
        let mut turn = false;
        let torn = file.torn(|| {
            turn = !turn;
            turn
        });
        let torn = torn.unwrap();
        assert!(torn[256..512].iter().all(|byte| *byte == 7) && torn[512..].iter().all(|byte| *byte == 0));
    }
}
