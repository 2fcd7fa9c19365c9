//! A folder whose file-system calls are counted, one of which fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::call::{Asked, Call, Failure};
use crate::kept::Kept;

/// Every disk that is in use.
static DISKS: Mutex<Vec<Weak<Disk>>> = Mutex::new(Vec::new());

pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Which call fails, from 0, and how.
    plan: Option<(usize, Failure)>,
    asked: Vec<Asked>,
    struck: Option<Asked>,
    files: BTreeMap<PathBuf, Kept>,
}

/// What is left for the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The process was killed: all it wrote is there.
    ByKill,
    /// The power failed: what was synced is there, and nothing else.
    ByPowerCut,
    /// The power failed while the disk was writing: of the rest some sectors are there, as the seed says.
    Torn(u64),
}

impl Disk {
    /// The disk of a folder that is there.
    pub fn at(folder: &Path) -> Arc<Disk> {
        crate::vfs::install();
        let folder = folder.canonicalize().expect("the folder is there");
        let disk = Arc::new(Disk { folder, state: Mutex::default() });
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.retain(|known| known.strong_count() > 0);
        disks.push(Arc::downgrade(&disk));
        disk
    }

    pub(crate) fn of(path: &Path) -> Option<Arc<Disk>> {
        let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.iter().filter_map(Weak::upgrade).find(|disk| path.starts_with(&disk.folder))
    }

    /// The n-th call, counted from 0, will fail once.
    pub fn fail(&self, n: usize, failure: Failure) {
        self.state().plan = Some((n, failure));
    }

    /// Every call so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// The call that failed, if it came.
    pub fn struck(&self) -> Option<Asked> {
        self.state().struck.clone()
    }

    /// Writes into another folder what the next start would find in this one.
    pub fn leave(&self, left: Left, folder: &Path) {
        let state = self.state();
        let mut chance = match left {
            Left::Torn(seed) => seed,
            _ => 0,
        };
        for (path, file) in &state.files {
            let bytes = match left {
                Left::ByKill => fs::read(path).ok(),
                Left::ByPowerCut => file.durable().map(<[u8]>::to_vec),
                Left::Torn(_) => file.torn(|| toss(&mut chance)),
            };
            if let (Some(bytes), Some(name)) = (bytes, path.file_name()) {
                fs::write(folder.join(name), bytes).expect("the other folder takes it");
            }
        }
    }

    /// Counts the call; how it fails, if it is its turn.
    pub(crate) fn ask(&self, call: Call, path: &Path) -> Option<Failure> {
        let mut state = self.state();
        let asked = Asked { call, file: path.file_name().unwrap_or_default().to_string_lossy().into_owned() };
        let turn = state.asked.len();
        let failure = state.plan.filter(|(n, _)| *n == turn).map(|(_, failure)| failure);
        if failure.is_some() {
            state.struck = Some(asked.clone());
        }
        state.asked.push(asked);
        failure
    }

    /// A file is opened: what it held before is on the disk.
    pub(crate) fn opened(&self, path: &Path, before: Option<Vec<u8>>) {
        let found = || before.map(Kept::found).unwrap_or_default();
        self.state().files.entry(path.to_owned()).or_insert_with(found).opened();
    }

    /// A file is gone; without a sync of its folder it comes back after a power cut.
    pub(crate) fn deleted(&self, path: &Path, synced: bool) {
        if let Some(file) = self.state().files.get_mut(path) {
            file.deleted();
        }
        if synced {
            self.folder_synced();
        }
    }

    /// Which names there are is on the disk.
    pub(crate) fn folder_synced(&self) {
        self.state().files.retain(|_, file| file.stays());
    }

    pub(crate) fn change<T>(&self, path: &Path, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(self.state().files.entry(path.to_owned()).or_default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn toss(state: &mut u64) -> bool {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) & 1 == 1
}
