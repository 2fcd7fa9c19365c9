use candor_service::store::Change;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::house::{HS256, House, ORDERS, SITE, sign, someone, unique};

fn claims(house: &House) -> Value {
    json!({"aud": SITE, "sub": "hanna", "exp": house.app.now().0 / 1000 + 240, "jti": unique("jti")})
}

async fn session(house: &House, token: &str) -> crate::house::Answer {
    house.page("/v1/session", json!({"site": SITE, "device": "d1", "token": token})).await
}

#[tokio::test]
async fn a_customer_is_one_subject_on_every_device_and_kept_under_a_keyed_hash() {
    let house = House::open().await;
    let (a, b) = (house.sign_in("hanna-of-the-shop", "d1").await, house.sign_in("hanna-of-the-shop", "d2").await);
    assert_eq!(a.subject, b.subject);
    assert_ne!(a.subject, house.sign_in("tomek", "d1").await.subject);
    let bytes = crate::house::bytes_in(house.folder.path());
    assert!(!crate::house::holds(&bytes, "hanna-of-the-shop"));
}

#[tokio::test]
async fn without_a_token_everyone_is_a_new_anonymous_subject() {
    let house = House::open().await;
    let (a, b) = (house.anonymous("d1").await, house.anonymous("d1").await);
    assert_ne!(a.subject, b.subject);
    assert!(a.subject.starts_with("sub_") && a.subject.len() == 30);
}

#[tokio::test]
async fn an_anonymous_capability_is_renewed_and_closed_at_sign_in() {
    let house = House::open().await;
    let nora = house.anonymous("d1").await;
    house.set(&nora, 1, ORDERS, "granted").await;
    let body = json!({"site": SITE, "device": "d1", "capability": nora.capability});
    let renewed = house.page("/v1/session", body).await;
    assert_eq!(renewed.body["subject"], nora.subject.as_str());
    assert_eq!(renewed.body["rev"], 1);

    let token = house.token("nora");
    let body = json!({"site": SITE, "device": "d1", "token": token, "capability": nora.capability});
    let signed_in = someone(&house.page("/v1/session", body).await, "d1");
    assert_ne!(signed_in.subject, nora.subject);
    // Nothing was carried, and nothing of the closed one stands.
    assert_eq!(house.choices(&signed_in).await["rev"], 0);
    assert_eq!(house.evaluate(&nora.subject, "orders").await["context"]["reason"], "subject-closed");
    let choices = house.page("/v1/choices", json!({"site": SITE, "capability": nora.capability})).await;
    assert_eq!((choices.status, choices.problem()), (403, "subject-closed"));
    let grant = house.decision(&nora, 2, 1, json!([{"control": ORDERS, "choice": "granted"}]));
    assert_eq!(house.decide(&nora, json!([grant])).await.body["outcomes"][0]["reason"], "subject-closed");
    let house = house.restart().await;
    assert_eq!(house.evaluate(&nora.subject, "orders").await["context"]["reason"], "subject-closed");
}

#[tokio::test]
async fn an_anonymous_capability_outlives_whatever_was_granted_with_it() {
    let house = House::open().await;
    let day = 24 * 3_600_000;
    for (version, span, days) in [(2, "P12M", 400), (3, "P36M", 3 * 365 + 31)] {
        let mut notice = crate::house::notice(SITE, version);
        for control in notice["controls"].as_array_mut().expect("controls") {
            if control["legal_basis"] == "consent" {
                control["valid_for"] = span.into();
            }
        }
        house.publish(SITE, &notice);
        // A notice comes into force once every running service knows it.
        house.clock.advance(3_600_000);
        let nora = house.page("/v1/session", json!({"site": SITE, "device": "d1"})).await;
        let moment = |name: &str| {
            let text = nora.body[name].as_str().expect("a moment");
            candor_protocol::Timestamp::parse(text).expect("a moment").0
        };
        let (expires, renew) = (moment("expires_at"), moment("renew_at"));
        assert!(expires >= house.app.now().0 + days * day - day / 2, "{span}: {expires}");
        // What is granted just before it is to be renewed ends before it, too.
        let grants = expires - house.app.now().0 - 31 * day;
        assert!(renew + grants < expires, "{span}: {renew}");
        // Whoever is signed in is brought another by the shop's token.
        let hanna = session(&house, &house.token("hanna")).await;
        assert!(hanna.body.get("renew_at").is_none(), "{}", hanna.text);
    }
}

#[tokio::test]
async fn tokens_of_every_registered_algorithm_are_taken() {
    let house = House::open().await;
    let at = house.app.now();
    let key = |alg: &str, pem: &[u8]| Change::TokenKey { site: SITE.into(), alg: alg.into(), key: pem.into(), at };
    house.write(&[
        key("EdDSA", include_bytes!("keys/ed25519.pub.pem")),
        key("ES256", include_bytes!("keys/p256.pub.pem")),
    ]);
    for (algorithm, key) in [
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(include_bytes!("keys/ed25519.pem")).unwrap()),
        (Algorithm::ES256, EncodingKey::from_ec_pem(include_bytes!("keys/p256.pem")).unwrap()),
        (Algorithm::HS256, EncodingKey::from_secret(HS256)),
    ] {
        let answer = session(&house, &sign(algorithm, &key, &claims(&house))).await;
        assert_eq!(answer.status, 200, "{algorithm:?} {}", answer.text);
    }
}

#[tokio::test]
async fn tokens_that_are_forged_old_long_lived_for_others_or_used_twice_are_refused() {
    let house = House::open().await;
    let key = EncodingKey::from_secret(HS256);
    let now = house.app.now().0 / 1000;
    type Spoil = Box<dyn Fn(&mut Value)>;
    let spoils: [(&str, Spoil); 7] = [
        ("past", Box::new(move |c| c["exp"] = (now - 60).into())),
        ("too long", Box::new(move |c| c["exp"] = (now + 900).into())),
        ("another site", Box::new(|c| c["aud"] = "pk_other".into())),
        ("no jti", Box::new(|c| drop(c.as_object_mut().unwrap().remove("jti")))),
        ("no sub", Box::new(|c| drop(c.as_object_mut().unwrap().remove("sub")))),
        ("no exp", Box::new(|c| drop(c.as_object_mut().unwrap().remove("exp")))),
        ("no aud", Box::new(|c| drop(c.as_object_mut().unwrap().remove("aud")))),
    ];
    for (name, spoil) in spoils {
        let mut claims = claims(&house);
        spoil(&mut claims);
        let answer = session(&house, &sign(Algorithm::HS256, &key, &claims)).await;
        assert_eq!((answer.status, answer.problem()), (401, "bad-token"), "{name}");
    }
    let other = EncodingKey::from_secret(b"another secret, also of 32 bytes or more");
    assert_eq!(session(&house, &sign(Algorithm::HS256, &other, &claims(&house))).await.status, 401);
    assert_eq!(session(&house, &sign(Algorithm::HS512, &key, &claims(&house))).await.status, 401, "not allow-listed");
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJoYW5uYSJ9.";
    assert_eq!(session(&house, unsigned).await.status, 401);
    let once = sign(Algorithm::HS256, &key, &claims(&house));
    assert_eq!(session(&house, &once).await.status, 200);
    assert_eq!(session(&house, &once).await.problem(), "bad-token");
    let house = house.restart().await;
    assert_eq!(session(&house, &once).await.problem(), "bad-token", "remembered over a restart");
}

#[tokio::test]
async fn a_public_key_is_never_taken_for_a_shared_secret() {
    let house = House::open().await;
    let pem = include_bytes!("keys/p256.pub.pem");
    house.write(&[Change::TokenKey { site: SITE.into(), alg: "ES256".into(), key: pem.to_vec(), at: house.app.now() }]);
    let forged = sign(Algorithm::HS256, &EncodingKey::from_secret(pem), &claims(&house));
    assert_eq!(session(&house, &forged).await.problem(), "bad-token");
}

#[tokio::test]
async fn a_capability_ends_with_its_time() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.clock.advance(3_600_001);
    for path in ["/v1/choices", "/v1/history", "/v1/live", "/v1/export", "/v1/erase"] {
        let answer = house.page(path, json!({"site": SITE, "capability": hanna.capability})).await;
        assert_eq!((answer.status, answer.problem()), (401, "bad-capability"), "{path}");
    }
}

#[tokio::test]
async fn a_denial_sent_as_binding_its_device_holds_there_alone() {
    let house = House::open().await;
    let (one, two) = (house.sign_in("hanna", "d1").await, house.sign_in("hanna", "d2").await);
    house.set(&two, 1, ORDERS, "granted").await;
    let mut denial = house.decision(&one, 1, 0, json!([{"control": ORDERS, "choice": "denied"}]));
    denial["binds"] = "device".into();
    let answer = house.decide(&one, json!([denial])).await;
    assert_eq!(answer.body["choices"]["controls"][ORDERS]["choice"], "denied");
    assert_eq!(answer.body["choices"]["controls"][ORDERS]["device_only"], true);
    assert_eq!(house.choices(&two).await["controls"][ORDERS]["choice"], "granted");
    let ask = |device: Value| {
        json!({"subject": {"type": "subject", "id": "shop:hanna"}, "action": {"name": "recommendations"},
            "resource": {"type": "source", "id": "orders"}, "context": device})
    };
    let on = |device| house.shop("POST", "/access/v1/evaluation", Some(ask(device)));
    assert_eq!(on(json!({"device": "d1"})).await.body["context"]["reason"], "denied-on-device");
    assert_eq!(on(json!({"device": "d2"})).await.body["decision"], true);
    assert_eq!(on(json!({})).await.body["decision"], true);
}
