//! What every request shares.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use candor_protocol::Timestamp;
use tokio::sync::{Notify, watch};

use crate::clock::{Chance, Clock};
use crate::connections::Bounds;
use crate::directory::{Directory, Site};
use crate::limits::{Limits, Rates};
use crate::live::Live;
use crate::log::log;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::people::{People, Person};
use crate::problem::{Kind, Problem};
use crate::secret::{Hash, Secret};
use crate::store::reads::Refusal;
use crate::store::{Reads, Store, StoreFault};
use crate::writer::{Committed, Writer};

/// How the service is set up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where customers' browsers reach it, without a slash at the end.
    pub public_url: String,
    /// The folder served under /embed.
    pub embed: Option<PathBuf>,
    /// The desk shows itself without a sign-in: for demonstrations.
    pub desk_guest: bool,
    /// Origins that may put the HTML pages in a frame.
    pub frame_ancestors: Vec<String>,
    /// How often each may ask.
    pub rates: Rates,
    /// How much is done at the same time.
    pub bounds: Bounds,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

/// The running service; cheap to clone, which each layer does for each request.
#[derive(Clone)]
pub struct App(Arc<Running>);

/// What every request shares, and the way to the writer.
pub struct Running {
    core: Arc<Core>,
    pub writer: Writer,
}

/// Everything but the way to the writer.
pub struct Core {
    pub config: Config,
    pub clock: Box<dyn Clock>,
    pub chance: Box<dyn Chance>,
    pub secret: Secret,
    pub store: Arc<dyn Store>,
    pub people: Arc<People>,
    pub live: Live,
    pub metrics: Metrics,
    pub limits: Limits,
    /// Refused reads not written yet; equal ones are counted.
    refusals: Mutex<HashMap<Refused, (u64, Timestamp)>>,
    /// Rung when there may be something to tell an endpoint.
    pub bell: Notify,
    stopping: watch::Sender<bool>,
}

/// Site, subject, purpose, source, reason.
type Refused = (String, Option<String>, String, String, String);

impl std::ops::Deref for App {
    type Target = Running;
    fn deref(&self) -> &Running {
        &self.0
    }
}

impl std::ops::Deref for Running {
    type Target = Core;
    fn deref(&self) -> &Core {
        &self.core
    }
}

impl App {
    /// Starts the writer over an open store.
    pub fn start(
        config: Config,
        store: Arc<dyn Store>,
        secret: Secret,
        clock: Box<dyn Clock>,
        chance: Box<dyn Chance>,
    ) -> Result<(Self, JoinHandle<()>), StoreFault> {
        let epoch = store.read(|view| view.epoch())?;
        let directory = store.read(|view| Ok(Directory::new(view.generation()?, view.sites()?)))?;
        let people = Arc::new(People::new(epoch, directory));
        let limits = Limits::new(config.rates, config.bounds.requests);
        let core = Arc::new(Core {
            config,
            clock,
            chance,
            secret,
            store: store.clone(),
            people: people.clone(),
            live: Live::default(),
            metrics: Metrics::default(),
            limits,
            refusals: Mutex::default(),
            bell: Notify::new(),
            stopping: watch::channel(false).0,
        });
        let told = core.clone();
        let (writer, thread) = Writer::start(store, people, move |committed| told.after(committed))
            .map_err(|fault| StoreFault::Other(PathBuf::from("candor.db"), fault.to_string()))?;
        Ok((App(Arc::new(Running { core, writer })), thread))
    }

    /// What a job carries along.
    pub fn core(&self) -> Arc<Core> {
        self.core.clone()
    }

    /// Runs a read where it may wait for the disk.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Reads) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || store.read(work)).await;
        Ok(done.map_err(|_| Problem::new(Kind::Internal))??)
    }

    /// The person of this id, if it is one of the site's.
    pub async fn person(&self, site: &str, id: &str) -> Result<Option<Arc<Person>>, Problem> {
        let person = match self.people.held(id) {
            Some(person) => Some(person),
            None => {
                let (core, id) = (self.core(), id.to_owned());
                let found = tokio::task::spawn_blocking(move || core.people.find(&id, &*core.store)).await;
                found.map_err(|_| Problem::new(Kind::Internal))??
            }
        };
        Ok(person.filter(|person| person.site == site))
    }

    /// The subject of a shop's customer.
    pub async fn customer(&self, site: &str, customer: &str) -> Result<Option<Arc<Person>>, Problem> {
        let hash = self.customer_hash(site, customer);
        if let Some(id) = self.people.customer(&hash)
            && let Some(person) = self.person(site, &id).await?
        {
            return Ok(Some(person));
        }
        let wanted = site.to_owned();
        let row = self.read(move |view| view.subject_of_customer(&wanted, &hash)).await?;
        match row {
            Some(row) => {
                self.people.name(hash, &row.id);
                self.person(site, &row.id).await
            }
            None => Ok(None),
        }
    }
}

impl Core {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn epoch(&self) -> &str {
        self.people.epoch()
    }

    pub fn directory(&self) -> Arc<Directory> {
        self.people.directory()
    }

    pub fn site(&self, id: &str) -> Option<Arc<Site>> {
        self.directory().site(id)
    }

    /// As it stands by now: a notice may have come into force while a decision waited for its turn.
    pub fn site_now(&self, then: &Arc<Site>) -> Arc<Site> {
        self.site(&then.id).unwrap_or_else(|| then.clone())
    }

    /// The keyed hash under which a shop's customer id is kept.
    pub fn customer_hash(&self, site: &str, customer: &str) -> Hash {
        self.secret.keyed("customer", &[site, customer])
    }

    /// The keyed hash that stays of an erased subject.
    pub fn subject_hash(&self, subject: &str) -> Hash {
        self.secret.keyed("erased", &[subject])
    }

    /// Reads sites, keys and notices again if another program changed them.
    pub fn refresh(&self) -> Result<(), StoreFault> {
        let held = self.directory().generation;
        let generation = self.store.read(|view| view.generation())?;
        if generation != held {
            let directory = self.store.read(|view| Ok(Directory::new(view.generation()?, view.sites()?)))?;
            self.people.replace_directory(directory);
            self.live.tell_all();
        }
        Ok(())
    }

    /// Notes a refused read; it is written within a moment.
    pub fn refused(&self, site: &str, subject: Option<&str>, purpose: &str, source: &str, reason: &str) {
        let key = (site.into(), subject.map(Into::into), purpose.into(), source.into(), reason.into());
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let line = refusals.entry(key).or_insert((0, self.now()));
        line.0 += 1;
    }

    /// The refused reads noted since the last call.
    pub fn take_refusals(&self) -> Vec<Refusal> {
        let noted = std::mem::take(&mut *self.refusals.lock().unwrap_or_else(PoisonError::into_inner));
        let mut refusals: Vec<Refusal> = noted
            .into_iter()
            .map(|((site, subject, purpose, source, reason), (count, at))| Refusal {
                row: 0,
                site,
                subject,
                purpose,
                source,
                reason,
                count,
                at,
            })
            .collect();
        refusals.sort_by_key(|refusal| refusal.at);
        refusals
    }

    /// Once the service is asked to end; streams then end too.
    pub async fn stopped(&self) {
        let _ = self.stopping.subscribe().wait_for(|stop| *stop).await;
    }

    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    fn after(&self, committed: Committed) {
        for person in &committed.people {
            self.live.tell(&person.id);
        }
        for what in committed.happened {
            self.live.happened(what);
        }
        for subject in committed.erased {
            self.live.tell(&subject);
        }
        if committed.moved_beside {
            self.live.tell_all();
        }
        if committed.directory_moved
            && let Err(fault) = self.refresh()
        {
            log(&fault);
        }
        if self.directory().endpoints().next().is_some() {
            self.bell.notify_one();
        }
    }
}
