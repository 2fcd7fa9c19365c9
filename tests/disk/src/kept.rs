//! One file as it lies on the disk, apart from what the system only holds in memory.

/// Disks write whole sectors; a write of several can be torn between them.
const SECTOR: u64 = 512;

#[derive(Debug, Default, Clone)]
pub struct Kept {
    /// What was synced.
    durable: Vec<u8>,
    /// What was done since, in order.
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: u64, bytes: Vec<u8> },
    Truncate(u64),
}

impl Kept {
    /// A file that was there before anyone looked.
    pub fn found(bytes: Vec<u8>) -> Self {
        Kept { durable: bytes, pending: Vec::new() }
    }

    pub fn wrote(&mut self, at: u64, bytes: &[u8]) {
        self.pending.push(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub fn truncated(&mut self, size: u64) {
        self.pending.push(Change::Truncate(size));
    }

    pub fn synced(&mut self) {
        self.pending.drain(..).for_each(|change| change.apply(&mut self.durable));
    }

    /// What was done since the last sync never reaches the disk.
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    pub fn durable(&self) -> &[u8] {
        &self.durable
    }

    /// What is on the disk where of the sectors not synced some were written, as `some` says.
    pub fn torn(&self, mut some: impl FnMut() -> bool) -> Vec<u8> {
        let mut bytes = self.durable.clone();
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
        bytes
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
        assert_eq!(file.durable(), b"");
        file.synced();
        file.wrote(0, b"bb");
        assert_eq!(file.durable(), b"aaaa");
        file.forget();
        file.wrote(3, b"cc");
        file.synced();
        assert_eq!(file.durable(), b"aaacc");
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
        assert!(torn[256..512].iter().all(|byte| *byte == 7) && torn[512..].iter().all(|byte| *byte == 0));
    }
}
