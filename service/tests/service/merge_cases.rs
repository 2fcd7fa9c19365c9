//! The worked cases of the merge rule, over HTTP.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::house::{House, ORDERS, SITE, Someone, notice, uuid};

fn cases() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../choices/cases/merge-cases.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A restored store is not reached over HTTP; the fold over epochs is tested where it lives.
fn applies(case: &Value) -> bool {
    case["steps"].as_array().unwrap().iter().all(|step| step["restore"].is_null() && step["missing"].is_null())
}

#[tokio::test]
async fn every_worked_case_that_http_can_reach_comes_out_as_written() {
    let file = cases();
    let (mut run, mut repeated) = (0, 0);
    for case in file["cases"].as_array().unwrap().iter().filter(|case| applies(case)) {
        repeated += play(case).await;
        run += 1;
    }
    assert!(run >= 16, "{run} cases");
    assert!(repeated >= 2, "{repeated} decisions sent again");
}

/// How many decisions were sent again.
async fn play(case: &Value) -> usize {
    let name = case["title"].as_str().unwrap();
    let house = House::open().await;
    let mut notices = HashMap::from([("N1".to_owned(), house.notice())]);
    let mut people: HashMap<String, Someone> = HashMap::new();
    let mut sent: HashMap<String, Value> = HashMap::new();
    let mut answered: HashMap<String, Value> = HashMap::new();
    let mut repeated = 0;
    for step in case["steps"].as_array().unwrap() {
        if let Some(published) = step["publish"]["notice"].as_str() {
            let version = if step["publish"]["terms"] == "T1" { 1 } else { 2 };
            house.clock.advance(1_000);
            notices.insert(published.into(), house.publish(SITE, &notice(SITE, version)));
            house.clock.advance(5_000);
        }
        if !step["sign_in"].is_null() {
            sign_in(&house, step, &mut people, name).await;
        }
        let again = step["again"].is_object();
        let told = &step[if again { "again" } else { "decide" }];
        if told.is_null() {
            assert!(step["publish"].is_object() || step["sign_in"].is_object(), "{name}: nothing was done for {step}");
            continue;
        }
        let device = told["device"].as_str().unwrap();
        let who = person(&house, &mut people, device).await;
        let key = format!("{device}#{}", told["seq"]);
        let decision = if again {
            repeated += 1;
            // The same id, with the same content or with other.
            let mut decision = sent[&key].clone();
            if let Some(choice) = told["choice"].as_str() {
                decision["changes"][0]["choice"] = choice.into();
                assert_ne!(decision, sent[&key], "{name}: this is the same content");
            }
            decision
        } else {
            made(&house, &who, told, &notices)
        };
        let answer = house.decide(&who, json!([decision])).await;
        let outcome = &answer.body["outcomes"][0];
        let wanted = &step["outcome"];
        match wanted["result"].as_str() {
            Some(result @ ("applied" | "superseded")) => {
                assert_eq!(outcome["results"], json!([result]), "{name}: {step} gave {}", answer.text);
                assert_eq!(outcome["rev"], wanted["rev"], "{name}: {step} gave {}", answer.text);
            }
            _ => assert_eq!(
                (&outcome["status"], &outcome["rev"]),
                (&wanted["status"], &wanted["rev"]),
                "{name}: {step} gave {}",
                answer.text
            ),
        }
        if again && decision == sent[&key] {
            assert_eq!(outcome.to_string(), answered[&key].to_string(), "{name}: byte for byte");
        }
        answered.entry(key.clone()).or_insert_with(|| outcome.clone());
        sent.entry(key).or_insert(decision);
    }
    for stands in case["stands"].as_array().unwrap() {
        let device = stands["device"].as_str().unwrap_or("asks-only");
        let who = person(&house, &mut people, device).await;
        let choices = house.choices(&who).await;
        let control = &choices["controls"][ORDERS];
        let choice = control["choice"].as_str().unwrap_or("unset");
        assert_eq!(choice, stands["choice"].as_str().unwrap(), "{name}: {choices}");
        for field in ["rev", "left_out", "lapsed", "despite_signal", "device_only"] {
            if !stands[field].is_null() {
                assert_eq!(control[field], stands[field], "{name}: {choices}");
            }
        }
    }
    repeated
}

/// The decision of a `decide` step.
fn made(house: &House, who: &Someone, told: &Value, notices: &HashMap<String, String>) -> Value {
    let mut change = json!({"control": ORDERS, "choice": told["choice"]});
    if let Some(datum) = told["datum"].as_str() {
        change["datum"] = datum.into();
    }
    let base = told["base"].as_u64().unwrap_or(0);
    let mut decision = house.decision(who, told["seq"].as_u64().unwrap(), base, json!([change]));
    decision["notice"] = notices[told["notice"].as_str().unwrap_or("N1")].clone().into();
    if let Some(method) = told["method"].as_str() {
        decision["method"] = method.into();
    }
    decision
}

/// What the widget does at sign-in with what stood on an anonymous device.
async fn sign_in(house: &House, step: &Value, people: &mut HashMap<String, Someone>, name: &str) {
    let device = step["sign_in"]["device"].as_str().unwrap();
    let who = person(house, people, device).await;
    for sent in step["sent"].as_array().unwrap() {
        let change = json!([{"control": sent["control"], "choice": "denied"}]);
        let mut decision = house.decision(&who, sent["seq"].as_u64().unwrap(), 0, change);
        decision["id"] = uuid().into();

        decision["binds"] = "device".into();
        let answer = house.decide(&who, json!([decision])).await;
        assert_eq!(answer.body["outcomes"][0]["rev"], sent["rev"], "{name}: {}", answer.text);
    }
}

async fn person(house: &House, people: &mut HashMap<String, Someone>, device: &str) -> Someone {
    if let Some(known) = people.get(device) {
        return known.clone();
    }
    let who = house.sign_in("hanna", device).await;
    people.insert(device.into(), who.clone());
    who
}
