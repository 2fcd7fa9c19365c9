//! Who is told of changes.

use clap::Subcommand;

use super::Data;
use super::admin::{open_site, write};
use crate::clock::{Clock, OsChance, SystemClock, fresh_id};
use crate::store::Change;
use crate::store::post::{Endpoint, Posting};
use crate::webhooks::{address, signature};

#[derive(Subcommand)]
pub enum WebhookCommand {
    /// Tells an address of every change from now on, and prints its id and secret; one that
    /// answered 410 is told again.
    Add {
        #[command(flatten)]
        data: Data,
        site: String,
        /// `https://…`; `http://` only to this machine.
        url: String,
    },
    /// Lists a site's endpoints.
    List {
        #[command(flatten)]
        data: Data,
        site: String,
    },
    /// Makes the next secret and prints it; the one before it signs beside it for 24 hours.
    Rotate {
        #[command(flatten)]
        data: Data,
        site: String,
        /// `wh_…`
        id: String,
    },
    /// Tells an endpoint no more; what waits for it goes.
    Remove {
        #[command(flatten)]
        data: Data,
        site: String,
        /// `wh_…`
        id: String,
    },
}

impl WebhookCommand {
    pub fn run(self) -> Result<(), String> {
        let at = SystemClock.now();
        match self {
            WebhookCommand::Add { data, site, url } => {
                let url = address::read(&url)?;
                let opened = open_site(&data, &site)?;
                let id = fresh_id(&OsChance, "wh_");
                write(&opened, &[Change::Post(Posting::Endpoint { id, site: site.clone(), url: url.clone(), at })])?;
                let all = opened.store.read(|view| view.endpoints(&site)).map_err(|fault| fault.to_string())?;
                let known = all.into_iter().find(|endpoint| endpoint.url == url).ok_or("it was not kept.")?;
                println!("{}\t{}", known.id, signature::secret_word(&opened.secret, &known.id, known.secret));
            }
            WebhookCommand::List { data, site } => {
                let opened = open_site(&data, &site)?;
                let all = opened.store.read(|view| view.endpoints(&site)).map_err(|fault| fault.to_string())?;
                for Endpoint { id, url, disabled_at, .. } in all {
                    println!("{id}\t{url}\t{}", if disabled_at.is_some() { "answered 410" } else { "in use" });
                }
            }
            WebhookCommand::Rotate { data, site, id } => {
                let (opened, known) = endpoint(&data, &site, &id)?;
                write(&opened, &[Change::Post(Posting::Rotate { id: id.clone(), at })])?;
                println!("{}", signature::secret_word(&opened.secret, &id, known.secret + 1));
            }
            WebhookCommand::Remove { data, site, id } => {
                let (opened, _) = endpoint(&data, &site, &id)?;
                write(&opened, &[Change::Post(Posting::Remove { id })])?;
            }
        }
        Ok(())
    }
}

fn endpoint(data: &Data, site: &str, id: &str) -> Result<(crate::serve::Opened, Endpoint), String> {
    let opened = open_site(data, site)?;
    let all = opened.store.read(|view| view.endpoints(site)).map_err(|fault| fault.to_string())?;
    let known = all.into_iter().find(|endpoint| endpoint.id == id);
    let known = known.ok_or(format!("{id}: no such endpoint of {site}. See: candor webhook list {site}"))?;
    Ok((opened, known))
}
