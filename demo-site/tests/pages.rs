//! The pages as a browser gets them, before a service that is played.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{post, put};
use candor_demo::app::{App, router};
use candor_demo::gate::Gate;
use candor_demo::policy::Origins;
use candor_demo::relay::Line;
use candor_demo::shelf::Shelf;
use candor_demo::token::TokenMaker;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

/// RFC 8410, 10.3: a key that is everybody's.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";

struct Played {
    shop: String,
    /// Documents that came in.
    kept: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// A shop before a service that grants `shop:hanna` all and `shop:tomek` his orders, under
/// Global Privacy Control nothing; or before none.
async fn shop(with_service: bool) -> Played {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let service = if with_service { service(kept.clone(), asked.clone()).await } else { closed().await };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let file = std::env::temp_dir()
        .join(format!("candor-demo-key-{}-{with_service}.pem", listener.local_addr().unwrap().port()));
    std::fs::write(&file, KEY).unwrap();
    static SHELF: OnceLock<Arc<Shelf>> = OnceLock::new();
    let app = App {
        shelf: SHELF.get_or_init(|| Arc::new(Shelf::own("http://127.0.0.1:8400").unwrap())).clone(),
        gate: Arc::new(Gate::new(&format!("http://{service}"), "sk_test").unwrap()),
        tokens: Arc::new(TokenMaker::open(&file).unwrap()),
        line: Line::open(closed().await, service).await.unwrap(),
        origin: origin.clone(),
        origins: Origins { service: "http://localhost:8401".into(), desk: "http://localhost:8402".into() },
        deep_chat: None,
    };
    let _ = std::fs::remove_file(file);
    tokio::spawn(async move { axum::serve(listener, router(app)).await.unwrap() });
    Played { shop: origin, kept, asked }
}

async fn service(kept: Arc<Mutex<Vec<Value>>>, asked: Arc<Mutex<Vec<Value>>>) -> SocketAddr {
    let evaluate = move |Json(body): Json<Value>| async move {
        let subject = body["subject"]["id"].as_str().unwrap_or_default().to_owned();
        asked.lock().unwrap().push(body.clone());
        let evaluations: Vec<Value> = body["evaluations"].as_array().unwrap().iter().map(|evaluation| {
            let source = evaluation["resource"]["id"].as_str().unwrap_or_default();
            let signal = body["context"]["gpc"] == true;
            let granted = !signal && (subject == "shop:hanna" || (subject == "shop:tomek" && source == "orders"));
            json!({ "decision": granted, "context": { "epoch": "e_played", "rev": 1, "subject": "sub_played", "left_out": [],
                "reason": if granted { "granted" } else { "unset" }, "may_ask": !granted, "notice": "sha256-played", "valid_until": "2027-01-01T00:00:00Z" } })
        }).collect();
        Json(json!({ "evaluations": evaluations }))
    };
    let keep = move |Json(body): Json<Value>| async move {
        kept.lock().unwrap().push(body);
        StatusCode::CREATED
    };
    let passed_on = |headers: HeaderMap| async move {
        let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("none").to_owned();
        ["sec-gpc", "candor-subject", "cookie"].map(said).join(" ")
    };
    let routes = axum::Router::new()
        .route("/candor/choices", axum::routing::get(passed_on))
        .route("/access/v1/evaluations", post(evaluate))
        .route("/v1/recommendations/{id}", put(keep));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

/// A port where nobody listens.
async fn closed() -> SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn get(played: &Played, path: &str, cookie: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(format!("{}{path}", played.shop)).header("cookie", cookie).send().await.unwrap()
}

/// As a browser that sends Global Privacy Control.
async fn get_under_the_signal(played: &Played, path: &str, cookie: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}{path}", played.shop)).header("sec-gpc", "1");
    request.header("cookie", cookie).send().await.unwrap()
}

async fn text(played: &Played, path: &str, cookie: &str) -> String {
    get(played, path, cookie).await.text().await.unwrap()
}

const PAGES: [&str; 6] = ["/", "/shop", "/product/3001", "/basket", "/chat", "/nothing"];

#[tokio::test]
async fn no_page_holds_inline_script_or_style_and_each_says_what_it_may_run() {
    let played = shop(true).await;
    for path in PAGES {
        for persona in ["hanna", "tomek", "nora", "amina"] {
            let response = get(&played, path, &format!("persona={persona}")).await;
            let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
            assert!(
                policy.contains("default-src 'none'")
                    && policy.contains("script-src 'self' http://localhost:8401 'wasm-unsafe-eval'")
            );
            let page = response.text().await.unwrap();
            assert!(!page.contains(" style=") && !page.contains("<style"), "{path}");
            for script in page.split("<script").skip(1) {
                let (tag, rest) = script.split_once('>').unwrap();
                assert!(tag.contains("src=") && rest.starts_with("</script>"), "{path}: an inline script");
            }
            for handler in [" onclick", " onload", " onerror", "javascript:"] {
                assert!(!page.contains(handler), "{path} holds {handler}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_one_customer_tells_another_nothing_but_the_list_and_its_number() {
    let played = shop(true).await;
    let response = get(&played, "/shop", "persona=tomek").await;
    assert_eq!(response.headers()["cache-control"], "private, no-store");
    let page = response.text().await.unwrap();
    let picks = page.split("<h2 class=\"all\">").next().unwrap();
    // The gift, the reason for two of the five, is in the document, not on the page.
    assert!(!picks.contains("Króliczek") && !picks.contains("5001"), "the page tells what he bought");
    for secret in ["sub_", "20002", "e_played", "evidence", "contributions"] {
        assert!(!page.contains(secret), "the page holds {secret}");
    }
    let kept = played.kept.lock().unwrap();
    assert!(kept.last().unwrap().to_string().contains("5001"), "the document must hold it, or this test shows nothing");
}

#[tokio::test]
async fn the_list_speaks_the_customers_language_and_says_what_it_rests_on() {
    let played = shop(true).await;
    assert!(text(&played, "/list", "persona=tomek").await.contains("Z Twoich zamówień · Dlaczego?"));
    assert!(text(&played, "/list", "persona=hanna").await.contains("From your orders · Why?"));
    let product = text(&played, "/product/3001", "persona=hanna").await;
    assert!(product.contains("kind=\"context\"") && product.contains("Goes with this product · Why?"));
}

#[tokio::test]
async fn nobody_known_is_asked_about_and_nothing_is_stored_for_who_only_looks() {
    let played = shop(true).await;
    let response = get(&played, "/shop", "persona=nora").await;
    assert!(response.headers().get("set-cookie").is_none());
    let page = response.text().await.unwrap();
    assert!(page.contains("Popular · Why?") && page.contains("<candor-ask"));
    assert!(played.asked.lock().unwrap().is_empty(), "the service was asked about nobody");
    assert!(played.kept.lock().unwrap().iter().all(|document| document["subject"].is_null()));
}

#[tokio::test]
async fn without_an_answer_in_time_the_list_rests_on_nothing_personal() {
    let played = shop(false).await;
    let begun = std::time::Instant::now();
    let page = text(&played, "/shop", "persona=hanna").await;
    assert!(begun.elapsed() < std::time::Duration::from_millis(1500));
    assert!(page.contains("Popular · Why?") && page.contains("kind=\"general\""));
    assert!(!page.contains("<candor-ask"));
}

#[tokio::test]
async fn the_browsers_signal_goes_with_the_question_and_the_list_is_without_the_source() {
    let played = shop(true).await;
    let personal = |document: &Value| document["factors"].as_array().unwrap().iter().any(|f| f["kind"] == "personal");
    for path in ["/shop", "/list", "/basket"] {
        let response = get_under_the_signal(&played, path, "persona=tomek").await;
        assert_eq!(response.headers()["vary"], "Cookie, Sec-GPC", "{path}");
        assert!(!response.text().await.unwrap().contains("kind=\"personal\""), "{path}: with the signal");
        assert!(!personal(played.kept.lock().unwrap().last().unwrap()), "{path}: nor in what is said of it");
        let without = text(&played, path, "persona=tomek").await;
        assert!(without.contains("kind=\"personal\""), "{path}: the same person without it");
    }
}

#[tokio::test]
async fn the_pages_without_a_script_hear_of_the_signal_and_of_no_cookie() {
    let played = shop(true).await;
    let with = get_under_the_signal(&played, "/candor/choices", "persona=tomek").await;
    assert_eq!(with.text().await.unwrap(), "1 shop:tomek none");
    assert_eq!(text(&played, "/candor/choices", "persona=tomek").await, "none shop:tomek none");
}

#[tokio::test]
async fn other_sites_cannot_cut_the_line_or_fill_a_basket() {
    let played = shop(true).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/demo/cut", "/basket/add", "/session/subject"] {
        let sent = client.post(format!("{}{path}", played.shop)).header("origin", "https://elsewhere.example");
        assert_eq!(sent.body("item=1001").send().await.unwrap().status(), 403, "{path}");
    }
}

#[tokio::test]
async fn a_token_is_made_for_who_is_signed_in_alone() {
    let played = shop(true).await;
    let token = text(&played, "/token", "persona=hanna").await;
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(get(&played, "/token", "persona=nora").await.status(), 204);
}

#[tokio::test]
async fn the_shop_says_of_its_own_origin_that_it_obeys_global_privacy_control() {
    let played = shop(false).await;
    let response = get(&played, "/.well-known/gpc.json", "").await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "application/json")
    );
    let said: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(said["gpc"], true);
    let date = said["lastUpdate"].as_str().unwrap();
    assert!(candor_protocol::Timestamp::parse(&format!("{date}T00:00:00Z")).is_some(), "{date}");
    assert_eq!(said.as_object().unwrap().len(), 2);
}

/// What `docs/integrating.md` asks of every shop that offers the path.
#[tokio::test]
async fn the_first_party_path_keeps_what_the_shops_own_pages_hand_over_and_nothing_else() {
    let shop = shop(false).await.shop;
    let path = format!("{shop}/candor/kept");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let put = |body: &str| client.put(&path).header("content-type", "text/plain").body(body.to_owned());

    let kept = put("abc_-1").header("sec-fetch-site", "same-origin").header("origin", &shop).send().await.unwrap();
    assert_eq!(kept.status(), StatusCode::NO_CONTENT);
    let cookies: Vec<_> = kept.headers().get_all("set-cookie").iter().map(|one| one.to_str().unwrap()).collect();
    assert_eq!(
        cookies,
        [
            "candor_device=abc_-1; Path=/candor; HttpOnly; SameSite=Lax; Max-Age=31536000",
            "candor_kept=1; Path=/; SameSite=Lax; Max-Age=31536000"
        ]
    );
    assert_eq!(kept.headers()["cache-control"], "private, no-store");

    let foreign = [
        put("abc").header("origin", "http://evil.example"),
        put("abc").header("sec-fetch-site", "cross-site").header("origin", &shop),
        put("abc").header("sec-fetch-site", "same-site"),
        // Nobody says where it comes from.
        put("abc"),
        client.delete(&path).header("origin", "null"),
        client.get(&path).header("sec-fetch-site", "cross-site").header("cookie", "candor_device=abc"),
    ];
    for request in foreign {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(answer.headers().get("set-cookie").is_none());
    }

    let long = "a".repeat(3_585);
    for (body, status) in [("a;b", 400), ("", 400), ("a b", 400), (long.as_str(), 413)] {
        let answer = put(body).header("origin", &shop).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
        assert!(answer.headers().get("set-cookie").is_none());
    }

    let read = |cookie: &str| client.get(&path).header("cookie", cookie.to_owned()).send();
    assert_eq!(read("x=1; candor_device=abc").await.unwrap().text().await.unwrap(), "abc");
    assert_eq!(read("candor_device=a%0d%0ab").await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(read("x=1").await.unwrap().status(), StatusCode::NO_CONTENT);

    let gone = client.delete(&path).header("origin", &shop).send().await.unwrap();
    let cookies: Vec<_> = gone.headers().get_all("set-cookie").iter().map(|one| one.to_str().unwrap()).collect();
    assert!(cookies.len() == 3 && cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{cookies:?}");
}
