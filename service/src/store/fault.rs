use std::path::{Path, PathBuf};

/// Why the store could not do what it was asked, and in which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFault {
    /// No room on the disk.
    Full(PathBuf),
    /// Another program holds the database.
    Locked(PathBuf),
    /// The file is damaged, or is no database of ours.
    Corrupt(PathBuf, String),
    /// The file cannot be read or written.
    Io(PathBuf, String),
    /// SQLite older than the fix of the WAL-reset fault.
    Old(String),
    /// A newer Candor made this database.
    Newer(PathBuf),
    /// The subject was erased meanwhile.
    Gone,
    /// Something of this id is there already.
    Taken,
    /// Any other answer of the database.
    Other(PathBuf, String),
}

impl StoreFault {
    pub fn code(&self) -> &'static str {
        match self {
            StoreFault::Full(_) => "disk-full",
            StoreFault::Locked(_) => "database-locked",
            StoreFault::Corrupt(..) => "database-corrupt",
            StoreFault::Io(..) => "database-unreadable",
            StoreFault::Old(_) => "sqlite-too-old",
            StoreFault::Newer(_) => "database-newer",
            StoreFault::Gone => "gone",
            StoreFault::Taken => "taken",
            StoreFault::Other(..) => "database",
        }
    }

    pub fn fix(&self) -> &'static str {
        match self {
            StoreFault::Full(_) => {
                "Free room on the disk that holds the file; nothing acknowledged was lost, and the service goes on by itself."
            }
            StoreFault::Locked(_) => {
                "Find the program that holds the file (fuser, lsof) and let it finish; the service tries again by itself."
            }
            StoreFault::Corrupt(..) => {
                "Stop the service, keep the file, its -wal and -shm for inspection, and restore the last backup of the folder."
            }
            StoreFault::Io(..) => {
                "See that the folder exists and that the user who runs the service may read and write it."
            }
            StoreFault::Old(_) => "Build with the SQLite that comes with this service (feature `bundled` of rusqlite).",
            StoreFault::Newer(_) => "Start the newer version of candor that made it.",
            StoreFault::Gone | StoreFault::Taken => "Nothing needs to be done.",
            StoreFault::Other(..) => "See the log of the service; if it repeats, report it with this message.",
        }
    }

    /// What a check of the whole file (`PRAGMA integrity_check`) answered in place of "ok". A page that could
    /// not be read is named there too, by the result code (<https://www.sqlite.org/rescode.html>): then it is
    /// the disk that failed, and nothing is known of the file.
    pub(super) fn from_check(path: &Path, verdict: String) -> Self {
        let code = verdict.rsplit_once("error code=").and_then(|(_, code)| code.trim().parse::<i32>().ok());
        // Of a page that a long row goes on in it names no code; a number that no page has it names otherwise.
        let unread = verdict.contains("failed to get page");
        match code.map(|code| code & 0xff) {
            Some(rusqlite::ffi::SQLITE_IOERR) => StoreFault::Io(path.to_owned(), verdict),
            None if unread => StoreFault::Io(path.to_owned(), verdict),
            _ => StoreFault::Corrupt(path.to_owned(), verdict),
        }
    }

    pub fn from_io(path: &Path, fault: std::io::Error) -> Self {
        match fault.kind() {
            std::io::ErrorKind::StorageFull => StoreFault::Full(path.to_owned()),
            _ => StoreFault::Io(path.to_owned(), fault.to_string()),
        }
    }

    pub(super) fn from_sqlite(path: &Path, fault: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        let words = fault.to_string();
        match fault.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreFault::Full(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreFault::Locked(path),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreFault::Corrupt(path, words),
            Some(
                ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::PermissionDenied,
            ) => StoreFault::Io(path, words),
            Some(ErrorCode::ConstraintViolation) => StoreFault::Taken,
            _ => StoreFault::Other(path, words),
        }
    }
}

impl std::fmt::Display for StoreFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreFault::Full(path) => write!(f, "{}: the disk is full.", path.display()),
            StoreFault::Locked(path) => write!(f, "{}: another program holds the database.", path.display()),
            StoreFault::Corrupt(path, words) => {
                write!(f, "{}: the file is damaged or is no database of Candor's ({words}).", path.display())
            }
            StoreFault::Io(path, words) => write!(f, "{}: cannot be read or written ({words}).", path.display()),
            StoreFault::Old(version) => {
                write!(f, "SQLite {version} can lose writes (its WAL-reset fault, fixed in 3.51.3).")
            }
            StoreFault::Newer(path) => write!(f, "{}: a newer version of Candor made this database.", path.display()),
            StoreFault::Gone => f.write_str("the subject is gone."),
            StoreFault::Taken => f.write_str("the id is taken."),
            StoreFault::Other(path, words) => write!(f, "{}: {words}.", path.display()),
        }?;
        write!(f, " {}", self.fix())
    }
}

impl std::error::Error for StoreFault {}
