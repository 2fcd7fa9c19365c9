//! Earlier choices of customers, from a file of the shop's old tool.
//!
//! The file is read twice: its denials first, then its grants. A denial always holds. A grant
//! holds only where the notice it was given under is published here, its control's terms have not
//! changed, its time has not passed and nobody ever said no to it; an import knows nothing of
//! order, so a grant never lifts a denial, not even an older one.
//!
//! A line's decision gets its id from what the line says, so a file imported twice has the effect
//! of once; what a customer said before they were erased does
//! not come back by it, but for a denial that was not known then. Nothing of the file but [`BATCH`] lines is ever in memory.

mod line;
mod numbering;
mod sheet;

use std::io::Write;
use std::path::Path;

pub use line::{Fault, Line};
pub use sheet::Sheet;

use crate::deciding::{Became, Import};
use crate::state::App;

/// Lines of one transaction.
pub const BATCH: usize = 5_000;
/// After each, a service beside us gets its turn at the file.
const TURN: std::time::Duration = std::time::Duration::from_millis(30);

/// What became of a file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub denials: u64,
    pub grants: u64,
    /// Of the denials: those that switched off what was granted here.
    pub ended: u64,
    /// Kept in the history, not in force.
    pub superseded: u64,
    /// Imported before.
    pub repeated: u64,
    /// Grants that cannot hold, and were not taken.
    pub skipped: u64,
    /// Lines that say nothing that could be taken.
    pub bad: u64,
}

/// Imports a file for a site. `report` gets a line for each line that did not simply hold.
pub async fn import(app: &App, site: &str, file: &Path, report: &mut dyn Write) -> Result<Figures, String> {
    let mut figures = Figures::default();
    for denials in [true, false] {
        let mut sheet = Sheet::open(file)?;
        let mut batch: Vec<(u64, Line)> = Vec::with_capacity(BATCH);
        let mut read = 0u64;
        loop {
            let next = sheet.record()?;
            let ended = next.is_none();
            if let Some((number, fields)) = next {
                read += 1;
                let known = app.site(site).ok_or(format!("{site}: no such site."))?;
                match line::read(&fields, &known, app.now()) {
                    Ok(line) if line.denies() == denials => batch.push((number, line)),
                    Ok(_) => {}
                    // Told once, in the first reading; what may not be granted in the second.
                    Err(fault) if fault.skips() != denials => {
                        *(if fault.skips() { &mut figures.skipped } else { &mut figures.bad }) += 1;
                        say(report, number, fault.code(), &fault.to_string())?;
                    }
                    Err(_) => {}
                }
            }
            if batch.len() == BATCH || (ended && !batch.is_empty()) {
                take(app, site, &mut batch, &mut figures, report).await?;
                eprintln!("{}: {read} lines read", if denials { "denials" } else { "grants" });
                tokio::time::sleep(TURN).await;
            }
            if ended {
                break;
            }
        }
    }
    Ok(figures)
}

async fn take(
    app: &App,
    site: &str,
    batch: &mut Vec<(u64, Line)>,
    figures: &mut Figures,
    report: &mut dyn Write,
) -> Result<(), String> {
    let known = app.site(site).ok_or(format!("{site}: no such site."))?;
    let (numbers, lines): (Vec<u64>, Vec<Line>) = batch.drain(..).unzip();
    let denials: Vec<bool> = lines.iter().map(Line::denies).collect();
    let imported = lines.into_iter().map(|line| line.imported(app, site)).collect();
    let answer = app.writer.ask(Import { core: app.core(), site: known, lines: imported }).await;
    let became = answer.map_err(|problem| format!("{} {}", problem.kind.title(), problem.kind.fix()))?;
    for ((number, denial), became) in numbers.into_iter().zip(denials).zip(became) {
        let taken = if denial { &mut figures.denials } else { &mut figures.grants };
        match became {
            Became::Applied => *taken += 1,
            Became::EndedAGrant => {
                *taken += 1;
                figures.ended += 1;
                say(
                    report,
                    number,
                    "ended-a-grant",
                    "The customer had switched this on here; it is off now, and they can switch it on again.",
                )?;
            }
            Became::Superseded => {
                figures.superseded += 1;
                say(
                    report,
                    number,
                    "superseded",
                    "A denial stands, so the grant is kept in the history and is not in force.",
                )?;
            }
            Became::Repeated => figures.repeated += 1,
            Became::Erased => {
                figures.skipped += 1;
                say(report, number, "erased-since", "The customer was erased after this, and it went with them.")?;
            }
            Became::Refused(reason) => {
                figures.skipped += 1;
                say(report, number, &reason, "It was not taken; see the reason.")?;
            }
        }
    }
    Ok(())
}

fn say(report: &mut dyn Write, number: u64, code: &str, words: &str) -> Result<(), String> {
    writeln!(report, "line {number}: {code}: {words}")
        .map_err(|fault| format!("the report cannot be written: {fault}."))
}
