//! Which messages are due, in the store itself: nobody sends them here.

use candor_protocol::Timestamp;
use candor_service::clock::OsChance;
use candor_service::store::post::{Endpoint, Posting};
use candor_service::store::{Change, Options, Sqlite, Store};

use crate::house::SITE;

/// Later than any message is due.
const EVER: Timestamp = Timestamp(i64::MAX);

/// A store with one endpoint.
struct Outbox {
    store: Sqlite,
    endpoint: Endpoint,
    folder: tempfile::TempDir,
}

impl Outbox {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&Options::at(folder.path().join("candor.db")), &OsChance).unwrap();
        let (site, at) = (SITE.to_owned(), Timestamp(0));
        let endpoint = Posting::Endpoint { id: "wh_0".into(), site: site.clone(), url: "https://a.example".into(), at };
        write(&store, Change::Site { id: site, name: "Shop".into(), origins: Vec::new(), at });
        write(&store, Change::Post(endpoint));
        let endpoint = (&store as &dyn Store).read(|view| view.endpoints(SITE)).unwrap().remove(0);
        Outbox { store, endpoint, folder }
    }

    fn post(&self, posting: Posting) {
        write(&self.store, Change::Post(posting));
    }

    /// The message of this number, which is its row too; its time is its number.
    fn add(&self, subject: &str, number: i64) {
        let (site, body, at) = (SITE.into(), String::new(), Timestamp(number));
        self.post(Posting::Message { site, id: id(number), subject: subject.into(), kind: "choice.changed", body, at });
    }

    fn delivered(&self, row: i64, at: i64) {
        self.post(Posting::Delivered { row, id: id(row), status: "200".into(), at: Timestamp(at) });
    }

    fn again(&self, row: i64, next: i64) {
        self.post(Posting::Again { row, id: id(row), status: "503".into(), next: Timestamp(next) });
    }

    fn dead(&self, row: i64, at: i64) {
        self.post(Posting::Dead { row, id: id(row), status: "503".into(), at: Timestamp(at) });
    }

    fn replay(&self, number: Option<i64>, at: i64) {
        let (site, endpoint) = (SITE.into(), self.endpoint.id.clone());
        self.post(Posting::Replay { site, endpoint, message: number.map(id), at: Timestamp(at) });
    }

    /// Numbers of the messages that are to be sent by then, and how many attempts of each failed.
    fn due(&self, at: Timestamp) -> Vec<(i64, u32)> {
        let row = self.endpoint.row;
        let due = (&self.store as &dyn Store).read(move |view| view.due(row, at, 99)).unwrap();
        due.into_iter().map(|message| (message.row, message.attempts)).collect()
    }
}

fn id(number: i64) -> String {
    format!("msg_{number}")
}

fn write(store: &dyn Store, change: Change) {
    store.write(|tx| tx.apply(&change)).unwrap();
}

#[test]
fn what_a_clock_that_was_ahead_put_off_is_due_once_the_clock_is_right() {
    let outbox = Outbox::open();
    outbox.add("hanna", 1);
    let (day, year) = (86_400_000, 365 * 86_400_000);
    outbox.again(1, year);
    outbox.add("hanna", 2);
    assert_eq!(outbox.due(Timestamp(year - day)), [], "it waits for its pause");
    assert_eq!(outbox.due(Timestamp(day)), [(1, 1)]);
    outbox.delivered(1, day);
    assert_eq!(outbox.due(Timestamp(day)), [(2, 0)]);
}

#[test]
fn a_replay_leaves_what_waits_of_other_subjects_and_older_ones_of_its_own_as_they_are() {
    let outbox = Outbox::open();
    for (subject, number) in [("hanna", 1), ("tomek", 2), ("nora", 3), ("nora", 4)] {
        outbox.add(subject, number);
    }
    outbox.dead(1, 10);
    outbox.again(2, 60_000);
    // Both of nora's are dead, and the older one was sent again.
    outbox.dead(3, 10);
    outbox.dead(4, 10);
    outbox.replay(Some(3), 10);
    outbox.again(3, 70_000);
    outbox.replay(None, 1_000);
    assert_eq!(outbox.due(Timestamp(59_999)), [(1, 0)]);
    assert_eq!(outbox.due(Timestamp(69_999)), [(1, 0), (2, 1)]);
    assert_eq!(outbox.due(EVER), [(1, 0), (2, 1), (3, 1)]);
    outbox.delivered(3, 70_000);
    assert_eq!(outbox.due(EVER), [(1, 0), (2, 1), (4, 0)]);
}

#[test]
fn a_message_on_its_way_does_not_overtake_an_older_one_that_is_replayed_meanwhile() {
    let before = || {
        let outbox = Outbox::open();
        outbox.add("hanna", 1);
        outbox.add("hanna", 2);
        outbox.dead(1, 10);
        assert_eq!(outbox.due(EVER), [(2, 0)], "and it is on its way");
        outbox.replay(None, 1_000);
        assert_eq!(outbox.due(EVER), [(1, 0)]);
        outbox
    };
    let outbox = before();
    outbox.again(2, 1_500);
    assert_eq!(outbox.due(EVER), [(1, 0)]);
    outbox.delivered(1, 2_000);
    assert_eq!(outbox.due(Timestamp(2_000)), [(2, 1)], "the attempt that failed counts");

    let outbox = before();
    outbox.delivered(2, 2_000);
    assert_eq!(outbox.due(Timestamp(1_000)), [(1, 0)], "it was due before already");

    let outbox = before();
    outbox.dead(2, 2_000);
    assert_eq!(outbox.due(Timestamp(1_000)), [(1, 0)]);
    // What is told of a message twice changes nothing of the others.
    outbox.again(1, 9_000);
    outbox.dead(2, 3_000);
    assert_eq!(outbox.due(Timestamp(8_999)), []);
    outbox.delivered(1, 9_000);
    assert_eq!(outbox.due(EVER), []);
}

/// Any order of what can happen to messages; each that was due once may be on its way.
#[test]
fn of_each_subject_the_oldest_that_waits_is_due_and_no_other_whatever_happened() {
    let outbox = Outbox::open();
    let db = rusqlite::Connection::open(outbox.folder.path().join("candor.db")).unwrap();
    let wrong = "SELECT count(*) FROM messages m WHERE state = 0 AND (next_at IS NOT NULL) = EXISTS (
                   SELECT 1 FROM messages o WHERE o.subject = m.subject AND o.state = 0 AND o.row < m.row)";
    let mut sent = Vec::new();
    // A linear congruential generator, Numerical Recipes' constants.
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let mut numbers = 0;
    for step in 0..600 {
        let due: Vec<i64> = outbox.due(EVER).into_iter().map(|(row, _)| row).collect();
        sent.extend(due);
        let one = |at: usize| sent[at % sent.len()];
        let at = 1_000 + step;
        let said = match random(if sent.is_empty() { 1 } else { 6 }) {
            0 => {
                numbers += 1;
                outbox.add(["hanna", "tomek"][random(2)], numbers);
                format!("{numbers} added")
            }
            1 => {
                let row = one(random(1_000));
                outbox.delivered(row, at);
                sent.retain(|known| *known != row);
                format!("{row} delivered")
            }
            2 => {
                let row = one(random(1_000));
                outbox.again(row, at + 500);
                format!("{row} again")
            }
            3 => {
                let row = one(random(1_000));
                outbox.dead(row, at);
                format!("{row} dead")
            }
            4 => {
                let row = one(random(1_000));
                outbox.replay(Some(row), at);
                format!("{row} replayed")
            }
            _ => {
                outbox.replay(None, at);
                "all replayed".into()
            }
        };
        let wrong: i64 = db.query_row(wrong, [], |row| row.get(0)).unwrap();
        assert_eq!(wrong, 0, "step {step}: {said}");
    }
    assert!(numbers > 50 && !sent.is_empty(), "{numbers}");
}
