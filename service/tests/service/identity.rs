//! The shop's word for who is signed in: which tokens are taken, once, and which are not.

use std::sync::Arc;

use candor_service::store::{Change, Revoked};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::house::{Answer, HS256, House, SITE, sign, unique};

const P256: &[u8] = include_bytes!("keys/p256.pem");
const P256_PUBLIC: &[u8] = include_bytes!("keys/p256.pub.pem");
const ED25519: &[u8] = include_bytes!("keys/ed25519.pem");
const ED25519_PUBLIC: &[u8] = include_bytes!("keys/ed25519.pub.pem");

fn hs256() -> EncodingKey {
    EncodingKey::from_secret(HS256)
}

fn now(house: &House) -> i64 {
    house.app.now().0 / 1_000
}

fn claims(house: &House) -> Value {
    json!({"aud": SITE, "sub": "hanna", "exp": now(house) + 240, "iat": now(house), "jti": unique("jti")})
}

async fn session(house: &House, token: &str) -> Answer {
    house.page("/v1/session", json!({"site": SITE, "device": "d1", "token": token})).await
}

/// Refused, and nobody was made of it.
async fn refused(house: &House, token: &str, what: &str) {
    let before = house.app.read(|view| view.counts(SITE)).await.unwrap().subjects;
    let answer = session(house, token).await;
    assert_eq!((answer.status, answer.problem()), (401, "bad-token"), "{what}: {}", answer.text);
    assert!(!answer.text.contains("hanna") && !answer.text.contains("sub_"), "{what}");
    assert_eq!(house.app.read(|view| view.counts(SITE)).await.unwrap().subjects, before, "{what}");
}

/// A token of any header, signed as HS256 with these bytes.
fn by_hand(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(secret), Algorithm::HS256);
    format!("{message}.{}", signature.unwrap())
}

/// RFC 4648 base64url without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        out.extend((0..=three.len()).map(|at| char::from(DIGITS[(word >> (18 - 6 * at) & 63) as usize])));
    }
    out
}

#[tokio::test]
async fn no_header_chooses_another_algorithm_or_brings_a_key() {
    let house = House::open().await;
    let at = house.app.now();
    let key = |alg: &str, key: &[u8]| Change::TokenKey { site: SITE.into(), alg: alg.into(), key: key.into(), at };
    house.write(&[key("EdDSA", ED25519_PUBLIC), key("ES256", P256_PUBLIC)]);
    let claims = || claims(&house);
    for alg in ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "PS256", "ES384", "hs256"] {
        refused(&house, &by_hand(&json!({"alg": alg}), &claims(), HS256), alg).await;
    }
    for alg in ["none", "HS256"] {
        let unsigned = by_hand(&json!({"alg": alg}), &claims(), HS256);
        let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
        refused(&house, &unsigned, "without a signature").await;
    }
    // A public key is public: whoever signs with its bytes as a secret has signed nothing.
    for bytes in [P256_PUBLIC, ED25519_PUBLIC, P256_PUBLIC.trim_ascii_end(), ED25519_PUBLIC.trim_ascii_end()] {
        refused(&house, &by_hand(&json!({"alg": "HS256"}), &claims(), bytes), "a public key as a secret").await;
    }
    // Keys that a token brings along.
    let own = b"a secret of the attacker, of at least 32 bytes";
    let header = json!({"alg": "HS256", "jwk": {"kty": "oct", "k": base64(own)}, "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert", "kid": "../../dev/null"});
    refused(&house, &by_hand(&header, &claims(), own), "its own key").await;
    // Signed by one key and said to be of another's algorithm.
    let es256 = sign(Algorithm::ES256, &EncodingKey::from_ec_pem(P256).unwrap(), &claims());
    let (message, signature) = es256.rsplit_once('.').unwrap();
    let body = message.split_once('.').unwrap().1;
    for alg in ["EdDSA", "HS256"] {
        let forged = format!("{}.{body}.{signature}", base64(json!({"alg": alg}).to_string().as_bytes()));
        refused(&house, &forged, alg).await;
    }
    assert_eq!(session(&house, &es256).await.status, 200, "and as it is it is taken");
}

#[tokio::test]
async fn a_header_with_what_must_be_understood_is_refused() {
    let house = House::open().await;
    for header in [
        json!({"alg": "HS256", "crit": ["exp"]}),
        json!({"alg": "HS256", "crit": ["b64"], "b64": false}),
        json!({"alg": "HS256", "crit": []}),
    ] {
        refused(&house, &by_hand(&header, &claims(&house), HS256), "crit").await;
    }
    let unknown = json!({"alg": "HS256", "typ": "JWT", "cty": "x", "something": {"else": 1}});
    assert_eq!(session(&house, &by_hand(&unknown, &claims(&house), HS256)).await.status, 200, "the rest is ignored");
}

#[tokio::test]
async fn times_are_judged_by_the_services_clock_with_half_a_minute_of_leeway() {
    let house = House::open().await;
    let now = now(&house);
    let with = |name: &str, at: Value| {
        let mut claims = claims(&house);
        claims[name] = at;
        sign(Algorithm::HS256, &hs256(), &claims)
    };
    for (name, at, taken) in [
        ("exp", now - 29, true),
        ("exp", now - 30, false),
        ("exp", now + 330, true),
        ("exp", now + 331, false),
        ("exp", i64::MAX, false),
        ("exp", i64::MIN, false),
        ("nbf", now + 30, true),
        ("nbf", now + 31, false),
        ("iat", now + 30, true),
        ("iat", now + 31, false),
        ("iat", now - 86_400, true),
    ] {
        let token = with(name, at.into());
        if taken {
            assert_eq!(session(&house, &token).await.status, 200, "{name} {}", at - now);
        } else {
            refused(&house, &token, &format!("{name} {at}")).await;
        }
    }
    for wrong in [json!("soon"), json!(null), json!([now + 60]), json!({}), json!(true)] {
        refused(&house, &with("exp", wrong.clone()), &format!("exp {wrong}")).await;
    }
    for name in ["nbf", "iat"] {
        refused(&house, &with(name, json!("later")), name).await;
    }
    assert_eq!(session(&house, &with("exp", json!(now as f64 + 60.5))).await.status, 200, "RFC 7519 allows a fraction");
}

#[tokio::test]
async fn a_token_is_for_one_site_and_names_one_customer() {
    let house = House::open().await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    let with = |name: &str, value: Value| {
        let mut claims = claims(&house);
        claims[name] = value;
        sign(Algorithm::HS256, &hs256(), &claims)
    };
    for aud in [json!("pk_other"), json!(["pk_other"]), json!([]), json!(""), json!("pk_tes"), json!("PK_TEST")] {
        refused(&house, &with("aud", aud.clone()), &format!("aud {aud}")).await;
    }
    for sub in [json!(""), json!(" ".repeat(257)), json!(7), json!(null), json!(["hanna"])] {
        refused(&house, &with("sub", sub.clone()), &format!("sub {sub}")).await;
    }
    for jti in [json!(""), json!("x".repeat(257)), json!(null), json!(1)] {
        refused(&house, &with("jti", jti.clone()), &format!("jti {jti}")).await;
    }
    assert_eq!(session(&house, &with("aud", json!(["pk_other", SITE]))).await.status, 200);
    // Both shops use one secret here; the token of one is still none at the other.
    let token = with("aud", json!(SITE));
    let other = json!({"site": "pk_other", "device": "d1", "token": token});
    assert_eq!(house.page_from("https://other.example", "/v1/session", other).await.problem(), "bad-token");
}

#[tokio::test]
async fn a_token_that_is_over_long_or_none_is_refused_before_anything_is_verified() {
    let house = House::open().await;
    let mut long = claims(&house);
    long["filler"] = "x".repeat(4_096).into();
    refused(&house, &sign(Algorithm::HS256, &hs256(), &long), "over-long").await;
    for word in ["", ".", "..", "a.b.c", "a.b.c.d.e", "eyJhbGciOiJIUzI1NiJ9", &"A".repeat(40_000), "\u{0}.\u{0}.\u{0}"]
    {
        refused(&house, word, word).await;
    }
    let good = sign(Algorithm::HS256, &hs256(), &claims(&house));
    for spoiled in
        [format!("{good}="), format!("{good}A"), format!(" {good}"), format!("{good}\n"), good.replace('.', "..")]
    {
        refused(&house, &spoiled, "spoiled").await;
    }
    assert_eq!(session(&house, &good).await.status, 200);
}

#[tokio::test]
async fn of_many_who_send_one_token_at_once_one_is_signed_in() {
    let house = Arc::new(House::open().await);
    let token = sign(Algorithm::HS256, &hs256(), &claims(&house));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (house, token) = (house.clone(), token.clone());
        all.spawn(async move { session(&house, &token).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 401), "{statuses:?}");
}

#[tokio::test]
async fn a_used_token_stays_used_for_as_long_as_it_could_be_taken_also_over_a_restart() {
    let house = House::open().await;
    let mut claims = claims(&house);
    claims["exp"] = (now(&house) + 300).into();
    let token = sign(Algorithm::HS256, &hs256(), &claims);
    assert_eq!(session(&house, &token).await.status, 200);
    let mut house = house.restart().await;
    for _ in 0..11 {
        refused(&house, &token, "again").await;
        house.clock.advance(30_000);
        let sweep = candor_service::deciding::Sweep(house.app.now());
        house.app.writer.ask(sweep).await.unwrap();
        house = house.restart().await;
    }
    // By now its own time has passed, and it need not be remembered.
    let path = house.folder.path().join("candor.db");
    house.clock.advance(60_000);
    house.app.writer.ask(candor_service::deciding::Sweep(house.app.now())).await.unwrap();
    let kept = rusqlite::Connection::open(path).unwrap();
    let kept: i64 = kept.query_row("SELECT count(*) FROM used_tokens", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0);
    refused(&house, &token, "past").await;
}

#[tokio::test]
async fn two_keys_are_good_while_one_is_replaced_and_the_old_one_is_not_once_it_is_revoked() {
    let house = House::open().await;
    let new = b"the successor of the shared secret, of 32 bytes";
    let key = Change::TokenKey { site: SITE.into(), alg: "HS256".into(), key: new.to_vec(), at: house.app.now() };
    house.write(&[key]);
    let by = |secret: &[u8], kid: Option<&str>| {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims(&house), &EncodingKey::from_secret(secret)).unwrap()
    };
    for kid in [None, Some("2026-11"), Some("unknown")] {
        for secret in [HS256, new.as_slice()] {
            assert_eq!(session(&house, &by(secret, kid)).await.status, 200, "{kid:?}");
        }
    }
    let ed =
        Change::TokenKey { site: SITE.into(), alg: "EdDSA".into(), key: ED25519_PUBLIC.into(), at: house.app.now() };
    house.write(&[ed]);
    let signed = sign(Algorithm::EdDSA, &EncodingKey::from_ed_pem(ED25519).unwrap(), &claims(&house));
    assert_eq!(session(&house, &signed).await.status, 200, "another algorithm beside it");

    house.write(&[Change::Revoke { site: SITE.into(), key: Revoked::Token(HS256.to_vec()) }]);
    refused(&house, &by(HS256, None), "revoked").await;
    assert_eq!(session(&house, &by(new, None)).await.status, 200);
    let house = house.restart().await;
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(&house), &hs256()).unwrap();
    refused(&house, &token, "revoked, after a restart").await;
}

#[tokio::test]
async fn a_revoked_secret_key_and_desk_key_open_nothing_and_their_successors_do() {
    let house = House::open().await;
    let hash = |what: &str, key: &str| house.app.secret.keyed(what, &[key]);
    let at = house.app.now();
    house.write(&[Change::SecretKey { site: SITE.into(), hash: hash("secret-key", "sk_next"), reference: false, at }]);
    house.sign_in("hanna", "d1").await;
    let path = "/v1/subjects/shop:hanna/choices";
    for key in [crate::house::SK, "sk_next"] {
        assert_eq!(house.shop_with(key, "GET", path, None).await.status, 200, "both at once");
    }
    house.write(&[Change::Revoke { site: SITE.into(), key: Revoked::Secret(hash("secret-key", crate::house::SK)) }]);
    assert_eq!(house.shop("GET", path, None).await.problem(), "bad-key");
    assert_eq!(house.shop_with("sk_next", "GET", path, None).await.status, 200);
    // Another site's key is not this site's to take back.
    house.add_site("pk_other", "https://other.example", "sk_other");
    let theirs = Change::Revoke { site: SITE.into(), key: Revoked::Secret(hash("secret-key", "sk_other")) };
    let store = house.app.store.clone();
    assert!(store.write(|tx: &mut dyn candor_service::store::Tx| tx.apply(&theirs)).is_err());
    house.app.refresh().unwrap();
    assert_eq!(house.shop_with("sk_other", "GET", path, None).await.status, 404);
}

#[tokio::test]
async fn a_device_name_that_the_service_keeps_for_itself_is_given_to_nobody() {
    let house = House::open().await;
    for device in ["before-erasure", "first-party"] {
        let body = json!({"site": SITE, "device": device, "token": house.token("hanna")});
        let answer = house.page("/v1/session", body).await;
        assert_eq!((answer.status, answer.problem()), (400, "malformed"), "{device}");
    }
}
