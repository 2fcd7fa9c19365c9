//! A grant that does not come into force is explained to its own person, and to nobody else.

use candor_protocol::Timestamp;
use candor_service::import::import;
use serde_json::{Value, json};

use crate::house::{House, ORDERS, RETURNS, SITE, Someone, notice};

fn changes(choice: &str) -> Value {
    json!([{"control": ORDERS, "choice": choice}])
}

/// A grant by somebody who has seen nothing of what stands.
async fn stale(house: &House, who: &Someone, seq: u64) -> crate::house::Answer {
    house.decide(who, json!([house.decision(who, seq, 0, changes("granted"))])).await
}

#[tokio::test]
async fn a_superseded_grant_says_when_and_where_it_was_withdrawn_and_pressed_again_it_applies() {
    let house = House::open().await;
    let (laptop, phone) = (house.sign_in("hanna", "d1").await, house.sign_in("hanna", "d2").await);
    assert!(house.set(&laptop, 1, ORDERS, "granted").await.body["against"].is_null());
    house.clock.advance(90_000);
    house.set(&phone, 1, ORDERS, "denied").await;
    house.clock.advance(600_000);
    let answer = stale(&house, &laptop, 2).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["superseded"]));
    let against = json!([{"control": ORDERS, "place": "other-device", "at": "2026-11-22T18:01:30Z"}]);
    assert_eq!(answer.body["against"], against);
    assert!(!answer.text.contains("d2"), "{}", answer.text);
    assert_eq!(house.set(&laptop, 3, ORDERS, "granted").await.body["outcomes"][0]["results"], json!(["applied"]));
    assert_eq!(house.evaluate("shop:hanna", "orders").await["decision"], true);
}

#[tokio::test]
async fn the_outcome_stays_while_what_stands_against_it_moves_on() {
    let house = House::open().await;
    let (laptop, phone) = (house.sign_in("hanna", "d1").await, house.sign_in("hanna", "d2").await);
    house.set(&phone, 1, ORDERS, "denied").await;
    let grant = json!([house.decision(&laptop, 1, 0, changes("granted"))]);
    let first = house.decide(&laptop, grant.clone()).await;
    assert_eq!(first.body["against"][0]["place"], "other-device");
    house.set(&phone, 2, ORDERS, "granted").await;
    let again = house.decide(&laptop, grant).await;
    assert_eq!(again.body["outcomes"], first.body["outcomes"]);
    assert!(again.body["against"].is_null(), "it is on by now: {}", again.text);
}

#[tokio::test]
async fn each_place_has_its_word() {
    for (set, word) in [
        (json!({"surface": "chat"}), "chat"),
        (json!({"method": "signal"}), "signal"),
        (json!({"method": "agent"}), "shop"),
        (json!({"tier": "html"}), "page"),
        (json!({"tier": "server"}), "shop"),
        (json!({}), "other-device"),
    ] {
        let house = House::open().await;
        let (laptop, phone) = (house.sign_in("hanna", "d1").await, house.sign_in("hanna", "d2").await);
        let mut denial = house.decision(&phone, 1, 0, changes("denied"));
        for (name, value) in set.as_object().unwrap() {
            denial[name] = value.clone();
        }
        house.decide(&phone, json!([denial])).await;
        assert_eq!(stale(&house, &laptop, 1).await.body["against"][0]["place"], word, "{set}");
    }
    // A denial of the device itself, which a grant with an earlier number had not seen.
    let house = House::open().await;
    let laptop = house.sign_in("hanna", "d1").await;
    house.decide(&laptop, json!([house.decision(&laptop, 5, 0, changes("denied"))])).await;
    assert_eq!(stale(&house, &laptop, 4).await.body["against"][0]["place"], "this-device");
}

#[tokio::test]
async fn what_the_shop_imported_and_what_outlived_an_erasure_have_theirs() {
    let house = House::open().await;
    let file = format!("customer,control,choice,at\nhanna,{ORDERS},denied,2024-05-31T09:30:00Z\n");
    let path = house.folder.path().join("choices.csv");
    std::fs::write(&path, file).unwrap();
    import(&house.app, SITE, &path, &mut Vec::new()).await.unwrap();
    let laptop = house.sign_in("hanna", "d1").await;
    let against = json!([{"control": ORDERS, "place": "shop", "at": "2024-05-31T09:30:00Z"}]);
    assert_eq!(stale(&house, &laptop, 1).await.body["against"], against);
    house.page("/v1/erase", json!({"site": SITE, "capability": laptop.capability})).await;
    let back = house.sign_in("hanna", "d1").await;
    assert_eq!(stale(&house, &back, 1).await.body["against"][0]["place"], "anew");
}

#[tokio::test]
async fn terms_that_changed_are_said_and_the_notice_in_force_is_named() {
    let house = House::open().await;
    let (hanna, old) = (house.sign_in("hanna", "d1").await, house.notice());
    assert_eq!(house.set(&hanna, 1, RETURNS, "denied").await.body["notice"], old);
    let new = house.publish(SITE, &notice(SITE, 2));
    house.clock.advance(3_000);
    let under = |hash: &str, seq: u64, rev: u64| {
        let mut decision = house.decision(&hanna, seq, rev, changes("granted"));
        decision["notice"] = hash.into();
        json!([decision])
    };
    let answer = house.decide(&hanna, under(&old, 2, 1)).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["superseded"]));
    assert_eq!(answer.body["against"], json!([{"control": ORDERS, "terms_changed": true}]));
    assert_eq!(answer.body["notice"], new);
    let answer = house.decide(&hanna, under(&new, 3, 1)).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["applied"]));
    assert!(answer.body["against"].is_null());
    // A page that shows the old one is not told that nothing has changed.
    let asked = |notice: &str| {
        let known = json!({"site": SITE, "capability": hanna.capability, "epoch": hanna.epoch, "rev": 2});
        let mut known = known;
        known["notice"] = notice.into();
        house.page("/v1/choices", known)
    };
    assert_eq!(asked(&new).await.status, 204);
    let answer = asked(&old).await;
    assert_eq!((answer.status, &answer.body["notice"]), (200, &json!(new)));
}

#[tokio::test]
async fn nothing_of_anybody_else_explains_a_grant() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    house.set(&hanna, 1, ORDERS, "denied").await;
    house.clock.advance(60_000);
    // Tomek withdrew a minute later; what is told to him is his own.
    house.set(&tomek, 1, ORDERS, "denied").await;
    house.clock.advance(60_000);
    house.set(&hanna, 2, ORDERS, "denied").await;
    let elsewhere = house.sign_in("tomek", "d3").await;
    let answer = stale(&house, &elsewhere, 1).await;
    let at = Timestamp::parse("2026-11-22T18:01:00Z").unwrap();
    assert_eq!(answer.body["against"][0]["at"], json!(at));
    assert_eq!(answer.body["against"].as_array().unwrap().len(), 1);
    // With a decision of hers under his capability he is told nothing of hers.
    let hers = house.decision(&hanna, 1, 0, changes("granted"));
    let answer = house.decide(&elsewhere, json!([hers])).await;
    assert_eq!(answer.body["outcomes"][0]["status"], "refused");
    assert!(answer.body["against"].is_null(), "{}", answer.text);
}
