//! The service: its whole router over its real store, asked without a socket.

use std::cell::Cell;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::body::HttpBody;
use axum::http::{Request, Response};
use candor_service::directory::notice_hash;
use candor_service::files::System;
use candor_service::people::Person;
use candor_service::restore::{Journal, restore};
use candor_service::secret::Secret;
use candor_service::state::{App, Config};
use candor_service::store::reads::Received;
use candor_service::store::{Change, Options, Sqlite, Store, backup};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::clock::{Dice, START, Time};

/// How late a read is that comes late, and how long one is waited for at a time.
const MOMENT: Duration = Duration::from_millis(1);
const ORIGIN: &str = "https://shop.example";
pub const HS256: &[u8] = b"a shared secret of the simulated shop";

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// 0: nothing did.
    pub status: u16,
    pub media: String,
    pub retry_after: Option<String>,
    pub text: String,
}

impl Answer {
    /// Of something on the way that is not the service.
    pub fn of_another(status: u16, retry_after: Option<&str>) -> Self {
        let retry_after = retry_after.map(str::to_owned);
        Answer { status, media: "text/html".into(), retry_after, text: "<p>Something else".into() }
    }

    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
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
    /// Each history has a site of its own.
    site: String,
    /// The state of the store that a later restore brings back.
    backup: Option<PathBuf>,
    /// Counts up with whatever may change what lies on disk.
    touched: Cell<u64>,
    /// Somebody listens, or did: the service has things to do beside requests.
    listened: Cell<bool>,
    /// What is read beside requests comes late, as on a busy machine.
    late: bool,
}

struct Running {
    app: App,
    router: Router,
    writer: JoinHandle<()>,
    store: Arc<dyn Store>,
}

impl House {
    pub fn new(late: bool) -> Self {
        // In memory where the system has a file system there: what is simulated is not the disk.
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.expect("a folder for the stores");
        let dice = Dice::new();
        let secret = Secret::new(&dice);
        secret.keep(&System, &folder.path().join("candor.secret")).expect("the secret is kept");
        let mut house = House {
            folder,
            time: Time::default(),
            secret,
            dice,
            runtime: runtime(),
            running: None,
            site: String::new(),
            backup: None,
            touched: Cell::new(0),
            listened: Cell::new(false),
            late,
        };
        house.time.set(START);
        house.renew();
        house
    }

    /// An empty store.
    pub fn renew(&mut self) {
        drop(self.end());
        self.clear();
        self.open();
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("candor.db")
    }

    /// All that lies in the folder, but the secret.
    fn clear(&self) {
        for entry in std::fs::read_dir(self.folder.path()).expect("the folder").flatten() {
            if entry.file_name() != "candor.secret" {
                std::fs::remove_file(entry.path()).expect("it goes");
            }
        }
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

    fn open(&mut self) {
        let options = Options { readers: 1, ..Options::at(self.place()) };
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&options, &self.dice).expect("the store opens"));
        self.touch();
        let (time, dice) = (Box::new(self.time.clone()), Box::new(self.dice.clone()));
        let (app, writer) =
            App::start(Config::default(), store.clone(), self.secret.clone(), time, dice).expect("the service starts");
        let router = candor_service::http::router(app.clone());
        self.running = Some(Running { app, router, writer, store });
        self.listened.set(false);
    }

    fn end(&mut self) -> Option<Arc<dyn Store>> {
        let Running { app, router, writer, store } = self.running.take()?;
        app.stop();
        self.breathe();
        app.writer.stop();
        drop((app, router));
        writer.join().expect("the writer ends");
        // A read that was begun for a line ends on its own thread, and holds the store until then. A process that
        // ends takes it along.
        for _ in 0..10_000 {
            if Arc::strong_count(&store) == 1 {
                break;
            }
            std::thread::sleep(MOMENT);
        }
        Some(store)
    }

    /// The process ends and another one begins: what was only in memory is gone.
    pub fn restart(&mut self) {
        drop(self.end());
        self.open();
    }

    /// The process is killed: what the files hold at that moment is all that the next one finds.
    pub fn crash(&mut self) {
        let left: Vec<(PathBuf, Vec<u8>)> = ["candor.db", "candor.db-wal"]
            .map(|name| self.folder.path().join(name))
            .into_iter()
            .filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?)))
            .collect();
        // Closed properly it writes more than a killed one would have.
        drop(self.end());
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(format!("candor.db{ending}")));
        }
        for (path, bytes) in left {
            std::fs::write(path, bytes).expect("the files lie as they lay");
        }
        self.open();
    }

    /// Copies the store as it is now, beside the service, as `candor backup` does.
    pub fn back_up(&mut self) {
        let copy = self.folder.path().join("backup.db");
        let _ = std::fs::remove_file(&copy);
        backup::copy(&Options::at(self.place()), &copy).expect("the backup is written");
        self.backup = Some(copy);
    }

    pub fn forget_backup(&mut self) {
        self.backup = None;
    }

    pub fn has_backup(&self) -> bool {
        self.backup.is_some()
    }

    /// The backup takes the store's place, as `candor restore` does it.
    pub fn restore(&mut self) {
        let backup = self.backup.clone().expect("there is a backup");
        drop(self.end());
        let now = candor_protocol::Timestamp(self.time.ms());
        restore(&Options::at(self.place()), &backup, &Journal::Replaced, &self.dice, now)
            .expect("the backup is restored");
        self.open();
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
        self.breathe();
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
        self.hand_over(page_post(path, body))
    }

    pub fn get(&self, path: &str) -> Answer {
        let request =
            Request::get(format!("/v1/{path}?site={}", self.site)).header("origin", ORIGIN).body(Body::empty());
        self.hand_over(request.expect("a request"))
    }

    /// A page wants to hear whatever moves from now on.
    pub fn listen(&self, body: &str) -> (Answer, Option<Body>) {
        let response = self.respond(page_post("live", body));
        let mut answer = head(&response);
        if answer.status == 200 {
            self.listened.set(true);
            self.breathe();
            return (answer, Some(response.into_body()));
        }
        answer.text = self.runtime.block_on(text(response.into_body()));
        (answer, None)
    }

    /// What the service has to say on such a line: nothing yet, or a piece of it, or, without a piece, that it ends.
    pub fn next(&self, line: &mut Body) -> Option<Option<String>> {
        let _within = self.runtime.enter();
        let mut waker = Context::from_waker(Waker::noop());
        match Pin::new(line).poll_frame(&mut waker) {
            Poll::Pending => None,
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.into_data().unwrap_or_default();
                Some(Some(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Poll::Ready(_) => Some(None),
        }
    }

    /// Whatever the service does beside requests is done: reads on another thread too, or how a history goes on
    /// would hang on how busy the machine is.
    fn breathe(&self) {
        if !self.listened.get() {
            return;
        }
        self.runtime.block_on(async {
            // Whoever was woken begins a read, which is over when this thread has nothing more to do, and takes it.
            for _ in 0..2 {
                yields().await;
                tokio::task::spawn_blocking(|| ()).await.expect("it does nothing");
            }
            yields().await;
        });
    }

    fn hand_over(&self, request: Request<Body>) -> Answer {
        let response = self.respond(request);
        let mut answer = head(&response);
        answer.text = self.runtime.block_on(text(response.into_body()));
        answer
    }

    fn respond(&self, request: Request<Body>) -> Response<Body> {
        self.touch();
        let router = self.running().router.clone();
        if self.late {
            self.runtime.spawn_blocking(|| std::thread::sleep(MOMENT));
        }
        let answer = async move { router.oneshot(request).await.expect("the router always answers") };
        let response = self.runtime.block_on(answer);
        self.breathe();
        response
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

/// One thread for what waits for the disk: what is asked of it first is over first.
fn runtime() -> Runtime {
    let mut one = tokio::runtime::Builder::new_current_thread();
    one.enable_time().max_blocking_threads(1).build().expect("a runtime")
}

async fn yields() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

fn page_post(path: &str, body: &str) -> Request<Body> {
    let request = Request::post(format!("/v1/{path}"))
        .header("origin", ORIGIN)
        .header("content-type", "text/plain;charset=UTF-8")
        .body(Body::from(body.to_owned()));
    request.expect("a request")
}

fn head(response: &Response<Body>) -> Answer {
    let named = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    Answer {
        status: response.status().as_u16(),
        media: named("content-type").unwrap_or_default(),
        retry_after: named("retry-after"),
        text: String::new(),
    }
}

async fn text(body: Body) -> String {
    String::from_utf8_lossy(&axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default()).into_owned()
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.end());
    }
}
