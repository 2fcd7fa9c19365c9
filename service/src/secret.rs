//! What only the service knows: one secret in a file of its own, and what is derived from it.

use std::path::Path;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::clock::Chance;

pub type Hash = [u8; 32];

/// The root of all keyed hashes and capabilities. It lies beside the database,
/// not in it: a copied database alone names no customer and opens nothing.
#[derive(Clone)]
pub struct Secret(Hash);

impl Secret {
    pub fn new(chance: &dyn Chance) -> Self {
        let mut root = [0; 32];
        chance.fill(&mut root);
        Secret(root)
    }

    /// Reads the file, or makes it where `fresh` allows.
    pub fn open(path: &Path, fresh: bool, chance: &dyn Chance) -> Result<Self, String> {
        match std::fs::read(path) {
            Ok(bytes) => <Hash>::try_from(bytes.as_slice()).map(Secret).map_err(|_| {
                format!(
                    "{}: this is not Candor's secret (32 bytes). Restore the file from the backup it belongs to.",
                    path.display()
                )
            }),
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound && fresh => {
                let secret = Secret::new(chance);
                write_private(path, &secret.0)
                    .map_err(|fault| format!("{}: cannot be written: {fault}.", path.display()))?;
                Ok(secret)
            }
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => Err(format!(
                "{}: missing, but the database beside it is in use. Restore this file from the same backup; without it no customer can be recognised.",
                path.display()
            )),
            Err(fault) => Err(format!("{}: cannot be read: {fault}.", path.display())),
        }
    }

    /// A keyed hash. `label` keeps the uses apart.
    pub fn keyed(&self, label: &str, parts: &[&str]) -> Hash {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length is a key");
        for part in std::iter::once(&label).chain(parts) {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Compares without telling by its time where two values differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
