use serde_json::{Value, json};

use crate::house::{House, ORDERS, RETURNS, SK_REFERENCE};

#[tokio::test]
async fn a_document_is_kept_and_its_subject_reads_it_byte_for_byte() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let doc = house.document(Some(&hanna), 1);
    assert_eq!(house.put(&doc).await.status, 201);
    let read = house.read(&doc, Some(&hanna)).await;
    assert_eq!(read.status, 200);
    assert_eq!((read.body["state"].as_str(), read.body["origin"].as_str()), (Some("ready"), Some("shop")));
    assert!(read.text.contains(&doc.to_string()), "the very bytes");
    assert_eq!((read.header("cache-control"), read.header("referrer-policy")), ("no-store", "no-referrer"));
}

#[tokio::test]
async fn the_same_bytes_again_are_200_and_other_bytes_409() {
    let house = House::open().await;
    let doc = house.document(None, 0);
    assert_eq!(house.put(&doc).await.status, 201);
    assert_eq!(house.put(&doc).await.status, 200);
    let mut other = doc.clone();
    other["inputs"] = "inputs-2".into();
    let answer = house.put(&other).await;
    assert_eq!((answer.status, answer.problem()), (409, "different-bytes"));
}

#[tokio::test]
async fn a_document_of_our_recommender_says_so() {
    let house = House::open().await;
    let doc = house.document(None, 0);
    let path = format!("/v1/recommendations/{}", doc["id"].as_str().unwrap());
    assert_eq!(house.shop_with(SK_REFERENCE, "PUT", &path, Some(doc.clone())).await.status, 201);
    assert_eq!(house.read(&doc, None).await.body["origin"], "reference");
}

#[tokio::test]
async fn a_read_before_the_put_is_not_ready_and_says_when_to_ask_again() {
    let house = House::open().await;
    let doc = house.document(None, 0);
    let answer = house.read(&doc, None).await;
    assert_eq!((answer.status, answer.problem(), answer.header("retry-after")), (404, "not-ready", "1"));
    assert!(answer.header("access-control-expose-headers").contains("Retry-After"));
}

#[tokio::test]
async fn a_source_that_is_not_granted_or_was_denied_is_refused_with_the_current_choices() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let answer = house.put(&house.document(Some(&hanna), 0)).await;
    assert_eq!((answer.status, answer.problem()), (409, "not-allowed"));
    assert_eq!(answer.body["choices"]["rev"], 0);
    assert_eq!(answer.body["place"], "/factors/0");

    house.set(&hanna, 1, ORDERS, "granted").await;
    let made_before = house.document(Some(&hanna), 1);
    house.set(&hanna, 2, ORDERS, "denied").await;
    let answer = house.put(&made_before).await;
    assert_eq!(answer.problem(), "not-allowed");
    assert_eq!(answer.body["choices"]["controls"][ORDERS]["choice"], "denied");
    assert_eq!(house.read(&made_before, Some(&hanna)).await.status, 404, "nothing is kept of it");

    // Granted again since: still made under choices that are no more.
    house.set(&hanna, 3, ORDERS, "granted").await;
    assert_eq!(house.put(&made_before).await.status, 409);
    assert_eq!(house.put(&house.document(Some(&hanna), 3)).await.status, 201);
}

#[tokio::test]
async fn a_document_with_a_datum_that_is_left_out_is_refused() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let kept = house.document(Some(&hanna), 1);
    house.put(&kept).await;
    let leave = house.decision(&hanna, 2, 1, json!([{"control": ORDERS, "choice": "denied", "datum": "datum-1"}]));
    let answer = house.decide(&hanna, json!([leave])).await;
    assert_eq!(answer.body["choices"]["controls"][ORDERS]["left_out"], json!(["datum-1"]));
    let answer = house.put(&house.document(Some(&hanna), 2)).await;
    assert_eq!(answer.problem(), "not-allowed");
    assert_eq!(answer.body["place"], "/candidates/0/evidence/0");
    assert_eq!(house.read(&kept, Some(&hanna)).await.body["state"], "withdrawn");

    let mut without = house.document(Some(&hanna), 2);
    without["candidates"][0] = json!({"item": "a", "score": 0.25, "contributions": [0, 0.25]});
    without["candidates"][1]["score"] = json!(0.25);
    without["candidates"][1]["contributions"] = json!([0.125, 0.125]);
    without["candidates"][1]["evidence"] = json!([{"factor": 0, "ref": "datum-2", "weight": 0.125}]);
    assert_eq!(house.put(&without).await.status, 201);
    let mut excluded = without.clone();
    excluded["id"] = house.document(None, 0)["id"].clone();
    excluded["candidates"][2]["excluded_by"] = json!([{"factor": 0, "refs": ["datum-1"]}]);
    assert_eq!(house.put(&excluded).await.body["place"], "/candidates/2/excluded_by/0");
}

#[tokio::test]
async fn after_a_denial_a_kept_document_is_withdrawn_and_names_only_what_is_still_granted() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.set(&hanna, 2, RETURNS, "granted").await;
    let mut doc = house.document(Some(&hanna), 2);
    doc["factors"].as_array_mut().unwrap().insert(1, json!({"id": "returns", "kind": "personal", "control": RETURNS}));
    for candidate in doc["candidates"].as_array_mut().unwrap() {
        candidate["contributions"].as_array_mut().unwrap().insert(1, json!(0));
    }
    assert_eq!(house.put(&doc).await.status, 201);
    house.set(&hanna, 3, ORDERS, "denied").await;
    let answer = house.read(&doc, Some(&hanna)).await;
    assert_eq!(answer.body["state"], "withdrawn");
    assert_eq!(answer.body["factors"], json!(["returns"]));
    assert!(!answer.text.contains("datum-1") && !answer.text.contains("Apron"));
}

#[tokio::test]
async fn who_only_has_the_id_sees_that_there_is_a_recommendation_and_no_more() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d1").await);
    house.set(&hanna, 1, ORDERS, "granted").await;
    let doc = house.document(Some(&hanna), 1);
    house.put(&doc).await;
    for answer in [
        house.read(&doc, None).await,
        house.read(&doc, Some(&tomek)).await,
        house.get(&format!("/v1/recommendations/{}?site=pk_test", doc["id"].as_str().unwrap())).await,
    ] {
        assert_eq!((answer.status, answer.body["state"].as_str()), (200, Some("general")), "{}", answer.text);
        for secret in ["orders", "Apron", "datum", hanna.subject.as_str()] {
            assert!(!answer.text.contains(secret), "{secret} in {}", answer.text);
        }
    }
    let general = house.document(None, 0);
    house.put(&general).await;
    assert_eq!(house.read(&general, None).await.body["state"], "ready", "nothing personal in it");
}

#[tokio::test]
async fn what_a_list_does_not_use_and_why_is_told_to_its_subject_alone() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d1").await);
    house.set(&hanna, 1, ORDERS, "denied").await;
    let mut doc = house.document(None, 1);
    doc["subject"] = hanna.subject.clone().into();
    doc["not_used"] = json!([{"id": "orders", "why": "off"}]);
    let kept = house.put(&doc).await;
    assert_eq!(kept.status, 201, "{}", kept.text);
    assert_eq!(house.read(&doc, Some(&hanna)).await.body["state"], "ready");
    for who in [None, Some(&tomek)] {
        let answer = house.read(&doc, who).await;
        assert_eq!((answer.status, answer.body["state"].as_str()), (200, Some("general")), "{}", answer.text);
        for secret in ["not_used", "orders", hanna.subject.as_str()] {
            assert!(!answer.text.contains(secret), "{secret} in {}", answer.text);
        }
    }
    let page = house.get(&format!("/why/{}?lang=en", doc["id"].as_str().unwrap())).await.text;
    assert!(!page.contains("switched it off"), "{page}");
}

#[tokio::test]
async fn what_is_past_its_time_keeps_only_ids_hashes_and_factor_names() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let mut doc = house.document(Some(&hanna), 1);
    doc["items"]["a"]["title"] = "canary-of-the-expired-document".into();
    assert_eq!(house.put(&doc).await.status, 201);
    house.clock.advance(13 * 3_600_000);
    let hanna = house.sign_in("hanna", "d1").await;
    let answer = house.read(&doc, Some(&hanna)).await;
    assert_eq!((answer.body["state"].as_str(), &answer.body["factors"]), (Some("expired"), &json!(["orders"])));
    assert_eq!(house.read(&doc, None).await.body["state"], "general");
    house.app.writer.ask(candor_service::deciding::Sweep(house.app.now())).await.unwrap();
    // As the service does by itself some sweeps later.
    house.app.store.settle().unwrap();
    let bytes = crate::house::bytes_in(house.folder.path());
    assert!(!crate::house::holds(&bytes, "canary-of-the-expired-document"));
    assert_eq!(house.read(&doc, Some(&hanna)).await.body["state"], "expired");
    assert_eq!(house.put(&doc).await.status, 422, "its time has passed");
}

#[tokio::test]
async fn a_document_that_is_wrong_is_refused_with_the_place_and_the_fix_and_not_kept() {
    let house = House::open().await;
    type Spoil = fn(&mut Value);
    let cases: [(&str, Spoil, &str, &str); 9] = [
        ("does not add up", |d| d["candidates"][0]["score"] = json!(9.0), "does-not-add", "/candidates/0"),
        ("not its own top", |d| d["shown"] = json!(["b", "a"]), "not-the-top", "/shown"),
        ("unknown method", |d| d["method"] = "magic".into(), "unknown-value", "/method"),
        ("unknown version", |d| d["version"] = 2.into(), "unknown-version", "/version"),
        ("missing", |d| drop(d.as_object_mut().unwrap().remove("model")), "missing", "/model"),
        ("another site", |d| d["site"] = "pk_other".into(), "unknown-value", "/site"),
        ("too long a life", |d| d["expires_at"] = "2026-12-24T18:00:00Z".into(), "expiry", "/expires_at"),
        ("over already", |d| d["expires_at"] = "2026-11-21T18:00:00Z".into(), "expiry", "/expires_at"),
        ("an item nobody knows", |d| d["shown"] = json!(["a", "z"]), "unknown-item", "/shown"),
    ];
    for (name, spoil, fault, place) in cases {
        let mut doc = house.document(None, 0);
        spoil(&mut doc);
        let answer = house.put(&doc).await;
        assert_eq!(answer.status, 422, "{name}: {}", answer.text);
        assert_eq!(answer.body["fault"], fault, "{name}");
        assert!(answer.body["place"].as_str().unwrap_or("").starts_with(place), "{name}: {}", answer.text);
        assert!(answer.body["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{name}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(house.read(&doc, None).await.status, 404, "{name}: nothing is kept");
    }
    let mut doc = house.document(None, 0);
    doc["notice"] = "sha256-never".into();
    assert_eq!(house.put(&doc).await.problem(), "unknown-notice");
    let large = json!({"id": doc["id"], "filler": "x".repeat(1 << 20)});
    assert_eq!(house.put(&large).await.status, 413);
}

#[tokio::test]
async fn a_personal_factor_needs_a_subject() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let mut doc = house.document(Some(&hanna), 1);
    doc["subject"] = Value::Null;
    assert_eq!(house.put(&doc).await.problem(), "not-allowed");
    doc["subject"] = "sub_nobody".into();
    assert_eq!(house.put(&doc).await.status, 404);
}

#[tokio::test]
async fn feedback_gets_an_id_and_a_state_and_is_in_the_export() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let doc = house.document(None, 0);
    house.put(&doc).await;
    let body = json!({"site": "pk_test", "capability": hanna.capability, "recommendation": doc["id"], "item": "a",
        "kind": "wrong-data", "text": "I never bought \u{202e}that"});
    let answer = house.page("/v1/feedback", body.clone()).await;
    assert_eq!((answer.status, answer.body["state"].as_str()), (200, Some("received")), "{}", answer.text);
    assert!(answer.body["id"].as_str().unwrap().starts_with("fb_"));
    let export = house.page("/v1/export", json!({"site": "pk_test", "capability": hanna.capability})).await;
    assert_eq!(export.body["feedback"][0]["text"], "I never bought that");
    let mut unknown = body;
    unknown["kind"] = "praise".into();
    assert_eq!(house.page("/v1/feedback", unknown).await.status, 400);
}

#[tokio::test]
async fn feedback_with_a_capability_that_does_not_hold_is_refused_and_not_kept_as_a_strangers() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let doc = house.document(None, 0);
    house.put(&doc).await;
    let say = async |capability: Value| {
        let body = json!({"site": "pk_test", "capability": capability, "recommendation": doc["id"],
            "kind": "wrong-data", "text": "I never bought that"});
        house.page("/v1/feedback", body).await
    };
    let kept = async || house.app.read(|view| view.feedback("pk_test", None, 10)).await.unwrap().len();
    let forged = hanna.capability.replace(&hanna.subject, "sub_someone");
    assert_eq!((say(forged.into()).await.problem(), kept().await), ("bad-capability", 0));
    house.clock.advance(3_600_000 * 24);
    let late = say(hanna.capability.clone().into()).await;
    assert_eq!((late.status, late.problem(), kept().await), (401, "bad-capability", 0));
    // Whoever says nothing of who they are is a stranger, as before.
    assert_eq!((say(Value::Null).await.status, kept().await), (200, 1));
    let again = house.sign_in("hanna", "d1").await;
    assert_eq!((say(again.capability.into()).await.status, kept().await), (200, 2));
}
