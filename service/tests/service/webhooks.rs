//! What the shop's own systems are told of changes.

use candor_service::store::post::Posting;
use candor_service::store::{Change, Tx};
use serde_json::json;

use crate::house::{House, ORDERS, RETURNS, SITE, bytes_in, holds};
use crate::receiver::{Act, Receiver, endpoint, register, secret, until};

/// Long enough for two looks of the courier at what is due.
async fn a_moment() {
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
}

/// What was to be sent by now was sent, and what became of it is written down.
async fn nothing_due(house: &House, endpoint: i64) {
    let now = house.app.now();
    until(|| house.app.store.read(|view| view.due(endpoint, now, 1)).unwrap().is_empty()).await;
}

fn counts(house: &House, endpoint: i64) -> (u64, u64, u64) {
    let since = candor_protocol::Timestamp(house.app.now().0 - 86_400_000);
    let counts = house.app.store.read(|view| view.post_counts(endpoint, since)).unwrap();
    (counts.waiting, counts.delivered, counts.dead)
}

#[tokio::test]
async fn a_change_is_told_once_and_signed_as_the_standard_says() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(204)).await;
    let shop = register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    let answer = house.set(&hanna, 1, ORDERS, "granted").await;
    let told = receiver.wait(1).await.remove(0);
    assert!(told.is_signed_with(&secret(&house, &shop, 1)));
    assert!(!told.is_signed_with(&secret(&house, &shop, 2)));
    assert!(told.header("webhook-id").starts_with("msg_"));
    assert_eq!(told.header("webhook-timestamp"), (house.app.now().0 / 1_000).to_string());
    let data = &told.body["data"];
    assert_eq!(told.body["type"], "choice.changed");
    assert_eq!(data["site"], SITE);
    assert_eq!(data["subject"], hanna.subject.as_str());
    assert_eq!((&data["epoch"], &data["rev"]), (&answer.body["choices"]["epoch"], &json!(1)));
    assert_eq!(data["changes"], json!([{"control": ORDERS, "choice": "granted"}]));
    assert_eq!(data["decision"], answer.body["outcomes"][0]["decision"]);
    assert_eq!(data["state"], answer.body["choices"]);
    assert!(!told.text.contains("hanna"), "the shop's own id is not kept, so it is not told");
    until(|| counts(&house, shop.row) == (0, 1, 0)).await;
    house.clock.advance(86_400_000);
    a_moment().await;
    assert_eq!(receiver.told().len(), 1);
}

#[tokio::test]
async fn nothing_is_told_of_a_decision_that_changed_nothing() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(200)).await;
    let shop = register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    let deny = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    house.decide(&hanna, json!([deny.clone()])).await;
    receiver.wait(1).await;
    house.decide(&hanna, json!([deny])).await;
    let tablet = house.sign_in("hanna", "d2").await;
    let unseen = house.decision(&tablet, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    let answer = house.decide(&tablet, json!([unseen])).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["superseded"]));
    house.set(&hanna, 2, RETURNS, "denied").await;
    let told = receiver.wait(2).await;
    assert_eq!(told[1].rev(), 2, "the next thing told is the next change");
    until(|| counts(&house, shop.row) == (0, 2, 0)).await;
}

#[tokio::test]
async fn only_what_applied_of_a_decision_is_told() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(200)).await;
    register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    let tablet = house.sign_in("hanna", "d2").await;
    let both = json!([{"control": ORDERS, "choice": "granted"}, {"control": RETURNS, "choice": "granted"}]);
    house.decide(&tablet, json!([house.decision(&tablet, 1, 0, both)])).await;
    let told = receiver.wait(2).await;
    assert_eq!(told[1].body["data"]["changes"], json!([{"control": RETURNS, "choice": "granted"}]));
    assert_eq!(told[1].body["data"]["state"]["controls"][ORDERS]["choice"], "denied");
}

#[tokio::test]
async fn of_one_subject_the_next_waits_until_the_one_before_was_taken() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let tomek = house.sign_in("tomek", "d2").await;
    let troubled = hanna.subject.clone();
    let receiver = Receiver::open(move |told| {
        let last = told.last().unwrap();
        let first = told.iter().filter(|one| one.subject() == troubled && one.rev() == 1).count();
        Act::Answer(if last.subject() == troubled && last.rev() == 1 && first < 3 { 500 } else { 200 })
    })
    .await;
    let shop = register(&house, &receiver.url);
    for seq in 1..=3 {
        house.set(&hanna, seq, ORDERS, if seq == 2 { "granted" } else { "denied" }).await;
    }
    house.set(&tomek, 1, ORDERS, "denied").await;
    house.set(&tomek, 2, ORDERS, "denied").await;
    // Tomek's do not wait for Hanna's.
    receiver.wait(3).await;
    until(|| counts(&house, shop.row) == (3, 2, 0)).await;
    nothing_due(&house, shop.row).await;
    house.clock.advance(7_000);
    receiver.wait(4).await;
    nothing_due(&house, shop.row).await;
    assert_eq!(counts(&house, shop.row), (3, 2, 0));
    house.clock.advance(40_000);
    let told = receiver.wait(7).await;
    let hers: Vec<u64> = told.iter().filter(|one| one.subject() == hanna.subject).map(|one| one.rev()).collect();
    assert_eq!(hers, [1, 1, 1, 2, 3]);
    let ids: Vec<&str> = told.iter().filter(|one| one.rev() == 1).map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 2, "an attempt again has the same id");
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let house = House::open().await;
    let receiver = Receiver::open(|told| match told.len() {
        1 => Act::AnswerWith(503, "retry-after", "60"),
        _ => Act::Answer(200),
    })
    .await;
    let shop = register(&house, &receiver.url);
    house.set(&house.sign_in("hanna", "d1").await, 1, ORDERS, "denied").await;
    receiver.wait(1).await;
    nothing_due(&house, shop.row).await;
    house.clock.advance(59_000);
    a_moment().await;
    assert_eq!(receiver.told().len(), 1);
    house.clock.advance(3_000);
    receiver.wait(2).await;
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_or_hangs_or_redirects_is_tried_again() {
    let house = House::open().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/hooks", listener.local_addr().unwrap())
    };
    let elsewhere = Receiver::open(|_| Act::Answer(200)).await;
    let target: &'static str = Box::leak(elsewhere.url.clone().into_boxed_str());
    let moved = Receiver::open(move |_| Act::AnswerWith(307, "location", target)).await;
    let stuck = Receiver::open(|told| if told.len() == 1 { Act::Hang } else { Act::Answer(200) }).await;
    let refused = register(&house, &closed);
    let redirecting = register(&house, &moved.url);
    let hanging = register(&house, &stuck.url);
    house.set(&house.sign_in("hanna", "d1").await, 1, ORDERS, "denied").await;
    let status = |row: i64| {
        let later = candor_protocol::Timestamp(house.app.now().0 + 60_000);
        house.app.store.read(move |view| view.due(row, later, 1)).unwrap().pop().and_then(|message| message.status)
    };
    until(|| status(refused.row).as_deref() == Some("no connection")).await;
    until(|| status(redirecting.row).as_deref() == Some("307")).await;
    until(|| status(hanging.row).as_deref() == Some("timeout")).await;
    assert!(elsewhere.told().is_empty(), "no redirect is followed");
    house.clock.advance(60_000);
    stuck.wait(2).await;
    until(|| counts(&house, hanging.row) == (0, 1, 0)).await;
}

#[tokio::test]
async fn after_the_schedule_it_is_a_dead_letter_and_the_next_of_its_subject_goes_on() {
    let house = House::open().await;
    let receiver = Receiver::open(|told| Act::Answer(if told.last().unwrap().rev() == 1 { 500 } else { 200 })).await;
    let shop = register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    house.set(&hanna, 2, RETURNS, "denied").await;
    let pauses = candor_service::webhooks::schedule::PAUSES_MS;
    for (failures, pause) in pauses.iter().enumerate() {
        receiver.wait(failures + 1).await;
        nothing_due(&house, shop.row).await;
        house.clock.advance(pause + pause / 5 + 1);
    }
    let told = receiver.wait(pauses.len() + 2).await;
    assert_eq!(told.last().unwrap().rev(), 2);
    until(|| counts(&house, shop.row) == (0, 1, 1)).await;
    let dead = house.app.store.read(|view| view.dead_letters(SITE, 9)).unwrap();
    assert_eq!((dead[0].status.as_deref(), dead[0].attempts), (Some("500"), pauses.len() as u32 + 1));

    receiver.answers(|_| Act::Answer(200));
    let at = house.app.now();
    let replay = Posting::Replay { site: SITE.into(), endpoint: shop.id.clone(), message: None, at };
    house.write(&[Change::Post(replay)]);
    let again = receiver.wait(pauses.len() + 3).await;
    assert_eq!(again.last().unwrap().header("webhook-id"), dead[0].id);
    until(|| counts(&house, shop.row) == (0, 2, 0)).await;
}

#[tokio::test]
async fn a_restart_in_the_middle_sends_it_again_under_the_same_id() {
    let house = House::open().await;
    let receiver = Receiver::open(|told| if told.len() == 1 { Act::Hang } else { Act::Answer(200) }).await;
    let shop = register(&house, &receiver.url);
    house.set(&house.sign_in("hanna", "d1").await, 1, ORDERS, "denied").await;
    receiver.wait(1).await;
    let house = house.restart().await;
    let told = receiver.wait(2).await;
    assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"));
    assert_eq!(told[0].text, told[1].text);
    until(|| counts(&house, shop.row) == (0, 1, 0)).await;
}

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_is_told_no_more_until_it_is_added_again() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(410)).await;
    let shop = register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    until(|| endpoint(&house, &shop.id).disabled_at.is_some()).await;
    assert_eq!(counts(&house, shop.row), (0, 0, 1));
    house.set(&hanna, 2, ORDERS, "denied").await;
    a_moment().await;
    assert_eq!((receiver.told().len(), counts(&house, shop.row)), (1, (0, 0, 1)));
    receiver.answers(|_| Act::Answer(200));
    let again = register(&house, &receiver.url.clone());
    assert_eq!(again.disabled_at, None);
    house.set(&hanna, 3, ORDERS, "denied").await;
    assert_eq!(receiver.wait(2).await[1].rev(), 3);
}

#[tokio::test]
async fn an_endpoint_in_the_row_of_one_that_was_removed_is_not_the_one_that_is_gone() {
    let house = House::open().await;
    let old = Receiver::open(|_| Act::Answer(200)).await;
    let new = Receiver::open(|_| Act::Answer(200)).await;
    let shop = register(&house, &old.url);
    let hanna = house.sign_in("hanna", "d1").await;
    // While the message is on its way.
    let (app, url, id) = (house.app.clone(), new.url.clone(), shop.id.clone());
    old.answers(move |_| {
        let added = Posting::Endpoint { id: "wh_new".into(), site: SITE.into(), url: url.clone(), at: app.now() };
        let changes = [Posting::Remove { id: id.clone() }, added].map(Change::Post);
        let apply = |tx: &mut dyn Tx| {
            changes.iter().try_for_each(|change| tx.apply(change))?;
            tx.apply(&Change::Generation)
        };
        app.store.write(apply).unwrap();
        app.refresh().unwrap();
        Act::Answer(410)
    });
    house.set(&hanna, 1, ORDERS, "denied").await;
    until(|| house.app.metrics.undelivered.load(std::sync::atomic::Ordering::Relaxed) > 0).await;
    assert_eq!(endpoint(&house, "wh_new").row, shop.row);
    house.set(&hanna, 2, ORDERS, "denied").await;
    assert_eq!(endpoint(&house, "wh_new").disabled_at, None);
    assert_eq!(new.wait(1).await[0].rev(), 2);
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(200)).await;
    let shop = register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    house.write(&[Change::Post(Posting::Rotate { id: shop.id.clone(), at: house.app.now() })]);
    house.set(&hanna, 1, ORDERS, "denied").await;
    let told = receiver.wait(1).await;
    let (old, new) = (secret(&house, &shop, 1), secret(&house, &shop, 2));
    assert!(told[0].is_signed_with(&old) && told[0].is_signed_with(&new));
    house.clock.advance(86_400_000);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 2, ORDERS, "denied").await;
    let told = receiver.wait(2).await;
    assert!(!told[1].is_signed_with(&old) && told[1].is_signed_with(&new));
}

#[tokio::test]
async fn of_someone_erased_only_the_erasure_is_told_and_nothing_stays() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(500)).await;
    let shop = register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    let mut decision = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    decision["changes"][0]["datum"] = "canary-of-the-outbox".into();
    house.decide(&hanna, json!([decision])).await;
    house.set(&hanna, 2, RETURNS, "denied").await;
    receiver.wait(1).await;
    assert!(holds(&bytes_in(house.folder.path()), "canary-of-the-outbox"));
    house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    assert!(!holds(&bytes_in(house.folder.path()), "canary-of-the-outbox"));
    until(|| receiver.told().last().is_some_and(|told| told.body["type"] == "subject.erased")).await;
    nothing_due(&house, shop.row).await;
    assert_eq!(counts(&house, shop.row), (1, 0, 0));
    receiver.answers(|_| Act::Answer(200));
    house.clock.advance(60_000);
    until(|| counts(&house, shop.row) == (0, 1, 0)).await;
    let told = receiver.told();
    assert_eq!(told.last().unwrap().body["data"], json!({"site": SITE, "subject": hanna.subject}));
    assert!(told.iter().all(|one| one.rev() < 2), "what waited is never told");
    until(|| counts(&house, shop.row) == (0, 1, 0)).await;
    house.app.store.settle().unwrap();
    assert!(!holds(&bytes_in(house.folder.path()), &hanna.subject));
}

#[tokio::test]
async fn what_was_asked_before_the_first_endpoint_was_there_and_decided_after_is_told() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let before = house.app.site(SITE).unwrap();
    let receiver = Receiver::open(|_| Act::Answer(204)).await;
    register(&house, &receiver.url);
    let deny = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    let deny = candor_service::deciding::Incoming::made(candor_protocol::Decision::read(&deny).unwrap());
    let viewer = candor_service::acts::Viewer { subject: &hanna.subject, device: Some("d1") };
    house.app.decide(before.clone(), viewer, false, vec![deny]).await.unwrap();
    assert_eq!(receiver.wait(1).await.remove(0).body["type"], "choice.changed");
    house.app.erase(before, &hanna.subject).await.unwrap();
    assert_eq!(receiver.wait(2).await.remove(1).body["type"], "subject.erased");
}

#[tokio::test]
async fn without_an_endpoint_no_message_is_written() {
    let house = House::open().await;
    house.set(&house.sign_in("hanna", "d1").await, 1, ORDERS, "denied").await;
    let receiver = Receiver::open(|_| Act::Answer(200)).await;
    let shop = register(&house, &receiver.url);
    a_moment().await;
    assert_eq!((receiver.told().len(), counts(&house, shop.row)), (0, (0, 0, 0)));
}
