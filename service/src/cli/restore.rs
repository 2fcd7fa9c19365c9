//! Backups, and what brings one back.

use std::path::PathBuf;

use clap::Args;

use super::Data;
use super::admin::store_in;
use crate::clock::{Clock, OsChance, SystemClock};
use crate::restore::{self, Journal};
use crate::store::{Options, backup};

#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    data: Data,
    /// The file to write; it must not be there yet.
    file: PathBuf,
}

#[derive(Args)]
pub struct Erasures {
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    data: Data,
    /// A file that `candor backup` wrote.
    backup: PathBuf,
    /// The newest journal that `candor erasures` wrote, where the store to be replaced is lost.
    #[arg(long, value_name = "FILE", conflicts_with = "without_erasures")]
    erasures: Option<PathBuf>,
    /// Restores though nobody can tell who was erased since the backup; they come back.
    #[arg(long)]
    without_erasures: bool,
}

impl Backup {
    pub fn run(self) -> Result<(), String> {
        let from = store_in(&self.data.data)?;
        backup::copy(&Options::at(from), &self.file).map_err(|fault| fault.to_string())?;
        eprintln!(
            "Keep {} as well, once and apart from the backups: it never changes, and without it no customer is recognised.",
            self.data.data.join("candor.secret").display()
        );
        println!("{}", self.file.display());
        Ok(())
    }
}

impl Erasures {
    pub fn run(self) -> Result<(), String> {
        let lines = backup::erasures(&store_in(&self.data.data)?).map_err(|fault| fault.to_string())?;
        print!("{}", restore::written(&lines));
        Ok(())
    }
}

impl Restore {
    pub fn run(self) -> Result<(), String> {
        let journal = match (self.erasures, self.without_erasures) {
            (Some(file), _) => Journal::File(file),
            (None, true) => Journal::None,
            (None, false) => Journal::Replaced,
        };
        let store = Options::at(self.data.data.join("candor.db"));
        let done = restore::restore(&store, &self.backup, &journal, &OsChance, SystemClock.now())?;
        println!("restored {} subjects with {} decisions", done.subjects, done.decisions);
        println!("erased again {}", done.erased_again);
        println!("epoch {}", done.epoch);
        if let Some(aside) = done.replaced {
            println!("replaced {}", aside.display());
            eprintln!("Delete {} once it is of no more use: it holds people's choices too.", aside.display());
        }
        Ok(())
    }
}
