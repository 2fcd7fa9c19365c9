//! What the service asks of the file system without SQLite, over the same disk.

use std::fs::{self, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use candor_disk::{Call, Disk, Failure};
use candor_service::files::{Files, Lock, System};

/// Asks the disk of the folder, then the system. Folders without a disk are the system's.
#[derive(Debug)]
pub struct OverDisk {
    /// Whether a file can have two names; not on every file system.
    pub links: bool,
}

/// Does what the disk lets be done, and remembers it there.
fn done<T>(call: Call, path: &Path, work: impl FnOnce() -> Result<T>, then: impl FnOnce(&Disk)) -> Result<T> {
    let Some(disk) = Disk::of(path) else { return work() };
    match disk.ask(call, path) {
        None => work().inspect(|_| then(&disk)),
        Some(Failure::Done) => {
            work().inspect(|_| then(&disk))?;
            Err(broken())
        }
        Some(_) => Err(broken()),
    }
}

/// As [`done`], where half of it may be written.
fn half_done(call: Call, path: &Path, bytes: &[u8], work: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
    let Some(disk) = Disk::of(path) else { return work(bytes) };
    let (bytes, fault) = match disk.ask(call, path) {
        None => (bytes, None),
        Some(Failure::Half) => (&bytes[..bytes.len() / 2], Some(broken())),
        Some(Failure::Full) => (&bytes[..bytes.len() / 2], Some(ErrorKind::StorageFull.into())),
        Some(_) => return Err(broken()),
    };
    work(bytes)?;
    disk.written(path, bytes);
    fault.map_or(Ok(()), Err)
}

fn broken() -> Error {
    Error::other("the disk failed")
}

impl Files for OverDisk {
    fn exists(&self, path: &Path) -> Result<bool> {
        done(Call::Access, path, || System.exists(path), |_| {})
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        done(Call::Read, path, || System.read(path), |_| {})
    }

    fn make_folder(&self, path: &Path) -> Result<()> {
        done(Call::MakeFolder, path, || System.make_folder(path), |disk| disk.made_folder(path))
    }

    fn create(&self, path: &Path) -> Result<()> {
        done(Call::Open, path, || System.create(path), |disk| disk.made(path))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        half_done(Call::Write, path, bytes, |bytes| System.write(path, bytes))
    }

    fn sync(&self, path: &Path) -> Result<()> {
        if path.is_dir() {
            return done(Call::SyncFolder, path, || System.sync(path), |disk| disk.folder_synced(path));
        }
        let Some(disk) = Disk::of(path) else { return System.sync(path) };
        let file = disk.opened(path);
        let failure = disk.ask(Call::Sync, path);
        match failure {
            None | Some(Failure::Done) => disk.change(file, |kept| kept.synced()),
            Some(Failure::Killed) => {}
            Some(_) => disk.change(file, |kept| kept.forget()),
        }
        if failure == Some(Failure::Lost) {
            fs::write(path, disk.change(file, |kept| kept.durable().to_vec()))?;
        }
        failure.map_or(Ok(()), |_| Err(broken()))
    }

    fn lock(&self, path: &Path, alone: bool) -> std::result::Result<Lock, TryLockError> {
        let Some(disk) = Disk::of(path) else { return System.lock(path, alone) };
        match disk.ask(Call::Lock, path) {
            None => System.lock(path, alone).inspect(|_| disk.made(path)),
            Some(Failure::Busy) => Err(TryLockError::WouldBlock),
            Some(_) => Err(TryLockError::Error(broken())),
        }
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        half_done(Call::Copy, to, &fs::read(from)?, |bytes| {
            // The system empties the file first and reads then: onto another name of itself nothing is copied.
            fs::write(to, [])?;
            fs::write(to, if fs::metadata(from)?.len() == 0 { &[] } else { bytes })
        })
    }

    fn link(&self, from: &Path, to: &Path) -> Result<()> {
        if !self.links {
            return Err(ErrorKind::Unsupported.into());
        }
        done(Call::Link, to, || System.link(from, to), |disk| disk.linked(from, to))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        done(Call::Rename, to, || System.rename(from, to), |disk| disk.renamed(from, to))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        done(Call::Delete, path, || System.remove(path), |disk| disk.removed(path))
    }
}
