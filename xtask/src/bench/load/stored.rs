//! What a service left in its file, read without it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OpenFlags};

use super::decider::Person;

/// How many decisions differ between the store and what these people were
/// acknowledged: missing, there twice, out of order, with another outcome, or
/// there without having been acknowledged. Nobody else may have decided.
pub fn differing(home: &Path, people: &[Person]) -> Result<u64> {
    let store = open(home)?;
    let made: HashMap<&str, &Person> = people.iter().map(|person| (person.subject.as_str(), person)).collect();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut differing = 0;
    let mut rows = store
        .prepare("SELECT s.id, d.id, d.outcome FROM decisions d JOIN subjects s ON s.row = d.subject ORDER BY d.row")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (subject, id, outcome): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let next = seen.entry(subject.clone()).or_default();
        *next += 1;
        let right = made
            .get(subject.as_str())
            .is_some_and(|person| *next <= person.made && id == person.id(*next) && outcome == person.outcome(*next));
        differing += u64::from(!right);
    }
    let missing = |person: &Person| person.made.saturating_sub(seen.get(&person.subject).copied().unwrap_or_default());
    Ok(differing + people.iter().map(missing).sum::<u64>())
}

/// How many decisions are stored for this person. Each must be the next one of
/// theirs, once and with its outcome; the first that is not is an error.
pub fn stored(home: &Path, person: &Person) -> Result<u64> {
    let store = open(home)?;
    let mut rows = store.prepare(
        "SELECT d.id, d.outcome FROM decisions d JOIN subjects s ON s.row = d.subject WHERE s.id = ?1 ORDER BY d.row",
    )?;
    let mut rows = rows.query([&person.subject])?;
    let mut next = 0;
    while let Some(row) = rows.next()? {
        next += 1;
        let (id, outcome): (String, String) = (row.get(0)?, row.get(1)?);
        ensure!(
            id == person.id(next) && outcome == person.outcome(next),
            "{}, decision {next}: {id} {outcome}",
            person.subject
        );
    }
    Ok(next)
}

/// Whether SQLite finds the whole file in order, every index against its table.
pub fn is_whole(home: &Path) -> Result<bool> {
    let verdict: String = open(home)?.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    Ok(verdict == "ok")
}

fn open(home: &Path) -> Result<Connection> {
    let file = home.join("candor.db");
    Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("{} cannot be opened", file.display()))
}
