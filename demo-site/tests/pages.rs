//! The pages as a browser gets them, before a service that is played.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::{post, put};
use candor_demo::app::{App, router};
use candor_demo::gate::Gate;
use candor_demo::policy::Origins;
use candor_demo::relay::Line;
use candor_demo::shelf::Shelf;
use candor_demo::token::TokenMaker;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// RFC 8410, 10.3: a key that is everybody's.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";

struct Played {
    shop: String,
    service: Service,
}

/// What came to the service that is played, and how it is.
#[derive(Clone, Default)]
struct Service {
    /// Documents that came in.
    kept: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<Value>>>,
    /// Every request, `GET /candor/choices?lang=en`.
    heard: Arc<Mutex<Vec<String>>>,
    /// It says no more what is allowed.
    is_mute: Arc<AtomicBool>,
    /// A form gets no answer yet.
    is_slow: Arc<AtomicBool>,
}

impl Service {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

/// A shop before a service that grants `shop:hanna` all and `shop:tomek` his orders, under
/// Global Privacy Control nothing; or before none.
async fn shop(with_service: bool) -> Played {
    let played = Service::default();
    let service = if with_service { service(played.clone()).await } else { closed().await };
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
    Played { shop: origin, service: played }
}

async fn service(played: Service) -> SocketAddr {
    let Service { kept, asked, heard, is_mute, is_slow } = played;
    let evaluate = move |Json(body): Json<Value>| async move {
        if is_mute.load(Ordering::SeqCst) {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let subject = body["subject"]["id"].as_str().unwrap_or_default().to_owned();
        asked.lock().unwrap().push(body.clone());
        let evaluations: Vec<Value> = body["evaluations"].as_array().unwrap().iter().map(|evaluation| {
            let source = evaluation["resource"]["id"].as_str().unwrap_or_default();
            let signal = body["context"]["gpc"] == true;
            let granted = !signal && (subject == "shop:hanna" || (subject == "shop:tomek" && source == "orders"));
            json!({ "decision": granted, "context": { "epoch": "e_played", "rev": 1, "subject": "sub_played", "left_out": [],
                "reason": if granted { "granted" } else { "unset" }, "may_ask": !granted, "notice": "sha256-played", "valid_until": "2027-01-01T00:00:00Z" } })
        }).collect();
        Json(json!({ "evaluations": evaluations })).into_response()
    };
    let keep = move |Json(body): Json<Value>| async move {
        kept.lock().unwrap().push(body);
        StatusCode::CREATED
    };
    let passed_on = |method: Method, headers: HeaderMap| async move {
        while method == Method::POST && is_slow.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("none").to_owned();
        ["sec-gpc", "candor-subject", "cookie"].map(said).join(" ")
    };
    let hear = move |request: Request, next: Next| {
        heard.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
        next.run(request)
    };
    let routes = axum::Router::new()
        .route("/access/v1/evaluations", post(evaluate))
        .route("/v1/recommendations/{id}", put(keep))
        .fallback(passed_on)
        .layer(from_fn(hear));
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
    let kept = played.service.kept.lock().unwrap();
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
    assert!(played.service.asked.lock().unwrap().is_empty(), "the service was asked about nobody");
    assert!(played.service.kept.lock().unwrap().iter().all(|document| document["subject"].is_null()));
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
        assert!(!personal(played.service.kept.lock().unwrap().last().unwrap()), "{path}: nor in what is said of it");
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

/// The status of a request whose path no client made good first.
async fn raw(played: &Played, method: &str, path: &str) -> u16 {
    let mut line = tokio::net::TcpStream::connect(played.shop.trim_start_matches("http://")).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    line.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap()
}

const CARD: &str = "/candor/why/rec_0123456789abcdefghijklmnop";

#[tokio::test]
async fn the_pages_without_a_script_are_handed_on_as_they_are_asked_for() {
    let played = shop(true).await;
    for (method, path) in [
        ("GET", CARD),
        ("HEAD", CARD),
        ("POST", CARD),
        ("GET", "/candor/choices?site=pk_demo&lang=pl&next=/../v1"),
        ("POST", "/candor/choices?lang=en"),
        ("GET", "/candor/card.css?v=1"),
    ] {
        assert_eq!(raw(&played, method, path).await, 200, "{method} {path}");
        assert_eq!(played.service.heard(), [format!("{method} {path}")]);
    }
}

#[tokio::test]
async fn with_the_shops_key_nothing_else_of_the_service_is_reached() {
    let played = shop(true).await;
    let long = format!("{CARD}q");
    for path in [
        "/candor/../v1/subjects/shop:hanna",
        "/candor/%2e%2e/v1/subjects/shop:hanna",
        "/candor/%2E./v1/subjects/shop:hanna",
        "/candor/.%2e/v1/subjects/shop:hanna",
        "/candor/why/../../v1/subjects/shop:hanna",
        "/candor/why/%2e%2e/%2e%2e/v1/subjects/shop:hanna",
        "/candor/why/..",
        "/candor/why/%2E%2E",
        "/candor/why/..%2f..%2fv1%2fsubjects%2fshop:hanna",
        "/candor/%2e%2e%2fv1/subjects/shop:hanna",
        "/candor%2f..%2fv1/subjects/shop:hanna",
        "/candor/..\\v1/subjects/shop:hanna",
        "/candor/choices/../../v1/subjects/shop:hanna",
        "/candor/choices/",
        "/candor/./choices",
        "/candor//choices",
        "/candor/%63hoices",
        "/candor/why/",
        "/candor/why/rec_short",
        &long,
        "/candor/v1/subjects/shop:hanna",
        "/candor/",
        "/candor",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let status = raw(&played, method, path).await;
            assert!(matches!(status, 404 | 405), "{method} {path}: {status}");
            assert_eq!(played.service.heard(), [""; 0], "{method} {path}");
        }
    }
    for (method, path) in [
        ("DELETE", CARD),
        ("PUT", "/candor/choices"),
        ("OPTIONS", "/candor/choices"),
        ("POST", "/candor/card.css"),
        ("DELETE", "/candor/card.css"),
    ] {
        assert_eq!(raw(&played, method, path).await, 405, "{method} {path}");
        assert_eq!(played.service.heard(), [""; 0], "{method} {path}");
    }
}

/// A shop that has heard what Hanna allows, before a service that then says so no more.
async fn after_a_yes() -> Played {
    let played = shop(true).await;
    for _ in 0..2 {
        assert!(text(&played, "/shop", "persona=hanna").await.contains("kind=\"personal\""));
        played.service.is_mute.store(true, Ordering::SeqCst);
    }
    played
}

async fn send(played: &Played, path: &str, body: Value) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.post(format!("{}{path}", played.shop)).header("cookie", "persona=hanna").json(&body).send().await.unwrap()
}

#[tokio::test]
async fn what_the_shop_has_handed_on_ends_what_it_knew() {
    for path in [CARD, "/candor/choices?lang=en"] {
        let played = after_a_yes().await;
        send(&played, path, json!({})).await;
        assert!(!text(&played, "/shop", "persona=hanna").await.contains("kind=\"personal\""), "{path}");
    }

    let played = after_a_yes().await;
    text(&played, "/candor/choices", "persona=hanna").await;
    assert!(text(&played, "/shop", "persona=hanna").await.contains("kind=\"personal\""), "who only looks");
    get_under_the_signal(&played, "/candor/choices", "persona=hanna").await;
    assert!(!text(&played, "/shop", "persona=hanna").await.contains("kind=\"personal\""), "the signal says no");
}

#[tokio::test]
async fn a_no_whose_browser_left_before_the_answer_counts_too() {
    let played = after_a_yes().await;
    played.service.heard();
    played.service.is_slow.store(true, Ordering::SeqCst);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client.post(format!("{}/candor/choices", played.shop)).header("cookie", "persona=hanna");
    let sent = tokio::spawn(sent.send());
    while played.service.heard().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    // Until the shop's server has seen that, too.
    tokio::time::sleep(Duration::from_millis(100)).await;
    played.service.is_slow.store(false, Ordering::SeqCst);
    let is_personal = async || text(&played, "/shop", "persona=hanna").await.contains("kind=\"personal\"");
    let mut tries = 100;
    while is_personal().await {
        tries -= 1;
        assert!(tries > 0, "the list still goes by the yes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn after_a_choice_on_any_page_no_list_goes_by_an_older_answer() {
    let played = after_a_yes().await;
    let idea = json!({ "text": "Give me an idea" });
    let said = |answer: Value| answer["html"].as_str().unwrap().to_owned();
    let answer = said(send(&played, "/chat/answer", idea).await.json().await.unwrap());
    assert!(answer.contains("kind=\"personal\""), "the chat goes by the last answer too");
    let answer = said(send(&played, "/chat/answer", json!({ "decided": true })).await.json().await.unwrap());
    assert!(!answer.contains("kind=\"personal\""), "but not after a choice");

    let played = after_a_yes().await;
    assert_eq!(send(&played, "/session/chosen", json!({})).await.status(), StatusCode::NO_CONTENT);
    assert!(!text(&played, "/shop", "persona=hanna").await.contains("kind=\"personal\""), "a page without a list");

    let played = after_a_yes().await;
    text(&played, "/list?place=product&item=3001", "persona=hanna").await;
    assert!(!text(&played, "/shop", "persona=hanna").await.contains("kind=\"personal\""), "beside a product");
}

#[tokio::test]
async fn other_sites_cannot_cut_the_line_or_fill_a_basket() {
    let played = shop(true).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/demo/cut", "/basket/add", "/session/subject", "/session/chosen"] {
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
