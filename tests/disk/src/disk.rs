//! A folder whose file-system calls are counted, one of which fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::call::{Asked, Call, Failure};
use crate::kept::Kept;
use crate::names::Names;

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
    /// Also those that have no name any more.
    files: Vec<Kept>,
    names: Names,
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
        let mut state = State::default();
        state.find(&folder);
        let disk = Arc::new(Disk { folder, state: Mutex::new(state) });
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.retain(|known| known.strong_count() > 0);
        disks.push(Arc::downgrade(&disk));
        disk
    }

    pub fn of(path: &Path) -> Option<Arc<Disk>> {
        let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.iter().filter_map(Weak::upgrade).find(|disk| path.starts_with(&disk.folder))
    }

    /// The n-th call, counted from 0, will fail once.
    pub fn fail(&self, n: usize, failure: Failure) {
        self.state().plan = Some((n, failure));
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        self.state().plan = None;
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
        let mut seed = match left {
            Left::Torn(seed) => seed,
            _ => 0,
        };
        let mut some = || left != Left::ByPowerCut && toss(&mut seed);
        let names = match left {
            Left::ByKill => state.names.now().clone(),
            _ => state.names.left(&mut some),
        };
        // A folder comes before what lies in it.
        for (path, file) in names {
            let Ok(within) = path.strip_prefix(&self.folder) else { continue };
            let there = folder.join(within);
            let Some(file) = file else {
                fs::create_dir(there).expect("the other folder takes it");
                continue;
            };
            let bytes = match left {
                Left::ByKill => fs::read(&path).expect("what has a name is there"),
                Left::ByPowerCut => state.files[file].durable().to_vec(),
                Left::Torn(_) => state.files[file].torn(&mut some),
            };
            fs::write(there, bytes).expect("the other folder takes it");
        }
    }

    /// Counts the call; how it fails, if it is its turn.
    pub fn ask(&self, call: Call, path: &Path) -> Option<Failure> {
        let mut state = self.state();
        let within = path.strip_prefix(&self.folder).unwrap_or(path);
        let asked = Asked { call, file: within.to_string_lossy().into_owned() };
        let turn = state.asked.len();
        let fails = |(n, failure): &(usize, Failure)| *n == turn || (*n < turn && *failure == Failure::Killed);
        let failure = state.plan.filter(fails).map(|(_, failure)| failure);
        if failure.is_some() && state.struck.is_none() {
            state.struck = Some(asked.clone());
        }
        state.asked.push(asked);
        failure
    }

    /// A file is there, empty where it was not before.
    pub fn made(&self, path: &Path) {
        self.opened(path);
    }

    /// The file of this name, which is made where there is none.
    pub fn opened(&self, path: &Path) -> usize {
        let mut state = self.state();
        if let Some(file) = state.names.file(path) {
            return file;
        }
        let file = state.add(Kept::default());
        state.names.set(path, Some(file));
        file
    }

    /// A file has its bytes, none of them on the disk yet, and the name may be new.
    pub fn written(&self, path: &Path, bytes: &[u8]) {
        let file = self.opened(path);
        self.change(file, |kept| {
            kept.truncated(0);
            kept.wrote(0, bytes);
        });
    }

    pub fn made_folder(&self, path: &Path) {
        self.state().names.set(path, None);
    }

    pub fn linked(&self, from: &Path, to: &Path) {
        let mut state = self.state();
        let file = state.names.file(from);
        state.names.set(to, file);
    }

    pub fn renamed(&self, from: &Path, to: &Path) {
        self.state().names.rename(from, to);
    }

    /// A name is gone; without a sync of its folder it comes back after a power cut.
    pub fn removed(&self, path: &Path) {
        self.state().names.remove(path);
    }

    /// Which names a folder has is on the disk.
    pub fn folder_synced(&self, folder: &Path) {
        self.state().names.synced(folder);
    }

    pub fn change<T>(&self, file: usize, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.state().files[file])
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, file: Kept) -> usize {
        self.files.push(file);
        self.files.len() - 1
    }

    /// What is in a folder already is on the disk.
    fn find(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                self.names.found(&path, None);
                self.find(&path);
            } else {
                let file = self.add(Kept::found(fs::read(&path).expect("the file can be read")));
                self.names.found(&path, Some(file));
            }
        }
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
