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

#[tokio::test]
async fn what_another_program_erased_is_remembered_by_the_service_whoever_notices_first() {
    for writer_first in [true, false] {
        let house = House::open().await;
        let reason = async || house.evaluate("shop:hanna", "returns").await["context"]["reason"].clone();
        assert_eq!(reason().await, "unknown-subject");
        let hanna = house.sign_in("hanna", "d1").await;
        house.set(&hanna, 1, RETURNS, "denied").await;
        let beside = House::in_folder(house.folder.clone(), house.clock.clone(), |_| {}).await;
        let site = beside.app.site(SITE).unwrap();
        beside.app.erase_beside(site, &hanna.subject).await.unwrap();
        if writer_first {
            house.anonymous("d2").await;
        } else {
            house.app.refresh().unwrap();
        }
        assert_eq!(reason().await, "denied", "{writer_first}");
    }
}

#[tokio::test]
async fn a_no_that_came_while_another_program_was_about_to_erase_outlives_the_erasure() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let beside = House::in_folder(house.folder.clone(), house.clock.clone(), |_| {}).await;
    let site = beside.app.site(SITE).unwrap();
    // Looked up, and kept in that program's memory.
    assert!(beside.app.named(&site, "shop:hanna").await.unwrap().is_some());
    house.set(&hanna, 1, RETURNS, "denied").await;
    beside.app.erase_beside(site, &hanna.subject).await.unwrap();
    assert_eq!(house.evaluate("shop:hanna", "returns").await["context"]["reason"], "denied");
    let back = house.sign_in("hanna", "d9").await;
    assert_eq!(house.choices(&back).await["controls"][RETURNS]["choice"], "denied");
}

#[tokio::test]
async fn what_waits_to_be_written_about_somebody_erased_meanwhile_is_not_written() {
    use candor_service::deciding::Note;
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let change = candor_service::store::Change::Feedback {
        id: "fb_1".into(),
        site: SITE.into(),
        subject: Some(hanna.subject.clone()),
        recommendation: "r1".into(),
        item: None,
        kind: "wrong-data".into(),
        text: Some("canary-of-the-late-feedback".into()),
        at: house.app.now(),
    };
    let site = house.app.site(SITE).unwrap();
    house.app.erase(site.clone(), &hanna.subject).await.unwrap();
    // As a request that was looked at before, and had its turn after.
    let note = Note { site: SITE.into(), what: candor_service::live::What::Feedback, change };
    assert_eq!(house.app.writer.ask(note).await.unwrap_err().kind, candor_service::problem::Kind::Erased);
    let revealed = house.app.reveal(&site, &hanna.subject, "ines", "record").await;
    assert_eq!(revealed.unwrap_err().kind, candor_service::problem::Kind::Erased);
    let bytes = bytes_in(house.folder.path());
    assert!(!holds(&bytes, "canary-of-the-late-feedback") && !holds(&bytes, &hanna.subject));
}
