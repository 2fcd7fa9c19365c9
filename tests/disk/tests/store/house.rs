//! The service over a folder, asked without a socket. Nothing runs beside it, so that the same
//! questions make the same calls of the file system.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use candor_protocol::Timestamp;
use candor_service::clock::{Chance, Clock};
use candor_service::problem::Problem;
use candor_service::serve::open_with;
use candor_service::state::{App, Config};
use candor_service::store::{Options, Store};
use candor_service::writer::{Ask, Group};
use serde_json::Value;
use tower::ServiceExt;

use crate::files::OverDisk;

pub const SITE: &str = "pk_test";
pub const ORIGIN: &str = "https://shop.example";
pub const SK: &str = "sk_of_the_tests";
pub const HS256: &[u8] = b"a shared secret of the shop, at least 32 bytes";

/// 2026-11-22T18:00:00Z
pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_795_370_400_000)
    }
}

/// Chance that is the same in every run.
#[derive(Clone, Default)]
pub struct Counted(Arc<AtomicU64>);

impl Chance for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            // Spread, so that ids differ in more than their last digit.
            let next = self.0.fetch_add(1, Ordering::SeqCst).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            piece.copy_from_slice(&next.to_be_bytes()[..piece.len()]);
        }
    }
}

pub struct House {
    pub app: App,
    pub store: Arc<dyn Store>,
    router: Router,
    writer: JoinHandle<()>,
}

impl House {
    /// As `candor serve` opens it.
    pub fn open(folder: &Path, chance: &Counted) -> Result<Self, String> {
        let options = Options { readers: 1, files: &OverDisk { links: true }, ..Options::at(folder.join("candor.db")) };
        let opened = open_with(folder, options, chance)?;
        let store = opened.store.clone();
        let config = Config { public_url: "https://candor.example".into(), ..Config::default() };
        let (app, writer) = App::start(config, opened.store, opened.secret, Box::new(Still), Box::new(chance.clone()))
            .map_err(|fault| fault.to_string())?;
        let router = candor_service::http::router(app.clone());
        Ok(House { app, store, router, writer })
    }

    /// Finishes what waits, leaves everything in the one file, and closes it.
    pub fn end(self) {
        let House { app, store, router, writer } = self;
        app.writer.stop();
        drop((app, router));
        writer.join().expect("the writer does not panic");
        drop(store);
    }

    /// Status and body.
    pub async fn ask(&self, request: Request<Body>) -> (u16, Option<u64>, Value) {
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let status = response.status().as_u16();
        let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
        (status, after, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

/// Keeps the writer busy until it is let go, so that what comes meanwhile is one group.
pub struct Hold {
    pub begun: mpsc::Sender<()>,
    pub until: Mutex<mpsc::Receiver<()>>,
}

impl Ask for Hold {
    type Answer = ();
    fn run(&self, _: &mut Group<'_>) -> Result<(), Problem> {
        let _ = self.begun.send(());
        let _ = self.until.lock().unwrap_or_else(PoisonError::into_inner).recv();
        Ok(())
    }
}
