//! The shop's key pair for its sign-in tokens, in the PEM forms every JWT library reads.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;

/// PKCS #8 (RFC 8410) up to the 32 bytes of the private key.
const PRIVATE: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// SubjectPublicKeyInfo (RFC 8410) up to the 32 bytes of the public key.
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

pub fn write_ed25519(private: &Path, public: &Path) -> Result<()> {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).map_err(|error| anyhow!("no randomness from the operating system: {error}"))?;
    let verifying = SigningKey::from_bytes(&seed).verifying_key();
    fs::write(private, pem("PRIVATE KEY", &PRIVATE, &seed))?;
    fs::write(public, pem("PUBLIC KEY", &PUBLIC, verifying.as_bytes()))?;
    Ok(())
}

fn pem(label: &str, head: &[u8], key: &[u8; 32]) -> String {
    let body = STANDARD.encode([head, key].concat());
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
