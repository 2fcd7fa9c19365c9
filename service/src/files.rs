//! The file system, as far as it is not SQLite that asks it: the folder, the lock, the secret, backups, and what a
//! restore puts in place. Each method is one step that can
//! fail by itself.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::store::StoreFault;

pub trait Files: Debug + Sync {
    fn exists(&self, path: &Path) -> io::Result<bool>;
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// A new file that only its owner may read.
    fn create(&self, path: &Path) -> io::Result<()>;
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// What a file holds, or which names a folder does, is on disk.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Held until it is dropped, by one alone or by any who share it. Makes the file.
    fn lock(&self, path: &Path, alone: bool) -> Result<Lock, TryLockError>;
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// A second name for a file.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// A file, or a folder that holds nothing.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A file that is locked.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // A process that is just being started holds the file open as well until it has begun: closing it here
        // would not be the end of the lock.
        let _ = self.0.unlock();
    }
}

/// The system's.
#[derive(Debug)]
pub struct System;

impl Files for System {
    fn exists(&self, path: &Path) -> io::Result<bool> {
        path.try_exists()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(drop)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.write_all(bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn lock(&self, path: &Path, alone: bool) -> Result<Lock, TryLockError> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(TryLockError::Error)?;
        if alone { file.try_lock() } else { file.try_lock_shared() }?;
        Ok(Lock(file))
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::copy(from, to).map(drop)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }
    }
}

/// The folder and those above it; the names of those that were not there yet are on disk.
pub fn make_folders(files: &dyn Files, path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || files.exists(path)? {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        make_folders(files, above)?;
    }
    match files.make_folder(path) {
        Err(made) if made.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Who finds the folder there later takes its name to be on disk.
        made => made.and_then(|()| files.sync(&folder_of(path))).inspect_err(|_| drop(files.remove(path))),
    }
}

/// Puts a whole file under a name that is free, on disk, or none: `make` fills a new one beside it, which takes the
/// name once it is whole.
pub fn put(
    files: &dyn Files,
    path: &Path,
    make: impl FnOnce(&Path) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    let fault = |fault| StoreFault::from_io(path, fault);
    if files.exists(path).map_err(fault)? {
        return Err(fault(ErrorKind::AlreadyExists.into()));
    }
    let part = with_end(path, ".part");
    let placed = || {
        // Left by one that was killed.
        clear(files, &part).and_then(|()| files.create(&part)).map_err(fault)?;
        make(&part)?;
        let named = files.sync(&part).and_then(|()| files.rename(&part, path));
        named.and_then(|()| files.sync(&folder_of(path))).map_err(fault)
    };
    placed().inspect_err(|_| [part.as_path(), path].iter().for_each(|name| drop(files.remove(name))))
}

/// It is gone, or never was.
pub fn clear(files: &dyn Files, path: &Path) -> io::Result<()> {
    match files.remove(path) {
        Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

pub fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_with_its_holder_though_a_process_that_was_started_meanwhile_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = System.lock(&path, true).unwrap();
        let inherited = held.0.try_clone().unwrap();
        assert!(matches!(System.lock(&path, false), Err(TryLockError::WouldBlock)));
        drop(held);
        System.lock(&path, false).unwrap();
        drop(inherited);
    }
}
