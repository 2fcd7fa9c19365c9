//! Signatures as Standard Webhooks 1.0 defines them: HMAC-SHA-256 over
//! `id.timestamp.body`, base64, after `v1,`; several by spaces.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use candor_protocol::Timestamp;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::secret::Secret;
use crate::store::post::Endpoint;

/// How long the secret before a rotation goes on signing beside the new one.
pub const OVERLAP_MS: i64 = 86_400_000;

/// The endpoint's secret of this number, as `whsec_…`. It is derived from the service's own and
/// kept nowhere: a copied database alone signs nothing.
pub fn secret_word(secret: &Secret, endpoint: &str, number: u64) -> String {
    format!("whsec_{}", STANDARD.encode(key(secret, endpoint, number)))
}

/// The value of `webhook-signature`. `timestamp` is in seconds.
pub fn header(secret: &Secret, endpoint: &Endpoint, id: &str, timestamp: i64, body: &str, now: Timestamp) -> String {
    let mut signed = sign(&key(secret, &endpoint.id, endpoint.secret), id, timestamp, body);
    let overlaps = endpoint.rotated_at.is_some_and(|at| now.0 < at.0 + OVERLAP_MS);
    if overlaps && endpoint.secret > 1 {
        signed.push(' ');
        signed.push_str(&sign(&key(secret, &endpoint.id, endpoint.secret - 1), id, timestamp, body));
    }
    signed
}

/// One signature under one key.
pub fn sign(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn key(secret: &Secret, endpoint: &str, number: u64) -> [u8; 32] {
    secret.keyed("webhook-secret", &[endpoint, &number.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the reference libraries of Standard Webhooks test against.
    #[test]
    fn a_signature_is_that_of_the_reference_libraries() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
