//! What the replaced store has and the backup has not, where it would else be gone for good.
//!
//! A grant made under a notice that nobody knows is refused however often it is sent again, and an older notice would
//! speak in its place. That somebody was erased is known nowhere but in the message that says so.

use std::collections::HashSet;

use candor_protocol::Timestamp;

use crate::secret::Secret;
use crate::store::post::{Known, Posting};
use crate::store::reads::SiteRow;
use crate::store::{Change, StoreFault, Tx};

/// What came from the replaced store.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BroughtOver {
    pub notices: usize,
    /// Those whose name or origins had changed.
    pub sites: usize,
    /// Erased subjects of which an endpoint was still to be told.
    pub erasures: usize,
}

/// Publishes again what the replaced store, whose sites these are, has published since, and gives each site the name
/// and the origins it has there.
pub(super) fn bring_over(tx: &mut dyn Tx, replaced: &[SiteRow], now: Timestamp) -> Result<BroughtOver, StoreFault> {
    let mut all = BroughtOver::default();
    for site in tx.sites()? {
        let Some(stands) = replaced.iter().find(|known| known.id == site.id) else { continue };
        if (&site.name, &site.origins) != (&stands.name, &stands.origins) {
            let (id, name, origins) = (site.id.clone(), stands.name.clone(), stands.origins.clone());
            tx.apply(&Change::Site { id, name, origins, at: now })?;
            all.sites += 1;
        }
        // The oldest first. One that was published twice is there twice.
        for (hash, body, at) in stands.notices.iter().rev() {
            if !site.notices.iter().any(|(known, _, since)| (known, since) == (hash, at)) {
                let (site, hash, body) = (site.id.clone(), hash.clone(), body.clone());
                tx.apply(&Change::Notice { site, hash, body, at: *at })?;
                all.notices += 1;
            }
        }
    }
    Ok(all)
}

/// Takes over what the replaced store knew of the messages that somebody was erased. How many of them, not counting
/// those who were erased `again` and are told anew, have still to be told of.
pub(super) fn erasures(
    tx: &mut dyn Tx,
    secret: &Secret,
    told: &[Known],
    again: &[(String, String)],
    now: Timestamp,
) -> Result<usize, StoreFault> {
    let endpoints: HashSet<String> =
        tx.sites()?.into_iter().flat_map(|site| site.endpoints).map(|endpoint| endpoint.id).collect();
    let mut subjects = HashSet::new();
    for known in told.iter().filter(|known| endpoints.contains(&known.endpoint)) {
        let subject = &known.message.subject;
        // Without the journal they may be back, and nobody is to hear that they are not.
        if !known.delivered && !tx.erased(&secret.keyed("erased", &[subject]))? {
            continue;
        }
        tx.apply(&Change::Post(Posting::Carry { known: known.clone(), at: now }))?;
        if !known.delivered && !again.iter().any(|(_, erased)| erased == subject) {
            subjects.insert(subject);
        }
    }
    Ok(subjects.len())
}
