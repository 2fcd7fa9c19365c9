//! The shop's word for who is signed in: a short-lived JWT, made anew each time.

use crate::identifier;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use std::path::Path;

/// Well below the five minutes the service allows.
const SECONDS: i64 = 240;

pub struct TokenMaker(EncodingKey);

#[derive(serde::Serialize)]
struct Claims<'a> {
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

impl TokenMaker {
    /// From an Ed25519 private key as PEM.
    pub fn open(file: &Path) -> Result<Self, String> {
        let pem = std::fs::read(file).map_err(|fault| format!("{}: {fault}", file.display()))?;
        let key = EncodingKey::from_ed_pem(&pem).map_err(|fault| format!("{}: {fault}", file.display()))?;
        Ok(Self(key))
    }

    pub fn token(&self, customer: &str) -> Result<String, String> {
        let now = crate::picks::now().0 / 1_000;
        let claims =
            Claims { aud: crate::SITE, sub: customer, iat: now, exp: now + SECONDS, jti: identifier::base32(26) };
        encode(&Header::new(Algorithm::EdDSA), &claims, &self.0).map_err(|fault| fault.to_string())
    }
}
