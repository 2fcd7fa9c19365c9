//! A running service: opened, served, ended gracefully.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::clock::{Chance, Clock, OsChance, SystemClock};
use crate::connections;
use crate::deciding::{Sweep, WriteRefusals};
use crate::files;
use crate::log::log;
use crate::restore;
use crate::secret::Secret;
use crate::state::{App, Config};
use crate::store::{Options, Sqlite, Store, StoreFault, backup};

/// How long open connections may take to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon a refused read is at the desk, and another program's change is known.
const MOMENT: Duration = Duration::from_millis(250);
/// How often documents past their time lose what is personal.
const SWEEP: Duration = Duration::from_secs(60);
/// So many sweeps later at most it is in no log either.
const SETTLED: u32 = 10;

/// A data folder: the database and the secret beside it.
pub struct Opened {
    pub store: Arc<dyn Store>,
    pub secret: Secret,
}

/// Opens the folder or makes it.
pub fn open(folder: &Path, chance: &dyn Chance) -> Result<Opened, String> {
    open_with(folder, Options::at(folder.join("candor.db")), chance)
}

pub fn open_with(folder: &Path, options: Options, chance: &dyn Chance) -> Result<Opened, String> {
    files::make_folders(options.files, folder).map_err(|fault| StoreFault::from_io(folder, fault).to_string())?;
    let kept = folder.join("candor.secret");
    let secret = match Secret::read(options.files, &kept)? {
        Some(secret) => secret,
        None => first_secret(&kept, &options, chance)?,
    };
    let store = Sqlite::open(&options, chance).map_err(|fault| fault.to_string())?;
    // Whoever is erased from now on would be in it still. While this store is open no restore is under way.
    restore::clear_left(&options);
    Ok(Opened { store: Arc::new(store), secret })
}

/// Made where there is no store yet, by one alone of all who start at the same time.
fn first_secret(kept: &Path, options: &Options, chance: &dyn Chance) -> Result<Secret, String> {
    let told = |fault: StoreFault| fault.to_string();
    let there = options.files.exists(&options.path).map_err(|fault| told(StoreFault::from_io(&options.path, fault)))?;
    let _alone = if there { None } else { Some(backup::lock_alone(options).map_err(told)?) };
    // Another may have made it, and the store, since.
    match Secret::read(options.files, kept)? {
        Some(secret) => Ok(secret),
        None if there => Err(Secret::missing(kept)),
        None => {
            let secret = Secret::new(chance);
            secret.keep(options.files, kept).map_err(told)?;
            Ok(secret)
        }
    }
}

/// A service that runs until it is told to end.
pub struct Running {
    pub app: App,
    writer: JoinHandle<()>,
}

impl Running {
    pub fn start(opened: Opened, config: Config) -> Result<Self, StoreFault> {
        Self::start_with(opened, config, Box::new(SystemClock), Box::new(OsChance))
    }

    pub fn start_with(
        opened: Opened,
        config: Config,
        clock: Box<dyn Clock>,
        chance: Box<dyn Chance>,
    ) -> Result<Self, StoreFault> {
        let (app, writer) = App::start(config, opened.store, opened.secret, clock, chance)?;
        Ok(Running { app, writer })
    }

    /// Serves until `end` comes; then takes no more, finishes what waits, and
    /// leaves everything in the one file.
    pub async fn serve(
        self,
        listener: TcpListener,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), String> {
        let Running { app, writer } = self;
        let background = tokio::spawn(in_background(app.clone()));
        let courier = tokio::spawn(crate::webhooks::run(app.clone()));
        let stopping = app.clone();
        let ended = async move {
            end.await;
            // Streams would otherwise keep their connections open.
            stopping.stop();
        };
        let router = crate::http::router(app.clone());
        let config = &app.config;
        tokio::select! {
            () = connections::serve(listener, router, config.bounds, &config.trusted_proxies, ended) => {}
            () = async {
                app.stopped().await;
                tokio::time::sleep(PATIENCE).await;
            } => {}
        }
        // Both end at that word too. Whoever opens the store next finds nobody who still reads it.
        let _ = tokio::join!(background, courier);
        write_refusals(&app).await;
        Running { app, writer }.end().await
    }

    /// Finishes what waits for the writer and leaves everything in the one file.
    pub async fn end(self) -> Result<(), String> {
        self.app.writer.stop();
        match tokio::task::spawn_blocking(move || self.writer.join()).await {
            Ok(Ok(())) => Ok(()),
            _ => Err("the writer failed; nothing acknowledged was lost".into()),
        }
    }
}

async fn in_background(app: App) {
    let mut moment = tokio::time::interval(MOMENT);
    let mut sweep = tokio::time::interval(SWEEP);
    let mut sweeps = 0;
    loop {
        tokio::select! {
            () = app.stopped() => return,
            _ = moment.tick() => {
                write_refusals(&app).await;
                let core = app.core();
                let refreshed = tokio::task::spawn_blocking(move || core.refresh()).await;
                if let Ok(Err(fault)) = refreshed {
                    log(&fault);
                }
            }
            _ = sweep.tick() => {
                // A busy writer sweeps the next time.
                let _ = app.writer.ask(Sweep(app.now())).await;
                sweeps = (sweeps + 1) % SETTLED;
                if sweeps == 0 || app.store.unsettled() {
                    let store = app.store.clone();
                    let _ = tokio::task::spawn_blocking(move || store.settle()).await;
                }
            }
        }
    }
}

/// What could not be written is noted again by the next refused read; the count in /metrics has it.
pub async fn write_refusals(app: &App) {
    let refusals = app.take_refusals();
    if !refusals.is_empty() {
        let _ = app.writer.ask(WriteRefusals(refusals)).await;
    }
}

/// SIGTERM or SIGINT.
pub async fn signalled() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut term) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = term.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
