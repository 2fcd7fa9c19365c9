//! The shop's word for who is signed in: a JWT made by its server.

use candor_protocol::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use crate::problem::{Kind, Problem};

/// The most a token may live, and how far two clocks may differ.
const MOST_SECONDS: i64 = 300;
const LEEWAY_SECONDS: i64 = 30;

/// The algorithms a key can be registered for. A token's header chooses among
/// the registered keys; it never chooses an algorithm for a key.
pub const ALGORITHMS: &[&str] = &["EdDSA", "ES256", "HS256"];

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
    exp: i64,
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
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("It is no JWT."))?;
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
    if claims.exp <= seconds - LEEWAY_SECONDS {
        return refused("Its time has passed.");
    }
    if claims.exp > seconds + MOST_SECONDS + LEEWAY_SECONDS {
        return refused("It lives longer than 5 minutes.");
    }
    let fits = |text: &str| !text.is_empty() && text.len() <= 256;
    if !fits(&claims.sub) || !fits(&claims.jti) {
        return refused("`sub` and `jti` have 1 to 256 bytes.");
    }
    let until = Timestamp((claims.exp + LEEWAY_SECONDS) * 1000);
    Ok(SignIn { customer: claims.sub, jti: claims.jti, until })
}
