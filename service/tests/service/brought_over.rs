//! What a restore brings over from the store it replaces: notices, origins, and erasures that wait to be told.

use candor_protocol::Timestamp;
use candor_service::clock::OsChance;
use candor_service::files::System;
use candor_service::restore::{BroughtOver, Journal, restore};
use candor_service::secret::Secret;
use candor_service::store::post::Posting;
use candor_service::store::{Change, Sqlite, Store, backup};
use serde_json::json;

use crate::house::{House, ORDERS, ORIGIN, SITE, notice};
use crate::receiver::{Act, Receiver, register, until};
use crate::restoring::{copied, restored, site_in, store_in};

#[tokio::test]
async fn what_was_published_since_the_backup_is_in_force_again_and_a_site_has_the_origins_it_had() {
    let house = House::open().await;
    let named = |name: &str, origins: [&str; 2]| {
        let origins = origins.map(str::to_owned).to_vec();
        house.write(&[Change::Site { id: SITE.into(), name: name.into(), origins, at: house.app.now() }]);
    };
    named("Shop", [ORIGIN, "https://gone.example"]);
    let copy = copied(&house);
    let (first, second) = (notice(SITE, 1), notice(SITE, 2));
    for published in [&second, &first, &second] {
        house.clock.advance(5_000);
        house.publish(SITE, published);
    }
    named("The Shop", [ORIGIN, "https://new.example"]);
    house.clock.advance(5_000);
    let hanna = house.sign_in("hanna", "d1").await;
    let grant = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    house.decide(&hanna, json!([grant.clone()])).await;
    let before = site_in(&house, SITE);
    assert_eq!(before.notices.len(), 4);
    let (house, report) = restored(house, &copy).await;
    let after = site_in(&house, SITE);
    assert_eq!((&after.notices, &after.name, &after.origins), (&before.notices, &before.name, &before.origins));
    assert_eq!(report.brought_over, BroughtOver { notices: 3, sites: 1, erasures: 0 });
    assert_eq!(report.taken_back.unchecked, []);
    // What was granted under it is sent again, and stands.
    house.sign_in("hanna", "d1").await;
    let answer = house.decide(&hanna, json!([grant])).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["applied"]), "{}", answer.text);
    let asked = async |origin: &str| {
        house.page_from(origin, "/v1/choices", json!({"site": SITE, "capability": hanna.capability})).await.status
    };
    assert_eq!((asked("https://new.example").await, asked("https://gone.example").await), (200, 403));
    // The same backup again: it all lies in the store that is replaced now.
    let (house, report) = restored(house, &copy).await;
    assert_eq!(report.brought_over, BroughtOver { notices: 3, sites: 1, erasures: 0 });
    assert_eq!(site_in(&house, SITE).notices, before.notices);
    // And one of now by itself: nothing is published twice.
    let copy = copied(&house);
    let (house, report) = restored(house, &copy).await;
    assert_eq!(report.brought_over, BroughtOver::default());
    assert_eq!(site_in(&house, SITE).notices, before.notices);
}

#[tokio::test]
async fn the_command_says_what_was_brought_over_and_where_nothing_could_be_what_to_look_through() {
    let mut house = House::open().await;
    let copy = copied(&house);
    house.publish(SITE, &notice(SITE, 2));
    house.end().await;
    let folder = house.folder.clone();
    drop(house);
    let restored = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_candor"));
        let output = command.arg("restore").arg(&copy).args(more).env("CANDOR_DATA", folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        [output.stdout, output.stderr].map(|words| String::from_utf8(words).unwrap())
    };
    let [said, told] = restored(&[]);
    assert!(said.contains("brought over 1 notices, name or origins of 0 sites, 0 erasures to be told"), "{said}");
    assert!(!told.contains(ORIGIN), "{told}");
    std::fs::remove_file(folder.path().join("candor.db")).unwrap();
    let [said, told] = restored(&["--without-erasures"]);
    assert!(said.contains("brought over 0 notices"), "{said}");
    let words = format!("So are its name, the origins {ORIGIN} and 1 notices.");
    assert!(told.contains(&words) && told.contains(&format!("candor notice publish {SITE} FILE")), "{told}");
}

#[tokio::test]
async fn who_waited_to_hear_that_somebody_was_erased_hears_it_after_a_restore() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(500)).await;
    register(&house, &receiver.url);
    let erased = async |house: &House, customer: &str| {
        let someone = house.sign_in(customer, customer).await;
        house.page("/v1/erase", json!({"site": SITE, "capability": someone.capability})).await;
        someone.subject
    };
    let early = erased(&house, "early").await;
    let copy = copied(&house);
    let late = erased(&house, "late").await;
    let (house, report) = restored(house, &copy).await;
    assert_eq!((report.erased_again, report.brought_over.erasures), (0, 2));
    let taken = receiver.told().len();
    receiver.answers(|_| Act::Answer(200));
    house.clock.advance(60_000);
    for subject in [&early, &late] {
        until(|| receiver.told()[taken..].iter().any(|told| told.subject() == subject)).await;
    }
}

/// Nobody sends anything here.
#[test]
fn of_messages_only_those_that_somebody_was_erased_outlive_a_restore_each_once_and_as_they_stood_last() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, key) = (folder.path().join("copy.db"), folder.path().join("candor.secret"));
    std::fs::write(&key, [7; 32]).unwrap();
    let kept = Secret::read(&System, &key).unwrap().unwrap();
    let (site, at) = (|| SITE.to_owned(), Timestamp(1));
    let store = Sqlite::open(&store_in(folder.path()), &OsChance).unwrap();
    let write = |change: Change| (&store as &dyn Store).write(|tx| tx.apply(&change)).unwrap();
    let begin = |id: &str| write(Change::Subject { id: id.into(), site: site(), customer: None, at });
    let message = |subject: &str, kind: &'static str| {
        let (id, subject, body) = (format!("msg_{subject}"), subject.to_owned(), String::new());
        write(Change::Post(Posting::Message { site: site(), id, subject, kind, body, at }));
    };
    let erase = |subject: &str| {
        let (subject_hash, denied) = (kept.keyed("erased", &[subject]), Vec::new());
        write(Change::Erase { site: site(), subject: subject.into(), subject_hash, customer: None, denied, at });
        message(subject, "subject.erased");
    };
    // By the endpoint's row, and the message's of that subject.
    let db = rusqlite::Connection::open(folder.path().join("candor.db")).unwrap();
    let row = |endpoint: &str, subject: &str| -> i64 {
        let sql = "SELECT m.row FROM messages m JOIN webhooks w ON w.row = webhook WHERE w.id = ?1 AND subject = ?2";
        db.query_row(sql, [endpoint, subject], |row| row.get(0)).unwrap()
    };
    let delivered = |endpoint: &str, subject: &str| {
        let (row, id) = (row(endpoint, subject), format!("msg_{subject}"));
        write(Change::Post(Posting::Delivered { row, id, status: "200".into(), at }));
    };
    let died = |endpoint: &str, subject: &str| {
        let (row, id) = (row(endpoint, subject), format!("msg_{subject}"));
        write(Change::Post(Posting::Dead { row, id, status: "500".into(), at }));
    };
    write(Change::Site { id: site(), name: "Shop".into(), origins: Vec::new(), at });
    for id in ["wh_a", "wh_b", "wh_gone", "wh_removed"] {
        let url = format!("https://{id}.example");
        write(Change::Post(Posting::Endpoint { id: id.into(), site: site(), url, at }));
    }
    for subject in ["stays", "later", "early", "dead"] {
        begin(subject);
    }
    message("stays", "choice.changed");
    message("later", "choice.changed");
    died("wh_a", "stays");
    erase("early");
    erase("dead");
    died("wh_a", "dead");
    delivered("wh_b", "dead");
    backup::copy(&store_in(folder.path()), &copy).unwrap();

    write(Change::Post(Posting::Endpoint {
        id: "wh_new".into(),
        site: site(),
        url: "https://wh_new.example".into(),
        at,
    }));
    delivered("wh_a", "early");
    died("wh_b", "early");
    erase("later");
    begin("passed");
    erase("passed");
    delivered("wh_b", "passed");
    write(Change::Post(Posting::Disable { id: "wh_gone".into(), status: "410".into(), at }));
    write(Change::Post(Posting::Remove { id: "wh_removed".into() }));
    // Dead for so long that it was swept; in the backup it waits.
    db.execute("DELETE FROM messages WHERE row = ?1", [row("wh_gone", "early")]).unwrap();
    drop((db, store));
    let report = restore(&store_in(folder.path()), &copy, &Journal::Replaced, &OsChance, Timestamp(2)).unwrap();
    assert_eq!((report.erased_again, report.brought_over.erasures), (1, 3));
    let db = rusqlite::Connection::open(folder.path().join("candor.db")).unwrap();
    let sql = "SELECT w.id, kind, subject, state, (next_at IS NOT NULL) + 0 FROM messages m JOIN webhooks w ON w.row = webhook
               ORDER BY w.id, kind, subject";
    let mut all = db.prepare(sql).unwrap();
    let rows = all.query_map([], |row| {
        let text = |at| row.get::<_, String>(at).unwrap();
        Ok(format!("{} {} {} {} {}", text(0), text(1), text(2), row.get::<_, i64>(3)?, row.get::<_, i64>(4)?))
    });
    let rows: Vec<String> = rows.unwrap().map(Result::unwrap).collect();
    let expected = [
        "wh_a epoch.began  0 1",
        "wh_a subject.erased dead 2 0",
        "wh_a subject.erased later 0 1",
        "wh_a subject.erased passed 0 1",
        "wh_b epoch.began  0 1",
        "wh_b subject.erased early 2 0",
        "wh_b subject.erased later 0 1",
        "wh_gone subject.erased dead 2 0",
        "wh_gone subject.erased early 2 0",
        "wh_gone subject.erased later 2 0",
        "wh_gone subject.erased passed 2 0",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn where_the_old_store_is_lost_or_has_no_journal_only_the_backups_own_erasures_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (place, copy) = (folder.path().join("candor.db"), folder.path().join("copy.db"));
    std::fs::write(folder.path().join("candor.secret"), [7; 32]).unwrap();
    let store = Sqlite::open(&store_in(folder.path()), &OsChance).unwrap();
    let (site, at) = (|| SITE.to_owned(), Timestamp(1));
    let write = |change: Change| (&store as &dyn Store).write(|tx| tx.apply(&change)).unwrap();
    let message = |subject: &str, kind: &'static str| {
        let (id, body) = (format!("msg_{subject}"), String::new());
        write(Change::Post(Posting::Message { site: site(), id, subject: subject.into(), kind, body, at }));
    };
    write(Change::Site { id: site(), name: "Shop".into(), origins: Vec::new(), at });
    let url = "https://shop.example/hooks".into();
    write(Change::Post(Posting::Endpoint { id: "wh_a".into(), site: site(), url, at }));
    message("stays", "choice.changed");
    message("gone", "subject.erased");
    backup::copy(&store_in(folder.path()), &copy).unwrap();
    // Without the journal whoever this is comes back.
    message("back", "subject.erased");
    drop(store);
    rusqlite::Connection::open(&place).unwrap().execute_batch("DROP TABLE erased").unwrap();
    for _ in 0..2 {
        let report = restore(&store_in(folder.path()), &copy, &Journal::None, &OsChance, Timestamp(2)).unwrap();
        assert_eq!(report.brought_over.erasures, 0);
        let store = Sqlite::open(&store_in(folder.path()), &OsChance).unwrap();
        let due = (&store as &dyn Store).read(|view| view.due(1, Timestamp(2), 9)).unwrap();
        let due: Vec<(&str, &str)> = due.iter().map(|one| (one.kind.as_str(), one.subject.as_str())).collect();
        assert_eq!(due, [("subject.erased", "gone"), ("epoch.began", "")]);
        drop(store);
        std::fs::remove_file(&place).unwrap();
    }
}
