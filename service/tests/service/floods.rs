//! Too many at once: who is told to come back, when, and who is not.

use candor_service::limits::{LISTENERS, Rates};
use candor_service::state::Config;
use serde_json::json;

use crate::house::{Answer, House, ORDERS, ORIGIN, RETURNS, SITE, SK, Someone};

/// Three at once, then one every twenty seconds.
const THREE: &str = "3/min:3";
const TURN: i64 = 20_000;

async fn house(set: impl FnOnce(&mut Rates)) -> House {
    House::open_with(|config| set(&mut config.rates)).await
}

/// What every refusal of a flood has, and that its word holds: a moment before it is too early, then it is not.
async fn refused(house: &House, limit: &str, again: impl AsyncFn() -> Answer) {
    let answer = again().await;
    assert_eq!((answer.status, answer.problem()), (429, "too-many"), "{limit}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.body["detail"].as_str().unwrap().contains(limit) && answer.body["fix"].is_string());
    let seconds: i64 = answer.header("retry-after").parse().unwrap();
    assert_eq!(seconds * 1_000, TURN, "{limit}");
    let metrics = house.get("/metrics").await.text;
    assert!(!metrics.contains(&format!("candor_limited_total{{limit=\"{limit}\"}} 0")), "{limit}");
    house.clock.advance(seconds * 1_000 - 1);
    assert_eq!(again().await.status, 429, "{limit}: early");
    house.clock.advance(1);
    let answer = again().await;
    assert!(answer.status < 300, "{limit}: after the wait it was told: {}", answer.text);
}

async fn anonymous(house: &House) -> Answer {
    house.page("/v1/session", json!({"site": SITE, "device": "d1"})).await
}

async fn choices(house: &House, who: &Someone) -> Answer {
    house.page("/v1/choices", json!({"site": SITE, "capability": who.capability})).await
}

async fn one(house: &House, who: &Someone, seq: u64, choice: &str) -> Answer {
    house.decide(who, json!([house.decision(who, seq, 0, json!([{"control": ORDERS, "choice": choice}]))])).await
}

#[tokio::test]
async fn an_address_has_so_many_turns_and_health_has_no_end() {
    let house = house(|rates| rates.address = THREE.parse().unwrap()).await;
    for _ in 0..3 {
        assert_eq!(house.get(&format!("/v1/notice?site={SITE}")).await.status, 200);
    }
    refused(&house, "address", async || house.get(&format!("/v1/notice?site={SITE}")).await).await;
    for path in ["/choices?site=pk_test", "/desk", "/embed/candor.js", "/openapi.json", "/.well-known/gpc.json"] {
        assert_eq!(house.get(path).await.status, 429, "{path}");
    }
    let sign_in = house.page("/v1/session", json!({"site": SITE, "device": "d1", "token": house.token("a")})).await;
    assert_eq!(sign_in.status, 429);
    for path in ["/livez", "/readyz", "/metrics"] {
        for _ in 0..10 {
            assert_eq!(house.get(path).await.status, 200, "{path}");
        }
    }
    // The shop's server speaks for many customers from one address; its key tells them apart.
    assert_eq!(house.evaluate("shop:hanna", "orders").await["decision"], false);
    let own = house.http.get(format!("{}/candor/choices", house.base)).header("authorization", format!("Bearer {SK}"));
    assert_eq!(house.send(own).await.status, 200);
    // Whoever guesses keys is counted by address.
    assert_eq!(house.shop_with("sk_guess", "GET", "/v1/subjects/shop:hanna/choices", None).await.status, 429);
    let guess = house.http.get(format!("{}/candor/choices", house.base)).header("authorization", "Bearer sk_guess");
    assert_eq!(house.send(guess).await.status, 429);
}

#[tokio::test]
async fn a_page_can_read_that_it_was_too_many() {
    let house =
        house(|rates| (rates.address, rates.strangers) = (THREE.parse().unwrap(), "1/h".parse().unwrap())).await;
    assert_eq!(anonymous(&house).await.status, 200);
    // The stranger's, then the address's: one before the body is read, one after.
    for limit in ["strangers", "strangers", "address"] {
        let answer = anonymous(&house).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (429, ORIGIN));
        assert!(answer.header("access-control-expose-headers").contains("Retry-After"));
        assert_eq!(answer.header("vary"), "Origin");
        assert!(answer.text.contains(limit) && !answer.text.contains("sub_"), "{limit}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_site_has_so_many_turns_and_another_site_its_own() {
    let house = house(|rates| rates.site = THREE.parse().unwrap()).await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    house.publish("pk_other", &crate::house::notice("pk_other", 1));
    for _ in 0..3 {
        assert_eq!(anonymous(&house).await.status, 200);
    }
    refused(&house, "site", async || anonymous(&house).await).await;
    assert_eq!(house.get("/v1/notice?site=pk_other").await.status, 200);
}

#[tokio::test]
async fn a_subject_has_so_many_turns_and_another_subject_its_own() {
    let house = house(|rates| rates.subject = THREE.parse().unwrap()).await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    for _ in 0..3 {
        assert_eq!(choices(&house, &hanna).await.status, 200);
    }
    refused(&house, "subject", async || choices(&house, &hanna).await).await;
    let elsewhere = house.sign_in("hanna", "d9").await;
    assert_eq!(choices(&house, &elsewhere).await.status, 429, "the same person on another device");
    assert_eq!(choices(&house, &tomek).await.status, 200);
}

#[tokio::test]
async fn each_decision_of_a_request_is_a_turn_and_one_too_many_keeps_none_of_them() {
    let house = house(|rates| rates.subject = THREE.parse().unwrap()).await;
    let hanna = house.sign_in("hanna", "d1").await;
    let grants = |seqs: &[u64]| {
        let grant = |seq: &u64| house.decision(&hanna, *seq, 0, json!([{"control": ORDERS, "choice": "granted"}]));
        seqs.iter().map(grant).collect::<Vec<_>>()
    };
    assert_eq!(house.decide(&hanna, json!(grants(&[1, 2]))).await.status, 200);
    assert_eq!(house.decide(&hanna, json!(grants(&[3, 4]))).await.status, 429);
    let counts = house.app.read(|view| view.counts(SITE)).await.unwrap();
    assert_eq!(counts.decisions, 2);
}

#[tokio::test]
async fn a_denial_is_held_up_by_no_other_limit_and_has_turns_of_its_own() {
    let house = house(|rates| {
        rates.subject = "1/h:1".parse().unwrap();
        rates.site = "1/h:3".parse().unwrap();
        rates.denials = THREE.parse().unwrap();
    })
    .await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    assert_eq!(one(&house, &hanna, 1, "granted").await.status, 200);
    assert_eq!(one(&house, &hanna, 2, "granted").await.status, 429, "her turns are used");
    assert_eq!(anonymous(&house).await.status, 429, "the site's too");
    for seq in 3..6 {
        let answer = one(&house, &hanna, seq, "denied").await;
        assert_eq!((answer.status, answer.body["outcomes"][0]["results"][0].as_str()), (200, Some("applied")));
    }
    let seq = std::sync::atomic::AtomicU64::new(6);
    let next = || seq.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    refused(&house, "denials", async || one(&house, &hanna, next(), "denied").await).await;
    assert_eq!(one(&house, &tomek, 1, "denied").await.status, 200, "another person's no");
    // What comes beside a "no" counts, too, and so does each of its changes.
    let room = house_with_denials("2/h:5").await;
    let nora = room.sign_in("nora", "d3").await;
    let no = |seq: u64, controls: &[&str]| {
        let changes: Vec<_> = controls.iter().map(|control| json!({"control": control, "choice": "denied"})).collect();
        room.decision(&nora, seq, 0, changes.into())
    };
    let void = |seq: u64| {
        let mut void = room.decision(&nora, seq, 0, json!([]));
        void.as_object_mut().unwrap().remove("changes");
        void["void"] = crate::house::uuid().into();
        void
    };
    assert_eq!(room.decide(&nora, json!([no(1, &[ORDERS, "marketing/email"]), void(2)])).await.status, 200);
    assert_eq!(room.decide(&nora, json!([no(3, &[ORDERS]), void(4), void(5)])).await.problem(), "too-many");
    assert_eq!(room.decide(&nora, json!([no(3, &[ORDERS]), void(4)])).await.status, 200);
}

async fn house_with_denials(limit: &str) -> House {
    house(|rates| rates.denials = limit.parse().unwrap()).await
}

#[tokio::test]
async fn strangers_have_so_much_kept_and_people_who_are_known_are_none() {
    let house = house(|rates| rates.strangers = THREE.parse().unwrap()).await;
    let doc = house.document(None, 0);
    assert_eq!(house.put(&doc).await.status, 201);
    let first = crate::house::someone(&anonymous(&house).await, "d1");
    assert_eq!(anonymous(&house).await.status, 200);
    let report = async |who: Option<&Someone>| {
        let body = json!({"site": SITE, "capability": who.map(|who| &who.capability), "recommendation": doc["id"],
            "kind": "not-for-me"});
        house.page("/v1/feedback", body).await
    };
    assert_eq!(report(None).await.status, 200);
    let before = house.app.read(|view| view.counts(SITE)).await.unwrap();
    assert_eq!(report(None).await.status, 429);
    refused(&house, "strangers", async || anonymous(&house).await).await;
    let after = house.app.read(|view| view.counts(SITE)).await.unwrap();
    assert_eq!((before.subjects + 1, before.feedback), (after.subjects, after.feedback), "no more was kept");
    // A capability of somebody who is no anonymous subject any more makes a new one, too.
    let hanna = house.sign_in("hanna", "d1").await;
    let of_a_customer = json!({"site": SITE, "device": "d1", "capability": hanna.capability});
    assert_eq!(house.page("/v1/session", of_a_customer).await.problem(), "too-many");
    // Whoever has a capability or a token goes on; the page without a script is a stranger's too.
    assert_eq!(report(Some(&first)).await.status, 200);
    let renewed = json!({"site": SITE, "device": "d1", "capability": first.capability});
    assert_eq!(house.page("/v1/session", renewed).await.status, 200);
    let path = format!("/why/{}", doc["id"].as_str().unwrap());
    let form = house.get(&format!("{path}?lang=en")).await.text;
    let token = form.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let sent = house.http.post(format!("{}{path}", house.base));
    let sent = sent.header("content-type", "application/x-www-form-urlencoded");
    let answer = house.send(sent.body(format!("token={token}&feedback=not-for-me"))).await;
    assert_eq!((answer.status, answer.problem()), (429, "too-many"));
}

#[tokio::test]
async fn on_the_shops_own_pages_a_subject_has_the_same_turns() {
    let house = house(|rates| (rates.subject, rates.denials) = (THREE.parse().unwrap(), THREE.parse().unwrap())).await;
    let hanna = house.sign_in("hanna", "d1").await;
    // What a form is answered, and not the page it leads to.
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let asked = |method: reqwest::Method, path: &str| {
        let request = http.request(method, format!("{}/candor{path}", house.base));
        request.header("authorization", format!("Bearer {SK}")).header("candor-subject", "shop:hanna")
    };
    let page = house.send(asked(reqwest::Method::GET, "/choices?lang=en")).await;
    let hidden = |name: &str| {
        let start = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        format!("{name}={}&", start.split('"').next().unwrap())
    };
    let carried = ["token", "notice", "epoch", "rev"].map(hidden).concat();
    let send = async |fields: &str| {
        let form = "application/x-www-form-urlencoded";
        house
            .send(
                asked(reqwest::Method::POST, "/choices")
                    .header("content-type", form)
                    .body(format!("{carried}{fields}")),
            )
            .await
    };
    for _ in 0..2 {
        house.send(asked(reqwest::Method::GET, "/choices?lang=en")).await;
    }
    assert_eq!(house.send(asked(reqwest::Method::GET, "/choices?lang=en")).await.status, 429, "looked at too often");
    let on = format!("control={ORDERS}&choice=granted");
    assert_eq!(send(&on).await.status, 429, "a yes waits like that");
    // A no does not, and has turns of its own, by the change.
    let off = format!("control={ORDERS}&choice=denied");
    assert_eq!(send(&off).await.status, 303);
    let several = format!("change={ORDERS}=denied&change={RETURNS}=denied");
    assert_eq!(send(&several).await.status, 303);
    assert_eq!(send(&off).await.status, 429);
    assert_eq!(choices(&house, &hanna).await.status, 429, "the same turns as in the card");
}

#[tokio::test]
async fn a_shops_server_has_so_many_turns_by_its_key() {
    let house = house(|rates| rates.shop = THREE.parse().unwrap()).await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    let path = "/v1/subjects/shop:hanna/choices";
    house.sign_in("hanna", "d1").await;
    for _ in 0..3 {
        assert_eq!(house.shop("GET", path, None).await.status, 200);
    }
    refused(&house, "shop", async || house.shop("GET", path, None).await).await;
    let own = house.http.get(format!("{}/candor/choices", house.base)).header("authorization", format!("Bearer {SK}"));
    assert_eq!(house.send(own).await.status, 429, "its pages are its calls too");
    assert_eq!(house.shop_with("sk_other", "GET", path, None).await.status, 404, "another shop's turns");
}

#[tokio::test]
async fn one_person_listens_in_so_many_browsers_at_a_time() {
    let house = House::open().await;
    let (hanna, tomek) = (house.sign_in("hanna", "d1").await, house.sign_in("tomek", "d2").await);
    let listen = async |who: &Someone| {
        let body = json!({"site": SITE, "capability": who.capability}).to_string();
        house.http.post(format!("{}/v1/live", house.base)).header("origin", ORIGIN).body(body).send().await.unwrap()
    };
    let mut open = Vec::new();
    for _ in 0..LISTENERS {
        open.push(listen(&hanna).await);
        assert_eq!(open.last().unwrap().status(), 200);
    }
    let one_more = listen(&hanna).await;
    assert_eq!((one_more.status().as_u16(), one_more.headers()["retry-after"].to_str().unwrap()), (429, "60"));
    assert_eq!(listen(&tomek).await.status(), 200);
    open.clear();
    for _ in 0..100 {
        if listen(&hanna).await.status() == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a browser that went leaves its place");
}

async fn from(house: &House, chain: &[&str]) -> u16 {
    let mut request = house.http.get(format!("{}/v1/notice?site={SITE}", house.base));
    for line in chain {
        request = request.header("x-forwarded-for", *line);
    }
    house.send(request).await.status
}

#[tokio::test]
async fn an_address_that_nobody_vouches_for_is_not_believed() {
    let house = House::open_with(|config: &mut Config| {
        config.rates.address = THREE.parse().unwrap();
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    for n in 0..3 {
        assert_eq!(from(&house, &[&format!("198.51.100.{n}")]).await, 200);
    }
    assert_eq!(from(&house, &["198.51.100.9"]).await, 429, "every name it gives itself is one address");
    for header in ["forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip"] {
        let request = house.http.get(format!("{}/v1/notice?site={SITE}", house.base));
        assert_eq!(house.send(request.header(header, "198.51.100.77")).await.status, 429, "{header}");
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_turns_of_its_own_and_is_kept_nowhere() {
    let house = House::open_with(|config| {
        config.rates.address = THREE.parse().unwrap();
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    })
    .await;
    for n in 0..3 {
        // What stands to the left the client wrote itself.
        assert_eq!(from(&house, &[&format!("9.9.9.{n}, 203.0.113.77, 10.0.0.1")]).await, 200);
    }
    assert_eq!(from(&house, &["203.0.113.77"]).await, 429);
    assert_eq!(from(&house, &["9.9.9.9", "203.0.113.77, 10.0.0.2"]).await, 429, "two lines are one chain");
    assert_eq!(from(&house, &["203.0.113.78"]).await, 200, "another client");
    for n in 1..4 {
        assert_eq!(from(&house, &[&format!("2001:db8:1:2::{n}")]).await, 200);
    }
    assert_eq!(from(&house, &["2001:db8:1:2:ffff::1"]).await, 429, "one /64 is one client");
    assert_eq!(from(&house, &["2001:db8:1:3::1"]).await, 200);
    let (bytes, metrics) = (crate::house::bytes_in(house.folder.path()), house.get("/metrics").await.text);
    assert!(!crate::house::holds(&bytes, "203.0.113.77") && !metrics.contains("203.0.113"));
}

#[tokio::test]
async fn a_flood_of_decisions_keeps_what_was_taken_and_nothing_else() {
    let house =
        house(|rates| (rates.subject, rates.denials) = ("1/h:50".parse().unwrap(), THREE.parse().unwrap())).await;
    let hanna = house.sign_in("hanna", "d1").await;
    let mut taken = 0;
    for seq in 1..200 {
        let decision = house.decision(&hanna, seq, 0, json!([{"control": RETURNS, "choice": "granted"}]));
        taken += u64::from(house.decide(&hanna, json!([decision])).await.status == 200);
    }
    assert_eq!(taken, 50);
    assert_eq!(house.app.read(|view| view.counts(SITE)).await.unwrap().decisions, 50);
}
