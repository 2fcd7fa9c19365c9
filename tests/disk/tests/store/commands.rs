//! A first start, a backup and a restore: each call of the file system fails once in every way it can, SQLite's calls
//! and the service's own alike, and after each the process ends once. What is left is judged, and the same command
//! then works.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use candor_disk::{Asked, Call, Disk, Failure, Left};
use candor_service::clock::{Clock, OsChance, hex};
use candor_service::restore::{Journal, restore};
use candor_service::serve::{Opened, open_with};
use candor_service::store::{Change, Options, StoreFault, backup};

use crate::files::OverDisk;
use crate::house::{SITE, Still};
use crate::play::room;

/// How a command ended.
enum Ended {
    /// It said that it is done, and what.
    Done(String),
    /// It said that it is not, and why in clear words.
    Refused,
    /// It said nothing.
    Killed,
}

struct Trial {
    prepare: fn(&Path),
    command: fn(&Path) -> Result<String, String>,
    /// Holds what is left against what was said.
    judge: fn(&Path, Option<Left>, &Ended) -> Result<(), String>,
    /// The first call that fails is about a file of such a name.
    since: &'static str,
}

#[test]
fn whichever_call_of_a_first_start_fails_the_next_start_works_and_knows_everyone() {
    hold(&Trial {
        prepare: |_| {},
        command: |room| known(&open(room)?),
        judge: |room, _, ended| {
            let secret = fs::read(room.join("data/candor.secret")).unwrap_or_default();
            if !(secret.is_empty() || secret.len() == 32) {
                return Err(format!("a secret of {} bytes", secret.len()));
            }
            let now = known(&open(room)?)?;
            match ended {
                Ended::Done(then) if *then != now => Err(format!("{now} and not {then}")),
                _ => Ok(()),
            }
        },
        since: "",
    });
}

#[test]
fn whichever_call_of_a_backup_fails_there_is_a_whole_one_under_its_name_or_none() {
    hold(&Trial {
        prepare: furnish,
        command: |room| {
            backup::copy(&store(room), &room.join("new.db")).map(|()| String::new()).map_err(|f| f.to_string())
        },
        judge: |room, left, ended| {
            is(room, "after")?;
            let copy = room.join("new.db");
            let there = copy.exists();
            if there {
                backup::judge(&copy).map_err(|fault| fault.to_string())?;
                if name_in(&copy)? != "after" {
                    return Err("the backup is of another time".into());
                }
            }
            match ended {
                Ended::Done(_) if !there => Err("the backup is not there".into()),
                // The power may fail before it is on the disk that it is gone again.
                Ended::Refused if there && matches!(left, None | Some(Left::ByKill)) => {
                    Err("a backup that failed is still there".into())
                }
                // The next one asks for another name.
                Ended::Killed | Ended::Refused if there => fs::remove_file(copy).map_err(|fault| fault.to_string()),
                _ => Ok(()),
            }
        },
        since: "",
    });
}

#[test]
fn whichever_call_of_a_restore_fails_the_store_is_as_it_was_or_the_backup_is_in_its_place() {
    hold(&Trial {
        prepare: furnish,
        command: |room| bring_back(room, &OverDisk { links: true }),
        judge: restored,
        since: "",
    });
    // Where the store is copied to keep another name, all is the same until then.
    let command = |room: &Path| bring_back(room, &OverDisk { links: false });
    hold(&Trial { prepare: furnish, command, judge: restored, since: "candor-replaced" });
}

fn bring_back(room: &Path, files: &'static OverDisk) -> Result<String, String> {
    let store = Options { files, ..store(room) };
    restore(&store, &room.join("copy.db"), &Journal::Replaced, &OsChance, Still.now()).map(|report| report.epoch)
}

fn restored(room: &Path, left: Option<Left>, ended: &Ended) -> Result<(), String> {
    let (before, after) = (is(room, "before"), is(room, "after"));
    let in_place = if after.is_ok() { "after" } else { "before" };
    if in_place == "before" {
        before?;
        erased_in(room)?;
    }
    let names = |part: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(room.join("data")).expect("it can be read");
        let paths = entries.map(|entry| entry.expect("it can be read").path());
        paths.filter(|path| path.to_string_lossy().contains(part)).collect()
    };
    let replaced = names("candor-replaced");
    let kept = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "db") && name_in(path).is_ok_and(|name| name == "after")
    };
    if in_place == "before" && !replaced.iter().any(kept) {
        return Err("what was replaced is nowhere".into());
    }
    match ended {
        Ended::Done(_) if in_place == "after" => Err("it was not put in place".into()),
        Ended::Refused if in_place == "before" => Err("the store is another".into()),
        Ended::Refused if left.is_none() && !replaced.is_empty() => Err(format!("{replaced:?} are left")),
        Ended::Refused if left.is_none() && !names("restoring").is_empty() => {
            Err(format!("{:?} are left", names("restoring")))
        }
        _ => Ok(()),
    }
}

/// What makes it the same service to everyone.
fn known(opened: &Opened) -> Result<String, String> {
    let epoch = opened.store.read(|view| view.epoch()).map_err(|fault| fault.to_string())?;
    Ok(format!("{epoch} {}", hex(&opened.secret.keyed("customer", &["hanna"]))))
}

/// The store of a room.
fn store(room: &Path) -> Options {
    Options { readers: 1, files: &OverDisk { links: true }, ..Options::at(room.join("data/candor.db")) }
}

fn open(room: &Path) -> Result<Opened, String> {
    open_with(&room.join("data"), store(room), &OsChance)
}

/// A store as a killed service leaves it, and a copy of an earlier time that was made of its files: of both the last
/// is in their logs alone. Since the copy someone was erased.
fn furnish(room: &Path) {
    let made = crate::play::room();
    let opened = open(made.path()).expect("it opens");
    let write = |changes: &[Change]| {
        opened.store.write(|tx| changes.iter().try_for_each(|change| tx.apply(change))).expect("it is written");
    };
    let named = |name: &str| Change::Site { id: SITE.into(), name: name.into(), origins: Vec::new(), at: Still.now() };
    let copy = |from: &str, to: &str| {
        for end in ["", "-wal"] {
            let from = made.path().join(format!("data/{from}{end}"));
            fs::copy(from, room.join(format!("{to}{end}"))).expect("it is copied");
        }
    };
    opened.store.settle().expect("it settles");
    write(&[named("before")]);
    copy("candor.db", "copy.db");
    let subject_hash = opened.secret.keyed("erased", &["sub_gone"]);
    let (site, subject, denied) = (SITE.to_owned(), String::new(), Vec::new());
    // A restore brings the name over, and no catalogue.
    let mark = Change::Catalogue { hash: AFTER.into(), language: "en".into(), body: String::new() };
    write(&[
        mark,
        named("after"),
        Change::Erase { site, subject, subject_hash, customer: None, denied, at: Still.now() },
    ]);
    fs::create_dir(room.join("data")).expect("it is made");
    copy("candor.db", "data/candor.db");
    fs::copy(made.path().join("data/candor.secret"), room.join("data/candor.secret")).expect("it is copied");
}

fn is(room: &Path, name: &str) -> Result<(), String> {
    let there = room.join("data/candor.db");
    match name_in(&there)? {
        found if found == name => backup::judge(&there).map_err(|fault| fault.to_string()),
        found => Err(format!("the store is {found:?}, not {name:?}")),
    }
}

/// The hash of the catalogue that only the store in place has.
const AFTER: &str = "sha256-after";

/// Without opening it as the service does, which would change it.
fn name_in(path: &Path) -> Result<String, String> {
    let db = rusqlite::Connection::open(path).map_err(|fault| fault.to_string())?;
    let sql = "SELECT iif(EXISTS (SELECT 1 FROM catalogues WHERE hash = ?1), 'after', 'before')";
    db.query_row(sql, [AFTER], |row| row.get(0)).map_err(|fault| format!("{}: {fault}", path.display()))
}

fn erased_in(room: &Path) -> Result<(), String> {
    let lines = backup::erasures(&room.join("data/candor.db")).map_err(|fault| fault.to_string())?;
    if lines.len() == 1 { Ok(()) } else { Err("whoever was erased since is back".into()) }
}

/// Every failure of every call; what broke is said at the end.
fn hold(trial: &Trial) {
    let template = room();
    (trial.prepare)(template.path());
    let whole = room();
    copy_all(template.path(), whole.path());
    let disk = Disk::at(whole.path());
    (trial.command)(&at(&whole)).expect("it works where nothing fails");
    let asked = disk.asked();
    let first = asked.iter().position(|asked| asked.file.contains(trial.since)).expect("there is one");
    let cases: Vec<(usize, Failure)> = asked
        .iter()
        .enumerate()
        .skip(first)
        .flat_map(|(n, asked)| asked.call.failures().iter().chain(&[Failure::Killed]).map(move |failure| (n, *failure)))
        .collect();
    let (next, told, broken) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((n, failure)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = || harmed(trial, template.path(), *n, *failure, &asked[*n]);
                    match catch_unwind(AssertUnwindSafe(one)).unwrap_or_else(|_| Err("a panic".into())) {
                        Ok(refused) => drop(told.fetch_add(usize::from(refused), Ordering::Relaxed)),
                        Err(what) => {
                            broken.lock().unwrap_or_else(PoisonError::into_inner).push((*n, *failure, what));
                        }
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut kinds: BTreeMap<Call, usize> = BTreeMap::new();
    asked.iter().for_each(|asked| *kinds.entry(asked.call).or_default() += 1);
    println!("{kinds:?}: {} calls, {} failures, {} of them told", asked.len(), cases.len(), told.into_inner());
    for (n, failure, what) in broken.iter().take(40) {
        println!("call {n}, {:?} of {}, {failure:?}: {what}", asked[*n].call, asked[*n].file);
    }
    assert!(broken.is_empty(), "{} of {} failures broke a promise", broken.len(), cases.len());
}

/// Whether the command said that it failed.
fn harmed(trial: &Trial, template: &Path, n: usize, failure: Failure, meant: &Asked) -> Result<bool, String> {
    let room = room();
    copy_all(template, room.path());
    let disk = Disk::at(room.path());
    disk.fail(n, failure);
    let room = at(&room);
    let ended = match (trial.command)(&room) {
        _ if failure == Failure::Killed => Ended::Killed,
        Ok(said) => Ended::Done(said),
        Err(words) => {
            is_clear(&words, &room)?;
            Ended::Refused
        }
    };
    if disk.struck().as_ref() != Some(meant) {
        return Err(format!("{:?} failed in its place", disk.struck()));
    }
    disk.mend();
    for left in [Left::ByKill, Left::ByPowerCut, Left::Torn(n as u64)] {
        let there = crate::play::room();
        disk.leave(left, there.path());
        settle(trial, there.path(), Some(left), &ended).map_err(|why| format!("left {left:?}: {why}"))?;
    }
    if failure != Failure::Killed {
        settle(trial, &room, None, &ended)?;
    }
    Ok(matches!(ended, Ended::Refused))
}

/// What is there holds, and the same command works there.
fn settle(trial: &Trial, room: &Path, left: Option<Left>, ended: &Ended) -> Result<(), String> {
    (trial.judge)(room, left, ended)?;
    if !matches!(ended, Ended::Done(_)) {
        let said = (trial.command)(room).map_err(|words| format!("again: {words}"))?;
        (trial.judge)(room, None, &Ended::Done(said)).map_err(|why| format!("again: {why}"))?;
        let part = |entry: fs::DirEntry| entry.file_name().to_string_lossy().contains(".part").then(|| entry.path());
        let entries = fs::read_dir(room).into_iter().chain(fs::read_dir(room.join("data"))).flatten();
        if let Some(part) = entries.filter_map(|entry| part(entry.ok()?)).next() {
            return Err(format!("again: {} is left", part.display()));
        }
    }
    Ok(())
}

/// Names what it is about, and says what to do.
fn is_clear(words: &str, room: &Path) -> Result<(), String> {
    let path = room.join("data");
    let faults =
        [StoreFault::Full(path.clone()), StoreFault::Locked(path.clone()), StoreFault::Io(path.clone(), String::new())];
    let fixes = faults
        .iter()
        .map(StoreFault::fix)
        .chain([StoreFault::Other(path, String::new()).fix(), "Stop it, then restore."]);
    let mends = fixes.into_iter().any(|fix| words.contains(fix));
    if mends && words.contains(&*room.to_string_lossy()) { Ok(()) } else { Err(format!("no clear words: {words}")) }
}

fn at(room: &tempfile::TempDir) -> PathBuf {
    room.path().canonicalize().expect("it is there")
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("it can be read") {
        let (path, there) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("it can be read");
        if path.is_dir() {
            fs::create_dir(&there).expect("it is made");
            copy_all(&path, &there);
        } else {
            fs::copy(&path, &there).expect("it is copied");
        }
    }
}
