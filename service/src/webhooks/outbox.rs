//! What is told, written in the transaction of what happened.

use candor_protocol::{Change as Setting, ChangeResult, Decision, Outcome, Timestamp};
use serde_json::{Value, json};

use crate::clock::{Chance, fresh_id};
use crate::directory::Site;
use crate::people::Person;
use crate::state::Core;
use crate::store::Change;
use crate::store::post::Posting;

pub const CHANGED: &str = "choice.changed";
pub const ERASED: &str = "subject.erased";
pub const EPOCH: &str = "epoch.began";

/// The message of a decision that took a rev; none where nothing changed or nobody is told.
/// `person` is as it stands after the decision.
pub fn changed(
    core: &Core,
    site: &Site,
    person: &Person,
    decision: &Decision,
    outcome: &Outcome,
    now: Timestamp,
) -> Option<Change> {
    if outcome.rev == 0 || !is_told(core, site) {
        return None;
    }
    let applied = decision.changes().iter().zip(&outcome.results);
    let changes: Vec<&Setting> =
        applied.filter(|(_, result)| **result == ChangeResult::Applied).map(|(change, _)| change).collect();
    let state = person.record.choices(&site.terms, now, None);
    let mut data = json!({
        "site": site.id, "subject": person.id, "epoch": state.epoch, "rev": outcome.rev,
        "decision": decision.id, "method": decision.method.as_str(), "changes": changes, "state": state,
    });
    if !decision.binds.is_account() {
        // It holds on that device alone, and `state` is the account's.
        data["device"] = decision.device.as_str().into();
    }
    Some(message(&*core.chance, &site.id, &person.id, CHANGED, data, now))
}

/// The message that a subject was erased; it is all that stays of it, until it is delivered.
pub fn erased(core: &Core, site: &Site, subject: &str, now: Timestamp) -> Option<Change> {
    if !is_told(core, site) {
        return None;
    }
    Some(erasure(&*core.chance, &site.id, subject, now))
}

/// Known from memory: where no endpoint is registered this costs nothing. The site as it is now, for it may have got
/// its first one since it was asked.
fn is_told(core: &Core, site: &Site) -> bool {
    core.site(&site.id).is_some_and(|site| !site.endpoints.is_empty())
}

pub(crate) fn erasure(chance: &dyn Chance, site: &str, subject: &str, now: Timestamp) -> Change {
    message(chance, site, subject, ERASED, json!({ "site": site, "subject": subject }), now)
}

/// The message that a restored backup began an epoch: what was told before may be gone.
pub(crate) fn began(chance: &dyn Chance, site: &str, epoch: &str, now: Timestamp) -> Change {
    message(chance, site, "", EPOCH, json!({ "site": site, "epoch": epoch }), now)
}

fn message(chance: &dyn Chance, site: &str, subject: &str, kind: &'static str, data: Value, now: Timestamp) -> Change {
    Change::Post(Posting::Message {
        site: site.to_owned(),
        id: fresh_id(chance, "msg_"),
        subject: subject.to_owned(),
        kind,
        body: json!({ "type": kind, "timestamp": now, "data": data }).to_string(),
        at: now,
    })
}
