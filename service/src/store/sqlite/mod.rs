//! The store in one SQLite file: one connection writes, some read.

mod apply;
pub mod backup;
mod post;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use self::view::View;
use super::{Reads, Store, StoreFault, Tx, schema};
use crate::clock::{Chance, fresh_id};
use crate::files::{Files, Lock, System};

/// 3.51.3: before it, two connections could reset the write-ahead log at once and damage the file.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a settling waits for readers.
const SETTLING: Duration = Duration::from_millis(250);

/// Bytes of a page of a new file. A decision changes one page of its subject's in an index: the more people
/// decide, the fewer of them share one, and each is written out whole. Small pages are less to write.
const PAGE: i64 = 1_024;

/// Bytes to which the write-ahead log grows before it is moved into the file.
/// Decisions of many people touch as many pages; those that a page takes in the
/// meantime are written into the file once. A start after a crash reads the log.
const LOG: i64 = 64 << 20;

#[derive(Debug, Clone)]
pub struct Options {
    pub path: PathBuf,
    /// Connections that read.
    pub readers: usize,
    /// How long to wait for another program that holds the file.
    pub patience: Duration,
    /// Bounds the file, so that a test can fill the disk.
    pub max_pages: Option<u32>,
    /// What is asked of the file system beside SQLite.
    pub files: &'static dyn Files,
}

impl Options {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Options { path: path.into(), readers: 4, patience: Duration::from_secs(5), max_pages: None, files: &System }
    }
}

pub struct Sqlite {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Vec<Mutex<Connection>>,
    next: AtomicUsize,
    /// Nothing was settled yet, or the last settling was held up.
    blocked: AtomicBool,
    patience: Duration,
    /// Shared by all who use the file; `candor restore` wants it alone.
    _lock: Lock,
}

impl Sqlite {
    /// Opens the file, or makes it, and checks that it can be trusted.
    pub fn open(options: &Options, chance: &dyn Chance) -> Result<Self, StoreFault> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(StoreFault::Old(rusqlite::version().to_owned()));
        }
        let fault = |fault| StoreFault::from_sqlite(&options.path, fault);
        let lock = backup::lock_shared(options)?;
        let writer = Connection::open(&options.path).map_err(fault)?;
        let journal = prepare(&writer, options).map_err(fault)?;
        if journal != "wal" {
            return Err(StoreFault::Io(options.path.clone(), format!("its journal cannot be made a log: {journal}")));
        }
        migrate(&writer, options, chance)?;
        check(&writer, &options.path)?;
        if let Some(pages) = options.max_pages {
            writer.pragma_update(None, "max_page_count", pages).map_err(fault)?;
        }
        let readers = (0..options.readers.max(1))
            .map(|_| {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let reader = Connection::open_with_flags(&options.path, flags).map_err(fault)?;
                reader.busy_timeout(options.patience).map_err(fault)?;
                keep_statements(&reader).map_err(fault)?;
                Ok(Mutex::new(reader))
            })
            .collect::<Result<_, StoreFault>>()?;
        Ok(Sqlite {
            path: options.path.clone(),
            writer: Mutex::new(writer),
            readers,
            next: AtomicUsize::new(0),
            // What stopped before it was settled left no word of that.
            blocked: AtomicBool::new(true),
            patience: options.patience,
            _lock: lock,
        })
    }

    /// The program's SQLite, for `candor doctor` and the log.
    pub fn version() -> &'static str {
        rusqlite::version()
    }
}

impl Store for Sqlite {
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Tx) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        let fault = |fault| StoreFault::from_sqlite(&self.path, fault);
        let mut writer = held(&self.writer);
        let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
        work(&mut View { db: &tx, path: &self.path })?;
        tx.commit().map_err(fault)
    }

    fn look(&self, work: &mut dyn FnMut(&dyn Reads) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let free = (0..self.readers.len()).find_map(|i| {
            let reader = self.readers.get((start + i) % self.readers.len())?;
            reader.try_lock().ok()
        });
        let reader = match free {
            Some(reader) => reader,
            None => held(&self.readers[start % self.readers.len()]),
        };
        work(&View { db: &reader, path: &self.path })
    }

    fn unsettled(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    fn settle(&self) -> Result<(), StoreFault> {
        self.blocked.store(true, Ordering::Relaxed);
        let fault = |fault| StoreFault::from_sqlite(&self.path, fault);
        let writer = held(&self.writer);
        // Nobody who decides waits long for a reader that does not end.
        writer.busy_timeout(self.patience.min(SETTLING)).map_err(fault)?;
        let blocked = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        writer.busy_timeout(self.patience).map_err(fault)?;
        // A reader, such as a backup, holds the log: told in the first column, and no error of its own.
        if blocked.map_err(fault)? {
            return Err(StoreFault::Locked(self.path.clone()));
        }
        self.blocked.store(false, Ordering::Relaxed);
        Ok(())
    }
}

/// A connection whose user panicked is whole: its transaction was rolled back when it was dropped.
fn held(connection: &Mutex<Connection>) -> std::sync::MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A statement is prepared once. Without the planner's stability guarantee SQLite
/// prepares it again at each use where a `LIMIT` is bound
/// (<https://www.sqlite.org/queryplanner-ng.html#qpstab>).
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// The journal it has now.
fn prepare(writer: &Connection, options: &Options) -> rusqlite::Result<String> {
    writer.busy_timeout(options.patience)?;
    keep_statements(writer)?;
    writer.pragma_update(None, "page_size", PAGE)?;
    // Read to its end: the file is written after the answer, and where that fails SQLite goes on without a log.
    let mut set = writer.prepare("PRAGMA journal_mode = WAL")?;
    let journal = set.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<_, _>>()?;
    // NORMAL can lose commits that were acknowledged when the power fails.
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten; what is sorted is not written to other files.
    writer.pragma_update(None, "secure_delete", true)?;
    writer.pragma_update(None, "temp_store", "MEMORY")?;
    writer.pragma_update(None, "trusted_schema", false)?;
    // A file keeps the pages it was made with.
    let page: i64 = writer.pragma_query_value(None, "page_size", |row| row.get(0))?;
    writer.pragma_update(None, "wal_autocheckpoint", LOG / page.max(512))?;
    writer.pragma_update(None, "cache_size", -32_768)?;
    Ok(journal)
}

fn migrate(writer: &Connection, options: &Options, chance: &dyn Chance) -> Result<(), StoreFault> {
    let fault = |fault| StoreFault::from_sqlite(&options.path, fault);
    let version: i64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fault)?;
    if version > schema::VERSION {
        return Err(StoreFault::Newer(options.path.clone()));
    }
    if version == schema::VERSION {
        return Ok(());
    }
    let tables: i64 = writer.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fault)?;
    if version == 0 && tables > 0 {
        return Err(StoreFault::Corrupt(options.path.clone(), "it holds tables of another program".into()));
    }
    let done = usize::try_from(version).unwrap_or(schema::STEPS.len());
    let steps = schema::STEPS[done..].concat();
    let begin = match done {
        0 => {
            let epoch = fresh_id(chance, "e_");
            format!("INSERT INTO meta VALUES ('epoch', '{epoch}'), ('generation', 0);")
        }
        _ => String::new(),
    };
    let all = format!("BEGIN IMMEDIATE; {steps} {begin} PRAGMA user_version = {}; COMMIT;", schema::VERSION);
    let migrated = writer.execute_batch(&all).map_err(fault);
    if migrated.is_err() {
        // All steps or none.
        let _ = writer.execute_batch("ROLLBACK");
    }
    migrated
}

fn check(writer: &Connection, path: &Path) -> Result<(), StoreFault> {
    let fault = |fault| StoreFault::from_sqlite(path, fault);
    let verdict: String = writer.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fault)?;
    if verdict != "ok" {
        return Err(StoreFault::from_check(path, verdict));
    }
    Ok(())
}
