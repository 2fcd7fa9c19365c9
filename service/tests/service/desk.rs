//! The privacy desk over HTTP.

use candor_service::store::Change;
use candor_service::store::post::{Endpoint, Posting};
use futures_util::StreamExt;
use serde_json::json;

use crate::house::{Answer, House, ORDERS, SITE, Someone};
use crate::receiver::{Act, Receiver, register, until};

const DK: &str = "dk_of_the_tests";

/// A desk with a key, and the cookie that the key gives.
async fn seated(house: &House) -> String {
    let hash = house.app.secret.keyed("desk-key", &[DK]);
    house.write(&[Change::DeskKey { site: SITE.into(), hash, at: house.app.now() }]);
    let form = look(house, "", "/desk").await;
    assert_eq!(form.status, 401);
    let entered = send(house, "", "/desk/sign-in", &[("key", DK), ("token", token(&form.text))]).await;
    assert_eq!(entered.status, 303, "{}", entered.text);
    let cookie = entered.header("set-cookie").to_owned();
    for word in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/desk"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

async fn look(house: &House, cookie: &str, path: &str) -> Answer {
    let mark = if path.contains('?') { '&' } else { '?' };
    house.send(house.http.get(format!("{}{path}{mark}site={SITE}&lang=en", house.base)).header("cookie", cookie)).await
}

async fn send(house: &House, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let body: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", candor_desk::encoded(value))).collect();
    let request = client
        .post(format!("{}{path}?site={SITE}&lang=en", house.base))
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    house.send(request.body(body.join("&"))).await
}

fn token(page: &str) -> &str {
    page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap()
}

async fn hanna_with_a_list(house: &House) -> (Someone, String) {
    let hanna = house.sign_in("hanna", "d1").await;
    let words = candor_words::bundled_file("pl");
    let mut grant = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    grant["locale"] = "pl".into();
    grant["served"] = candor_service::clock::hex(&candor_service::secret::sha256(words.as_bytes())).into();
    house.decide(&hanna, json!([grant])).await;
    let doc = house.document(Some(&hanna), 1);
    assert_eq!(house.put(&doc).await.status, 201);
    (hanna, doc["id"].as_str().unwrap().to_owned())
}

/// The first message to this endpoint, which is no longer tried.
async fn given_up(house: &House, receiver: &Receiver, shop: &Endpoint) -> String {
    receiver.wait(1).await;
    let now = house.app.now();
    until(|| house.app.store.read(|view| view.due(shop.row, now, 1)).unwrap().is_empty()).await;
    let message = house.app.store.read(|view| view.due(shop.row, now.plus_hours(1), 1)).unwrap().remove(0);
    let dead = Posting::Dead { row: message.row, id: message.id.clone(), status: "503".into(), at: now };
    house.write(&[Change::Post(dead)]);
    message.id
}

#[tokio::test]
async fn nobody_looks_without_a_key_and_a_wrong_key_opens_nothing() {
    let house = House::open().await;
    let (hanna, _) = hanna_with_a_list(&house).await;
    for path in ["/desk", "/desk/events", &format!("/desk/person/{}", hanna.subject)] {
        let page = look(&house, "", path).await;
        assert_eq!(page.status, 401, "{path}");
        assert!(!page.text.contains(&hanna.subject));
    }
    let form = look(&house, "", "/desk").await;
    let wrong = send(&house, "", "/desk/sign-in", &[("key", "dk_guess"), ("token", token(&form.text))]).await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, ""));
    let forged = look(&house, "candor_desk=99999999999999~00~00~aa", "/desk").await;
    assert_eq!(forged.status, 401);
}

#[tokio::test]
async fn a_decision_is_shown_with_the_words_that_person_saw() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let (hanna, _) = hanna_with_a_list(&house).await;
    let page = look(&house, &cookie, "/desk").await.text;
    assert!(page.contains(&hanna.subject));
    assert!(page.contains("orders (pl)"), "the notice in Polish, word for word");
    assert!(page.contains("lang=\"pl\""));
    let catalogue: serde_json::Value = serde_json::from_str(candor_words::bundled_file("pl")).unwrap();
    assert!(page.contains(catalogue["off.means"].as_str().unwrap()), "the words around the switch");
    assert!(page.contains("Apron") && page.contains("Bowl"), "the list that is served now");
}

#[tokio::test]
async fn what_a_list_rests_on_is_masked_until_somebody_asks_and_the_asking_is_listed() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let (hanna, list) = hanna_with_a_list(&house).await;
    let path = format!("/desk/person/{}", hanna.subject);
    let before = look(&house, &cookie, &path).await.text;
    assert!(!before.contains("datum-1"));
    let fields = [("token", token(&before)), ("recommendation", &list), ("reason", "complaint")];
    assert_eq!(send(&house, &cookie, &format!("{path}/evidence"), &fields).await.status, 303);
    let after = look(&house, &cookie, &path).await.text;
    assert!(after.contains("datum-1") && after.contains("A complaint"));
    house.clock.advance(121_000);
    assert!(!look(&house, &cookie, &path).await.text.contains("datum-1"), "masked again after two minutes");
    assert!(look(&house, &cookie, "/desk").await.text.contains("Saw the entries behind a list"));
}

#[tokio::test]
async fn a_refused_read_is_listed_with_its_reason() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let (hanna, _) = hanna_with_a_list(&house).await;
    house.evaluate(&hanna.subject, "returns").await;
    candor_service::serve::write_refusals(&house.app).await;
    let page = look(&house, &cookie, "/desk").await.text;
    let refused = page.split("id=\"refused\"").nth(1).unwrap();
    assert!(refused.contains("never granted") && refused.contains("returns"));
}

#[tokio::test]
async fn the_file_is_handed_out_and_erasing_asks_first() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let (hanna, _) = hanna_with_a_list(&house).await;
    let path = format!("/desk/person/{}", hanna.subject);
    let seal = token(&look(&house, &cookie, &path).await.text).to_owned();
    let unsaid = send(&house, &cookie, &format!("{path}/file"), &[("token", &seal)]).await;
    assert_eq!((unsaid.status, unsaid.header("content-disposition")), (403, ""), "without a reason there is no file");
    let file = send(&house, &cookie, &format!("{path}/file"), &[("token", &seal), ("reason", "asked")]).await;
    assert_eq!(file.body["decisions"].as_array().unwrap().len(), 1);
    assert!(file.header("content-disposition").starts_with("attachment"));
    let erase = format!("{path}/erase");
    assert_eq!(send(&house, &cookie, &erase, &[("token", "made-up"), ("sure", "yes")]).await.status, 403);
    let unsure = send(&house, &cookie, &erase, &[("token", &seal)]).await;
    assert!(unsure.header("location").contains("/erase"), "asks again");
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
    assert_eq!(send(&house, &cookie, &erase, &[("token", &seal), ("sure", "yes")]).await.status, 303);
    assert_eq!(look(&house, &cookie, &path).await.status, 404);
    let page = look(&house, &cookie, "/desk").await.text;
    assert!(page.contains("Erased a person") && !page.contains(&hanna.subject));
}

#[tokio::test]
async fn a_no_from_before_an_erasure_and_what_never_arrived_are_told() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let hanna = house.sign_in("hanna", "phone-7f3a").await;
    house.set(&hanna, 4, ORDERS, "denied").await;
    for path in ["/desk", &format!("/desk/person/{}", hanna.subject)] {
        assert!(look(&house, &cookie, path).await.text.contains("Device 7F3A: no. 1–3 never arrived"), "{path}");
    }
    assert_eq!(house.page("/v1/erase", json!({"site": SITE, "capability": hanna.capability})).await.status, 200);
    let back = house.sign_in("hanna", "d1").await;
    let page = look(&house, &cookie, &format!("/desk/person/{}", back.subject)).await.text;
    assert!(page.contains("carried over from before an erasure"), "{page}");
    assert!(!page.contains("What this person saw"), "nothing was shown");
}

#[tokio::test]
async fn a_key_of_another_sites_desk_opens_nothing_here() {
    let house = House::open().await;
    let receiver = Receiver::open(|_| Act::Answer(503)).await;
    let shop = register(&house, &receiver.url);
    let (hanna, list) = hanna_with_a_list(&house).await;
    let message = given_up(&house, &receiver, &shop).await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    house.publish("pk_other", &crate::house::notice("pk_other", 1));
    let hash = house.app.secret.keyed("desk-key", &[DK]);
    house.write(&[Change::DeskKey { site: "pk_other".into(), hash, at: house.app.now() }]);
    let form = look(&house, "", "/desk").await;
    let wrong = send(&house, "", "/desk/sign-in", &[("key", DK), ("token", token(&form.text))]).await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, ""));
    // With a session of the other site, under either name.
    let at = |path: &str, site: &str| format!("{}{path}?site={site}&lang=en", house.base);
    let form = house.get("/desk?site=pk_other&lang=en").await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let post = |url: String, cookie: &str, body: String| {
        let request = client.post(url).header("cookie", cookie);
        house.send(request.header("content-type", "application/x-www-form-urlencoded").body(body))
    };
    let entered = post(at("/desk/sign-in", "pk_other"), "", format!("key={DK}&token={}", token(&form.text))).await;
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    let seal = house.send(house.http.get(at("/desk", "pk_other")).header("cookie", &cookie)).await;
    assert_eq!(seal.status, 200);
    let seal = token(&seal.text).to_owned();
    let person = format!("/desk/person/{}", hanna.subject);
    for (site, refused) in [(SITE, 401), ("pk_other", 404)] {
        for path in [person.clone(), format!("{person}/erase")] {
            let page = house.send(house.http.get(at(&path, site)).header("cookie", &cookie)).await;
            assert_eq!(page.status, refused, "{site} {path}");
            assert!(!page.text.contains("Apron") && !page.text.contains("datum-1"));
        }
        for (path, fields) in [
            (format!("{person}/evidence"), format!("recommendation={list}&reason=audit")),
            (format!("{person}/file"), String::new()),
            (format!("{person}/erase"), "sure=yes".to_owned()),
            ("/desk/find".to_owned(), "customer=hanna".to_owned()),
            ("/desk/find".to_owned(), format!("customer={}", hanna.subject)),
        ] {
            let answer = post(at(&path, site), &cookie, format!("token={seal}&{fields}")).await;
            // The file's form is looked at before the person is.
            let refused = if path.ends_with("/file") && site != SITE { 403 } else { refused };
            assert_eq!(answer.status, refused, "{site} {path}: {}", answer.text);
            assert!(!answer.text.contains("datum-1"));
        }
    }
    let about = json!({"site": SITE, "capability": hanna.capability, "recommendation": list, "kind": "wrong-data"});
    let report = house.page("/v1/feedback", about).await.body["id"].as_str().unwrap().to_owned();
    // Under its own name the other desk may press both; what they name is not there, and nothing of hers moves.
    for (site, status) in [(SITE, 401), ("pk_other", 303)] {
        for (path, fields) in [
            (format!("/desk/feedback/{report}"), "from=received&state=looked-at".to_owned()),
            ("/desk/webhooks/replay".to_owned(), format!("endpoint={}&message={message}", shop.id)),
            ("/desk/webhooks/replay".to_owned(), format!("endpoint={}&message=", shop.id)),
        ] {
            let answer = post(at(&path, site), &cookie, format!("token={seal}&{fields}")).await;
            assert_eq!(answer.status, status, "{site} {path}: {}", answer.text);
        }
    }
    let hers = house.page("/v1/history", json!({"site": SITE, "capability": hanna.capability})).await.body;
    assert_eq!(hers["feedback"][0]["state"], "received", "{hers}");
    let post = house.app.store.read(|view| view.post_counts(shop.row, candor_protocol::Timestamp(0))).unwrap();
    assert_eq!((post.dead, receiver.told().len()), (1, 1), "and nothing was sent again");
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted", "and nobody was erased");
}

#[tokio::test]
async fn a_desk_key_that_is_revoked_ends_its_sessions() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    assert_eq!(look(&house, &cookie, "/desk").await.status, 200);
    let hash = house.app.secret.keyed("desk-key", &[DK]);
    house.write(&[Change::Revoke { site: SITE.into(), key: candor_service::store::Revoked::Desk(hash) }]);
    assert_eq!(look(&house, &cookie, "/desk").await.status, 401);
}

#[tokio::test]
async fn the_desk_hears_of_a_decision_within_a_second() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let hanna = house.sign_in("hanna", "d1").await;
    let request = house.http.get(format!("{}/desk/events?site={SITE}", house.base)).header("cookie", &cookie);
    let mut events = request.send().await.unwrap().bytes_stream();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let news = async {
        let mut heard = String::new();
        while !heard.contains("event: changed") {
            heard.push_str(&String::from_utf8_lossy(&events.next().await.unwrap().unwrap()));
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(1), news).await.expect("within a second");
}

#[tokio::test]
async fn the_desk_is_closed_to_other_sites_forms_and_frames() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let (hanna, _) = hanna_with_a_list(&house).await;
    let path = format!("/desk/person/{}", hanna.subject);
    let page = look(&house, &cookie, &path).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let request = house.http.post(format!("{}{path}/erase?site={SITE}", house.base)).header("cookie", &cookie);
    let request =
        request.header("sec-fetch-site", "cross-site").header("content-type", "application/x-www-form-urlencoded");
    let sent = house.send(request.body(format!("token={}&sure=yes", token(&page.text)))).await;
    assert_eq!(sent.status, 403);
}

#[tokio::test]
async fn no_reason_is_chosen_for_whoever_looks() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let (hanna, list) = hanna_with_a_list(&house).await;
    let path = format!("/desk/person/{}", hanna.subject);
    let page = look(&house, &cookie, &path).await.text;
    assert_eq!(page.matches("<select name=\"reason\" required>").count(), 2, "for the evidence and for the file");
    assert_eq!(page.matches("<option value=\"\" selected disabled>").count(), 2);
    let fields = [("token", token(&page)), ("recommendation", list.as_str())];
    assert_eq!(send(&house, &cookie, &format!("{path}/evidence"), &fields).await.status, 403);
    assert!(!look(&house, &cookie, &path).await.text.contains("datum-1"));
    let asked = [("token", token(&page)), ("reason", "audit")];
    assert_eq!(send(&house, &cookie, &format!("{path}/file"), &asked).await.status, 200);
    let looks = look(&house, &cookie, &path).await.text.split("id=\"looks\"").nth(1).unwrap().to_owned();
    assert!(looks.contains("An audit"), "the reason is listed");
}

#[tokio::test]
async fn what_a_customer_reports_is_answered_and_they_see_by_whom_and_when() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let (hanna, list) = hanna_with_a_list(&house).await;
    let report = json!({"site": SITE, "capability": hanna.capability, "recommendation": list, "kind": "wrong-data"});
    let id = house.page("/v1/feedback", report).await.body["id"].as_str().unwrap().to_owned();
    let page = look(&house, &cookie, "/desk").await.text;
    assert!(page.contains(&id), "the number that the customer was given");
    let address = format!("/desk/feedback/{id}");
    let step = |from: &'static str, state: &'static str, seal: String| {
        let (house, cookie, address) = (&house, &cookie, &address);
        async move {
            let fields = [("token", seal.as_str()), ("from", from), ("state", state), ("person", "")];
            send(house, cookie, address, &fields).await.status
        }
    };
    let seal = token(&page).to_owned();
    assert_eq!(step("received", "looked-at", "made-up".into()).await, 403);
    assert_eq!(step("received", "received", seal.clone()).await, 403);
    assert_eq!(step("received", "looked-at", seal.clone()).await, 303);
    house.clock.advance(60_000);
    assert_eq!(step("looked-at", "mended", seal.clone()).await, 303);
    // Pressed on a page that was older: what is done stays done.
    assert_eq!(step("received", "answered", seal.clone()).await, 303);
    let page = look(&house, &cookie, &format!("/desk/person/{}", hanna.subject)).await.text;
    assert!(page.contains("being looked at") && page.contains("mended"));
    for path in ["/v1/history", "/v1/export"] {
        let own = house.page(path, json!({"site": SITE, "capability": hanna.capability})).await.body;
        let line = &own["feedback"][0];
        assert_eq!((&line["id"], &line["state"]), (&json!(id), &json!("mended")), "{path}");
        let steps: Vec<_> = line["steps"].as_array().unwrap().iter().map(|s| (&s["state"], &s["by"])).collect();
        assert_eq!(steps, [(&json!("looked-at"), &json!("desk")), (&json!("mended"), &json!("desk"))]);
        assert!(line["steps"][0]["at"].as_str() < line["steps"][1]["at"].as_str());
    }
    let tomek = house.sign_in("tomek", "d2").await;
    let own = house.page("/v1/history", json!({"site": SITE, "capability": tomek.capability})).await.body;
    assert_eq!(own["feedback"], json!([]));
}

#[tokio::test]
async fn the_desk_shows_what_was_given_up_and_sends_it_again() {
    let house = House::open().await;
    let cookie = seated(&house).await;
    let receiver = Receiver::open(|_| Act::Answer(503)).await;
    let shop = register(&house, &receiver.url);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    let message = given_up(&house, &receiver, &shop).await;
    let page = look(&house, &cookie, "/desk/webhooks").await.text;
    for shown in [&shop.id, &receiver.url, &message, "503", "Waiting: 0", "Given up: 1", "2 attempts"] {
        assert!(page.contains(shown), "{shown}");
    }
    receiver.answers(|_| Act::Answer(200));
    let fields = |seal: &'static str| [("token", seal), ("endpoint", "wh_0"), ("message", "")];
    assert_eq!(send(&house, &cookie, "/desk/webhooks/replay", &fields("made-up")).await.status, 403);
    assert_eq!(receiver.told().len(), 1);
    let fields = [("token", token(&page)), ("endpoint", shop.id.as_str()), ("message", message.as_str())];
    assert_eq!(send(&house, &cookie, "/desk/webhooks/replay", &fields).await.status, 303);
    receiver.wait(2).await;
    let since = candor_protocol::Timestamp(0);
    until(|| house.app.store.read(|view| view.post_counts(shop.row, since)).unwrap().delivered == 1).await;
    let page = look(&house, &cookie, "/desk/webhooks").await.text;
    assert!(page.contains("Given up: 0") && page.contains("Delivered, last 24 hours: 1"));
    assert_eq!(look(&house, "", "/desk/webhooks").await.status, 401);
}
