//! A number that never arrived: told to its device, counted, and gone when it arrives.

use serde_json::json;

use crate::house::{House, ORDERS, RETURNS, SITE};

#[tokio::test]
async fn what_never_arrived_is_told_to_its_device_alone_until_it_arrives() {
    let house = House::open().await;
    let (phone, laptop) = (house.sign_in("hanna", "phone").await, house.sign_in("hanna", "laptop").await);
    let late = house.decision(&phone, 2, 0, json!([{"control": RETURNS, "choice": "denied"}]));
    let first = house.set(&phone, 1, ORDERS, "granted").await;
    assert!(first.body.get("missing").is_none());
    let ahead = house.set(&phone, 5, ORDERS, "denied").await;
    assert_eq!(ahead.body["missing"], json!([[2, 4]]), "{}", ahead.text);
    assert_eq!(house.choices(&phone).await["missing"], json!([[2, 4]]));
    assert!(house.choices(&laptop).await.get("missing").is_none());
    let laptops = house.set(&laptop, 1, ORDERS, "denied").await;
    assert!(laptops.body.get("missing").is_none());

    let arrived = house.decide(&phone, json!([late])).await;
    assert_eq!(arrived.body["missing"], json!([[3, 4]]));
    // A decision that was refused for good leaves its number to one that says so.
    let mut void = house.decision(&phone, 3, 0, json!([]));
    void.as_object_mut().unwrap().remove("changes");
    void["void"] = "refused".into();
    let mut other = void.clone();
    other["id"] = crate::house::uuid().into();
    other["seq"] = 4.into();
    let closed = house.decide(&phone, json!([void, other])).await;
    assert_eq!(closed.body["outcomes"][1]["status"], "recorded", "{}", closed.text);
    assert!(closed.body.get("missing").is_none());
    let metrics = house.get("/metrics").await.text;
    assert!(metrics.contains("candor_decision_gaps_total 1\n"), "{metrics}");
    assert!(metrics.contains("candor_decision_gaps_closed_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_device_with_many_gaps_is_told_the_first_ones() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let all: Vec<_> =
        (1..=40).map(|n| house.decision(&hanna, n * 2, 0, json!([{"control": ORDERS, "choice": "denied"}]))).collect();
    let answer = house.decide(&hanna, json!(all)).await;
    assert_eq!(answer.body["missing"].as_array().unwrap().len(), 16);
    assert_eq!(answer.body["missing"][0], json!([1, 1]));
}

#[tokio::test]
async fn what_a_page_reads_as_its_choices_still_reads_with_what_is_missing_beside() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 3, ORDERS, "granted").await;
    let answer = house.page("/v1/choices", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!(answer.body["missing"], json!([[1, 2]]));
    let read = candor_protocol::Choices::read(&answer.body).unwrap();
    assert_eq!((read.rev, read.standing(ORDERS)), (1, candor_protocol::Standing::Granted));
}
