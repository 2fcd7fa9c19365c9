//! Why a grant was superseded, out of the history of its own subject.

use std::collections::BTreeSet;

use candor_protocol::{
    Against, Binding, Change, ChangeResult, Choice, Choices, Decision, DecisionMethod, Obstacle, Place, Timestamp,
};

use crate::{Received, Terms};

/// What stands now against what `decision` granted and `results` superseded.
///
/// `history` holds all that its subject decided, in the order in which it was
/// received, each with its outcome; `choices` is what stands now, at `now` and
/// in the epoch it names. A control that is on by now has nothing against it.
/// `place` says where a decision was made.
pub fn against(
    decision: &Decision,
    results: &[ChangeResult],
    history: &[Received<'_>],
    choices: &Choices,
    terms: &Terms,
    now: Timestamp,
    place: impl Fn(&Decision) -> Place,
) -> Vec<Against> {
    let mut found = Vec::new();
    for (change, result) in decision.changes().iter().zip(results) {
        if change.choice == Choice::Denied || *result == ChangeResult::Applied || choices.has(change) {
            continue;
        }
        let hash = |terms: Option<&crate::ControlTerms>| terms.map(|terms| terms.hash.clone());
        let (then, today) = (terms.under(&decision.notice, &change.control), terms.of(&change.control, now));
        let mut obstacle =
            Obstacle { terms_changed: then.is_none() || hash(then) != hash(today), ..Obstacle::default() };
        match unseen(decision, change, history, &choices.epoch) {
            Unseen::Nothing => {}
            Unseen::Anew => obstacle.place = Some(Place::Anew),
            Unseen::Denial(denial) => {
                obstacle.place = Some(place(denial.decision));
                // An earlier record says itself when it was; a page's clock may be wrong.
                let imported = denial.decision.method == DecisionMethod::Import;
                obstacle.at = Some(if imported { denial.decision.occurred_at } else { denial.at });
            }
        }
        found.push(Against { control: change.control.clone(), datum: change.datum.clone(), obstacle });
    }
    found
}

enum Unseen<'a> {
    Nothing,
    /// Whoever granted had seen every denial, but in a record that is no more.
    Anew,
    /// The last one.
    Denial(&'a Received<'a>),
}

fn unseen<'a>(grant: &Decision, change: &Change, history: &'a [Received<'a>], epoch: &str) -> Unseen<'a> {
    let base = &grant.base;
    let (mut last, mut denied, mut rev) = (None, false, 0);
    let given_twice = given_twice(&grant.device, history);
    for received in history {
        let outcome = received.outcome;
        let of = received.decision;
        let same = |(other, _): &(&Change, &ChangeResult)| {
            other.choice == Choice::Denied && other.control == change.control && other.datum == change.datum
        };
        let results = outcome.map(|outcome| outcome.results.as_slice()).unwrap_or_default();
        // A signal where it does not speak has no effect. Any other denial blocks what had not seen it, under
        // a rev of its own, also where a later grant of its own device stands.
        let mute = |result: &ChangeResult| *result == ChangeResult::Superseded && of.method == DecisionMethod::Signal;
        let blocks = |(change, result): (&Change, &ChangeResult)| change.choice == Choice::Denied && !mute(result);
        let moved = u64::from(of.changes().iter().zip(results).any(blocks));
        rev = outcome.map_or(0, |outcome| outcome.rev).max(rev + moved);
        let binds = match grant.binds {
            Binding::Account => of.binds == Binding::Account,
            Binding::Device => of.binds == Binding::Device && of.device == grant.device,
        };
        if binds && let Some((_, result)) = of.changes().iter().zip(results).find(same) {
            let shown = base.epoch == received.epoch && rev <= base.rev;
            let own = of.device == grant.device && of.seq < grant.seq.min(given_twice);
            if !mute(result) {
                denied = true;
                if !shown && !own {
                    last = Some(received);
                }
            }
        }
    }
    match last {
        Some(denial) => Unseen::Denial(denial),
        None if denied && !base.epoch.is_empty() && base.epoch != epoch => Unseen::Anew,
        None => Unseen::Nothing,
    }
}

/// The lowest number that the device gave to two decisions.
fn given_twice(device: &str, history: &[Received<'_>]) -> u64 {
    let mut given = BTreeSet::new();
    let of_device = history.iter().map(|received| received.decision).filter(|decision| decision.device == device);
    of_device.map(|decision| decision.seq).filter(|seq| !given.insert(*seq)).min().unwrap_or(u64::MAX)
}
