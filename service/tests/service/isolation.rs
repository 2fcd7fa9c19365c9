//! Two people, two sites: nothing of one reaches the other, by any way there is.

use serde_json::json;

use crate::house::{House, ORDERS, SITE, notice};

#[tokio::test]
async fn no_way_of_the_interface_gives_one_subject_anything_of_another() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    house.set(&hanna, 1, ORDERS, "granted").await;
    let doc = house.document(Some(&hanna), 1);
    assert_eq!(house.put(&doc).await.status, 201);
    house.set(&hanna, 2, "marketing/email", "denied").await;
    let id = doc["id"].as_str().unwrap();
    let mut asked = 0;
    for route in candor_service::http::ROUTES {
        let path = route.path.replace("{id}", id);
        let bodies = [
            json!({"site": SITE, "capability": tomek.capability, "decisions": [], "device": "d1", "recommendation": id,
                "kind": "not-for-me", "subject": hanna.subject}),
            json!({"site": SITE, "device": "d1", "decisions": [], "recommendation": id, "kind": "not-for-me",
                "subject": hanna.subject}),
        ];
        for body in bodies {
            if matches!(route.path, "/v1/erase" | "/v1/live") {
                continue;
            }
            let answer = match route.method {
                "get" => house.get(&format!("{path}?site={SITE}&subject={}", hanna.subject)).await,
                "post" => house.page(&path, body).await,
                _ => continue,
            };
            asked += 1;
            for secret in [hanna.subject.as_str(), "Apron", "datum-1", "\"denied\""] {
                let schema = route.path == "/openapi.json";
                assert!(schema || !answer.text.contains(secret), "{} gave {secret}: {}", route.path, answer.text);
            }
        }
    }
    assert!(asked > 20);
}

#[tokio::test]
async fn a_capability_of_one_site_opens_nothing_at_another() {
    let house = House::open().await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    house.publish("pk_other", &notice("pk_other", 1));
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let doc = house.document(Some(&hanna), 1);
    house.put(&doc).await;
    let id = doc["id"].as_str().unwrap();
    for path in ["/v1/choices", "/v1/history", "/v1/export", "/v1/erase", "/v1/decisions", "/v1/live"] {
        let body = json!({"site": "pk_other", "capability": hanna.capability, "decisions": []});
        let answer = house.page_from("https://other.example", path, body).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    // The other shop's key neither reads, nor writes, nor erases.
    let ask = json!({"subject": {"type": "subject", "id": hanna.subject}, "action": {"name": "recommendations"},
        "resource": {"type": "source", "id": "orders"}});
    let answer = house.shop_with("sk_other", "POST", "/access/v1/evaluation", Some(ask)).await;
    assert_eq!(answer.body["context"]["reason"], "unknown-subject");
    for (method, path) in [
        ("GET", format!("/v1/subjects/{}/export", hanna.subject)),
        ("GET", format!("/v1/subjects/{}/choices", hanna.subject)),
        ("DELETE", format!("/v1/subjects/{}", hanna.subject)),
        ("DELETE", "/v1/subjects/shop:hanna".to_owned()),
    ] {
        assert_eq!(house.shop_with("sk_other", method, &path, None).await.status, 404, "{method} {path}");
    }
    let path = format!("/v1/recommendations/{id}");
    let answer = house.page_from("https://other.example", &path, json!({"site": "pk_other"})).await;
    assert_eq!(answer.problem(), "not-ready");
    let mut stolen = doc.clone();
    stolen["site"] = "pk_other".into();
    assert_eq!(house.shop_with("sk_other", "PUT", &path, Some(doc)).await.status, 422);
    assert_ne!(house.shop_with("sk_other", "PUT", &path, Some(stolen)).await.status, 201);
}
