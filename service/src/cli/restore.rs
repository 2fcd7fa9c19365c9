//! Backups, and what brings one back.

use std::path::PathBuf;

use clap::Args;

use super::Data;
use super::admin::store_in;
use crate::clock::{Clock, OsChance, SystemClock};
use crate::restore::{self, Journal, Unchecked};
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
        println!("taken back again {} keys, {} endpoints", done.taken_back.keys, done.taken_back.endpoints);
        let over = &done.brought_over;
        println!(
            "brought over {} notices, name or origins of {} sites, {} erasures to be told",
            over.notices, over.sites, over.erasures
        );
        println!("epoch {}", done.epoch);
        for site in &done.taken_back.unchecked {
            eprintln!("{}", to_look_through(site));
        }
        if let Some(aside) = done.replaced {
            println!("replaced {}", aside.display());
            eprintln!("Delete {} once it is of no more use: it holds people's choices too.", aside.display());
        }
        Ok(())
    }
}

fn to_look_through(unchecked: &Unchecked) -> String {
    let Unchecked { site, secret_keys, desk_keys, token_keys, endpoints, origins, notices } = unchecked;
    let keys = format!("{secret_keys} secret keys, {desk_keys} desk keys and {token_keys} sign-in keys");
    let again = format!("Revoke again what was revoked since: candor key revoke {site} KEY, or --public FILE.");
    let rest = format!(
        "So are its name, the origins {} and {notices} notices. Set again what was changed since: candor site add {site} --name NAME --origin ORIGIN; publish again what was published since, in the same order: candor notice publish {site} FILE.",
        origins.join(", ")
    );
    if endpoints.is_empty() {
        return format!("{site}: {keys} are as they were at the backup. {again} {rest}");
    }
    let endpoints = endpoints.join(", ");
    format!(
        "{site}: {keys} and the endpoints {endpoints} are as they were at the backup. {again} Look through the endpoints: candor webhook list {site}, then candor webhook rotate or remove {site} ID. {rest}"
    )
}
