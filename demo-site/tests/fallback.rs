//! What the shop goes by where the service is slow, gone, or out of its mind.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use candor_demo::gate::{Gate, Keeping, Without};
use candor_demo::picks::{Picks, Place, choose};
use candor_demo::shelf::Shelf;
use candor_demo::visitor::Visitor;
use candor_protocol::{Kind, Timestamp};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Well,
    /// Answers, but says that nothing is granted any more.
    Denying,
    Hanging,
    Garbage,
    HalfAnAnswer,
    Failing,
    /// Is about to say what it said when it was well.
    Slow,
    Asking(u16, &'static str),
}

/// A service that is played, and a shop's gate to it. An answer holds for a minute.
struct Played {
    gate: Arc<Gate>,
    mood: Arc<Mutex<Mood>>,
    /// Evaluations, and documents handed in.
    asked: Arc<AtomicUsize>,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
}

const START: i64 = 1_795_370_400_000;

impl Played {
    async fn open() -> Self {
        let (mood, asked) = (Arc::new(Mutex::new(Mood::Well)), Arc::new(AtomicUsize::new(0)));
        let clock = Arc::new(AtomicI64::new(START));
        let (heart, count, time) = (mood.clone(), asked.clone(), clock.clone());
        let evaluate = move |Json(body): Json<Value>| async move {
            count.fetch_add(1, Ordering::SeqCst);
            let mood = *heart.lock().unwrap();
            while *heart.lock().unwrap() == Mood::Slow {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            answer(mood, &body, Timestamp(time.load(Ordering::SeqCst))).await
        };
        let (heart, count) = (mood.clone(), asked.clone());
        let keep = move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            match *heart.lock().unwrap() {
                Mood::Well | Mood::Denying => StatusCode::CREATED.into_response(),
                Mood::Asking(status, seconds) => asking(status, seconds),
                _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        };
        let routes = axum::Router::new()
            .route("/access/v1/evaluations", post(evaluate))
            .route("/v1/recommendations/{id}", put(keep));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            let serving = axum::serve(listener, routes).with_graceful_shutdown(async {
                let _ = stopped.await;
            });
            serving.await.unwrap();
        });
        let time = clock.clone();
        let gate = Gate::new(&format!("http://{address}"), "sk_test").unwrap();
        let gate = Arc::new(gate.with_clock(Box::new(move || Timestamp(time.load(Ordering::SeqCst)))));
        Played { gate, mood, asked, clock, stop: Some(stop), served: Some(served) }
    }

    fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn advance(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn list(&self) -> Picks {
        self.list_without(Without::LastAnswer).await
    }

    async fn list_without(&self, without: Without) -> Picks {
        let hanna = Visitor::read(&Default::default(), Some("hanna"), shelf());
        choose(shelf(), &self.gate, &hanna, &Place::Home, without).await.unwrap()
    }

    /// For a browser that sends Global Privacy Control.
    async fn list_under_the_signal(&self, without: Without) -> Picks {
        let headers = [("sec-gpc".parse().unwrap(), "1".parse().unwrap())].into_iter().collect();
        let hanna = Visitor::read(&headers, Some("hanna"), shelf());
        choose(shelf(), &self.gate, &hanna, &Place::Home, without).await.unwrap()
    }

    async fn end(&mut self) {
        drop(self.stop.take());
        self.served.take().unwrap().await.unwrap();
    }
}

async fn answer(mood: Mood, body: &Value, now: Timestamp) -> Response {
    let granted = mood != Mood::Denying && body["context"]["gpc"] != true;
    let evaluation = |_: &Value| {
        json!({ "decision": granted, "context": { "epoch": "e_played", "rev": 1, "subject": "sub_played", "left_out": [],
            "reason": if granted { "granted" } else { "denied" }, "notice": "sha256-played",
            "valid_until": Timestamp(now.0 + 60_000) } })
    };
    let evaluations: Vec<Value> = body["evaluations"].as_array().unwrap().iter().map(evaluation).collect();
    match mood {
        Mood::Well | Mood::Denying | Mood::Slow => Json(json!({ "evaluations": evaluations })).into_response(),
        Mood::Hanging => std::future::pending().await,
        Mood::Garbage => "<html>The proxy is having a moment</html>".into_response(),
        Mood::HalfAnAnswer => Json(json!({ "evaluations": evaluations[1..] })).into_response(),
        Mood::Failing => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::Asking(status, seconds) => asking(status, seconds),
    }
}

fn asking(status: u16, seconds: &'static str) -> Response {
    (StatusCode::from_u16(status).unwrap(), [("retry-after", seconds)]).into_response()
}

fn shelf() -> &'static Arc<Shelf> {
    static SHELF: OnceLock<Arc<Shelf>> = OnceLock::new();
    SHELF.get_or_init(|| Arc::new(Shelf::own("http://127.0.0.1:8400").unwrap()))
}

#[tokio::test]
async fn the_last_answer_counts_until_the_moment_it_names_and_not_a_moment_longer() {
    for mood in [Mood::Hanging, Mood::Garbage, Mood::HalfAnAnswer, Mood::Failing] {
        let played = Played::open().await;
        assert_eq!(played.list().await.kind, Kind::Personal);
        played.be(mood);
        played.advance(59_999);
        assert_eq!(played.list().await.kind, Kind::Personal, "{mood:?}");
        played.advance(1);
        assert_eq!(played.list().await.kind, Kind::General, "{mood:?}");
        played.be(Mood::Well);
        assert_eq!(played.list().await.kind, Kind::Personal, "{mood:?}: and back");
    }
}

#[tokio::test]
async fn a_service_that_is_gone_leaves_the_last_answer_for_its_time() {
    let mut played = Played::open().await;
    assert_eq!(played.list().await.kind, Kind::Personal);
    played.end().await;
    played.advance(30_000);
    assert_eq!(played.list().await.kind, Kind::Personal);
    played.advance(30_000);
    assert_eq!(played.list().await.kind, Kind::General);
}

#[tokio::test]
async fn where_there_never_was_an_answer_nothing_personal_is_used() {
    for mood in [Mood::Hanging, Mood::Garbage, Mood::HalfAnAnswer, Mood::Failing, Mood::Asking(503, "1")] {
        let played = Played::open().await;
        played.be(mood);
        assert_eq!(played.list().await.kind, Kind::General, "{mood:?}");
    }
}

#[tokio::test]
async fn who_asks_to_be_left_alone_is_left_alone_for_that_long() {
    for status in [429, 503] {
        let played = Played::open().await;
        played.list().await;
        played.be(Mood::Asking(status, "20"));
        assert_eq!(played.list().await.kind, Kind::Personal);
        let asked = played.asked();
        played.be(Mood::Well);
        played.advance(19_999);
        assert_eq!(played.list().await.kind, Kind::Personal, "by the last answer");
        assert_eq!(played.asked(), asked, "{status}: nobody asked, and nothing was handed in");
        played.advance(1);
        played.list().await;
        assert_eq!(played.asked(), asked + 2, "the question and the document");
    }
}

#[tokio::test]
async fn a_document_that_came_too_fast_is_handed_in_later_and_is_not_refused() {
    let played = Played::open().await;
    let document = candor_demo::picks::document(
        shelf(),
        &Visitor::read(&Default::default(), Some("hanna"), shelf()),
        &Place::Home,
        None,
        "sha256-played",
    )
    .unwrap();
    played.be(Mood::Asking(429, "20"));
    assert_eq!(played.gate.keep(&document).await, Keeping::NoAnswer);
    played.be(Mood::Well);
    assert_eq!(played.gate.keep(&document).await, Keeping::NoAnswer, "it asked to be left alone");
    played.advance(-3_600_000);
    assert_eq!(played.gate.keep(&document).await, Keeping::Kept, "a clock that was set back holds nothing up");
    played.advance(3_600_000);
    assert_eq!(played.gate.keep(&document).await, Keeping::NoAnswer);
    played.advance(20_000);
    assert_eq!(played.gate.keep(&document).await, Keeping::Kept);
}

#[tokio::test]
async fn a_new_no_counts_at_once_and_replaces_the_last_answer() {
    let played = Played::open().await;
    assert_eq!(played.list().await.kind, Kind::Personal);
    played.be(Mood::Denying);
    assert_eq!(played.list().await.kind, Kind::General);
    played.be(Mood::Hanging);
    assert_eq!(played.list().await.kind, Kind::General);
}

#[tokio::test]
async fn after_a_choice_the_answer_before_it_is_not_gone_by() {
    let played = Played::open().await;
    assert_eq!(played.list().await.kind, Kind::Personal);
    played.be(Mood::Failing);
    assert_eq!(played.list_without(Without::Nothing).await.kind, Kind::General);
    assert_eq!(played.list().await.kind, Kind::General, "nor on the next page");
}

#[tokio::test]
async fn an_answer_that_was_under_way_when_somebody_chose_is_not_gone_by_later() {
    let played = Played::open().await;
    played.be(Mood::Slow);
    let chosen = async {
        while played.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        played.gate.forget("shop:hanna");
        played.be(Mood::Well);
    };
    let (first, ()) = tokio::join!(played.list(), chosen);
    assert_eq!(first.kind, Kind::Personal, "it was answered, or this test shows nothing");
    played.be(Mood::Failing);
    assert_eq!(played.list().await.kind, Kind::General);
}

#[tokio::test]
async fn an_answer_without_the_browsers_signal_is_none_for_a_page_with_it() {
    let played = Played::open().await;
    assert_eq!(played.list().await.kind, Kind::Personal);
    assert_eq!(played.list_under_the_signal(Without::LastAnswer).await.kind, Kind::General);
    played.be(Mood::Failing);
    for _ in 0..2 {
        assert_eq!(played.list_under_the_signal(Without::LastAnswer).await.kind, Kind::General);
        assert_eq!(played.list().await.kind, Kind::Personal, "without it the last answer without it holds");
    }
    // A choice made in either browser ends what was said to both.
    played.list_under_the_signal(Without::Nothing).await;
    assert_eq!(played.list().await.kind, Kind::General);

    let played = Played::open().await;
    assert_eq!(played.list().await.kind, Kind::Personal);
    played.be(Mood::Failing);
    assert_eq!(played.list_under_the_signal(Without::LastAnswer).await.kind, Kind::General, "nobody said so with it");
}
