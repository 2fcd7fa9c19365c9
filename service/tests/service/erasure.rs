use serde_json::json;

use crate::house::{House, ORDERS, RETURNS, SITE, bytes_in, holds};

#[tokio::test]
async fn erased_bytes_are_nowhere_and_the_no_survives() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.set(&hanna, 2, RETURNS, "denied").await;
    // Many, so that pages are split and joined.
    let mut last = hanna.clone();
    for seq in 3..60 {
        let mut decision = house.decision(&last, seq, 2, json!([{"control": "marketing/email", "choice": "denied"}]));
        decision["served"] = "canary-of-the-decision".into();
        house.decide(&last, json!([decision])).await;
        last = hanna.clone();
    }
    let mut doc = house.document(Some(&hanna), house.choices(&hanna).await["rev"].as_u64().unwrap());
    doc["items"]["a"]["title"] = "canary-of-the-document".into();
    assert_eq!(house.put(&doc).await.status, 201);
    let feedback = json!({"site": SITE, "capability": hanna.capability, "recommendation": doc["id"],
        "kind": "wrong-data", "text": "canary-of-the-feedback"});
    assert_eq!(house.page("/v1/feedback", feedback).await.status, 200);
    house.evaluate("shop:hanna", "returns").await;
    candor_service::serve::write_refusals(&house.app).await;

    let answer = house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!((answer.status, answer.body["erased"].as_bool()), (200, Some(true)), "{}", answer.text);
    let bytes = bytes_in(house.folder.path());
    for canary in ["canary-of-the-decision", "canary-of-the-document", "canary-of-the-feedback", &hanna.subject] {
        assert!(!holds(&bytes, canary), "{canary}");
    }

    for path in ["/v1/choices", "/v1/history", "/v1/export", "/v1/erase", "/v1/live"] {
        let answer = house.page(path, json!({"site": SITE, "capability": hanna.capability})).await;
        assert_eq!((answer.status, answer.problem()), (410, "erased"), "{path}");
    }
    let again = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    assert_eq!(house.decide(&hanna, json!([again])).await.status, 410);
    // The shop's first question about her: what was known is gone, and her "no" is not.
    for _ in 0..2 {
        assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "unknown-subject");
        let denied = house.evaluate("shop:hanna", "returns").await;
        assert_eq!((denied["decision"].as_bool(), denied["context"]["reason"].as_str()), (Some(false), Some("denied")));
        assert!(denied["context"]["subject"].is_null());
    }

    let house = house.restart().await;
    assert_eq!(house.evaluate("shop:hanna", "returns").await["context"]["reason"], "denied");
    assert_eq!(house.evaluate("shop:nobody", "returns").await["context"]["reason"], "unknown-subject");
    let back = house.sign_in("hanna", "d9").await;
    assert_ne!(back.subject, hanna.subject);
    let choices = house.choices(&back).await;
    assert_eq!(choices["controls"][RETURNS]["choice"], "denied", "her no is still a no");
    assert!(choices["controls"][ORDERS].is_null(), "her yes is not kept");
    let history = house.page("/v1/history", json!({"site": SITE, "capability": back.capability})).await;
    assert_eq!(history.body["decisions"][0]["method"], "import");
}

#[tokio::test]
async fn that_somebody_was_unknown_is_not_remembered_beyond_their_erasure() {
    let house = House::open().await;
    let reason = async || house.evaluate("shop:hanna", "returns").await["context"]["reason"].clone();
    assert_eq!(reason().await, "unknown-subject");
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, RETURNS, "denied").await;
    house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!(reason().await, "denied");
    let several = json!({"subject": {"type": "subject", "id": "shop:hanna"}, "action": {"name": "recommendations"},
        "evaluations": [{"resource": {"type": "source", "id": "returns"}}, {"resource": {"type": "source", "id": "orders"}}]});
    let several = house.shop("POST", "/access/v1/evaluations", Some(several)).await.body;
    assert_eq!(several["evaluations"][0]["context"]["reason"], "denied");
    assert_eq!(several["evaluations"][1]["context"]["reason"], "unknown-subject");
}

#[tokio::test]
async fn the_shop_exports_and_erases_by_its_own_customer_id() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let file = house.shop("GET", "/v1/subjects/shop:hanna/export", None).await;
    assert_eq!(file.body["subject"], hanna.subject.as_str());
    assert_eq!(file.body["choices"]["controls"][ORDERS]["choice"], "granted");
    assert_eq!(file.body["decisions"].as_array().unwrap().len(), 1);
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert_eq!(house.shop("DELETE", "/v1/subjects/shop:hanna", None).await.status, 200);
    assert_eq!(house.shop("GET", "/v1/subjects/shop:hanna/export", None).await.status, 404);
    assert_eq!(house.shop("GET", &format!("/v1/subjects/{}/export", hanna.subject), None).await.status, 410);
}

#[tokio::test]
async fn erasing_one_leaves_the_others_whole() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.set(&tomek, 1, ORDERS, "granted").await;
    house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!(house.choices(&tomek).await["controls"][ORDERS]["choice"], "granted");
}

#[tokio::test]
async fn what_comes_after_an_erasure_brings_nothing_of_it_back() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, RETURNS, "denied").await;
    // Noted, and not written down yet.
    house.evaluate("shop:hanna", "returns").await;
    let doc = {
        let mut doc = house.document(None, 1);
        doc["subject"] = hanna.subject.clone().into();
        doc
    };
    let answer = house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    candor_service::serve::write_refusals(&house.app).await;
    let late = house.put(&doc).await;
    assert_eq!((late.status, late.problem()), (410, "erased"), "{}", late.text);
    assert!(!holds(&bytes_in(house.folder.path()), &hanna.subject));
}

#[tokio::test]
async fn a_reader_that_holds_up_an_erasure_is_known_and_its_bytes_go_when_it_has_ended() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, RETURNS, "denied").await;
    let reader = rusqlite::Connection::open(house.folder.path().join("candor.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM subjects;").unwrap();
    let answer = house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(house.app.store.unsettled());
    drop(reader);
    house.app.store.settle().unwrap();
    assert!(!house.app.store.unsettled());
    assert!(!holds(&bytes_in(house.folder.path()), &hanna.subject));
}

#[tokio::test]
async fn a_long_list_of_nos_survives_in_pieces_that_can_be_read_again() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    for (seq, from) in [(1, 0), (2, 32)] {
        let changes: Vec<_> =
            (from..from + 32).map(|n| json!({"control": format!("marketing/c{n}"), "choice": "denied"})).collect();
        house.decide(&hanna, json!([house.decision(&hanna, seq, seq - 1, changes.into())])).await;
    }
    let answer = house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    house.sign_in("hanna", "d1").await;
    let house = house.restart().await;
    let back = house.sign_in("hanna", "d2").await;
    let choices = house.choices(&back).await;
    for n in [0, 31, 32, 63] {
        assert_eq!(choices["controls"][format!("marketing/c{n}")]["choice"], "denied", "{choices}");
    }
}
