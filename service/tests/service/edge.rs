use serde_json::json;

use crate::house::{House, ORDERS, ORIGIN, SITE};

#[tokio::test]
async fn the_notice_is_served_with_its_hash_and_the_terms_of_each_control() {
    let house = House::open().await;
    let answer = house.get("/v1/notice?site=pk_test").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["hash"], house.notice());
    assert_eq!(answer.body["notice"]["controller"], "The Shop");
    assert_eq!(answer.body["terms"][ORDERS].as_str().unwrap().len(), 64);
    assert_eq!(house.get("/v1/notice?site=pk_nobody").await.problem(), "unknown-site");
    assert_eq!(house.get("/v1/notice").await.status, 404);
}

#[tokio::test]
async fn only_the_exact_origins_of_the_site_are_answered() {
    let house = House::open().await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    let body = json!({"site": SITE, "device": "d1"});
    for origin in [
        "http://shop.example",
        "https://www.shop.example",
        "https://shop.example:8443",
        "https://other.example",
        "null",
    ] {
        let answer = house.page_from(origin, "/v1/session", body.clone()).await;
        assert_eq!((answer.status, answer.problem()), (403, "origin-not-allowed"), "{origin}");
        assert!(!answer.text.contains("sub_"));
    }
    for origin in [ORIGIN, "https://candor.example"] {
        let answer = house.page_from(origin, "/v1/session", body.clone()).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
    }
    // Checked before the body is looked at.
    let request = house.http.post(format!("{}/v1/session", house.base)).header("origin", "https://evil.example");
    assert_eq!(house.send(request.body("{")).await.problem(), "origin-not-allowed");
}

#[tokio::test]
async fn errors_carry_cors_headers_a_type_and_a_fix() {
    let house = House::open().await;
    let request = house.http.post(format!("{}/v1/choices", house.base)).header("origin", ORIGIN);
    let answer = house.send(request.body("not json")).await;
    assert_eq!((answer.status, answer.problem()), (400, "malformed"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
    assert!(answer.header("access-control-expose-headers").contains("Retry-After"));
    assert_eq!(answer.header("vary"), "Origin");
    assert!(answer.body["fix"].as_str().is_some());
    let answer = house.page("/v1/choices", json!({"site": SITE, "capability": 7})).await;
    assert_eq!(answer.status, 400);
    let answer = house.page("/v1/decisions", json!({"site": SITE, "filler": "x".repeat(50_000)})).await;
    assert_eq!((answer.status, answer.problem()), (413, "too-large"));
    assert_eq!(house.get("/v1/nothing").await.problem(), "not-found");
    assert_eq!(house.get("/v1/session").await.problem(), "method-not-allowed");
}

#[tokio::test]
async fn no_cookie_is_ever_set_and_personal_answers_are_not_stored() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    for path in ["/v1/choices", "/v1/history", "/v1/export"] {
        let answer = house.page(path, json!({"site": SITE, "capability": hanna.capability})).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.headers.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn the_interface_describes_every_route_there_is() {
    let house = House::open().await;
    let answer = house.get("/openapi.json").await;
    let mut told = 0;
    for route in candor_service::http::ROUTES {
        let method = if route.method == "del" { "delete" } else { route.method };
        assert!(answer.body["paths"][route.path][method]["responses"].is_object(), "{method} {}", route.path);
        told += 1;
    }
    assert!(told >= 20);
    assert!(answer.body["components"]["schemas"]["Explanation"].is_object());
    assert!(answer.body["components"]["schemas"]["Decision"].is_object());
    let text = answer.text;
    for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(answer.body["components"]["schemas"][name].is_object(), "{name} is referred to and not there");
    }
}

#[tokio::test]
async fn health_and_metrics_tell_nothing_of_anyone() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let doc = house.document(Some(&hanna), 1);
    house.put(&doc).await;
    house.read(&doc, Some(&hanna)).await;
    assert_eq!(house.get("/livez").await.text, "ok");
    assert_eq!(house.get("/readyz").await.status, 200);
    let metrics = house.get("/metrics").await;
    assert!(metrics.text.contains("candor_decisions_total 1\n"), "{}", metrics.text);
    assert!(metrics.text.contains("route=\"/v1/recommendations/{id}\",status=\"200\""), "{}", metrics.text);
    assert!(!metrics.text.contains(doc["id"].as_str().unwrap()) && !metrics.text.contains(&hanna.subject));
}

#[tokio::test]
async fn embedded_files_are_served_to_any_page_and_kept_as_long_as_their_names_say() {
    let house = House::open().await;
    let pkg = house.folder.path().join("pkg");
    std::fs::create_dir(&pkg).unwrap();
    for (name, content) in [
        ("candor.js", "loader"),
        ("candor-1a2b3c4d.js", "glue"),
        ("candor-1a2b3c4d.wasm", "wasm"),
        ("candor-1a2b3c4d.wasm.br", "packed"),
        ("words-pl.00ff00ff.json", "{}"),
    ] {
        std::fs::write(pkg.join(name), content).unwrap();
    }
    let loader = house.get("/embed/candor.js").await;
    assert_eq!(loader.header("cache-control"), "public, max-age=300");
    assert_eq!(loader.header("content-type"), "text/javascript; charset=utf-8");
    let wasm = house.get("/embed/candor-1a2b3c4d.wasm").await;
    assert_eq!((wasm.text.as_str(), wasm.header("content-type")), ("wasm", "application/wasm"));
    assert_eq!(wasm.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(wasm.header("access-control-allow-origin"), "*");
    assert_eq!(wasm.header("cross-origin-resource-policy"), "cross-origin");
    let request = house.http.get(format!("{}/embed/candor-1a2b3c4d.wasm", house.base)).header("accept-encoding", "br");
    let packed = house.send(request).await;
    assert_eq!((packed.text.as_str(), packed.header("content-encoding")), ("packed", "br"));
    for path in ["/embed/..%2fcandor.secret", "/embed/%2e%2e%2fcandor.db", "/embed/none.js", "/embed/.hidden.js"] {
        assert_eq!(house.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_long_answer_travels_packed_where_the_page_can_unpack_it() {
    let house = House::open().await;
    let ask = |path: &str, accepts: &str| {
        let request = house.http.get(format!("{}{path}", house.base)).header("accept-encoding", accepts);
        async { request.send().await.unwrap() }
    };
    let packed = |answer: &reqwest::Response| answer.headers().contains_key("content-encoding");
    let (plain, small) = (ask("/openapi.json", "identity").await, ask("/openapi.json", "gzip").await);
    assert!(!packed(&plain) && packed(&small));
    let (plain, small) = (plain.bytes().await.unwrap(), small.bytes().await.unwrap());
    assert!(small.len() * 2 < plain.len(), "{} of {}", small.len(), plain.len());
    assert!(!packed(&ask("/v1/notice?site=pk_nobody", "gzip").await));
}
