//! The service: its whole router over its real store, asked without a socket.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use candor_service::directory::notice_hash;
use candor_service::people::Person;
use candor_service::secret::Secret;
use candor_service::state::{App, Config};
use candor_service::store::reads::Received;
use candor_service::store::{Change, Options, Sqlite, Store};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::clock::{Dice, START, Time};

const ORIGIN: &str = "https://shop.example";
pub const HS256: &[u8] = b"a shared secret of the simulated shop";

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub retry_after_ms: Option<u64>,
}

impl Answer {
    /// Of something on the way that is not the service.
    pub fn of_status(status: u16, retry_after_ms: Option<u64>) -> Self {
        Answer { status, body: Value::Null, retry_after_ms }
    }
}

/// A store in a folder, and the service that runs over it.
pub struct House {
    folder: tempfile::TempDir,
    pub time: Time,
    pub dice: Dice,
    secret: Secret,
    runtime: Runtime,
    running: Option<Running>,
    stores: u64,
    /// Each history has a site of its own.
    site: String,
    /// The state of the store that a later restore brings back.
    backup: Option<PathBuf>,
    /// Counts up with whatever may change what lies on disk.
    touched: Cell<u64>,
}

struct Running {
    app: App,
    router: Router,
    writer: JoinHandle<()>,
    store: Arc<dyn Store>,
    path: PathBuf,
}

impl House {
    pub fn new() -> Self {
        // In memory where the system has a file system there: what is simulated is not the disk.
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let dice = Dice::new();
        let mut house = House {
            folder: folder.expect("a folder for the stores"),
            time: Time::default(),
            secret: Secret::new(&dice),
            dice,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            running: None,
            stores: 0,
            site: String::new(),
            backup: None,
            touched: Cell::new(0),
        };
        house.time.set(START);
        house.renew();
        house
    }

    /// An empty store.
    pub fn renew(&mut self) {
        self.end();
        self.stores += 1;
        let path = self.folder.path().join(format!("{}.db", self.stores));
        self.open(path);
    }

    /// A site for the history of this seed.
    pub fn begin(&mut self, seed: u64) {
        self.site = format!("pk_{seed}");
        let at = candor_protocol::Timestamp(START);
        let site = || self.site.clone();
        self.write(&[
            Change::Site { id: site(), name: "Shop".into(), origins: vec![ORIGIN.into()], at },
            Change::TokenKey { site: site(), alg: "HS256".into(), key: HS256.to_vec(), at },
        ]);
    }

    pub fn site(&self) -> &str {
        &self.site
    }

    pub fn app(&self) -> &App {
        &self.running().app
    }

    /// Another number than before where what lies on disk may be another.
    pub fn touched(&self) -> u64 {
        self.touched.get()
    }

    fn touch(&self) {
        self.touched.set(self.touched.get() + 1);
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs between renewals")
    }

    fn open(&mut self, path: PathBuf) {
        let options = Options { readers: 1, ..Options::at(&path) };
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&options, &self.dice).expect("the store opens"));
        self.start(store, path);
    }

    fn start(&mut self, store: Arc<dyn Store>, path: PathBuf) {
        self.touch();
        let (time, dice) = (Box::new(self.time.clone()), Box::new(self.dice.clone()));
        let (app, writer) =
            App::start(Config::default(), store.clone(), self.secret.clone(), time, dice).expect("the service starts");
        let router = candor_service::http::router(app.clone());
        self.running = Some(Running { app, router, writer, store, path });
    }

    fn end(&mut self) -> Option<(Arc<dyn Store>, PathBuf)> {
        let Running { app, router, writer, store, path } = self.running.take()?;
        app.writer.stop();
        drop((app, router));
        writer.join().expect("the writer ends");
        Some((store, path))
    }

    /// The process ends and another one begins: what was only in memory is gone.
    pub fn restart(&mut self) {
        if let Some((store, path)) = self.end() {
            self.start(store, path);
        }
    }

    /// Copies the store as it is now.
    pub fn back_up(&mut self) {
        self.touch();
        let Running { store, path, .. } = self.running();
        store.settle().expect("the store settles");
        let copy = self.folder.path().join("backup.db");
        std::fs::copy(path, &copy).expect("the backup is written");
        self.backup = Some(copy);
    }

    pub fn forget_backup(&mut self) {
        self.backup = None;
    }

    pub fn has_backup(&self) -> bool {
        self.backup.is_some()
    }

    /// The backup takes the store's place, in a new epoch.
    pub fn restore(&mut self, epoch: &str) {
        let backup = self.backup.clone().expect("there is a backup");
        let Some((store, old)) = self.end() else { return };
        drop(store);
        for ending in ["", "-wal", "-shm"] {
            let mut name = old.clone().into_os_string();
            name.push(ending);
            let _ = std::fs::remove_file(name);
        }
        self.stores += 1;
        let path = self.folder.path().join(format!("{}.db", self.stores));
        std::fs::copy(&backup, &path).expect("the backup is copied");
        let db = rusqlite::Connection::open(&path).expect("the backup opens");
        db.execute("UPDATE meta SET value = ?1 WHERE key = 'epoch'", [epoch]).expect("a new epoch begins");
        drop(db);
        self.open(path);
    }

    fn write(&self, changes: &[Change]) {
        self.touch();
        self.running()
            .store
            .write(|tx| {
                changes.iter().try_for_each(|change| tx.apply(change))?;
                tx.apply(&Change::Generation)
            })
            .expect("the store takes it");
        self.app().refresh().expect("the directory is read");
    }

    /// Publishes a notice and answers its hash.
    pub fn publish(&self, notice: &Value) -> String {
        let body = notice.to_string();
        let hash = notice_hash(&body);
        let at = self.app().now();
        self.write(&[Change::Notice { site: self.site.clone(), hash: hash.clone(), body, at }]);
        hash
    }

    /// A page's request.
    pub fn ask(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(format!("/v1/{path}"))
            .header("origin", ORIGIN)
            .header("content-type", "text/plain;charset=UTF-8")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        self.hand_over(request)
    }

    pub fn get_notice(&self) -> Answer {
        let request =
            Request::get(format!("/v1/notice?site={}", self.site)).header("origin", ORIGIN).body(Body::empty());
        self.hand_over(request.expect("a request"))
    }

    fn hand_over(&self, request: Request<Body>) -> Answer {
        self.touch();
        let router = self.running().router.clone();
        self.runtime.block_on(async move {
            let response = router.oneshot(request).await.expect("the router always answers");
            let status = response.status().as_u16();
            let retry =
                response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            Answer { status, body, retry_after_ms: retry.map(|seconds| seconds * 1000) }
        })
    }

    /// The person as the service holds them.
    pub fn person(&self, subject: &str) -> Option<Arc<Person>> {
        let app = self.app();
        app.people.find(subject, &*app.store).expect("the store can be read")
    }

    /// The decisions of a subject as they lie on disk.
    pub fn on_disk(&self, subject: &str) -> Vec<Received> {
        self.app().store.read(|view| view.decisions_of(subject)).expect("the store can be read")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.end();
    }
}
