//! A whole store as one file: copied while in use, judged before it is trusted, put in place.

use std::fs::TryLockError;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{Options, View};
use crate::files::{self, Lock};
use crate::store::post::Known;
use crate::store::reads::{Erasure, SiteRow};
use crate::store::{Reads, StoreFault, schema};

/// Copies the store into a new file of its own, also while a service uses it. What was deleted is
/// not in the copy. Under its name it is whole, judged and on disk, or not there.
pub fn copy(store: &Options, to: &Path) -> Result<(), StoreFault> {
    // The file is there before SQLite writes it, so that nobody else can read it even for a moment.
    files::put(store.files, to, |part| {
        let db = read_only(&store.path)?;
        let target = part.to_str().ok_or_else(|| StoreFault::Io(to.to_owned(), "the name is not UTF-8".into()))?;
        db.execute("VACUUM INTO ?1", [target]).map_err(|fault| StoreFault::from_sqlite(to, fault))?;
        judge(part)
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

/// A store's sites with their keys and endpoints; it may be of an earlier version.
pub fn sites(path: &Path) -> Result<Vec<SiteRow>, StoreFault> {
    let db = read_only(path)?;
    let view = View { db: &db, path };
    if with_webhooks(&view)? { view.sites() } else { view.sites_alone() }
}

/// A store's messages of one kind; it may be of an earlier version.
pub fn messages(path: &Path, kind: &str) -> Result<Vec<Known>, StoreFault> {
    let db = read_only(path)?;
    let view = View { db: &db, path };
    if with_webhooks(&view)? { view.messages_of(kind) } else { Ok(Vec::new()) }
}

fn with_webhooks(view: &View<'_>) -> Result<bool, StoreFault> {
    let version = view.db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    version.map(|version| version >= schema::WITH_WEBHOOKS).map_err(|fault| view.fault(fault))
}

/// Everything of a store in its one file, so that the file alone can be moved.
pub fn gather(store: &Options) -> Result<(), StoreFault> {
    let path = &store.path;
    let fault = |fault| StoreFault::from_sqlite(path, fault);
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fault)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fault)?;
    db.close().map_err(|(_, why)| fault(why))?;
    store.files.sync(path).map_err(|fault| StoreFault::from_io(path, fault))
}

/// Held by all who use the store.
pub fn lock_shared(store: &Options) -> Result<Lock, StoreFault> {
    lock(store, false)
}

/// Held by one who replaces it, or makes its secret; refused while anyone uses it.
pub fn lock_alone(store: &Options) -> Result<Lock, StoreFault> {
    lock(store, true)
}

/// Held by the one service that answers from the store: it knows only its own decisions in time.
pub fn lock_serving(store: &Options) -> Result<Lock, StoreFault> {
    lock_as(store, "serving", true)
}

fn lock(store: &Options, alone: bool) -> Result<Lock, StoreFault> {
    lock_as(store, "lock", alone)
}

fn lock_as(store: &Options, extension: &str, alone: bool) -> Result<Lock, StoreFault> {
    let name = store.path.with_extension(extension);
    store.files.lock(&name, alone).map_err(|refused| match refused {
        TryLockError::WouldBlock => StoreFault::Locked(store.path.clone()),
        TryLockError::Error(fault) => StoreFault::from_io(&name, fault),
    })
}

fn read_only(path: &Path) -> Result<Connection, StoreFault> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|fault| StoreFault::from_sqlite(path, fault))
}
