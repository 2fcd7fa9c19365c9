use std::time::Duration;

use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::house::{House, ORDERS, ORIGIN, SITE, Someone};

/// The next `choices` event.
async fn next(stream: &mut (impl Stream<Item = reqwest::Result<impl AsRef<[u8]>>> + Unpin)) -> Option<Value> {
    let mut text = String::new();
    loop {
        let chunk = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.expect("nothing came")?;
        text += &String::from_utf8_lossy(chunk.ok()?.as_ref());
        if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: "))
            && text.contains("\n\n")
        {
            assert!(text.contains("event: choices"));
            return serde_json::from_str(data).ok();
        }
    }
}

async fn listen(house: &House, who: &Someone) -> reqwest::Response {
    let body = json!({"site": SITE, "capability": who.capability}).to_string();
    let request = house.http.post(format!("{}/v1/live", house.base)).header("origin", ORIGIN);
    request.body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_listener_is_told_what_stands_and_each_move_and_nothing_of_others() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    let response = listen(&house, &hanna).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut events = response.bytes_stream();
    assert_eq!(next(&mut events).await.unwrap()["rev"], 0);
    house.set(&tomek, 1, ORDERS, "granted").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let told = next(&mut events).await.unwrap();
    assert_eq!((told["rev"].as_u64(), told["controls"][ORDERS]["choice"].as_str()), (Some(1), Some("granted")));
}

#[tokio::test]
async fn a_listener_hears_of_nobody_else_whatever_it_names() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    let body = json!({"site": SITE, "capability": tomek.capability, "subject": hanna.subject, "device": hanna.device});
    let request = house.http.post(format!("{}/v1/live", house.base)).header("origin", ORIGIN);
    let mut events = request.body(body.to_string()).send().await.unwrap().bytes_stream();
    assert_eq!(next(&mut events).await.unwrap()["rev"], 0);
    house.set(&hanna, 1, ORDERS, "denied").await;
    house.set(&tomek, 1, ORDERS, "granted").await;
    let told = next(&mut events).await.unwrap();
    assert_eq!((told["rev"].as_u64(), told["controls"][ORDERS]["choice"].as_str()), (Some(1), Some("granted")));
}

#[tokio::test]
async fn listening_ends_when_the_service_does() {
    let mut house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut events = listen(&house, &hanna).await.bytes_stream();
    next(&mut events).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), house.end()).await.expect("it ends soon");
    while let Some(Ok(_)) = events.next().await {}
}

#[tokio::test]
async fn a_listener_that_goes_is_forgotten() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut events = listen(&house, &hanna).await.bytes_stream();
    next(&mut events).await.unwrap();
    assert_eq!(house.app.live.listeners(), 1);
    drop(events);
    for _ in 0..100 {
        if house.app.live.listeners() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("still listening");
}

#[tokio::test]
async fn of_a_subject_that_was_closed_at_sign_in_nothing_is_told_and_the_line_ends() {
    let house = House::open().await;
    let nora = house.anonymous("d1").await;
    house.set(&nora, 1, ORDERS, "granted").await;
    let mut events = listen(&house, &nora).await.bytes_stream();
    assert_eq!(next(&mut events).await.unwrap()["controls"][ORDERS]["choice"], "granted");
    let sign_in = json!({"site": SITE, "device": "d1", "token": house.token("nora"), "capability": nora.capability});
    assert_eq!(house.page("/v1/session", sign_in).await.status, 200);
    assert_eq!(next(&mut events).await, None);
    let late = listen(&house, &nora).await;
    assert_eq!(late.status(), 403);
    assert!(late.text().await.unwrap().contains("subject-closed"));
}

#[tokio::test]
async fn a_listener_hears_what_another_program_imported() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let mut events = listen(&house, &hanna).await.bytes_stream();
    assert_eq!(next(&mut events).await.unwrap()["controls"][ORDERS]["choice"], "granted");
    let beside = House::in_folder(house.folder.clone(), house.clock.clone(), |_| {}).await;
    let file = house.folder.path().join("choices.csv");
    std::fs::write(&file, format!("customer,control,choice,at\nhanna,{ORDERS},denied,2026-11-01T00:00:00Z\n")).unwrap();
    candor_service::import::import(&beside.app, SITE, &file, &mut Vec::new()).await.unwrap();
    // Whether the writer or the look for what is new is first to notice.
    assert_eq!(next(&mut events).await.unwrap()["controls"][ORDERS]["choice"], "denied");
}
