//! The shop's word for who is signed in: a JWT made by its server.

use candor_protocol::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use crate::problem::{Kind, Problem};

/// The most a token may live, and how far two clocks may differ.
const MOST_SECONDS: i64 = 300;
const LEEWAY_SECONDS: i64 = 30;
/// Longer ones are not looked at: an honest one has a few hundred bytes.
const MOST_BYTES: usize = 4_096;

/// The algorithms a key can be registered for. A token's header chooses among
/// the registered keys; it never chooses an algorithm for a key, and brings none
/// (`jwk`, `jku`, `x5u` are not looked at). Its `kid` is not needed: whichever
/// registered key of its algorithm verifies it, so two can be in use while one is
/// replaced.
pub const ALGORITHMS: &[&str] = &["EdDSA", "ES256", "HS256"];
/// The shop's id of a customer, and the id of a token, in bytes.
pub const NAME_BYTES: usize = 256;

#[derive(Clone)]
pub struct TokenKey {
    algorithm: Algorithm,
    key: DecodingKey,
}

pub struct SignIn {
    pub customer: String,
    pub jti: String,
    pub until: Timestamp,
}

#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    jti: String,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
}

impl TokenKey {
    /// A public key as PEM, or for HS256 the shared secret.
    pub fn read(alg: &str, key: &[u8]) -> Result<Self, String> {
        let (algorithm, key) = match alg {
            "EdDSA" => (Algorithm::EdDSA, DecodingKey::from_ed_pem(key)),
            "ES256" => (Algorithm::ES256, DecodingKey::from_ec_pem(key)),
            "HS256" if key.len() < 32 => return Err("An HS256 secret has at least 32 bytes.".into()),
            "HS256" => (Algorithm::HS256, Ok(DecodingKey::from_secret(key))),
            _ => return Err(format!("Unknown algorithm {alg}; known are {}.", ALGORITHMS.join(", "))),
        };
        Ok(TokenKey { algorithm, key: key.map_err(|fault| format!("The {alg} key cannot be read: {fault}."))? })
    }
}

/// Who the token says is signed in.
pub fn verify(token: &str, site: &str, keys: &[TokenKey], now: Timestamp) -> Result<SignIn, Problem> {
    let refused = |why: &str| Problem::because(Kind::BadToken, why);
    if token.len() > MOST_BYTES {
        return Err(refused("It has more than 4,096 bytes."));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("It is no JWT."))?;
    // RFC 7515, 4.1.11: what must be understood and is not refuses the token. We know no extension.
    if header.crit.is_some() {
        return Err(refused("Its header has `crit`, and no extension is known here."));
    }
    let mut last = refused("No key is registered for its algorithm.");
    for key in keys.iter().filter(|key| key.algorithm == header.alg) {
        let mut validation = Validation::new(key.algorithm);
        validation.set_audience(&[site]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        // Time is judged below, by the service's own clock.
        validation.validate_exp = false;
        match jsonwebtoken::decode::<Claims>(token, &key.key, &validation) {
            Ok(data) => return judge(data.claims, now),
            Err(_) => last = refused("Its signature, audience or claims are wrong."),
        }
    }
    Err(last)
}

fn judge(claims: Claims, now: Timestamp) -> Result<SignIn, Problem> {
    let refused = |why: &str| Err(Problem::because(Kind::BadToken, why));
    let seconds = now.0.div_euclid(1000);
    // RFC 7519 allows a fraction; the cast saturates.
    let exp = claims.exp.floor() as i64;
    if exp <= seconds - LEEWAY_SECONDS {
        return refused("Its time has passed.");
    }
    if exp > seconds + MOST_SECONDS + LEEWAY_SECONDS {
        return refused("It lives longer than 5 minutes.");
    }
    let ahead = |claim: Option<f64>| claim.is_some_and(|at| at > (seconds + LEEWAY_SECONDS) as f64);
    if ahead(claims.nbf) || ahead(claims.iat) {
        return refused("`nbf` or `iat` is ahead of the service's clock.");
    }
    let fits = |text: &str| (1..=NAME_BYTES).contains(&text.len());
    if !fits(&claims.sub) || !fits(&claims.jti) {
        return refused("`sub` and `jti` have 1 to 256 bytes.");
    }
    let until = Timestamp((exp + LEEWAY_SECONDS) * 1000);
    Ok(SignIn { customer: claims.sub, jti: claims.jti, until })
}
