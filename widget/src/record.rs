//! A person's own record, read from what the service tells of it.

use candor_card::{History, Past};
use candor_protocol::{ChangeResult, Decision, Node, Outcome, Timestamp};

use crate::node::Js;

pub fn read_history(node: Js) -> History {
    let Some(list) = node.get("decisions") else { return History::Failed };
    let mut lines = Vec::new();
    for entry in list.items().into_iter().rev() {
        // A decision's fields stand in the entry itself, or under a name of their own.
        let Ok(decision) = Decision::read(entry.get("decision").unwrap_or(entry)) else { continue };
        let outcome = entry.get("outcome").map(Outcome::read).and_then(Result::ok);
        let at = entry.text_of("received_at").and_then(|text| Timestamp::parse(&text)).unwrap_or(decision.occurred_at);
        for (place, change) in decision.changes().iter().enumerate() {
            let result = outcome.as_ref().and_then(|outcome| outcome.results.get(place));
            lines.push(Past {
                at,
                change: change.clone(),
                method: decision.method,
                superseded: result == Some(&ChangeResult::Superseded),
            });
        }
    }
    History::Lines(lines)
}
