//! What went wrong in products like this one, by name, and what happens here instead.

use std::sync::Arc;

use candor_service::limits::Rates;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::house::{Answer, HS256, House, ORDERS, RETURNS, SITE, sign, unique, uuid};

fn token(house: &House, more: Value) -> String {
    let mut claims = json!({"aud": SITE, "sub": "hanna", "exp": house.app.now().0 / 1_000 + 240, "jti": unique("jti")});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    sign(Algorithm::HS256, &EncodingKey::from_secret(HS256), &claims)
}

async fn session(house: &House, more: Value) -> Answer {
    let mut body = json!({"site": SITE, "device": "d1"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    house.page("/v1/session", body).await
}

/// Chatwoot #2694, #2762: an absent or empty `identifier_hash` let anyone be anyone by e-mail,
/// because proof was asked for only where a shop had switched that on. Here a name without a
/// token names nobody: whatever else is sent, the answer is a new anonymous subject or a refusal.
#[tokio::test]
async fn chatwoot_2694_a_name_without_proof_is_nobody() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    for claim in [
        json!({"subject": hanna.subject}),
        json!({"customer": "hanna", "identifier": "hanna", "email": "hanna@shop.example"}),
        json!({"sub": "hanna", "user_hash": "", "identifier_hash": null}),
        json!({"token": null, "subject": hanna.subject}),
    ] {
        let answer = session(&house, claim.clone()).await;
        assert_eq!(answer.status, 200);
        assert_ne!(answer.body["subject"], hanna.subject.as_str(), "{claim}");
        assert_eq!(answer.body["rev"], 0);
    }
    assert_eq!(session(&house, json!({"token": ""})).await.problem(), "bad-token", "an empty proof is none");
    assert_eq!(session(&house, json!({"capability": ""})).await.problem(), "bad-capability");
}

/// Chatwoot #14884: the hash was checked when a contact was made and not when it was updated.
/// Here the same check stands before every call: reading, deciding, feedback, export, erasure.
#[tokio::test]
async fn chatwoot_14884_proof_is_asked_for_at_every_call_not_at_the_first_alone() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    for path in ["/v1/decisions", "/v1/choices", "/v1/history", "/v1/live", "/v1/export", "/v1/erase"] {
        for capability in
            [json!(null), json!(""), json!(hanna.subject), json!(hanna.capability.replace("cap_1", "cap_2"))]
        {
            let body = json!({"site": SITE, "subject": hanna.subject, "capability": capability, "decisions": []});
            assert_eq!(house.page(path, body).await.status, 401, "{path} {capability}");
        }
    }
    assert_eq!(house.choices(&hanna).await["rev"], 0);
}

/// Chatwoot #14884: contacts were merged by e-mail or telephone number, so whoever claimed an
/// address got its history. Here nothing but the shop's `sub` says who it is; other claims,
/// the same in two tokens, bring nobody together.
#[tokio::test]
async fn chatwoot_14884_nobody_is_merged_by_email_or_telephone() {
    let house = House::open().await;
    let shared = json!({"email": "hanna@shop.example", "phone_number": "+48600100200", "name": "Hanna"});
    let first = session(&house, json!({"token": token(&house, shared.clone())})).await;
    let mut other = shared;
    other["sub"] = "somebody-else".into();
    let second = session(&house, json!({"token": token(&house, other)})).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_ne!(first.body["subject"], second.body["subject"]);
    let bytes = crate::house::bytes_in(house.folder.path());
    assert!(!crate::house::holds(&bytes, "hanna@shop.example") && !crate::house::holds(&bytes, "+48600100200"));
}

/// Chatwoot #14945: hashes were compared with `==`, whose time tells where they differ. A timed
/// test tells little; what can be held is that every secret goes through the one comparison that
/// does not stop early. Keys are found by keyed hash, so their bytes are never compared at all.
#[test]
fn chatwoot_14945_secrets_are_compared_in_one_place_that_does_not_stop_early() {
    assert!(include_str!("../../src/secret.rs").contains("a.ct_eq(b)"));
    for (file, source, comparisons) in [
        ("capability.rs", include_str!("../../src/capability.rs"), 1),
        ("directory.rs", include_str!("../../src/directory.rs"), 2),
        ("pages/seal.rs", include_str!("../../src/pages/seal.rs"), 1),
        ("pages/desk/gate.rs", include_str!("../../src/pages/desk/gate.rs"), 1),
    ] {
        let code = source.split("#[cfg(test)]").next().unwrap();
        let called = code
            .match_indices("same(")
            .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        assert_eq!(called.count(), comparisons, "{file}");
        for early in ["mac ==", "== mac", "mac !=", "hash ==", "== hash", "token ==", "== token", "key ==", "== key"] {
            // What a notice hashes to is public.
            let found = code.lines().filter(|line| !line.contains("notice")).any(|line| line.contains(early));
            assert!(!found, "{file}: {early}");
        }
    }
}

/// Chatwoot #15775: the widget's session stood in the address, good for 180 days, and went out
/// with logs and referrers. Here a capability is taken from a body alone, no address that the
/// service makes carries one, and every answer forbids the referrer.
#[tokio::test]
async fn chatwoot_15775_no_address_carries_a_session() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let doc = house.document(Some(&hanna), 1);
    house.put(&doc).await;
    let list = doc["id"].as_str().unwrap();
    for name in ["capability", "token", "subject", "session", "cw_conversation"] {
        for path in ["/v1/choices", "/v1/history", "/v1/export"] {
            let request = house.http.post(format!("{}{path}?site={SITE}&{name}={}", house.base, hanna.capability));
            let answer = house.send(request.body(json!({"site": SITE}).to_string())).await;
            assert_eq!(answer.status, 401, "{path} {name}");
        }
        let path = format!("/v1/recommendations/{list}?site={SITE}&{name}={}", hanna.capability);
        assert_eq!(house.get(&path).await.body["state"], "general", "{name}");
        let page = house.get(&format!("/why/{list}?{name}={}", hanna.capability)).await;
        assert!(!page.text.contains("Apron") && !page.text.contains(&hanna.capability), "{name}");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
    }
    assert_eq!(
        house
            .page("/v1/choices", json!({"site": SITE, "capability": hanna.capability}))
            .await
            .header("referrer-policy"),
        "no-referrer"
    );
}

/// Chatwoot #2070: a user saw another user's conversation after a sign-out on a shared browser.
/// Here a sign-in ends the anonymous subject before it, two customers of one browser share
/// nothing but the device's name, and nobody's capability is kept by a cache.
#[tokio::test]
async fn chatwoot_2070_the_next_person_at_a_browser_sees_nothing_of_the_last() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "shared").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    let doc = house.document(None, 0);
    house.put(&doc).await;
    let tomek = house.sign_in("tomek", "shared").await;
    assert_eq!(house.choices(&tomek).await["controls"], json!({}));
    let history = house.page("/v1/history", json!({"site": SITE, "capability": tomek.capability})).await;
    assert_eq!(history.body["decisions"], json!([]));
    assert_eq!(history.header("cache-control"), "no-store");
    let nobody = house.anonymous("shared").await;
    assert_eq!(house.choices(&nobody).await["controls"], json!({}));
    // His sign-in with her capability at hand takes nothing of hers along and closes nothing of hers.
    let body = json!({"site": SITE, "device": "shared", "token": house.token("tomek"), "capability": hanna.capability});
    let again = house.page("/v1/session", body).await;
    assert_eq!((again.status, again.body["subject"].as_str()), (200, Some(tomek.subject.as_str())));
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
}

/// Intercom's `user_hash`: one HMAC of the id, the same for ever, so whoever saw it once was that
/// user from then on. Here the shop's word ends within five minutes and works once.
#[tokio::test]
async fn intercom_user_hash_an_overheard_proof_is_of_no_use() {
    let house = House::open().await;
    let overheard = token(&house, json!({}));
    assert_eq!(session(&house, json!({"token": overheard})).await.status, 200);
    assert_eq!(session(&house, json!({"token": overheard})).await.problem(), "bad-token", "used once");
    let unused = token(&house, json!({}));
    house.clock.advance(5 * 60_000);
    assert_eq!(session(&house, json!({"token": unused})).await.problem(), "bad-token", "past its time");
    let static_hash = house.app.secret.keyed("customer", &[SITE, "hanna"]);
    let hash = candor_service::clock::hex(&static_hash);
    assert_eq!(session(&house, json!({"token": hash})).await.problem(), "bad-token");
}

/// Intercom's `user_hash` covered the id and nothing else, so the rest of what was sent was
/// anyone's to write. Here the signature covers all claims, and the site and time with them.
#[tokio::test]
async fn intercom_user_hash_every_claim_is_signed() {
    let house = House::open().await;
    let good = token(&house, json!({"email": "a@shop.example"}));
    let parts: Vec<&str> = good.split('.').collect();
    let other = token(&house, json!({"email": "b@shop.example"}));
    let body = other.split('.').nth(1).unwrap();
    let spliced = format!("{}.{body}.{}", parts[0], parts[2]);
    assert_eq!(session(&house, json!({"token": spliced})).await.problem(), "bad-token");
    assert_eq!(session(&house, json!({"token": good})).await.status, 200);
}

/// Intercom: enforcement was a switch of its own, off by default. Here there is none: a site that
/// has registered no key knows no customers, and says so.
#[tokio::test]
async fn intercom_enforcement_cannot_be_left_off() {
    let house = House::open().await;
    let at = house.app.now();
    let site = candor_service::store::Change::Site {
        id: "pk_bare".into(),
        name: "Bare".into(),
        origins: vec!["https://bare.example".into()],
        at,
    };
    house.write(&[site]);
    let claims = json!({"aud": "pk_bare", "sub": "hanna", "exp": at.0 / 1_000 + 60, "jti": "j"});
    let signed = sign(Algorithm::HS256, &EncodingKey::from_secret(b""), &claims);
    let body = json!({"site": "pk_bare", "device": "d1", "token": signed});
    assert_eq!(house.page_from("https://bare.example", "/v1/session", body).await.problem(), "bad-token");
    assert!(candor_service::token::TokenKey::read("HS256", b"short").is_err(), "nor with a key that is none");
    assert!(candor_service::token::TokenKey::read("none", b"").is_err());
}

/// Zendesk's callback (`loginUser(callback)`) is what works: the widget asks for a fresh token
/// whenever it needs one. The service's part is a refusal that says so, and a capability that
/// goes on with the same person, across devices, by the shop's id alone.
#[tokio::test]
async fn zendesk_callback_a_fresh_token_goes_on_with_the_same_person() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.clock.advance(3_600_001);
    let past = house.page("/v1/choices", json!({"site": SITE, "capability": hanna.capability})).await;
    assert_eq!((past.status, past.problem()), (401, "bad-capability"));
    assert!(past.body["fix"].as_str().unwrap().contains("/v1/session"));
    assert_eq!(house.sign_in("hanna", "d1").await.subject, hanna.subject);
    assert_eq!(house.sign_in("hanna", "d2").await.subject, hanna.subject);
}

/// c15t #861: the check for a repeat ran outside the transaction, so two at once were kept twice.
/// Here it is part of the one writer's step: of many at once one is kept and all get its outcome.
#[tokio::test]
async fn c15t_861_the_same_decision_many_times_at_once_is_kept_once() {
    let house = Arc::new(House::open().await);
    let hanna = house.sign_in("hanna", "d1").await;
    let decision = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (house, hanna, decision) = (house.clone(), hanna.clone(), decision.clone());
        all.spawn(async move { house.decide(&hanna, json!([decision, decision])).await });
    }
    let answers = all.join_all().await;
    for answer in &answers {
        assert_eq!(answer.body["outcomes"][0], answers[0].body["outcomes"][0]);
        assert_eq!(answer.body["outcomes"][1], answers[0].body["outcomes"][0]);
        assert_eq!(answer.body["choices"]["rev"], 1);
    }
    assert_eq!(house.app.read(|view| view.counts(SITE)).await.unwrap().decisions, 1);
}

/// c15t: order and identity came from `givenAt`, a number of the client's without bounds. Here a
/// device's clock decides nothing: a grant dated a century ahead does not beat the denial it had
/// not seen, and a denial dated to 1970 applies.
#[tokio::test]
async fn c15t_given_at_no_clock_of_a_client_orders_anything() {
    let house = House::open().await;
    let (one, two) = (house.sign_in("hanna", "d1").await, house.sign_in("hanna", "d2").await);
    let dated = |who, seq, choice: &str, at: &str| {
        let mut decision = house.decision(who, seq, 0, json!([{"control": ORDERS, "choice": choice}]));
        decision["occurred_at"] = at.into();
        json!([decision])
    };
    house.decide(&one, dated(&one, 1, "denied", "1970-01-01T00:00:00Z")).await;
    let grant = house.decide(&two, dated(&two, 1, "granted", "2126-01-01T00:00:00Z")).await;
    assert_eq!(grant.body["outcomes"][0]["results"], json!(["superseded"]));
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "denied");
    // Two at one millisecond are two.
    let same = [dated(&one, 2, "denied", "2026-11-22T18:00:00Z"), dated(&one, 3, "denied", "2026-11-22T18:00:00Z")];
    for (at, decision) in same.into_iter().enumerate() {
        assert_eq!(house.decide(&one, decision).await.body["choices"]["rev"], at + 2);
    }
}

/// c15t kept only what was granted, so "refused" and "never asked" were one. Here they are two,
/// in what stands, in the answer to the shop and in the history.
#[tokio::test]
async fn c15t_refused_and_never_asked_are_two_answers() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    let choices = house.choices(&hanna).await;
    assert_eq!(choices["controls"][ORDERS]["choice"], "denied");
    assert!(choices["controls"][RETURNS].is_null());
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "denied");
    assert_eq!(house.evaluate("shop:hanna", "returns").await["context"]["reason"], "unset");
    assert_eq!(house.evaluate("shop:nobody", "orders").await["context"]["reason"], "unknown-subject");
}

/// c15t: `PATCH /subjects/:id` linked any account to any subject, without proof. Here no call of a
/// page links; signing in with somebody's anonymous capability closes that one and carries nothing.
#[tokio::test]
async fn c15t_patch_subjects_nobody_links_a_subject_to_an_account() {
    let house = House::open().await;
    let nora = house.anonymous("d1").await;
    house.set(&nora, 1, ORDERS, "granted").await;
    for (method, path) in [
        ("PATCH", format!("/v1/subjects/{}", nora.subject)),
        ("PUT", format!("/v1/subjects/{}", nora.subject)),
        ("POST", format!("/v1/subjects/{}", nora.subject)),
    ] {
        let request = house.http.request(method.parse().unwrap(), format!("{}{path}", house.base));
        let answer = house.send(request.body(json!({"externalId": "hanna"}).to_string())).await;
        assert_eq!((answer.status, answer.problem()), (405, "method-not-allowed"), "{method}");
    }
    let body = json!({"site": SITE, "device": "d1", "token": house.token("eve"), "capability": nora.capability});
    let eve = crate::house::someone(&house.page("/v1/session", body).await, "d1");
    assert_eq!(house.choices(&eve).await["controls"], json!({}), "what stood is not hers");
}

/// c15t: `GET /consents/check?externalId=` told anyone whether a named user had consented. Here
/// the question needs the shop's secret key, stands in a body, and another shop's key learns as
/// much of a customer who is there as of one who is not.
#[tokio::test]
async fn c15t_consents_check_nobody_else_can_ask_whether_someone_consented() {
    let house = House::open().await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    house.publish("pk_other", &crate::house::notice("pk_other", 1));
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let ask = |id: &str| {
        json!({"subject": {"type": "subject", "id": id}, "action": {"name": "recommendations"},
        "resource": {"type": "source", "id": "orders"}})
    };
    for id in ["shop:hanna", "shop:nobody", hanna.subject.as_str(), "sub_nobody"] {
        assert_eq!(house.page("/access/v1/evaluation", ask(id)).await.problem(), "bad-key");
        let answer = house.get(&format!("/access/v1/evaluation?externalId={id}&type=orders")).await;
        assert_eq!(answer.problem(), "method-not-allowed");
        let theirs = house.shop_with("sk_other", "POST", "/access/v1/evaluation", Some(ask(id))).await;
        let nobody =
            house.shop_with("sk_other", "POST", "/access/v1/evaluation", Some(ask("shop:no-one-at-all"))).await;
        assert_eq!(theirs.text, nobody.text, "{id}");
    }
}

/// c15t #1084, #1091, #546: an outage erased a saved refusal, and on recovery measurement was
/// granted. Here a service that cannot write or was just started answers from what is on disk or
/// not at all, and no answer of an outage says yes.
#[tokio::test]
async fn c15t_1084_no_outage_grants_and_a_refusal_is_there_after_it() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "denied").await;
    let (folder, clock) = (house.folder.clone(), house.clock.clone());
    let mut house = house;
    house.end().await;
    drop(house);
    let patience = std::time::Duration::from_millis(50);
    let house = House::in_folder(folder.clone(), clock, |options| options.patience = patience).await;
    let other = rusqlite::Connection::open(folder.path().join("candor.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let grant = house.decision(&hanna, 2, 1, json!([{"control": ORDERS, "choice": "granted"}]));
    let refused = house.decide(&hanna, json!([grant])).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert!(!refused.text.contains("granted"));
    assert_eq!(house.evaluate("shop:hanna", "orders").await["decision"], false, "while it cannot write");
    other.execute_batch("ROLLBACK").unwrap();
    let house = house.restart().await;
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "denied", "and afterwards");
}

/// pressidium-cookie-consent #195: a public endpoint wrote a row for every request with any uuid,
/// so anyone could fill the table and spoil the evidence. Here nothing is kept without a subject's
/// capability, ids that are none are refused, and an address can have so many subjects made.
#[tokio::test]
async fn pressidium_195_a_flood_of_made_up_ids_keeps_nothing() {
    let rates = Rates { strangers: "1/h:5".parse().unwrap(), ..Rates::default() };
    let house = House::open_with(|config| config.rates = rates).await;
    let hanna = house.sign_in("hanna", "d1").await;
    for n in 0..50 {
        let mut decision = house.decision(&hanna, n + 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
        decision["id"] = uuid().into();
        let body = json!({"site": SITE, "uuid": uuid(), "decisions": [decision]});
        assert_eq!(house.page("/v1/decisions", body).await.status, 401);
    }
    for id in ["", "not a uuid", "'; DROP TABLE decisions; --", "<script>", &"x".repeat(300), "01900000"] {
        let mut decision = house.decision(&hanna, 1, 0, json!([{"control": ORDERS, "choice": "granted"}]));
        decision["id"] = id.into();
        let answer = house.decide(&hanna, json!([decision])).await;
        assert_eq!(answer.body["outcomes"][0]["status"], "refused", "{id}: {}", answer.text);
    }
    let made = async || house.page("/v1/session", json!({"site": SITE, "device": uuid()})).await.status;
    let mut statuses = Vec::new();
    for _ in 0..50 {
        statuses.push(made().await);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5);
    let counts = house.app.read(|view| view.counts(SITE)).await.unwrap();
    assert_eq!((counts.decisions, counts.subjects), (0, 6), "Hanna, and five who are nobody yet");
}
