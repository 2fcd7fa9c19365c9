use serde_json::json;

use crate::house::{House, ORDERS, RETURNS, Someone, notice, uuid};

#[tokio::test]
async fn a_grant_is_applied_and_a_denial_after_it() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let granted = house.set(&hanna, 1, ORDERS, "granted").await;
    assert_eq!(granted.status, 200);
    assert_eq!(granted.body["outcomes"][0]["status"], "recorded");
    assert_eq!(granted.body["outcomes"][0]["results"], json!(["applied"]));
    assert_eq!(granted.body["choices"]["controls"][ORDERS]["choice"], "granted");
    let denied = house.set(&hanna, 2, ORDERS, "denied").await;
    assert_eq!(denied.body["choices"]["controls"][ORDERS]["choice"], "denied");
    assert_eq!(denied.body["choices"]["rev"], 2);
}

#[tokio::test]
async fn the_same_decision_again_gets_the_same_outcome_and_has_no_effect() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let grant = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    let first = house.decide(&hanna, json!([grant])).await;
    house.set(&hanna, 2, ORDERS, "denied").await;
    let again = house.decide(&hanna, json!([grant])).await;
    assert_eq!(again.body["outcomes"][0].to_string(), first.body["outcomes"][0].to_string());
    assert_eq!(again.body["choices"]["controls"][ORDERS]["choice"], "denied");
    assert_eq!(again.body["choices"]["rev"], 2);
    let history = house.page("/v1/history", json!({"site": "pk_test", "capability": hanna.capability})).await;
    assert_eq!(history.body["decisions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_same_id_with_other_content_is_a_conflict_without_effect() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut decision = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    house.decide(&hanna, json!([decision])).await;
    decision["changes"][0]["choice"] = "granted".into();
    let other = house.decide(&hanna, json!([decision])).await;
    assert_eq!(other.status, 200);
    assert_eq!(other.body["outcomes"][0]["status"], "conflict");
    assert_eq!(other.body["choices"]["controls"][ORDERS]["choice"], "denied");
}

#[tokio::test]
async fn ids_are_scoped_to_the_subject() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d1").await);
    let decision = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    house.decide(&hanna, json!([decision])).await;
    let other = house.decide(&tomek, json!([decision])).await;
    assert_eq!(other.body["outcomes"][0]["status"], "recorded");
    assert_eq!(other.body["outcomes"][0]["rev"], 1);
}

#[tokio::test]
async fn a_faulty_decision_does_not_hold_up_the_others() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut faulty = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "maybe"}]));
    let mut large = house.decision(&hanna, 2, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    large["note"] = "x".repeat(2_100).into();
    let good = house.decision(&hanna, 3, 0, json!([{"control": RETURNS, "choice": "denied"}]));
    faulty["id"] = uuid().into();
    let answer = house.decide(&hanna, json!([faulty, large, good])).await;
    let outcomes = &answer.body["outcomes"];
    assert_eq!(
        (outcomes[0]["status"].as_str(), outcomes[0]["reason"].as_str()),
        (Some("refused"), Some("unknown-value"))
    );
    assert_eq!((outcomes[1]["status"].as_str(), outcomes[1]["reason"].as_str()), (Some("refused"), Some("too-large")));
    assert_eq!(outcomes[2]["status"], "recorded");
    assert!(answer.body["choices"]["controls"][ORDERS].is_null(), "nothing of the faulty ones is kept");
}

#[tokio::test]
async fn a_denial_is_taken_with_an_expired_capability_and_under_an_unknown_notice_and_a_grant_is_not() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.set(&hanna, 2, RETURNS, "granted").await;
    house.clock.advance(2 * 3_600_000);
    let mut denial = house.decision(&hanna, 3, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    denial["notice"] = "sha256-unknown".into();
    let grant = house.decision(&hanna, 4, 9, json!([{"control": ORDERS, "choice": "granted"}]));
    let answer = house.decide(&hanna, json!([denial, grant])).await;
    assert_eq!((answer.status, answer.problem()), (401, "bad-capability"));

    let fresh = house.sign_in("hanna", "d1").await;
    assert_eq!(house.choices(&fresh).await["controls"][ORDERS]["choice"], "denied");
    let answer = house.decide(&fresh, json!([denial])).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["applied"]), "and it is known");
    let mut unknown = house.decision(&fresh, 5, 3, json!([{"control": ORDERS, "choice": "granted"}]));
    unknown["notice"] = "sha256-unknown".into();
    let answer = house.decide(&fresh, json!([unknown])).await;
    assert_eq!(answer.body["outcomes"][0]["reason"], "unknown-notice");
    // Renewed, the very decision that was refused is taken.
    let answer = house
        .decide(
            &fresh,
            json!([{ "id": grant["id"], "device": "d1", "seq": 4, "notice": house.notice(),
        "served": "sha256-words", "locale": "en", "surface": "storefront", "tier": "wasm",
        "changes": grant["changes"], "base": {"epoch": fresh.epoch, "rev": 3}, "method": "switch",
        "occurred_at": "2026-11-22T18:00:00Z" }]),
        )
        .await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["applied"]));
}

#[tokio::test]
async fn a_denial_is_taken_also_beside_a_grant_that_may_not_be() {
    let house = House::open().await;
    let changes = || json!([{"control": ORDERS, "choice": "denied"}, {"control": RETURNS, "choice": "granted"}]);
    let standing = async |house: &House, who: &Someone| {
        let controls = house.choices(who).await["controls"].clone();
        [ORDERS, RETURNS].map(|control| controls[control]["choice"].as_str().unwrap_or("unset").to_owned())
    };
    // Under the name of another device.
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let mut other = house.decision(&hanna, 1, 1, changes());
    other["device"] = "d2".into();
    let answer = house.decide(&hanna, json!([other])).await;
    let outcome = answer.body["outcomes"][0].clone();
    assert_eq!(
        (&outcome["status"], &outcome["reason"]),
        (&json!("recorded"), &json!("other-device")),
        "{}",
        answer.text
    );
    assert_eq!(outcome["results"], json!(["applied", "superseded"]));
    assert_eq!(standing(&house, &hanna).await, ["denied", "unset"]);
    // What was refused on this device alone is not lifted by it either.
    let mut here = house.decision(&hanna, 2, 2, json!([{"control": RETURNS, "choice": "denied"}]));
    here["binds"] = "device".into();
    house.decide(&hanna, json!([here])).await;
    // With a capability whose time has passed: the answer says that denials were taken, and they were.
    house.set(&hanna, 3, ORDERS, "granted").await;
    let rev = house.choices(&hanna).await["rev"].as_u64().unwrap();
    house.clock.advance(2 * 3_600_000);
    let late = house.decision(&hanna, 4, rev, changes());
    let answer = house.decide(&hanna, json!([late])).await;
    assert_eq!((answer.status, answer.problem()), (401, "bad-capability"));
    let fresh = house.sign_in("hanna", "d1").await;
    assert_eq!(standing(&house, &fresh).await, ["denied", "denied"]);
    let again = house.decide(&fresh, json!([late])).await.body["outcomes"][0].clone();
    assert_eq!(
        (&again["reason"], &again["results"]),
        (&json!("capability-expired"), &json!(["applied", "superseded"]))
    );
    // A service that starts anew reads it as it was answered.
    let house = house.restart().await;
    let fresh = house.sign_in("hanna", "d1").await;
    assert_eq!(standing(&house, &fresh).await, ["denied", "denied"]);
}

#[tokio::test]
async fn a_forged_capability_another_device_and_a_required_control_change_nothing() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut forged = hanna.clone();
    forged.capability = forged.capability.replace("cap_1", "cap_9");
    let answer = house.decide(&forged, json!([])).await;
    assert_eq!((answer.status, answer.problem()), (401, "bad-capability"));
    let none = house.page("/v1/decisions", json!({"site": "pk_test", "capability": "cap_x", "decisions": []})).await;
    assert_eq!(none.status, 401);

    let mut elsewhere = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    elsewhere["device"] = "d2".into();
    let required = house.decision(&hanna, 1, 0, json!([{"control": "security/orders", "choice": "granted"}]));
    let unknown = house.decision(&hanna, 2, 0, json!([{"control": "nothing/here", "choice": "granted"}]));
    let answer = house.decide(&hanna, json!([elsewhere, required, unknown])).await;
    let reasons: Vec<_> = (0..3).map(|i| answer.body["outcomes"][i]["reason"].as_str().unwrap_or("")).collect();
    assert_eq!(reasons, ["other-device", "no-such-switch", "no-such-switch"]);
    assert_eq!(answer.body["choices"]["rev"], 0);
}

#[tokio::test]
async fn a_signal_denies_what_is_marked_and_grants_nothing() {
    let house = House::open().await;
    let nora = house.sign_in("nora", "d1").await;
    house.set(&nora, 1, ORDERS, "granted").await;
    let mut signal = house.decision(&nora, 2, 1, json!([{"control": ORDERS, "choice": "denied"}]));
    signal["method"] = "signal".into();
    let mut grant = house.decision(&nora, 3, 1, json!([{"control": RETURNS, "choice": "granted"}]));
    grant["method"] = "signal".into();
    let answer = house.decide(&nora, json!([signal, grant])).await;
    assert_eq!(answer.body["outcomes"][1]["reason"], "signal-grants");
    let control = &answer.body["choices"]["controls"][ORDERS];
    assert_eq!((control["choice"].as_str(), control["by_signal"].as_bool()), (Some("denied"), Some(true)));
    assert_eq!(house.get("/.well-known/gpc.json").await.body["gpc"], true);
}

#[tokio::test]
async fn a_grant_lapses_when_its_terms_change_and_a_denial_carries_over() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let rev = json!([{"control": ORDERS, "choice": "granted"}, {"control": RETURNS, "choice": "denied"}]);
    house.decide(&hanna, json!([house.decision(&hanna, 1, 0, rev)])).await;
    house.clock.advance(10_000);
    house.publish("pk_test", &notice("pk_test", 2));
    assert_eq!(house.evaluate("shop:hanna", "orders").await["decision"], true, "not in force for two seconds yet");
    house.clock.advance(10_000);
    let choices = house.choices(&hanna).await;
    assert_eq!(choices["controls"][ORDERS]["choice"], "unset");
    assert_eq!(choices["controls"][ORDERS]["lapsed"], true);
    assert_eq!(choices["controls"][RETURNS]["choice"], "denied");
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "lapsed");
    // Unchanged by the rev it has, it still is told that something lapsed.
    let body = json!({"site": "pk_test", "capability": hanna.capability, "epoch": hanna.epoch, "rev": choices["rev"]});
    assert_eq!(house.page("/v1/choices", body).await.status, 200);
}

#[tokio::test]
async fn choices_that_have_not_moved_are_no_content() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let ask = |rev: u64| json!({"site": "pk_test", "capability": hanna.capability, "epoch": hanna.epoch, "rev": rev});
    assert_eq!(house.page("/v1/choices", ask(1)).await.status, 204);
    assert_eq!(house.page("/v1/choices", ask(0)).await.status, 200);
}

#[tokio::test]
async fn history_tells_each_decision_with_its_outcome_and_the_time_it_came() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    house.set(&hanna, 2, ORDERS, "denied").await;
    let answer = house.page("/v1/history", json!({"site": "pk_test", "capability": hanna.capability})).await;
    let decisions = answer.body["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 2);
    assert_eq!(decisions[1]["changes"][0]["choice"], "denied");
    assert_eq!(decisions[1]["outcome"]["rev"], 2);
    assert_eq!(decisions[1]["received_at"], house.app.now().to_string());
    assert_eq!(decisions[1]["served"], "sha256-words");
}

#[tokio::test]
async fn the_shop_brings_decisions_of_its_agents() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut denial = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    denial["device"] = "call-centre".into();
    denial["method"] = "agent".into();
    let answer = house.shop("POST", "/v1/subjects/shop:hanna/decisions", Some(json!({"decisions": [denial]}))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
    let answer = house.shop("GET", "/v1/subjects/shop:hanna/choices", None).await;
    assert_eq!(answer.body["controls"][ORDERS]["choice"], "denied");
}
