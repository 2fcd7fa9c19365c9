//! The words that were on screen are kept, so that an old decision can be shown in them after an upgrade.

use crate::clock::hex;
use crate::secret::sha256;
use crate::store::{Change, Store, StoreFault, Tx};

/// Keeps the catalogues inside this binary beside those of earlier ones.
pub fn keep(store: &dyn Store) -> Result<(), StoreFault> {
    let catalogues = candor_words::LANGUAGES.map(|language| {
        let body = candor_words::bundled_file(language).to_owned();
        Change::Catalogue { hash: hex(&sha256(body.as_bytes())), language: language.to_owned(), body }
    });
    store.write(|tx: &mut dyn Tx| catalogues.iter().try_for_each(|catalogue| tx.apply(catalogue)))
}
