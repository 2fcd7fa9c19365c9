use std::sync::Arc;
use std::time::Duration;

use candor_service::clock::OsChance;
use candor_service::serve::open;
use candor_service::store::{Options, Reads, Sqlite, StoreFault};
use serde_json::json;

use crate::house::{House, ORDERS, SITE};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let doc = house.document(Some(&hanna), 1);
    house.put(&doc).await;
    let leave = house.decision(&hanna, 2, 1, json!([{"control": "marketing/email", "choice": "denied", "datum": "x"}]));
    let answer = house.decide(&hanna, json!([leave.clone()])).await;
    let (choices, epoch) = (house.choices(&hanna).await, house.app.epoch().to_owned());
    let house = house.restart().await;
    assert_eq!(house.app.epoch(), epoch);
    assert_eq!(house.choices(&hanna).await, choices);
    assert_eq!(house.read(&doc, Some(&hanna)).await.body["state"], "ready");
    let again = house.decide(&hanna, json!([leave])).await;
    assert_eq!(again.body["outcomes"], answer.body["outcomes"], "byte for byte");
    assert_eq!(house.put(&doc).await.status, 200);
}

#[tokio::test]
async fn each_store_has_an_epoch_of_its_own() {
    let (a, b) = (House::open().await, House::open().await);
    assert_ne!(a.app.epoch(), b.app.epoch());
    assert_eq!(a.app.epoch().len(), 28);
}

#[tokio::test]
async fn a_graceful_end_leaves_everything_in_the_one_file() {
    let mut house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.end().await;
    let wal = house.folder.path().join("candor.db-wal");
    assert_eq!(std::fs::metadata(wal).map_or(0, |found| found.len()), 0);
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let (folder, clock) = (house.folder.clone(), house.clock.clone());
    let mut house = house;
    house.end().await;
    drop(house);
    let pages = std::fs::metadata(folder.path().join("candor.db")).unwrap().len() / 1024;
    let house = House::in_folder(folder.clone(), clock.clone(), |options| {
        options.max_pages = Some(pages as u32 + 48);
    })
    .await;
    let (mut acknowledged, mut refused) = (Vec::new(), None);
    for seq in 1..2_000 {
        let decision = house.decision(&hanna, seq, 0, json!([{"control": ORDERS, "choice": "denied"}]));
        let answer = house.decide(&hanna, json!([decision.clone()])).await;
        if answer.status == 200 {
            acknowledged.push(decision["id"].as_str().unwrap().to_owned());
        } else {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the disk is full at some point");
    assert_eq!((refused.status, refused.problem()), (503, "storage"), "{}", refused.text);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.body["detail"], "disk-full");
    assert!(acknowledged.len() > 5);
    // What stands is what was acknowledged: in memory, and after a restart with room.
    assert_eq!(house.choices(&hanna).await["rev"], acknowledged.len());
    let house = house.restart().await;
    let history = house.page("/v1/history", json!({"site": SITE, "capability": hanna.capability})).await;
    let kept: Vec<_> =
        history.body["decisions"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert_eq!(kept, acknowledged);
}

#[tokio::test]
async fn while_another_program_holds_the_file_writes_are_refused_and_then_go_on() {
    let house = House::open().await;
    let (folder, clock) = (house.folder.clone(), house.clock.clone());
    let mut house = house;
    house.end().await;
    let house = House::in_folder(folder.clone(), clock, |options| options.patience = Duration::from_millis(100)).await;
    let hanna = house.sign_in("hanna", "d1").await;
    let other = rusqlite::Connection::open(folder.path().join("candor.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let decision = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    let answer = house.decide(&hanna, json!([decision.clone()])).await;
    assert_eq!((answer.status, answer.body["detail"].as_str()), (503, Some("database-locked")), "{}", answer.text);
    assert_eq!(house.get("/readyz").await.status, 503);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(house.decide(&hanna, json!([decision])).await.body["outcomes"][0]["rev"], 1);
    assert_eq!(house.get("/readyz").await.status, 200);
}

#[test]
fn a_damaged_file_is_refused_by_name_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), &OsChance).unwrap());
    let path = folder.path().join("candor.db");
    std::fs::write(&path, b"this is not a database, whatever its name says. ".repeat(200)).unwrap();
    let said = open(folder.path(), &OsChance).err().unwrap();
    assert!(said.contains("candor.db") && said.contains("restore the last backup"), "{said}");
}

#[test]
fn a_page_overwritten_in_the_middle_is_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candor.db");
    drop(open(folder.path(), &OsChance).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    let (page, pages) = (1024, bytes.len() / 1024);
    assert!(pages > 4);
    for byte in &mut bytes[page * 3..page * 4] {
        *byte = 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    let said = open(folder.path(), &OsChance).err().unwrap();
    assert!(said.contains("candor.db") && said.contains("damaged"), "{said}");
}

#[test]
fn a_newer_database_and_one_of_another_program_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candor.db");
    drop(open(folder.path(), &OsChance).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let fault = Sqlite::open(&Options::at(&path), &OsChance).err().unwrap();
    assert_eq!(fault, StoreFault::Newer(path));
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(Sqlite::open(&Options::at(&other), &OsChance), Err(StoreFault::Corrupt(..))));
}

#[test]
fn a_database_without_its_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), &OsChance).unwrap());
    std::fs::remove_file(folder.path().join("candor.secret")).unwrap();
    let said = open(folder.path(), &OsChance).err().unwrap();
    assert!(said.contains("candor.secret") && said.contains("backup"), "{said}");
}

#[test]
fn the_database_inside_is_new_enough_not_to_lose_writes() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", Sqlite::version());
}

#[tokio::test]
async fn many_decide_at_once_and_each_is_kept_once() {
    let house = Arc::new(House::open().await);
    let mut people = Vec::new();
    for n in 0..16 {
        people.push(house.sign_in(&format!("customer-{n}"), "d1").await);
    }
    let mut all = tokio::task::JoinSet::new();
    for who in people.clone() {
        let house = house.clone();
        all.spawn(async move {
            for seq in 1..=20 {
                let decision = house.decision(&who, seq, seq - 1, json!([{"control": ORDERS, "choice": "granted"}]));
                let answer = house.decide(&who, json!([decision])).await;
                assert_eq!(answer.body["outcomes"][0]["rev"], seq, "{}", answer.text);
            }
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    let epoch = house.app.store.read(|view: &dyn Reads| view.epoch()).unwrap();
    assert_eq!(epoch, house.app.epoch());
    let counts = house.app.read(|view| view.counts(SITE)).await.unwrap();
    assert_eq!(counts.decisions, 320);
}
