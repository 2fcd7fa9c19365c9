//! A backup, and a store that is put in its place.

use std::path::Path;

use candor_protocol::Timestamp;
use candor_service::clock::OsChance;
use candor_service::restore::{Journal, Report, Unchecked, read, restore, written};
use candor_service::store::post::Posting;
use candor_service::store::reads::SiteRow;
use candor_service::store::{Change, Options, Revoked, Sqlite, Store, backup};
use serde_json::json;

use crate::house::{HS256, House, ORDERS, ORIGIN, RETURNS, SITE, SK, Someone, holds};
use crate::receiver::{Act, Receiver, register, secret};

fn back(house: &House, copy: &Path, journal: &Journal) -> Result<Report, String> {
    restore(&store_in(house.folder.path()), copy, journal, &OsChance, house.app.now())
}

pub fn store_in(folder: &Path) -> Options {
    Options::at(folder.join("candor.db"))
}

/// As it was after the backup was put in place.
pub async fn restored(mut house: House, copy: &Path) -> (House, Report) {
    house.end().await;
    let (folder, clock) = (house.folder.clone(), house.clock.clone());
    drop(house);
    let report = restore(&store_in(folder.path()), copy, &Journal::Replaced, &OsChance, Timestamp(1)).unwrap();
    (House::in_folder(folder, clock, |_| {}).await, report)
}

pub fn copied(house: &House) -> std::path::PathBuf {
    let copy = house.folder.path().join("copies").join(crate::house::unique("backup"));
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    backup::copy(&store_in(house.folder.path()), &copy).unwrap();
    copy
}

#[tokio::test]
async fn a_restored_backup_begins_an_epoch_and_old_grants_do_not_undo_a_denial() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.set(&hanna, 2, RETURNS, "denied").await;
    let copy = copied(&house);
    let kept = house.decision(&hanna, 3, 2, json!([{"control": ORDERS, "choice": "denied"}]));
    house.decide(&hanna, json!([kept.clone()])).await;
    let old = house.app.epoch().to_owned();
    let (house, report) = restored(house, &copy).await;
    assert_ne!(report.epoch, old);
    assert_eq!((house.app.epoch(), report.subjects, report.decisions), (report.epoch.as_str(), 1, 2));
    let choices = house.choices(&hanna).await;
    assert_eq!(choices["controls"][ORDERS]["choice"], "granted", "the backup does not know of the denial");
    assert_eq!(choices["epoch"], report.epoch.as_str());

    // Seen in the old epoch, which says nothing here: a denial of the control is known.
    let tablet = Someone { device: "d2".into(), ..house.sign_in("hanna", "d2").await };
    let mut grant = house.decision(&tablet, 1, 9, json!([{"control": RETURNS, "choice": "granted"}]));
    grant["base"]["epoch"] = old.into();
    let answer = house.decide(&tablet, json!([grant])).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["superseded"]));

    // The device sends its last decisions again, as it does when it meets a new epoch.
    let answer = house.decide(&hanna, json!([kept])).await;
    assert_eq!(answer.body["outcomes"][0]["status"], "recorded");
    let controls = house.choices(&hanna).await["controls"].clone();
    assert_eq!((&controls[ORDERS]["choice"], &controls[RETURNS]["choice"]), (&json!("denied"), &json!("denied")));
}

#[tokio::test]
async fn whoever_was_erased_since_the_backup_stays_erased_and_their_no_is_kept() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut decision = house.decision(&hanna, 1, 0, json!([{"control": RETURNS, "choice": "denied"}]));
    decision["served"] = "canary-of-the-backup".into();
    house.decide(&hanna, json!([decision])).await;
    let tomek = house.sign_in("tomek", "d2").await;
    house.set(&tomek, 1, ORDERS, "granted").await;
    let copy = copied(&house);
    house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    let late = house.sign_in("late", "d3").await;
    house.page("/v1/erase", json!({"site": SITE, "capability": late.capability})).await;
    let (house, report) = restored(house, &copy).await;
    assert_eq!((report.erased_again, report.subjects), (1, 1));
    let place = house.folder.path().join("candor.db");
    house.app.store.settle().unwrap();
    assert!(holds(&std::fs::read(&copy).unwrap(), "canary-of-the-backup"));
    for name in [place.clone(), report.replaced.unwrap()] {
        let bytes = std::fs::read(&name).unwrap();
        assert!(!holds(&bytes, "canary-of-the-backup") && !holds(&bytes, &hanna.subject), "{}", name.display());
    }
    let answer = house.page("/v1/choices", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!((answer.status, answer.problem()), (410, "erased"));
    let answer = house.page("/v1/choices", json!({"site": SITE, "capability": late.capability})).await;
    assert_eq!((answer.status, answer.problem()), (410, "erased"), "also who came and went after the backup");
    let back = house.sign_in("hanna", "d9").await;
    assert_eq!(house.choices(&back).await["controls"][RETURNS]["choice"], "denied");
    assert_ne!(back.subject, hanna.subject, "whoever was erased comes back as somebody else");
    assert_ne!(house.sign_in("late", "d3").await.subject, late.subject);
    assert_eq!(house.choices(&tomek).await["controls"][ORDERS]["choice"], "granted");
}

#[tokio::test]
async fn whoever_signed_in_first_after_the_backup_is_the_same_subject_and_their_device_brings_its_last_word() {
    let house = House::open().await;
    let copy = copied(&house);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let kept = house.decision(&hanna, 2, 1, json!([{"control": ORDERS, "choice": "denied"}]));
    house.decide(&hanna, json!([kept.clone()])).await;
    let (house, report) = restored(house, &copy).await;
    assert_eq!(report.subjects, 0);
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "unknown-subject");
    // What a page still holds leads to signing in again; nobody anonymous is made of it.
    let answer = house.decide(&hanna, json!([kept.clone()])).await;
    assert_eq!((answer.status, answer.problem()), (401, "bad-capability"));

    let back = house.sign_in("hanna", "d1").await;
    assert_eq!(back.subject, hanna.subject);
    assert_eq!((house.choices(&back).await["rev"].as_u64(), back.epoch), (Some(0), report.epoch));
    let answer = house.decide(&hanna, json!([kept])).await;
    assert_eq!(answer.body["outcomes"][0]["status"], "recorded", "{}", answer.text);
    assert_eq!(answer.body["missing"], json!([[1, 1]]), "what the device keeps no more is lost, and said to be");
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "denied");
    assert_ne!(house.sign_in("tomek", "d2").await.subject, hanna.subject);
}

#[tokio::test]
async fn an_anonymous_subject_that_the_backup_does_not_know_goes_on_and_its_device_brings_its_last_word() {
    let house = House::open().await;
    let copy = copied(&house);
    let (nora, iris) = (house.anonymous("d1").await, house.anonymous("d2").await);
    house.set(&nora, 1, ORDERS, "granted").await;
    let kept = house.decision(&nora, 2, 1, json!([{"control": RETURNS, "choice": "denied"}]));
    house.decide(&nora, json!([kept.clone()])).await;
    let (house, report) = restored(house, &copy).await;
    let choices = house.choices(&nora).await;
    assert_eq!((&choices["epoch"], choices["rev"].as_u64()), (&json!(report.epoch), Some(0)));
    assert!(choices["controls"][ORDERS].is_null(), "nothing is granted that was not granted anew");
    let answer = house.decide(&nora, json!([kept.clone()])).await;
    assert_eq!(answer.body["outcomes"][0]["status"], "recorded", "{}", answer.text);
    assert_eq!(house.evaluate(&nora.subject, "returns").await["context"]["reason"], "denied");
    let body = |someone: &Someone| json!({"site": SITE, "device": someone.device, "capability": someone.capability});
    let renewed = house.page("/v1/session", body(&nora)).await;
    assert_eq!(renewed.body["subject"], nora.subject.as_str());

    // Also whoever renews first, or decides first: two pages of a device never make two of one.
    let renewed = house.page("/v1/session", body(&iris)).await;
    assert_eq!(renewed.body["subject"], iris.subject.as_str());
    let house = house.restart().await;
    assert_eq!(house.choices(&nora).await["controls"][RETURNS]["choice"], "denied");
    assert_eq!(house.page("/v1/erase", body(&iris)).await.status, 200);
    assert_eq!(house.page("/v1/choices", body(&iris)).await.problem(), "erased");
}

#[tokio::test]
async fn an_anonymous_subject_that_the_backup_does_not_know_is_closed_at_sign_in_and_erased_for_good() {
    let house = House::open().await;
    let copy = copied(&house);
    let (nora, iris) = (house.anonymous("d1").await, house.anonymous("d2").await);
    let (house, _) = restored(house, &copy).await;
    let token = house.token("nora");
    let body = json!({"site": SITE, "device": "d1", "token": token, "capability": nora.capability});
    assert_ne!(house.page("/v1/session", body).await.body["subject"], nora.subject.as_str());
    let grant = house.decision(&nora, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    let answer = house.decide(&nora, json!([grant])).await;
    assert_eq!(answer.body["outcomes"][0]["reason"], "subject-closed", "{}", answer.text);

    let body = || json!({"site": SITE, "capability": iris.capability});
    assert_eq!(house.page("/v1/erase", body()).await.status, 200);
    let answer = house.page("/v1/choices", body()).await;
    assert_eq!((answer.status, answer.problem()), (410, "erased"));
}

#[tokio::test]
async fn nothing_is_restored_while_a_service_holds_the_store() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let copy = copied(&house);
    house.set(&hanna, 1, ORDERS, "denied").await;
    let refused = back(&house, &copy, &Journal::Replaced).unwrap_err();
    assert!(refused.contains("Stop it, then restore"), "{refused}");
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_the_store_stays_as_it_was() {
    let mut house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    for seq in 1..40 {
        house.set(&hanna, seq, ORDERS, "denied").await;
    }
    let copy = copied(&house);
    house.end().await;
    let folder = house.folder.clone();
    let (clock, now) = (house.clock.clone(), house.app.now());
    drop(house);
    let before = std::fs::read(folder.path().join("candor.db")).unwrap();
    let whole = std::fs::read(&copy).unwrap();
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    let mut flipped = whole.clone();
    let half = flipped.len() / 2;
    flipped[half..half + 8_192].fill(0xa5);
    for broken in [torn, flipped, b"not a database at all, only words".to_vec(), Vec::new()] {
        std::fs::write(&copy, &broken).unwrap();
        let refused = restore(&store_in(folder.path()), &copy, &Journal::Replaced, &OsChance, now).unwrap_err();
        assert!(refused.contains("cannot be restored"), "{refused}");
        assert_eq!(std::fs::read(folder.path().join("candor.db")).unwrap(), before);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains("restoring")), "{left:?}");
    }
    let house = House::in_folder(folder, clock, |_| {}).await;
    assert_eq!(house.choices(&hanna).await["rev"], 39);
}

#[tokio::test]
async fn where_the_old_store_is_lost_the_journal_must_be_given_or_done_without_aloud() {
    let mut house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, RETURNS, "denied").await;
    let copy = copied(&house);
    house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    house.end().await;
    let (folder, clock, now) = (house.folder.clone(), house.clock.clone(), house.app.now());
    drop(house);
    let place = folder.path().join("candor.db");
    let journal = folder.path().join("journal");
    let lines = backup::erasures(&place).unwrap();
    assert_eq!(read(&written(&lines)).unwrap(), lines);
    std::fs::write(&journal, written(&lines)).unwrap();
    std::fs::remove_file(&place).unwrap();
    let attempt = |journal: &Journal| restore(&store_in(folder.path()), &copy, journal, &OsChance, now);
    assert!(attempt(&Journal::Replaced).unwrap_err().contains("--erasures FILE"));
    assert!(!place.exists());
    assert_eq!(attempt(&Journal::File(journal)).unwrap().erased_again, 1);
    std::fs::remove_file(&place).unwrap();
    assert_eq!(attempt(&Journal::None).unwrap().erased_again, 0);
    let house = House::in_folder(folder, clock, |_| {}).await;
    assert_eq!(house.choices(&hanna).await["controls"][RETURNS]["choice"], "denied");
}

#[tokio::test]
async fn the_log_of_a_store_that_is_lost_is_not_read_into_the_backup() {
    let mut house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let copy = copied(&house);
    let (place, log) = (house.folder.path().join("candor.db"), house.folder.path().join("candor.db-wal"));
    house.app.store.settle().unwrap();
    house.set(&hanna, 2, RETURNS, "granted").await;
    let left = std::fs::read(&log).unwrap();
    assert!(!left.is_empty());
    house.end().await;
    let (folder, clock, now) = (house.folder.clone(), house.clock.clone(), house.app.now());
    drop(house);
    std::fs::remove_file(&place).unwrap();
    std::fs::write(&log, left).unwrap();
    let report = restore(&store_in(folder.path()), &copy, &Journal::None, &OsChance, now).unwrap();
    assert_eq!(report.replaced, None);
    backup::judge(&place).unwrap();
    let house = House::in_folder(folder, clock, |_| {}).await;
    assert_eq!((house.app.epoch(), house.choices(&hanna).await["rev"].as_u64()), (report.epoch.as_str(), Some(1)));
}

#[tokio::test]
async fn the_journal_of_a_restore_that_was_killed_is_not_read_into_the_next() {
    let mut house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let copy = copied(&house);
    house.end().await;
    let (folder, clock, now) = (house.folder.clone(), house.clock.clone(), house.app.now());
    drop(house);
    let other = folder.path().join("other.db");
    let db = rusqlite::Connection::open(&other).unwrap();
    db.execute_batch("CREATE TABLE t (x); PRAGMA cache_size = 1; BEGIN; INSERT INTO t VALUES (zeroblob(100000));")
        .unwrap();
    let journal = folder.path().join("candor-restoring.db-journal");
    assert!(std::fs::copy(folder.path().join("other.db-journal"), journal).unwrap() > 512);
    drop(db);
    restore(&store_in(folder.path()), &copy, &Journal::Replaced, &OsChance, now).unwrap();
    let house = House::in_folder(folder, clock, |_| {}).await;
    assert_eq!(house.choices(&hanna).await["rev"], 1);
}

#[tokio::test]
async fn endpoints_hear_of_the_new_epoch_and_nothing_that_waited_in_the_backup() {
    let house = House::open().await;
    let receiver = Receiver::open(|told| Act::Answer(if told.last().unwrap().rev() > 0 { 500 } else { 200 })).await;
    register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    receiver.wait(1).await;
    let copy = copied(&house);
    let (house, report) = restored(house, &copy).await;
    let count = receiver.told().len();
    let told = receiver.wait(count + 1).await;
    let began = told.iter().find(|one| one.body["type"] == "epoch.began").unwrap();
    assert_eq!(began.body["data"], json!({"site": SITE, "epoch": report.epoch}));
    house.clock.advance(60_000);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(receiver.told().len(), count + 1, "a grant of the old epoch is not told again");
}

pub fn site_in(house: &House, id: &str) -> SiteRow {
    let sites = house.app.store.read(|view| view.sites()).unwrap();
    let mut site = sites.into_iter().find(|site| site.id == id).unwrap();
    site.token_keys.sort();
    site
}

#[tokio::test]
async fn keys_and_endpoints_that_were_taken_back_since_the_backup_stay_taken_back() {
    let house = House::open().await;
    let (site, at) = (SITE.to_owned(), house.app.now());
    let hash = |purpose: &str, key: &str| house.app.secret.keyed(purpose, &[key]);
    let (leaked, desk, kept) =
        (hash("secret-key", "sk_leaked"), hash("desk-key", "dk_leaked"), hash("desk-key", "dk_kept"));
    let token = |alg: &str, key: &[u8]| Change::TokenKey { site: site.clone(), alg: alg.into(), key: key.into(), at };
    let other = b"another shared secret, of at least 32 bytes";
    house.write(&[
        Change::SecretKey { site: site.clone(), hash: leaked, reference: false, at },
        Change::DeskKey { site: site.clone(), hash: desk, at },
        Change::DeskKey { site: site.clone(), hash: kept, at },
        token("HS256", other),
        // Registered wrongly, and since then as what it is alone.
        token("ES256", HS256),
    ]);
    let receiver = Receiver::open(|_| Act::Answer(200)).await;
    let rotated = register(&house, &receiver.url);
    let [removed, gone, again] =
        ["removed", "gone", "again"].map(|name| register(&house, &format!("http://127.0.0.1:1/{name}")));
    let disable = |id: &str| Change::Post(Posting::Disable { id: id.into(), status: "410".into(), at });
    house.write(&[disable(&again.id)]);
    let copy = copied(&house);
    let revoke = |key: Revoked| Change::Revoke { site: site.clone(), key };
    house.write(&[
        revoke(Revoked::Secret(leaked)),
        revoke(Revoked::Desk(desk)),
        revoke(Revoked::Token(other.to_vec())),
        revoke(Revoked::Token(HS256.to_vec())),
        token("HS256", HS256),
        Change::Post(Posting::Remove { id: removed.id }),
        Change::Post(Posting::Rotate { id: rotated.id.clone(), at }),
        disable(&gone.id),
        Change::Post(Posting::Endpoint { id: "wh_unused".into(), site: site.clone(), url: again.url, at }),
    ]);
    house.clock.advance(86_400_000);
    let before = site_in(&house, SITE);
    let (house, report) = restored(house, &copy).await;
    let after = site_in(&house, SITE);
    assert_eq!(after.secret_keys, before.secret_keys);
    assert_eq!(after.desk_keys, [kept]);
    assert_eq!(after.token_keys, [("HS256".to_owned(), HS256.to_vec())]);
    assert_eq!(after.endpoints, before.endpoints);
    assert_eq!(after.endpoints.iter().map(|one| one.disabled_at.is_some()).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((report.taken_back.keys, report.taken_back.endpoints, report.taken_back.unchecked), (4, 1, vec![]));
    let asked = |key: &'static str| house.shop_with(key, "GET", "/v1/subjects/shop:hanna/export", None);
    assert_eq!((asked("sk_leaked").await.status, asked(SK).await.status), (401, 404));
    house.sign_in("hanna", "d1").await;
    let began = receiver.wait(1).await.remove(0);
    assert!(began.is_signed_with(&secret(&house, &rotated, 2)) && !began.is_signed_with(&secret(&house, &rotated, 1)));
}

#[tokio::test]
async fn a_secret_that_was_rotated_before_the_backup_does_not_go_back_to_that_of_an_older_store() {
    let mut house = House::open().await;
    let shop = register(&house, "http://127.0.0.1:1/hooks");
    let older = copied(&house);
    let rotated_at = house.app.now();
    house.write(&[Change::Post(Posting::Rotate { id: shop.id.clone(), at: rotated_at })]);
    let newer = copied(&house);
    house.end().await;
    let (folder, clock) = (house.folder.clone(), house.clock.clone());
    drop(house);
    // The older one by mistake, where nothing was left to hold it against.
    std::fs::copy(&older, folder.path().join("candor.db")).unwrap();
    let house = House::in_folder(folder, clock, |_| {}).await;
    let (house, _) = restored(house, &newer).await;
    let endpoint = site_in(&house, SITE).endpoints.remove(0);
    assert_eq!((endpoint.secret, endpoint.rotated_at), (2, Some(rotated_at)));
}

#[tokio::test]
async fn of_a_site_that_the_replaced_store_does_not_know_nothing_is_taken_back_and_it_is_named() {
    let house = House::open().await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    let copy = copied(&house);
    let before = site_in(&house, "pk_other");
    let db = rusqlite::Connection::open(house.folder.path().join("candor.db")).unwrap();
    for (table, column) in [("secret_keys", "site"), ("token_keys", "site"), ("sites", "id")] {
        db.execute(&format!("DELETE FROM {table} WHERE {column} = 'pk_other'"), []).unwrap();
    }
    drop(db);
    let (house, report) = restored(house, &copy).await;
    let after = site_in(&house, "pk_other");
    assert_eq!((after.secret_keys, after.token_keys), (before.secret_keys, before.token_keys));
    let named = Unchecked {
        site: "pk_other".into(),
        secret_keys: 1,
        desk_keys: 0,
        token_keys: 1,
        endpoints: Vec::new(),
        origins: vec!["https://other.example".into()],
        notices: 0,
    };
    assert_eq!(report.taken_back.unchecked, [named]);
}

#[tokio::test]
async fn where_the_old_store_is_lost_or_damaged_what_came_back_is_named() {
    let mut house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(200)).await;
    let shop = register(&house, &receiver.url);
    let copy = copied(&house);
    house.end().await;
    let (folder, now) = (house.folder.clone(), house.app.now());
    drop(house);
    let (place, journal) = (folder.path().join("candor.db"), folder.path().join("journal"));
    std::fs::write(&journal, written(&backup::erasures(&place).unwrap())).unwrap();
    let attempt = |journal: &Journal| restore(&store_in(folder.path()), &copy, journal, &OsChance, now).unwrap();
    let named = [Unchecked {
        site: SITE.into(),
        secret_keys: 2,
        desk_keys: 0,
        token_keys: 1,
        endpoints: vec![shop.id],
        origins: vec![ORIGIN.into()],
        notices: 1,
    }];
    std::fs::write(&place, "no database at all").unwrap();
    assert_eq!(attempt(&Journal::File(journal.clone())).taken_back.unchecked, named);
    std::fs::remove_file(&place).unwrap();
    assert_eq!(attempt(&Journal::None).taken_back.unchecked, named);
    // It can be asked, also where the journal is another.
    assert_eq!(attempt(&Journal::None).taken_back.unchecked, []);
    assert_eq!(attempt(&Journal::File(journal)).taken_back.unchecked, []);
}

#[test]
fn a_store_of_the_first_version_is_replaced_by_a_backup_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (place, copy) = (folder.path().join("candor.db"), folder.path().join("copy.db"));
    for path in [&place, &copy] {
        rusqlite::Connection::open(path).unwrap().execute_batch(include_str!("version-1.sql")).unwrap();
    }
    std::fs::write(folder.path().join("candor.secret"), [7; 32]).unwrap();
    let report = restore(&store_in(folder.path()), &copy, &Journal::Replaced, &OsChance, Timestamp(1)).unwrap();
    assert_eq!((report.subjects, report.taken_back.unchecked), (1, vec![]));
}

/// A file that a version before this one made, with someone in it.
#[test]
fn a_store_of_the_first_version_becomes_one_of_this() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candor.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(include_str!("version-1.sql")).unwrap();
    drop(db);
    let store = Sqlite::open(&Options::at(&path), &OsChance).unwrap();
    let store: &dyn Store = &store;
    store
        .read(|view| {
            assert_eq!(view.epoch()?, "e_aaaaaaaaaaaaaaaaaaaaaaaaaa");
            assert_eq!(view.decisions_of("sub_old")?.len(), 1);
            assert_eq!(view.feedback_of("sub_old")?[0].state, "received");
            assert_eq!((view.endpoints("pk_old")?.len(), view.imports_of("sub_old")?.len()), (0, 0));
            Ok(())
        })
        .unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    let shape = |db: &rusqlite::Connection| -> Vec<String> {
        let mut all = db.prepare("SELECT name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        let rows = all.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let fresh = folder.path().join("fresh.db");
    drop(Sqlite::open(&Options::at(&fresh), &OsChance).unwrap());
    assert_eq!(shape(&db), shape(&rusqlite::Connection::open(&fresh).unwrap()), "as if made today");
}
