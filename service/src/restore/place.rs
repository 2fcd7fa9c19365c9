//! The last steps of a restore: the store in place gets another name, and the new one its.

use std::io;
use std::path::{Path, PathBuf};

use candor_protocol::Timestamp;

use crate::files::{Files, clear, folder_of, put as put_whole, with_end};
use crate::store::{Options, StoreFault, backup};

/// What lies beside a store, and would be read into the one that takes its place.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Puts `fresh` in place of the store; where that lies now, if there was one. Where a step fails, all are taken back.
pub fn put(store: &Options, fresh: &Path, now: Timestamp) -> Result<Option<PathBuf>, String> {
    let (files, place) = (store.files, store.path.as_path());
    let told = |fault: io::Error| StoreFault::from_io(place, fault).to_string();
    let there = files.exists(place).map_err(told)?;
    // One that is whole is gathered into its one file; what is left of a damaged one is moved as it is.
    if there && let Err(held @ StoreFault::Locked(_)) = backup::gather(store) {
        return Err(held.to_string());
    }
    let aside = free(files, place, now).map_err(told)?;
    if there {
        keep(files, place, &aside).map_err(|fault| fault.to_string())?;
    }
    exchange(files, fresh, place, &aside).map_err(told).map_err(|why| {
        match take_back(files, place, &aside, there) {
            Ok(()) => why,
            Err(_) => format!("{why} What was there lies at {} now; move it back.", aside.display()),
        }
    })?;
    Ok(there.then_some(aside))
}

/// A name that nothing has: nothing that was replaced before is written over.
fn free(files: &dyn Files, place: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let mut at = now.0;
    loop {
        let aside = place.with_file_name(format!("candor-replaced-{at}.db"));
        if !files.exists(&aside)? {
            return Ok(aside);
        }
        at += 1;
    }
}

/// Gives the store a second name; a copy has it where a file cannot have two.
fn keep(files: &dyn Files, place: &Path, aside: &Path) -> Result<(), StoreFault> {
    if files.link(place, aside).is_ok() {
        return Ok(());
    }
    let fault = |fault| StoreFault::from_io(aside, fault);
    // A link can be there though it is said to have failed (NFS); copied onto it, the store would be emptied first.
    clear(files, aside).map_err(fault)?;
    put_whole(files, aside, |part| files.copy(place, part).map_err(fault))
}

fn exchange(files: &dyn Files, fresh: &Path, place: &Path, aside: &Path) -> io::Result<()> {
    for end in BESIDE {
        let left = with_end(place, end);
        if files.exists(&left)? {
            files.rename(&left, &with_end(aside, end))?;
        }
    }
    files.rename(fresh, place)?;
    files.sync(&folder_of(place))
}

fn take_back(files: &dyn Files, place: &Path, aside: &Path, there: bool) -> io::Result<()> {
    for end in BESIDE {
        let moved = with_end(aside, end);
        if files.exists(&moved)? {
            files.rename(&moved, &with_end(place, end))?;
        }
    }
    if there {
        // Where both are names of the one file still, this does nothing.
        files.rename(aside, place)?;
        clear(files, aside)?;
    } else {
        clear(files, place)?;
    }
    files.sync(&folder_of(place))
}
