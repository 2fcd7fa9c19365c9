//! SQLite's side of it: a VFS that asks the disk first and the system's VFS then.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use rusqlite::ffi;

use crate::call::{Call, Failure};
use crate::disk::Disk;

/// An open file as SQLite holds it; the system's own stands right behind it.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    opened: *mut Opened,
}

struct Opened {
    disk: Arc<Disk>,
    /// Which file of the disk's.
    kept: usize,
    path: PathBuf,
    /// The name of the index of the write-ahead log.
    index: PathBuf,
    /// The system's VFS syncs the folder with the first sync of a journal that it may have made.
    syncs_folder: AtomicBool,
}

/// The system's VFS takes no more than 128 KiB in one write.
const AT_ONCE: usize = 65_536;
const JOURNALS: c_int = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // Without memory-mapped files: every read is a call.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map),
    xShmLock: Some(map_lock),
    xShmBarrier: Some(map_barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Puts the VFS in front of the system's, once a process.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the system's VFS lives as long as the process and so does ours, which is leaked.
        // Ours is a copy of it with another name and four other functions, and says in `pAppData`
        // whom to ask; what is not replaced is given the VFS it was found in only as a name.
        let registered = unsafe {
            let system = ffi::sqlite3_vfs_find(null());
            assert!(!system.is_null(), "SQLite has a file system");
            let mut own = *system;
            own.szOsFile += size_of::<File>() as c_int;
            own.pNext = null_mut();
            own.zName = c"candor-disk".as_ptr();
            own.pAppData = system.cast();
            own.xOpen = Some(open);
            own.xDelete = Some(delete);
            own.xAccess = Some(access);
            own.xFullPathname = Some(full_name);
            ffi::sqlite3_vfs_register(Box::leak(Box::new(own)), 1)
        };
        assert_eq!(registered, ffi::SQLITE_OK);
    });
}

/// The system's VFS.
///
/// # Safety
/// `vfs` is the one that `install` registered.
unsafe fn system(vfs: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: `install` put it there.
    unsafe { (*vfs).pAppData.cast() }
}

/// # Safety
/// `name` is null or a C string.
unsafe fn path_of(name: *const c_char) -> PathBuf {
    if name.is_null() {
        return PathBuf::new();
    }
    // SAFETY: the caller says so.
    PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `szOsFile` bytes at `file`: ours and, behind them, the system's; both are
    // aligned to a pointer. Without methods SQLite does not close what was not opened.
    unsafe {
        let system = system(vfs);
        let Some(open) = (*system).xOpen else { return ffi::SQLITE_CANTOPEN };
        let path = path_of(name);
        let Some(disk) = Disk::of(&path) else { return open(system, name, file, flags, out) };
        (*file).pMethods = null();
        if disk.ask(Call::Open, &path).is_some() {
            return ffi::SQLITE_CANTOPEN;
        }
        let inner = inner(file);
        let code = open(system, name, inner, flags, out);
        if code != ffi::SQLITE_OK {
            if let Some(close) = methods(inner).and_then(|methods| methods.xClose) {
                close(inner);
            }
            return code;
        }
        let kept = disk.opened(&path);
        let mut index = path.clone().into_os_string();
        index.push("-shm");
        let syncs_folder = AtomicBool::new(flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & JOURNALS != 0);
        let opened = Box::new(Opened { disk, kept, path, index: index.into(), syncs_folder });
        (*file.cast::<File>()).opened = Box::into_raw(opened);
        (*file).pMethods = &METHODS;
        code
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite calls with its own VFS and a name.
    unsafe {
        let system = system(vfs);
        let Some(delete) = (*system).xDelete else { return ffi::SQLITE_IOERR_DELETE };
        let path = path_of(name);
        let Some(disk) = Disk::of(&path) else { return delete(system, name, sync_folder) };
        let failure = disk.ask(Call::Delete, &path);
        if failure.is_some_and(|failure| failure != Failure::Done) {
            return ffi::SQLITE_IOERR_DELETE;
        }
        let code = delete(system, name, sync_folder);
        if code == ffi::SQLITE_OK {
            disk.removed(&path);
            if sync_folder != 0 {
                disk.folder_synced(folder_of(&path));
            }
        }
        if failure.is_some() { ffi::SQLITE_IOERR_DELETE } else { code }
    }
}

unsafe extern "C" fn access(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite calls with its own VFS and a name.
    unsafe {
        let system = system(vfs);
        match ((*system).xAccess, asked(Call::Access, &path_of(name))) {
            (Some(access), None) => access(system, name, flags, out),
            _ => ffi::SQLITE_IOERR_ACCESS,
        }
    }
}

unsafe extern "C" fn full_name(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite calls with its own VFS, a name, and `room` bytes at `out`.
    unsafe {
        let system = system(vfs);
        match ((*system).xFullPathname, asked(Call::Name, &path_of(name))) {
            (Some(full_name), None) => full_name(system, name, room, out),
            _ => ffi::SQLITE_CANTOPEN,
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

fn asked(call: Call, path: &Path) -> Option<Failure> {
    Disk::of(path)?.ask(call, path)
}

/// The system's file behind ours.
///
/// # Safety
/// `file` was given to `open`.
unsafe fn inner(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: there are `szOsFile` bytes, of which the system's follow ours.
    unsafe { file.cast::<u8>().add(size_of::<File>()).cast() }
}

/// # Safety
/// `file` is a file of a VFS, open or cleared.
unsafe fn methods<'a>(file: *mut ffi::sqlite3_file) -> Option<&'a ffi::sqlite3_io_methods> {
    // SAFETY: methods are static where there are any.
    unsafe { (*file).pMethods.as_ref() }
}

/// What `open` left in the file.
///
/// # Safety
/// `open` succeeded on `file`, and `close` was not called since.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a Opened {
    // SAFETY: it is a box until `close` takes it back.
    unsafe { &*(*file.cast::<File>()).opened }
}

/// Asks the disk, then calls the system's method; `$code` where the disk refuses.
macro_rules! pass {
    ($file:ident, $call:expr, $path:ident, $method:ident($($argument:expr),*) or $code:expr) => {{
        // SAFETY: SQLite calls methods only between `open` and `close`, with arguments that are the
        // system's as well as ours.
        unsafe {
            let opened = opened($file);
            let inner = inner($file);
            let Some(method) = methods(inner).and_then(|methods| methods.$method) else { return $code };
            match opened.disk.ask($call, &opened.$path) {
                None => method(inner $(, $argument)*),
                // What a process holds goes with it.
                Some(failure) if failure == Failure::Done || ($call).only_lets_go() => {
                    method(inner $(, $argument)*);
                    $code
                }
                Some(Failure::Busy) => ffi::SQLITE_BUSY,
                Some(_) => $code,
            }
        }
    }};
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let code = pass!(file, Call::Close, path, xClose() or ffi::SQLITE_IOERR_CLOSE);
    // SAFETY: the box of `open`, which nobody uses after this: a closed file is cleared or gone.
    unsafe { drop(Box::from_raw((*file.cast::<File>()).opened)) };
    code
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, out: *mut c_void, amount: c_int, at: i64) -> c_int {
    pass!(file, Call::Read, path, xRead(out, amount, at) or ffi::SQLITE_IOERR_READ)
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    pass!(file, Call::Size, path, xFileSize(out) or ffi::SQLITE_IOERR_FSTAT)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(file, Call::Lock, path, xLock(level) or ffi::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(file, Call::Unlock, path, xUnlock(level) or ffi::SQLITE_IOERR_UNLOCK)
}

unsafe extern "C" fn reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    pass!(file, Call::Reserved, path, xCheckReservedLock(out) or ffi::SQLITE_IOERR_CHECKRESERVEDLOCK)
}

unsafe extern "C" fn map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    pass!(file, Call::Map, index, xShmMap(page, size, extend, out) or ffi::SQLITE_IOERR_SHMMAP)
}

unsafe extern "C" fn map_lock(file: *mut ffi::sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    let call = if flags & ffi::SQLITE_SHM_UNLOCK != 0 { Call::MapUnlock } else { Call::MapLock };
    pass!(file, call, index, xShmLock(offset, n, flags) or ffi::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: as in `pass!`; there are `amount` bytes at `bytes`.
    unsafe {
        let opened = opened(file);
        let inner = inner(file);
        let Some(write) = methods(inner).and_then(|methods| methods.xWrite) else { return ffi::SQLITE_IOERR_WRITE };
        let failure = opened.disk.ask(Call::Write, &opened.path);
        let written = match failure {
            None => amount,
            Some(Failure::Refused | Failure::Killed) => return ffi::SQLITE_IOERR_WRITE,
            Some(_) => amount / 2,
        };
        let code = write(inner, bytes, written, at);
        if code == ffi::SQLITE_OK {
            let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), written as usize);
            opened.disk.change(opened.kept, |kept| kept.wrote(at as u64, bytes));
        }
        match failure {
            None => code,
            Some(Failure::Full) => ffi::SQLITE_FULL,
            Some(_) => ffi::SQLITE_IOERR_WRITE,
        }
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: as in `pass!`.
    unsafe {
        let opened = opened(file);
        let inner = inner(file);
        let Some(truncate) = methods(inner).and_then(|methods| methods.xTruncate) else {
            return ffi::SQLITE_IOERR_TRUNCATE;
        };
        let failure = opened.disk.ask(Call::Truncate, &opened.path);
        if failure.is_some_and(|failure| failure != Failure::Done) {
            return ffi::SQLITE_IOERR_TRUNCATE;
        }
        let code = truncate(inner, size);
        if code == ffi::SQLITE_OK {
            opened.disk.change(opened.kept, |kept| kept.truncated(size as u64));
        }
        if failure.is_some() { ffi::SQLITE_IOERR_TRUNCATE } else { code }
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: as in `pass!`.
    unsafe {
        let opened = opened(file);
        let inner = inner(file);
        let Some(system) = methods(inner) else { return ffi::SQLITE_IOERR_FSYNC };
        let (Some(sync), Some(truncate), Some(write)) = (system.xSync, system.xTruncate, system.xWrite) else {
            return ffi::SQLITE_IOERR_FSYNC;
        };
        let failure = opened.disk.ask(Call::Sync, &opened.path);
        match failure {
            None | Some(Failure::Done) => {
                let code = sync(inner, flags);
                if code == ffi::SQLITE_OK {
                    opened.disk.change(opened.kept, |kept| kept.synced());
                    if opened.syncs_folder.swap(false, Ordering::Relaxed) {
                        opened.disk.folder_synced(folder_of(&opened.path));
                    }
                }
                if failure.is_some() { ffi::SQLITE_IOERR_FSYNC } else { code }
            }
            Some(Failure::Lost) => {
                let durable = opened.disk.change(opened.kept, |kept| {
                    kept.forget();
                    kept.durable().to_vec()
                });
                truncate(inner, 0);
                for (n, piece) in durable.chunks(AT_ONCE).enumerate() {
                    write(inner, piece.as_ptr().cast(), piece.len() as c_int, (n * AT_ONCE) as i64);
                }
                ffi::SQLITE_IOERR_FSYNC
            }
            Some(Failure::Killed) => ffi::SQLITE_IOERR_FSYNC,
            Some(_) => {
                opened.disk.change(opened.kept, |kept| kept.forget());
                ffi::SQLITE_IOERR_FSYNC
            }
        }
    }
}

unsafe extern "C" fn control(file: *mut ffi::sqlite3_file, op: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: as in `pass!`. These are words between SQLite and its VFS, no calls of the system.
    unsafe {
        let inner = inner(file);
        methods(inner).and_then(|methods| methods.xFileControl).map_or(ffi::SQLITE_NOTFOUND, |f| f(inner, op, argument))
    }
}

unsafe extern "C" fn sector(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: as in `pass!`.
    unsafe {
        let inner = inner(file);
        methods(inner).and_then(|methods| methods.xSectorSize).map_or(0, |f| f(inner))
    }
}

unsafe extern "C" fn characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: as in `pass!`.
    unsafe {
        let inner = inner(file);
        methods(inner).and_then(|methods| methods.xDeviceCharacteristics).map_or(0, |f| f(inner))
    }
}

unsafe extern "C" fn map_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: as in `pass!`.
    unsafe {
        let inner = inner(file);
        if let Some(barrier) = methods(inner).and_then(|methods| methods.xShmBarrier) {
            barrier(inner);
        }
    }
}

unsafe extern "C" fn unmap(file: *mut ffi::sqlite3_file, remove: c_int) -> c_int {
    // SAFETY: as in `pass!`. SQLite asks for it where it closes the file; it cannot fail on its own.
    unsafe {
        let inner = inner(file);
        methods(inner).and_then(|methods| methods.xShmUnmap).map_or(ffi::SQLITE_OK, |f| f(inner, remove))
    }
}
