//! Keys and endpoints that were taken back since the backup stay taken back.
//!
//! A backup knows only what was there when it was made: a key that leaked and was revoked since would open
//! the service again. Keys and endpoints made since are not brought over; who restores makes them again.

use std::collections::BTreeSet;

use candor_protocol::Timestamp;

use crate::store::post::{Endpoint, Posting};
use crate::store::reads::SiteRow;
use crate::store::{Change, Revoked, StoreFault, Tx};

/// What became of the backup's keys and endpoints.
#[derive(Debug, Default)]
pub struct TakenBack {
    pub keys: usize,
    pub endpoints: usize,
    pub unchecked: Vec<Unchecked>,
}

/// A site of which nobody can tell what was taken back: all is as it was at the backup.
#[derive(Debug, PartialEq, Eq)]
pub struct Unchecked {
    pub site: String,
    pub secret_keys: usize,
    pub desk_keys: usize,
    pub token_keys: usize,
    /// `wh_…`
    pub endpoints: Vec<String>,
    pub origins: Vec<String>,
    pub notices: usize,
}

/// Takes back what the replaced store, whose sites these are, does not have any more.
pub(super) fn take_back_again(tx: &mut dyn Tx, replaced: &[SiteRow], now: Timestamp) -> Result<TakenBack, StoreFault> {
    let mut all = TakenBack::default();
    for site in tx.sites()? {
        let Some(stands) = replaced.iter().find(|known| known.id == site.id) else {
            all.unchecked.extend(unchecked(site));
            continue;
        };
        let keys = revoked(&site, stands);
        all.keys += keys.len();
        for key in keys {
            tx.apply(&Change::Revoke { site: site.id.clone(), key })?;
        }
        // A revocation takes a sign-in key back for every algorithm it was registered with.
        for (alg, key) in site.token_keys.iter().filter(|known| stands.token_keys.contains(known)) {
            let (site, alg, key) = (site.id.clone(), alg.clone(), key.clone());
            tx.apply(&Change::TokenKey { site, alg, key, at: now })?;
        }
        for endpoint in site.endpoints {
            let posting = match stands.endpoints.iter().find(|known| known.id == endpoint.id) {
                Some(known) => as_it_stands(endpoint, known),
                None => {
                    all.endpoints += 1;
                    Posting::Remove { id: endpoint.id }
                }
            };
            tx.apply(&Change::Post(posting))?;
        }
    }
    Ok(all)
}

/// The keys of a site that do not stand any more.
fn revoked(site: &SiteRow, stands: &SiteRow) -> Vec<Revoked> {
    let secret = site.secret_keys.iter().filter(|known| !stands.secret_keys.contains(known));
    let desk = site.desk_keys.iter().filter(|known| !stands.desk_keys.contains(known));
    let token = site.token_keys.iter().filter(|known| !stands.token_keys.contains(known));
    // Each once: a key can be registered with several algorithms.
    let token: BTreeSet<&Vec<u8>> = token.map(|(_, key)| key).collect();
    let secret = secret.map(|(hash, _)| Revoked::Secret(*hash));
    let desk = desk.map(|hash| Revoked::Desk(*hash));
    secret.chain(desk).chain(token.into_iter().map(|key| Revoked::Token(key.clone()))).collect()
}

fn as_it_stands(endpoint: Endpoint, known: &Endpoint) -> Posting {
    // Numbers only grow: the backup's is the later one where the replaced store was an older backup.
    let (secret, rotated_at) = if known.secret >= endpoint.secret {
        (known.secret, known.rotated_at)
    } else {
        (endpoint.secret, endpoint.rotated_at)
    };
    Posting::TakeOver { id: endpoint.id, secret, rotated_at, disabled_at: known.disabled_at }
}

/// None where there is nothing to look through.
fn unchecked(site: SiteRow) -> Option<Unchecked> {
    let one = Unchecked {
        site: site.id,
        secret_keys: site.secret_keys.len(),
        desk_keys: site.desk_keys.len(),
        token_keys: site.token_keys.len(),
        endpoints: site.endpoints.into_iter().map(|endpoint| endpoint.id).collect(),
        origins: site.origins,
        notices: site.notices.len(),
    };
    let keys = one.secret_keys + one.desk_keys + one.token_keys;
    let something = keys + one.endpoints.len() + one.origins.len() + one.notices > 0;
    something.then_some(one)
}
