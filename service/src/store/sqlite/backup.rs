//! A whole store as one file: copied while in use, judged before it is trusted, put in place.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::View;
use crate::store::reads::Erasure;
use crate::store::{Reads, StoreFault, schema};

/// Copies the store into a new file of its own, also while a service uses it. What was deleted is
/// not in the copy. It is on disk when this returns.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreFault> {
    // Made first, so that nobody else can read it even for a moment.
    private(to).map_err(|fault| StoreFault::Io(to.to_owned(), fault.to_string()))?;
    let copied = || -> Result<(), StoreFault> {
        let db = read_only(from)?;
        let target = to.to_str().ok_or_else(|| StoreFault::Io(to.to_owned(), "the name is not UTF-8".into()))?;
        db.execute("VACUUM INTO ?1", [target]).map_err(|fault| StoreFault::from_sqlite(to, fault))?;
        sync(to)
    };
    copied().inspect_err(|_| {
        let _ = fs::remove_file(to);
    })
}

/// Whether the file is a whole store that this program understands.
pub fn judge(path: &Path) -> Result<(), StoreFault> {
    let fault = |fault| StoreFault::from_sqlite(path, fault);
    let corrupt = |words: String| Err(StoreFault::Corrupt(path.to_owned(), words));
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fault)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fault)?;
    if version > schema::VERSION {
        return Err(StoreFault::Newer(path.to_owned()));
    }
    if version < 1 {
        return corrupt("it holds no store".into());
    }
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(fault)?;
    if verdict != "ok" {
        return Err(StoreFault::from_check(path, verdict));
    }
    let loose: i64 =
        db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).map_err(fault)?;
    if loose > 0 {
        return corrupt(format!("{loose} rows belong to nothing"));
    }
    View { db: &db, path }.epoch().map(drop)
}

/// The lines that stay of everyone erased from a store.
pub fn erasures(path: &Path) -> Result<Vec<Erasure>, StoreFault> {
    let db = read_only(path)?;
    View { db: &db, path }.erasures()
}

/// Everything of a store in its one file, so that the file alone can be moved.
pub fn gather(path: &Path) -> Result<(), StoreFault> {
    let fault = |fault| StoreFault::from_sqlite(path, fault);
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fault)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fault)?;
    db.close().map_err(|(_, why)| fault(why))?;
    sync(path)
}

/// Held by all who use the store.
pub(super) fn lock_shared(path: &Path) -> Result<File, StoreFault> {
    lock(path, |file| file.try_lock_shared())
}

/// Held by one who replaces it; refused while anyone uses it.
pub fn lock_alone(path: &Path) -> Result<File, StoreFault> {
    lock(path, |file| file.try_lock())
}

fn lock(path: &Path, take: impl Fn(&File) -> Result<(), TryLockError>) -> Result<File, StoreFault> {
    let name = path.with_extension("lock");
    let io = |fault: std::io::Error| StoreFault::Io(name.clone(), fault.to_string());
    let file = OpenOptions::new().create(true).append(true).open(&name).map_err(io)?;
    match take(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreFault::Locked(path.to_owned())),
        Err(TryLockError::Error(fault)) => Err(io(fault)),
    }
}

fn read_only(path: &Path) -> Result<Connection, StoreFault> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|fault| StoreFault::from_sqlite(path, fault))
}

/// The file's bytes, and its name in its folder, are on disk.
pub fn sync(path: &Path) -> Result<(), StoreFault> {
    let io = |fault: std::io::Error| StoreFault::Io(path.to_owned(), fault.to_string());
    File::open(path).and_then(|file| file.sync_all()).map_err(io)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
