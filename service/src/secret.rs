//! What only the service knows: one secret in a file of its own, and what is derived from it.

use std::io::ErrorKind;
use std::path::Path;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::clock::Chance;
use crate::files::{self, Files};
use crate::store::StoreFault;

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

    /// Reads the file; none where there is none.
    pub fn read(files: &dyn Files, path: &Path) -> Result<Option<Self>, String> {
        match files.read(path) {
            Ok(bytes) => <Hash>::try_from(bytes.as_slice()).map(|root| Some(Secret(root))).map_err(|_| {
                format!(
                    "{}: this is not Candor's secret (32 bytes). Restore the file from the backup it belongs to.",
                    path.display()
                )
            }),
            Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(StoreFault::from_io(path, fault).to_string()),
        }
    }

    /// Makes the file.
    pub fn keep(&self, files: &dyn Files, path: &Path) -> Result<(), StoreFault> {
        files::put(files, path, |part| files.write(part, &self.0).map_err(|fault| StoreFault::from_io(path, fault)))
    }

    /// What is said where a store is there and its secret is not.
    pub fn missing(path: &Path) -> String {
        format!(
            "{}: missing, but the database beside it is in use. Restore this file from the same backup; without it no customer can be recognised.",
            path.display()
        )
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
