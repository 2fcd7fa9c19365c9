//! Puts a backup in the place of a store.
//!
//! A restored backup knows less than people were answered. So it begins an epoch: what anyone had
//! seen counts as not seen, grants from before are superseded where there ever was a denial, and
//! clients send their last decisions again. Who was erased since the backup is erased again, from
//! the journal of the store that is replaced; keys and endpoints that it no longer has are gone again, and what it
//! published since is published again.

mod brought_over;
mod place;
mod taken_back;

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use candor_protocol::Timestamp;
use serde_json::{Value, json};

use crate::clock::{Chance, fresh_id, hex};
use crate::files::{self, with_end};
use crate::secret::{Hash, Secret};
use crate::store::post::{Known, Posting};
use crate::store::reads::{Erasure, SiteRow};
use crate::store::{Change, Options, Sqlite, Store, StoreFault, Tx, backup};
use crate::webhooks::outbox;

pub use brought_over::BroughtOver;
pub use taken_back::{TakenBack, Unchecked};

/// Where the lines of those erased since the backup come from.
pub enum Journal {
    /// The store that is replaced, which must be there and readable.
    Replaced,
    /// A file that `candor erasures` wrote, and the replaced store if it can be read.
    File(PathBuf),
    /// Nowhere: whoever was erased since the backup is back.
    None,
}

/// What was done.
#[derive(Debug)]
pub struct Report {
    pub epoch: String,
    pub subjects: u64,
    pub decisions: u64,
    /// Subjects of the backup that were erased since.
    pub erased_again: u64,
    pub taken_back: TakenBack,
    pub brought_over: BroughtOver,
    /// Where the replaced store lies now.
    pub replaced: Option<PathBuf>,
}

/// Restores in place of a store, whose secret must lie beside it. Until the last step the store in place is
/// untouched, and the last step is one renaming; where that fails it is taken back.
pub fn restore(
    store: &Options,
    from: &Path,
    journal: &Journal,
    chance: &dyn Chance,
    now: Timestamp,
) -> Result<Report, String> {
    let told = |fault: StoreFault| fault.to_string();
    let kept = store.path.with_file_name("candor.secret");
    let secret = Secret::read(store.files, &kept)?.ok_or_else(|| Secret::missing(&kept))?;
    let _alone = backup::lock_alone(store).map_err(|fault| match fault {
        StoreFault::Locked(path) => {
            format!("{}: a service or another command uses this store. Stop it, then restore.", path.display())
        }
        fault => fault.to_string(),
    })?;
    let since = gathered(journal, store)?;
    let fresh = fresh(store);
    // Left by one that was killed, it would be taken for a part of this one.
    clear(&fresh).map_err(told)?;
    let made = prepare(from, &fresh, &secret, &since, chance, now);
    let placed = made.and_then(|made| Ok(Report { replaced: place::put(store, &fresh.path, now)?, ..made }));
    // The next one needs it gone, and says so.
    let _ = clear(&fresh);
    placed
}

/// What a restore that was killed left beside a store that is open goes.
pub fn clear_left(store: &Options) {
    // What stays is tried again by whoever opens the store next.
    let _ = clear(&fresh(store));
}

/// Where a restore makes the store that takes the place of this one.
fn fresh(store: &Options) -> Options {
    Options { path: store.path.with_file_name("candor-restoring.db"), ..store.clone() }
}

/// The journal as lines of JSON: keyed hashes, no customer can be told from them.
pub fn written(erasures: &[Erasure]) -> String {
    let line = |erasure: &Erasure| {
        let value = json!({
            "site": erasure.site, "subject": hex(&erasure.subject), "customer": erasure.customer.map(|hash| hex(&hash)),
            "denied": erasure.denied, "at": erasure.at,
        });
        format!("{value}\n")
    };
    erasures.iter().map(line).collect()
}

/// Reads what [`written`] wrote.
pub fn read(text: &str) -> Result<Vec<Erasure>, String> {
    let line = |(index, line): (usize, &str)| {
        let read = || -> Option<Erasure> {
            let value: Value = serde_json::from_str(line).ok()?;
            let words = |name: &str| value.get(name)?.as_str().map(str::to_owned);
            let customer = match value.get("customer")? {
                Value::Null => None,
                word => Some(hash(word.as_str()?)?),
            };
            let denied = value.get("denied")?.as_array()?.iter().map(|word| word.as_str().map(str::to_owned));
            Some(Erasure {
                site: words("site")?,
                subject: hash(&words("subject")?)?,
                customer,
                denied: denied.collect::<Option<_>>()?,
                at: Timestamp::parse(&words("at")?)?,
            })
        };
        read().ok_or_else(|| format!("line {}: this is no line of candor erasures.", index + 1))
    };
    text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()).map(line).collect()
}

/// What the backup cannot know.
struct Since {
    erasures: Vec<Erasure>,
    /// The sites of the replaced store; none where it cannot be read.
    sites: Vec<SiteRow>,
    /// What it knows of the messages that somebody was erased.
    told: Vec<Known>,
}

fn gathered(journal: &Journal, store: &Options) -> Result<Since, String> {
    let place = &store.path;
    let there = match store.files.exists(place) {
        Ok(true) => Ok(()),
        Ok(false) => Err("there is no store to replace.".to_owned()),
        Err(fault) => Err(StoreFault::from_io(place, fault).to_string()),
    };
    let told = |fault: StoreFault| fault.to_string();
    let kept = there.clone().and_then(|()| backup::erasures(place).map_err(told));
    let sites = there.clone().and_then(|()| backup::sites(place).map_err(told));
    let messages = there.and_then(|()| backup::messages(place, outbox::ERASED).map_err(told));
    match journal {
        Journal::None => Ok(Since {
            erasures: kept.unwrap_or_default(),
            sites: sites.unwrap_or_default(),
            told: messages.unwrap_or_default(),
        }),
        Journal::Replaced => {
            let all = kept.and_then(|erasures| Ok(Since { erasures, sites: sites?, told: messages? }));
            all.map_err(|why| {
                format!(
                    "{}: it cannot be told who was erased, nor which keys and endpoints were taken back, since the backup: {why} Give the newest file that `candor erasures` wrote with --erasures FILE, or say --without-erasures if whoever was erased since may come back.",
                    place.display()
                )
            })
        }
        Journal::File(file) => {
            let bytes = store.files.read(file).map_err(|fault| StoreFault::from_io(file, fault).to_string())?;
            let mut lines =
                read(&String::from_utf8_lossy(&bytes)).map_err(|why| format!("{}: {why}", file.display()))?;
            let known: HashSet<Hash> = lines.iter().map(|line| line.subject).collect();
            lines.extend(kept.unwrap_or_default().into_iter().filter(|line| !known.contains(&line.subject)));
            lines.sort_by_key(|line| line.at);
            Ok(Since { erasures: lines, sites: sites.unwrap_or_default(), told: messages.unwrap_or_default() })
        }
    }
}

/// A copy of the backup that begins an epoch and holds nobody erased and nothing taken back.
fn prepare(
    from: &Path,
    fresh: &Options,
    secret: &Secret,
    since: &Since,
    chance: &dyn Chance,
    now: Timestamp,
) -> Result<Report, String> {
    let told = |fault: StoreFault| fault.to_string();
    for end in ["", "-wal"] {
        let (source, target) = (with_end(from, end), with_end(&fresh.path, end));
        let fault = |fault: io::Error| {
            let full = fault.kind() == ErrorKind::StorageFull;
            told(StoreFault::from_io(if full { &target } else { &source }, fault))
        };
        if end.is_empty() || fresh.files.exists(&source).map_err(fault)? {
            // On disk before it is judged: a disk that fails later takes nothing of it back.
            fresh.files.copy(&source, &target).and_then(|()| fresh.files.sync(&target)).map_err(fault)?;
        }
    }
    backup::judge(&fresh.path).map_err(|fault| format!("this backup cannot be restored. {fault}"))?;
    let opened = Sqlite::open(fresh, chance).map_err(told)?;
    let store: &dyn Store = &opened;
    let epoch = fresh_id(chance, "e_");
    let begun = epoch.clone();
    let figures = store.write(move |tx: &mut dyn Tx| {
        let erased_again = erase_again(tx, secret, &since.erasures)?;
        tx.apply(&Change::Epoch(begun.clone()))?;
        // What waited in the backup was told since, and may be a grant that was taken back since. That somebody was
        // erased stays so.
        tx.apply(&Change::Post(Posting::Forget { but: outbox::ERASED }))?;
        let taken_back = taken_back::take_back_again(tx, &since.sites, now)?;
        let mut brought_over = brought_over::bring_over(tx, &since.sites, now)?;
        let (mut subjects, mut decisions) = (0, 0);
        for site in tx.sites()? {
            let counts = tx.counts(&site.id)?;
            subjects += counts.subjects;
            decisions += counts.decisions;
            tx.apply(&outbox::began(chance, &site.id, &begun, now))?;
        }
        for (site, subject) in &erased_again {
            tx.apply(&outbox::erasure(chance, site, subject, now))?;
        }
        brought_over.erasures = brought_over::erasures(tx, secret, &since.told, &erased_again, now)?;
        tx.apply(&Change::Generation)?;
        Ok((subjects, decisions, erased_again.len() as u64, taken_back, brought_over))
    });
    let (subjects, decisions, erased_again, taken_back, brought_over) = figures.map_err(told)?;
    store.settle().map_err(told)?;
    drop(opened);
    backup::gather(fresh).map_err(told)?;
    Ok(Report { epoch, subjects, decisions, erased_again, taken_back, brought_over, replaced: None })
}

/// Erases whom the journal names and the backup still has, and keeps every line.
fn erase_again(tx: &mut dyn Tx, secret: &Secret, lines: &[Erasure]) -> Result<Vec<(String, String)>, StoreFault> {
    let mut new: Vec<&Erasure> = Vec::new();
    for line in lines {
        if !tx.erased(&line.subject)? {
            new.push(line);
        }
    }
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: HashSet<Hash> = new.iter().map(|line| line.subject).collect();
    let mut known: HashMap<Hash, String> = HashMap::new();
    for site in tx.sites()? {
        let mut before = None;
        loop {
            let rows = tx.subjects(&site.id, before, 1_000)?;
            let Some(last) = rows.last() else { break };
            before = Some(last.row);
            for row in rows {
                let hash = secret.keyed("erased", &[&row.id]);
                if wanted.contains(&hash) {
                    known.insert(hash, row.id);
                }
            }
        }
    }
    let mut again = Vec::new();
    for line in new {
        let subject = known.get(&line.subject).cloned().unwrap_or_default();
        tx.apply(&Change::Erase {
            site: line.site.clone(),
            subject: subject.clone(),
            subject_hash: line.subject,
            customer: line.customer,
            denied: line.denied.clone(),
            at: line.at,
        })?;
        if !subject.is_empty() {
            again.push((line.site.clone(), subject));
        }
    }
    Ok(again)
}

fn clear(fresh: &Options) -> Result<(), StoreFault> {
    let lock = fresh.path.with_extension("lock");
    let names = ["", "-wal", "-shm", "-journal"].map(|end| with_end(&fresh.path, end)).into_iter().chain([lock]);
    // Each, also where one of them stays.
    let cleared: Vec<_> =
        names.map(|name| files::clear(fresh.files, &name).map_err(|fault| StoreFault::from_io(&name, fault))).collect();
    cleared.into_iter().collect()
}

fn hash(word: &str) -> Option<Hash> {
    let bytes = word.as_bytes();
    if bytes.len() != 64 || !bytes.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut out = Hash::default();
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(word.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}
