//! Requests that are too long, too slow, cut off or nothing at all.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{House, ORIGIN, SITE, SK};

async fn connect(house: &House) -> TcpStream {
    TcpStream::connect(house.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// All that comes until the service closes the connection, which it must do soon.
async fn all_of(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut text)).await;
    // Closed with what was sent unread: a reset says the same.
    let _ = read.expect("the connection is closed");
    String::from_utf8_lossy(&text).into_owned()
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: candor.example\r\norigin: {ORIGIN}\r\nauthorization: Bearer {SK}\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn a_head_that_trickles_in_and_an_idle_connection_are_closed() {
    let house = House::open_with(|config| config.bounds.head = Duration::from_millis(200)).await;
    let mut slow = connect(&house).await;
    let drip = async {
        for byte in head("GET", "/livez", "").bytes() {
            if slow.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        all_of(slow).await
    };
    assert!(!drip.await.contains("200 OK"), "a byte now and then holds no place");
    let idle = connect(&house).await;
    assert_eq!(all_of(idle).await, "");
    assert_eq!(house.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_body_that_trickles_in_is_refused_and_what_came_is_not_kept() {
    let house = House::open_with(|config| config.bounds.answer = Duration::from_millis(200)).await;
    for (method, path) in [
        ("POST", "/v1/session"),
        ("POST", "/v1/decisions"),
        ("POST", "/access/v1/evaluation"),
        ("PUT", "/v1/recommendations/rec_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("POST", "/v1/subjects/shop:hanna/decisions"),
        ("POST", "/desk/sign-in?site=pk_test"),
        ("POST", "/candor/choices"),
    ] {
        let mut slow = connect(&house).await;
        let form = if path.starts_with("/v1") || path.starts_with("/access") {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        let more = format!("content-type: {form}\r\ncandor-subject: shop:hanna\r\ncontent-length: 1000\r\n");
        slow.write_all((head(method, path, &more) + "{\"site\":\"pk_test\",").as_bytes()).await.unwrap();
        let answer = all_of(slow).await;
        assert!(
            answer.starts_with("HTTP/1.1 408") && answer.contains("urn:candor:problem:too-slow"),
            "{path}: {answer}"
        );
        assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
        if path.starts_with("/v1/session") {
            assert!(answer.contains(&format!("access-control-allow-origin: {ORIGIN}")), "{answer}");
        }
    }
    assert_eq!(house.app.read(|view| view.counts(SITE)).await.unwrap().subjects, 0);
}

#[tokio::test]
async fn beyond_so_many_under_way_the_answer_is_to_come_back() {
    let house = House::open_with(|config| config.bounds.requests = 2).await;
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut slow = connect(&house).await;
        slow.write_all(head("POST", "/v1/session", "content-length: 1000\r\n").as_bytes()).await.unwrap();
        waiting.push(slow);
    }
    let body = json!({"site": SITE, "device": "d1"});
    for attempt in 0.. {
        let answer = house.page("/v1/session", body.clone()).await;
        if answer.status == 503 {
            assert_eq!((answer.problem(), answer.header("retry-after")), ("busy", "1"));
            assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
            break;
        }
        assert!(attempt < 100, "both hold their places");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(house.get("/livez").await.status, 200, "who watches over it is answered");
    waiting.clear();
    for attempt in 0.. {
        if house.page("/v1/session", body.clone()).await.status == 200 {
            break;
        }
        assert!(attempt < 100, "who goes leaves a place");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn one_address_holds_so_many_connections() {
    let house = House::open_with(|config| config.bounds.per_address = 3).await;
    let held = [connect(&house).await, connect(&house).await, connect(&house).await];
    assert_eq!(all_of(connect(&house).await).await, "", "closed at once");
    drop(held);
    for attempt in 0.. {
        let mut one = connect(&house).await;
        one.write_all(head("GET", "/livez", "connection: close\r\n").as_bytes()).await.unwrap();
        if all_of(one).await.contains("200 OK") {
            break;
        }
        assert!(attempt < 100, "what ends leaves its place");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_body_without_a_length_ends_at_the_same_bound() {
    let house = House::open().await;
    for (method, path, kilobytes) in [
        ("POST", "/v1/session", 64),
        ("POST", "/v1/decisions", 64),
        ("POST", "/v1/feedback", 64),
        ("POST", "/access/v1/evaluation", 64),
        ("POST", "/access/v1/evaluations", 64),
        ("POST", "/v1/subjects/shop:hanna/decisions", 64),
        ("PUT", "/v1/recommendations/rec_aaaaaaaaaaaaaaaaaaaaaaaaaa", 1_100),
    ] {
        let mut stream = connect(&house).await;
        let more = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";
        stream.write_all(head(method, path, more).as_bytes()).await.unwrap();
        let chunk = format!("400\r\n{}\r\n", " ".repeat(1_024));
        for _ in 0..kilobytes {
            if stream.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        let _ = stream.write_all(b"0\r\n\r\n").await;
        let mut start = vec![0; 4_096];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut start)).await.unwrap().unwrap_or(0);
        let answer = String::from_utf8_lossy(&start[..read]).into_owned();
        assert!(
            answer.starts_with("HTTP/1.1 413") && answer.contains("urn:candor:problem:too-large"),
            "{path}: {answer}"
        );
    }
    assert_eq!(house.get("/livez").await.status, 200);
}

#[tokio::test]
async fn what_is_no_http_or_too_long_a_head_is_closed_and_says_nothing_of_what_was_sent() {
    let house = House::open().await;
    let long = head("GET", "/livez", &format!("x-filler: {}\r\n", "canary".repeat(20_000)));
    let many = head("GET", "/livez", &"x-filler: canary\r\n".repeat(1_000));
    for sent in ["\x16\x03\x01\x02\x00\x01\x00", "GET canary canary canary\r\n\r\n", &long, &many] {
        let mut stream = connect(&house).await;
        let _ = stream.write_all(sent.as_bytes()).await;
        let answer = all_of(stream).await;
        assert!(!answer.contains("canary") && !answer.contains("200 OK"), "{answer}");
    }
    assert_eq!(house.get("/livez").await.status, 200);
}
