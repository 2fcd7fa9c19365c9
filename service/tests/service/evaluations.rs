use candor_protocol::Timestamp;
use serde_json::{Value, json};

use crate::house::{House, ORDERS, RETURNS, notice};

#[tokio::test]
async fn only_what_was_granted_is_allowed_and_the_answer_says_why() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let unset = house.evaluate("shop:hanna", "orders").await;
    assert_eq!((unset["decision"].as_bool(), unset["context"]["reason"].as_str()), (Some(false), Some("unset")));
    house.set(&hanna, 1, ORDERS, "granted").await;
    let granted = house.evaluate("shop:hanna", "orders").await;
    assert_eq!(granted["decision"], true);
    assert_eq!(granted["context"]["subject"], hanna.subject.as_str());
    assert_eq!((granted["context"]["rev"].as_u64(), granted["context"]["reason"].as_str()), (Some(1), Some("granted")));
    assert_eq!(granted["context"]["notice"], house.notice());
    assert_eq!(
        granted["context"]["valid_until"],
        house.app.now().plus_hours(0).to_string().replace("18:00:00", "18:01:00")
    );
    assert_eq!(house.evaluate(&hanna.subject, "orders").await["decision"], true, "by the subject's own id too");
    house.set(&hanna, 2, ORDERS, "denied").await;
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "denied");
}

#[tokio::test]
async fn not_knowing_is_no() {
    let house = House::open().await;
    let unknown = house.evaluate("shop:nobody", "orders").await;
    assert_eq!((unknown["decision"].as_bool(), unknown["context"]["subject"].is_null()), (Some(false), true));
    assert_eq!(house.evaluate("sub_nobody", "orders").await["context"]["reason"], "unknown-subject");
    house.sign_in("hanna", "d1").await;
    assert_eq!(house.evaluate("shop:hanna", "diaries").await["context"]["reason"], "unknown-control");
    house.add_site("pk_bare", "https://bare.example", "sk_bare");
    let body = json!({"subject": {"type": "subject", "id": "shop:hanna"}, "action": {"name": "recommendations"},
        "resource": {"type": "source", "id": "orders"}});
    let bare = house.shop_with("sk_bare", "POST", "/access/v1/evaluation", Some(body)).await;
    assert_eq!(
        (bare.body["decision"].as_bool(), bare.body["context"]["reason"].as_str()),
        (Some(false), Some("no-notice"))
    );
}

#[tokio::test]
async fn a_required_control_is_allowed_and_a_source_is_no_channel() {
    let house = House::open().await;
    let ask = |purpose: &str, kind: &str, id: &str| {
        json!({"subject": {"type": "subject", "id": "shop:nobody"}, "action": {"name": purpose},
            "resource": {"type": kind, "id": id}})
    };
    let evaluate = |body| house.shop("POST", "/access/v1/evaluation", Some(body));
    assert_eq!(evaluate(ask("security", "source", "orders")).await.body["context"]["reason"], "required");
    assert_eq!(evaluate(ask("marketing", "source", "email")).await.body["context"]["reason"], "unknown-control");
    assert_eq!(evaluate(ask("marketing", "channel", "email")).await.body["context"]["reason"], "unknown-subject");
    assert_eq!(evaluate(ask("marketing", "person", "email")).await.status, 400);
}

#[tokio::test]
async fn several_are_answered_at_once_in_their_order() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let leave = house.decision(&hanna, 2, 1, json!([{"control": ORDERS, "choice": "denied", "datum": "gift-1"}]));
    house.decide(&hanna, json!([leave])).await;
    let body = json!({
        "subject": {"type": "subject", "id": "shop:hanna"}, "action": {"name": "recommendations"},
        "evaluations": [
            {"resource": {"type": "source", "id": "returns"}},
            {"resource": {"type": "source", "id": "orders"}},
            {"subject": {"type": "subject", "id": "shop:tomek"}, "resource": {"type": "source", "id": "orders"}}
        ]
    });
    let answer = house.shop("POST", "/access/v1/evaluations", Some(body.clone())).await;
    let decisions: Vec<_> =
        answer.body["evaluations"].as_array().unwrap().iter().map(|e| e["decision"].as_bool().unwrap()).collect();
    assert_eq!(decisions, [false, true, false]);
    assert_eq!(answer.body["evaluations"][1]["context"]["left_out"], json!(["gift-1"]));
    let mut bare = body;
    bare.as_object_mut().unwrap().remove("subject");
    assert_eq!(house.shop("POST", "/access/v1/evaluations", Some(bare)).await.status, 400);
}

#[tokio::test]
async fn refused_reads_are_logged_with_source_purpose_subject_and_time() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.evaluate("shop:hanna", "returns").await;
    house.evaluate("shop:hanna", "returns").await;
    house.evaluate("shop:nobody", "orders").await;
    candor_service::serve::write_refusals(&house.app).await;
    // Also what the background wrote a moment before.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let lines = house.app.read(|view| view.refusals("pk_test", None, 10)).await.unwrap();
    let of_hanna: Vec<_> = lines.iter().filter(|line| line.subject.as_deref() == Some(&hanna.subject)).collect();
    assert_eq!(of_hanna.iter().map(|line| line.count).sum::<u64>(), 2);
    let line = of_hanna[0];
    assert_eq!(
        (line.purpose.as_str(), line.source.as_str(), line.reason.as_str()),
        ("recommendations", "returns", "unset")
    );
    assert_eq!(line.at, house.app.now());
    assert!(lines.iter().any(|line| line.subject.is_none() && line.reason == "unknown-subject"));
    let export = house.page("/v1/export", json!({"site": "pk_test", "capability": hanna.capability})).await;
    assert_eq!(export.body["refused_reads"][0]["source"], "returns");
}

#[tokio::test]
async fn a_grant_about_to_end_is_not_promised_for_a_minute() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    // The grant holds for twelve months from now.
    house.clock.advance(365 * 86_400_000 - 30_000);
    let answer = house.evaluate("shop:hanna", "orders").await;
    assert_eq!(answer["decision"], true);
    assert_eq!(answer["context"]["valid_until"], house.app.now().to_string());
    house.clock.advance(60_000);
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "lapsed");
}

#[tokio::test]
async fn without_a_valid_secret_key_nothing_is_answered() {
    let house = House::open().await;
    for (method, path) in [
        ("POST", "/access/v1/evaluation"),
        ("POST", "/access/v1/evaluations"),
        ("PUT", "/v1/recommendations/rec_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("GET", "/v1/subjects/shop:hanna/choices"),
        ("POST", "/v1/subjects/shop:hanna/decisions"),
        ("GET", "/v1/subjects/shop:hanna/export"),
        ("DELETE", "/v1/subjects/shop:hanna"),
    ] {
        let answer = house.shop_with("sk_wrong", method, path, Some(json!({}))).await;
        assert_eq!((answer.status, answer.problem()), (401, "bad-key"), "{method} {path}");
        let request = house.http.request(method.parse().unwrap(), format!("{}{path}", house.base));
        assert_eq!(house.send(request).await.status, 401, "{method} {path}");
    }
}

const DAY: i64 = 86_400_000;

async fn may_ask(house: &House) -> (bool, Option<bool>, String) {
    let answer = house.evaluate("shop:hanna", "orders").await;
    let reason = answer["context"]["reason"].as_str().unwrap_or_default().to_owned();
    (answer["decision"] == true, answer["context"]["may_ask"].as_bool(), reason)
}

#[tokio::test]
async fn a_refusal_ends_the_asking_for_twelve_months_and_never_lapses_itself() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    assert_eq!(may_ask(&house).await, (false, Some(true), "unset".into()));
    house.set(&hanna, 1, ORDERS, "denied").await;
    assert_eq!(may_ask(&house).await, (false, Some(false), "denied".into()));
    house.clock.advance(365 * DAY - 1);
    assert_eq!(may_ask(&house).await.1, Some(false), "a moment before twelve months have passed");
    house.clock.advance(1);
    assert_eq!(may_ask(&house).await, (false, Some(true), "denied".into()), "asked again, and still refused");

    // A second no begins another twelve months, a leap day among them, also after a restart.
    let hanna = house.sign_in("hanna", "d2").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    let house = house.restart().await;
    house.clock.advance(366 * DAY - 1);
    assert_eq!(may_ask(&house).await.1, Some(false));
    house.clock.advance(1);
    assert_eq!(may_ask(&house).await.1, Some(true));
}

#[tokio::test]
async fn a_shop_may_wait_longer_before_it_asks_again_and_not_less() {
    for (span, days, wanted) in [("P1M", 40, false), ("P1M", 366, true), ("P2Y", 400, false), ("P2Y", 731, true)] {
        let house = House::open().await;
        let mut longer = notice("pk_test", 1);
        longer["reask_after"] = span.into();
        longer["decision_retention"] = "P5Y".into();
        house.publish("pk_test", &longer);
        let hanna = house.sign_in("hanna", "d1").await;
        house.set(&hanna, 1, ORDERS, "denied").await;
        house.clock.advance(days * DAY);
        assert_eq!(may_ask(&house).await.1, Some(wanted), "{span} after {days} days");
    }
}

#[tokio::test]
async fn what_a_signal_refused_may_be_asked_about_and_what_the_person_refused_then_not() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    assert_eq!(may_ask(&house).await, (true, Some(false), "granted".into()));
    let mut signal = house.decision(&hanna, 2, 1, json!([{"control": ORDERS, "choice": "denied"}]));
    signal["method"] = "signal".into();
    house.decide(&hanna, json!([signal])).await;
    assert_eq!(may_ask(&house).await, (false, Some(true), "denied-by-signal".into()));
    house.set(&hanna, 3, ORDERS, "denied").await;
    assert_eq!(may_ask(&house).await, (false, Some(false), "denied".into()));
}

#[tokio::test]
async fn the_browsers_signal_refuses_what_was_granted_without_knowing_of_it() {
    let house = House::open().await;
    let mut marked = notice("pk_test", 1);
    marked["controls"][1]["gpc"] = false.into();
    house.publish("pk_test", &marked);
    house.clock.advance(10_000);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.set(&hanna, 2, RETURNS, "granted").await;
    let ask = async |source: &str, context: Value| {
        let body = json!({"subject": {"type": "subject", "id": "shop:hanna"}, "action": {"name": "recommendations"},
            "resource": {"type": "source", "id": source}, "context": context});
        let answer = house.shop("POST", "/access/v1/evaluation", Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body
    };
    let before = house.choices(&hanna).await;
    let refused = ask("orders", json!({"gpc": true})).await;
    assert_eq!(
        (refused["decision"].as_bool(), refused["context"]["reason"].as_str(), refused["context"]["may_ask"].as_bool()),
        (Some(false), Some("denied-by-signal"), Some(true))
    );
    assert_eq!(refused["context"]["valid_until"], Value::from(Timestamp(house.app.now().0 + 60_000).to_string()));
    assert_eq!(house.choices(&hanna).await, before, "asking decides nothing");
    assert_eq!(ask("orders", json!({"gpc": false})).await["decision"], true);
    assert_eq!(ask("orders", json!({})).await["decision"], true);
    let unmarked = ask("returns", json!({"gpc": true})).await;
    assert_eq!(unmarked["decision"], true, "not marked for the signal: {unmarked}");

    // For several at once it stands above them, or in the one.
    let several = json!({"subject": {"type": "subject", "id": "shop:hanna"}, "action": {"name": "recommendations"},
        "context": {"gpc": true}, "evaluations": [
            {"resource": {"type": "source", "id": "orders"}},
            {"resource": {"type": "source", "id": "orders"}, "context": {"device": "d1"}},
            {"resource": {"type": "source", "id": "orders"}, "context": {"gpc": false}}]});
    let answer = house.shop("POST", "/access/v1/evaluations", Some(several)).await;
    let decisions = [0, 1, 2].map(|at| answer.body["evaluations"][at]["decision"].clone());
    assert_eq!(decisions, [false, false, true], "what one does not say is as said above");

    let mut signal = house.decision(&hanna, 3, 2, json!([{"control": ORDERS, "choice": "denied"}]));
    signal["method"] = "signal".into();
    house.decide(&hanna, json!([signal])).await;
    house.set(&hanna, 4, ORDERS, "granted").await;
    assert_eq!(ask("orders", json!({"gpc": true})).await["context"]["reason"], "granted", "they knew of it");
    house.set(&hanna, 5, ORDERS, "denied").await;
    assert_eq!(ask("orders", json!({"gpc": true})).await["context"]["reason"], "denied", "their own no stays theirs");
}

#[tokio::test]
async fn under_the_signal_too_a_grant_about_to_end_is_not_promised() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut signal = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    signal["method"] = "signal".into();
    house.decide(&hanna, json!([signal])).await;
    house.set(&hanna, 2, ORDERS, "granted").await;
    house.clock.advance(365 * DAY - 30_000);
    let body = json!({"subject": {"type": "subject", "id": "shop:hanna"}, "action": {"name": "recommendations"},
        "resource": {"type": "source", "id": "orders"}, "context": {"gpc": true}});
    let answer = house.shop("POST", "/access/v1/evaluation", Some(body)).await.body;
    assert_eq!(answer["decision"], true);
    assert_eq!(answer["context"]["valid_until"], house.app.now().to_string());
}
