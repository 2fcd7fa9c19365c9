//! What a service left in its file, read without it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};

use super::decider::Person;

/// How many decisions differ between the store and what these people were
/// acknowledged: missing, there twice, out of order, with another outcome, or
/// there without having been acknowledged. Nobody else may have decided.
pub fn differing(home: &Path, people: &[Person]) -> Result<u64> {
    let file = home.join("candor.db");
    let store = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("{} cannot be opened", file.display()))?;
    let made: HashMap<&str, &Person> = people.iter().map(|person| (person.subject.as_str(), person)).collect();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut differing = 0;
    let mut rows = store.prepare(
        "SELECT s.id, d.id, d.outcome FROM decisions d JOIN subjects s ON s.row = d.subject ORDER BY d.row",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (subject, id, outcome): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let next = seen.entry(subject.clone()).or_default();
        *next += 1;
        let right = made.get(subject.as_str()).is_some_and(|person| {
            *next <= person.made && id == person.id(*next) && outcome == person.outcome(*next)
        });
        differing += u64::from(!right);
    }
    let missing = |person: &Person| person.made.saturating_sub(seen.get(&person.subject).copied().unwrap_or_default());
    Ok(differing + people.iter().map(missing).sum::<u64>())
}
