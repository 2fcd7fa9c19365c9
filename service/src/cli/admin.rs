//! Sites, keys, notices, one person's file. They work beside a running service, which learns of it within a moment.

use std::path::{Path, PathBuf};

use candor_protocol::{Notice, limits};
use clap::{Args, Subcommand};

use super::Data;
use crate::clock::{Clock, OsChance, SystemClock, fresh_id};
use crate::directory::notice_hash;
use crate::serve::{Opened, Running, open};
use crate::state::Config;
use crate::store::{Change, Revoked, StoreFault, Tx};
use crate::token::{ALGORITHMS, TokenKey};

#[derive(Subcommand)]
pub enum SiteCommand {
    /// Adds a site, or changes its name and origins.
    Add {
        #[command(flatten)]
        data: Data,
        /// The publishable key, such as pk_demo.
        id: String,
        /// Its name, for the desk.
        #[arg(long)]
        name: String,
        /// Exact origin of its pages, such as `https://shop.example`; repeat for more.
        #[arg(long = "origin", value_name = "ORIGIN", required = true)]
        origins: Vec<String>,
    },
    /// Lists the sites.
    List {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Makes a secret key for the shop's server and prints it, once.
    New {
        #[command(flatten)]
        data: Data,
        site: String,
        /// The key is for Candor's own recommender, which uses only what an evaluation allowed.
        #[arg(long)]
        reference: bool,
    },
    /// Makes a key for the privacy desk and prints it, once.
    Desk {
        #[command(flatten)]
        data: Data,
        site: String,
    },
    /// Registers the key that signs the shop's sign-in tokens.
    Token {
        #[command(flatten)]
        data: Data,
        site: String,
        /// EdDSA, ES256 or HS256; a token signed otherwise is refused.
        #[arg(long)]
        alg: String,
        /// The public key as PEM; for HS256 the shared secret.
        #[arg(long, value_name = "FILE")]
        public: PathBuf,
    },
    /// Takes a key back: it opens nothing from the next moment on. Make its successor first.
    Revoke {
        #[command(flatten)]
        data: Data,
        site: String,
        /// The secret or desk key, `sk_…` or `dk_…`.
        #[arg(required_unless_present = "public")]
        key: Option<String>,
        /// Instead: the file of a sign-in key, as it was registered.
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        public: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub enum NoticeCommand {
    /// Publishes a notice; it is in force from its valid_from, a further one two seconds from now at the earliest.
    Publish {
        #[command(flatten)]
        data: Data,
        site: String,
        file: PathBuf,
    },
}

#[derive(Args)]
pub struct OfSubject {
    #[command(flatten)]
    data: Data,
    site: String,
    /// `sub_…`, or `shop:` and the shop's own id of the customer.
    subject: String,
}

impl SiteCommand {
    pub fn run(self) -> Result<(), String> {
        match self {
            SiteCommand::Add { data, id, name, origins } => {
                if !candor_protocol::text::is_id(&id) || !id.starts_with("pk_") {
                    return Err(format!("{id}: a publishable key begins with pk_ and has no spaces or quotes."));
                }
                for origin in &origins {
                    check_origin(origin)?;
                }
                let at = SystemClock.now();
                write(&open(&data.data, &OsChance)?, &[Change::Site { id: id.clone(), name, origins, at }])?;
                println!("{id}");
                Ok(())
            }
            SiteCommand::List { data } => {
                let sites = open_store(&data.data)?.store.read(|view| view.sites()).map_err(|f| f.to_string())?;
                for site in sites {
                    println!("{}\t{}\t{}", site.id, site.name, site.origins.join(" "));
                }
                Ok(())
            }
        }
    }
}

impl KeyCommand {
    pub fn run(self) -> Result<(), String> {
        let at = SystemClock.now();
        match self {
            KeyCommand::New { data, site, reference } => {
                let opened = open_site(&data, &site)?;
                let key = fresh_key("sk_");
                let hash = opened.secret.keyed("secret-key", &[&key]);
                write(&opened, &[Change::SecretKey { site, hash, reference, at }])?;
                println!("{key}");
            }
            KeyCommand::Desk { data, site } => {
                let opened = open_site(&data, &site)?;
                let key = fresh_key("dk_");
                let hash = opened.secret.keyed("desk-key", &[&key]);
                write(&opened, &[Change::DeskKey { site, hash, at }])?;
                println!("{key}");
            }
            KeyCommand::Token { data, site, alg, public } => {
                let opened = open_site(&data, &site)?;
                let mut key = read_key(&public)?;
                if alg == "HS256" {
                    key.truncate(key.trim_ascii_end().len());
                }
                TokenKey::read(&alg, &key).map_err(|why| format!("{}: {why}", public.display()))?;
                debug_assert!(ALGORITHMS.contains(&alg.as_str()));
                write(&opened, &[Change::TokenKey { site, alg, key, at }])?;
            }
            KeyCommand::Revoke { data, site, key, public } => {
                let opened = open_site(&data, &site)?;
                // A shared secret was registered without the end of its line.
                let keys = match (key.as_deref(), public) {
                    (Some(key), _) if key.starts_with("dk_") => {
                        vec![Revoked::Desk(opened.secret.keyed("desk-key", &[key]))]
                    }
                    (Some(key), _) => vec![Revoked::Secret(opened.secret.keyed("secret-key", &[key]))],
                    (None, Some(public)) => {
                        let key = read_key(&public)?;
                        vec![Revoked::Token(key.trim_ascii_end().to_vec()), Revoked::Token(key)]
                    }
                    (None, None) => Vec::new(),
                };
                let mut gone = false;
                for key in keys {
                    match revoke(&opened, &site, key) {
                        Err(StoreFault::Gone) => {}
                        // Whatever else went wrong, the key still opens what it did.
                        Err(fault) => return Err(format!("The key was not revoked. {fault} {}", fault.fix())),
                        Ok(_) => gone = true,
                    }
                }
                if !gone {
                    return Err(format!("{site} has no such key."));
                }
            }
        }
        Ok(())
    }
}

impl NoticeCommand {
    pub fn run(self) -> Result<(), String> {
        let NoticeCommand::Publish { data, site, file } = self;
        let opened = open_site(&data, &site)?;
        let body = std::fs::read_to_string(&file).map_err(|fault| format!("{}: {fault}.", file.display()))?;
        let hash = read_notice(&site, &body).map_err(|why| format!("{}: {why}", file.display()))?;
        // When its turn has come: another program may hold the file, and whoever decides meanwhile knows nothing of it.
        let publish = |tx: &mut dyn Tx| {
            tx.apply(&Change::Notice { site, hash: hash.clone(), body, at: SystemClock.now() })?;
            tx.apply(&Change::Generation)
        };
        opened.store.write(publish).map_err(|fault| fault.to_string())?;
        println!("{hash}");
        Ok(())
    }
}

impl OfSubject {
    pub fn export(self) -> Result<(), String> {
        let OfSubject { data, site, subject } = self;
        with_app(&data.data, |app| async move {
            let known = app.site(&site).ok_or(format!("{site}: no such site."))?;
            let person =
                app.named(&known, &subject).await.map_err(told)?.ok_or(format!("{subject}: no such subject."))?;
            let file = app.export(&known, &person.id).await.map_err(told)?;
            println!("{}", serde_json::to_string_pretty(&file).unwrap_or_default());
            Ok(())
        })
    }

    pub fn erase(self) -> Result<(), String> {
        let OfSubject { data, site, subject } = self;
        super::import::clear_left(&data.data);
        with_app(&data.data, |app| async move {
            let known = app.site(&site).ok_or(format!("{site}: no such site."))?;
            let person =
                app.named(&known, &subject).await.map_err(told)?.ok_or(format!("{subject}: no such subject."))?;
            app.erase_beside(known, &person.id).await.map_err(told)?;
            println!("erased {}", person.id);
            Ok(())
        })
    }
}

/// Scheme, host and port, nothing else.
pub fn check_origin(origin: &str) -> Result<(), String> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let host = rest.filter(|host| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b))
    });
    match host {
        Some(_) => Ok(()),
        None => Err(format!(
            "{origin}: an origin is scheme, host and port in lower case, such as https://shop.example:8443"
        )),
    }
}

/// Reads a notice as it would be published; its hash.
pub fn read_notice(site: &str, body: &str) -> Result<String, String> {
    if body.len() > limits::NOTICE_BYTES {
        return Err("larger than 256 KiB.".into());
    }
    let value: serde_json::Value = serde_json::from_str(body).map_err(|fault| format!("this is not JSON: {fault}."))?;
    let notice = Notice::read(&value).map_err(|fault| fault.to_string())?;
    if notice.site != site {
        return Err(format!("it is the notice of {}.", notice.site));
    }
    Ok(notice_hash(body))
}

fn read_key(path: &std::path::Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|fault| format!("{}: {fault}.", path.display()))
}

fn revoke(opened: &Opened, site: &str, key: Revoked) -> Result<(), StoreFault> {
    opened.store.write(|tx: &mut dyn Tx| {
        tx.apply(&Change::Revoke { site: site.to_owned(), key })?;
        tx.apply(&Change::Generation)
    })
}

fn fresh_key(prefix: &str) -> String {
    fresh_id(&OsChance, prefix) + &fresh_id(&OsChance, "")
}

/// The file of the store that is there: a mistyped folder is not made one. Only `serve` and `site add` make it.
pub(super) fn store_in(folder: &Path) -> Result<PathBuf, String> {
    let file = folder.join("candor.db");
    if file.exists() {
        return Ok(file);
    }
    let named = "Name its folder with --data or CANDOR_DATA; `candor site add` makes one.";
    Err(format!("{}: there is no store here. {named}", folder.display()))
}

fn open_store(folder: &Path) -> Result<Opened, String> {
    store_in(folder)?;
    open(folder, &OsChance)
}

pub(super) fn open_site(data: &Data, site: &str) -> Result<Opened, String> {
    let opened = open_store(&data.data)?;
    let sites = opened.store.read(|view| view.sites()).map_err(|fault| fault.to_string())?;
    if sites.iter().any(|known| known.id == site) {
        Ok(opened)
    } else {
        Err(format!("{site}: no such site. Add it: candor site add {site} --name NAME --origin ORIGIN"))
    }
}

pub(super) fn write(opened: &Opened, changes: &[Change]) -> Result<(), String> {
    let apply = |tx: &mut dyn Tx| {
        changes.iter().try_for_each(|change| tx.apply(change))?;
        tx.apply(&Change::Generation)
    };
    opened.store.write(apply).map_err(|fault| fault.to_string())
}

/// Runs work over a data folder with the service's own code, beside a running one or alone.
pub(super) fn with_app<F: Future<Output = Result<(), String>>>(
    folder: &Path,
    work: impl FnOnce(crate::state::App) -> F,
) -> Result<(), String> {
    let opened = open_store(folder)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|fault| fault.to_string())?;
    let running = Running::start(opened, Config::default()).map_err(|fault| fault.to_string())?;
    let app = running.app.clone();
    let done = runtime.block_on(work(app));
    runtime.block_on(running.end()).and(done)
}

fn told(problem: crate::problem::Problem) -> String {
    let detail = problem.detail.map(|detail| format!(" {detail}")).unwrap_or_default();
    format!("{}{detail} {}", problem.kind.title(), problem.kind.fix())
}
