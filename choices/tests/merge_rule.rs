//! The merge rule in every order of arrival.

mod world;

use candor_choices::{Record, Terms};
use candor_protocol::{Base, Binding, ChangeResult, Choice, Decision, DecisionMethod, Duration, Standing};
use proptest::prelude::*;
use world::{CONTROL, EPOCH, about_datum, at, deny, grant, notice, terms};

fn stands(record: &Record, terms: &Terms, now: i64) -> Standing {
    record.choices(terms, at(now), None).standing(CONTROL)
}

/// A decision as it was made: by which device, saying what, after having seen
/// everything of the first `saw` rounds of arrivals.
#[derive(Debug, Clone)]
struct Made {
    device: usize,
    seq: u64,
    yes: bool,
    saw: usize,
}

/// A few devices deciding in rounds; within a round nobody hears of the others.
fn rounds() -> impl Strategy<Value = Vec<Vec<Made>>> {
    let one = (0usize..3, any::<bool>(), 0usize..3);
    prop::collection::vec(prop::collection::vec(one, 0..5), 1..4).prop_map(|rounds| {
        let (mut seqs, mut seen) = ([0u64; 3], [0usize; 3]);
        let mut all = Vec::new();
        for (round, decisions) in rounds.into_iter().enumerate() {
            let made = decisions.into_iter().map(|(device, yes, lag)| {
                seqs[device] += 1;
                // A device that has seen something does not unsee it.
                seen[device] = seen[device].max(round.saturating_sub(lag));
                Made { device, seq: seqs[device], yes, saw: seen[device] }
            });
            all.push(made.collect::<Vec<_>>());
        }
        all
    })
}

/// Lets the rounds arrive, each in the order that `order` gives its decisions.
fn arrive(rounds: &[Vec<Made>], order: impl Fn(usize, &mut Vec<Made>)) -> Record {
    let (terms, mut record) = (terms(), Record::new(EPOCH));
    // What stood when a round was over is what those who looked then had on screen.
    let mut revs = vec![0];
    for (index, round) in rounds.iter().enumerate() {
        let mut round = round.clone();
        order(index, &mut round);
        for made in round {
            let device = format!("D{}", made.device);
            let choice = if made.yes { Choice::Granted } else { Choice::Denied };
            record.decide(&world::decision(&device, made.seq, choice, revs[made.saw]), &terms, at(1));
        }
        revs.push(record.rev());
    }
    record
}

/// Whose turn it is, is random; each device sends its own in order.
fn in_turn(mut waiting: Vec<Made>, keys: &[u32]) -> Vec<Made> {
    let mut turns: Vec<(u32, usize)> =
        waiting.iter().zip(keys.iter().cycle()).map(|(made, key)| (*key, made.device)).collect();
    turns.sort_unstable();
    let next = |(_, device)| {
        let next = waiting.iter().position(|made| made.device == device).expect("one a turn");
        waiting.remove(next)
    };
    turns.into_iter().map(next).collect()
}

/// The rule without an order: granted if some grant has, for each denial, seen it
/// or followed it on its own device.
fn granted_by_the_rule(rounds: &[Vec<Made>]) -> bool {
    let all: Vec<(usize, &Made)> =
        rounds.iter().enumerate().flat_map(|(round, made)| made.iter().map(move |made| (round, made))).collect();
    let covers = |grant: &Made, round: usize, denial: &Made| {
        round < grant.saw || (denial.device == grant.device && denial.seq < grant.seq)
    };
    all.iter()
        .filter(|(_, grant)| grant.yes)
        .any(|(_, grant)| all.iter().filter(|(_, made)| !made.yes).all(|(round, denial)| covers(grant, *round, denial)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn each_device_in_its_order_ends_as_the_rule_says(rounds in rounds(), keys in prop::collection::vec(any::<u32>(), 5)) {
        let record = arrive(&rounds, |_, round| *round = in_turn(std::mem::take(round), &keys));
        let granted = stands(&record, &terms(), 2) == Standing::Granted;
        prop_assert_eq!(granted, granted_by_the_rule(&rounds));
    }

    #[test]
    fn what_was_all_made_unseen_ends_the_same_in_every_order(
        made in prop::collection::vec((0usize..3, any::<bool>()), 0..7),
        shuffle in any::<prop::sample::Index>(),
        keys in prop::collection::vec(any::<u32>(), 7),
    ) {
        let mut seqs = [0u64; 3];
        let round: Vec<Made> = made.into_iter().map(|(device, yes)| {
            seqs[device] += 1;
            Made { device, seq: seqs[device], yes, saw: 0 }
        }).collect();
        let rounds = vec![round];
        let shuffled = arrive(&rounds, |_, round| {
            let turn = shuffle.index(7);
            let mut keyed: Vec<(u32, Made)> =
                round.drain(..).enumerate().map(|(i, made)| (keys[(i + turn) % 7], made)).collect();
            keyed.sort_by_key(|(key, _)| *key);
            round.extend(keyed.into_iter().map(|(_, made)| made));
        });
        let granted = stands(&shuffled, &terms(), 2) == Standing::Granted;
        prop_assert_eq!(granted, granted_by_the_rule(&rounds));
    }

    #[test]
    fn no_order_of_arrival_grants_what_the_rule_denies(rounds in rounds(), keys in prop::collection::vec(any::<u32>(), 8)) {
        let record = arrive(&rounds, |index, round| {
            let mut keyed: Vec<(u32, Made)> =
                round.drain(..).enumerate().map(|(i, made)| (keys[(i + index) % 8], made)).collect();
            keyed.sort_by_key(|(key, _)| *key);
            round.extend(keyed.into_iter().map(|(_, made)| made));
        });
        if stands(&record, &terms(), 2) == Standing::Granted {
            prop_assert!(granted_by_the_rule(&rounds));
        }
    }

    /// Three tabs that share their device's name and no storage: each counts for itself.
    #[test]
    fn tabs_that_give_numbers_twice_grant_nothing_that_each_for_itself_would_not(
        rounds in rounds(), keys in prop::collection::vec(any::<u32>(), 5),
    ) {
        let (terms, mut record) = (terms(), Record::new(EPOCH));
        let mut revs = vec![0];
        for round in &rounds {
            for made in in_turn(round.clone(), &keys) {
                let choice = if made.yes { Choice::Granted } else { Choice::Denied };
                let mut decision = world::decision(&format!("D{}", made.device), made.seq, choice, revs[made.saw]);
                "D".clone_into(&mut decision.device);
                record.decide(&decision, &terms, at(1));
            }
            revs.push(record.rev());
        }
        if stands(&record, &terms, 2) == Standing::Granted {
            prop_assert!(granted_by_the_rule(&rounds));
        }
    }

    #[test]
    fn an_acknowledged_denial_is_never_undone_by_a_grant_that_had_not_seen_it(
        rounds in rounds(), device in 3usize..6, behind in 1u64..5,
    ) {
        let (mut record, terms) = (arrive(&rounds, |_, _| {}), terms());
        let acknowledged = record.decide(&deny("D9", 1, record.rev()), &terms, at(1));
        let unseen = acknowledged.rev.saturating_sub(behind);
        let outcome = record.decide(&grant(&format!("D{device}"), 1, unseen), &terms, at(1));
        prop_assert_eq!(outcome.results, vec![ChangeResult::Superseded]);
        prop_assert_eq!(stands(&record, &terms, 2), Standing::Denied);
    }

    #[test]
    fn whatever_is_sent_again_changes_nothing(rounds in rounds(), again in any::<prop::sample::Index>()) {
        let (terms, mut record) = (terms(), Record::new(EPOCH));
        let mut sent: Vec<Decision> = Vec::new();
        for made in rounds.iter().flatten() {
            let choice = if made.yes { Choice::Granted } else { Choice::Denied };
            let decision = world::decision(&format!("D{}", made.device), made.seq, choice, made.saw as u64);
            let first = record.decide(&decision, &terms, at(1));
            sent.push(decision);
            let before = record.choices(&terms, at(2), None);
            let repeated = &sent[again.index(sent.len())];
            let answer = record.decide(repeated, &terms, at(3));
            prop_assert_eq!(Some(&answer), record.outcome(&repeated.id));
            prop_assert_eq!(record.outcome(&sent[sent.len() - 1].id), Some(&first));
            prop_assert_eq!(record.choices(&terms, at(2), None), before);
        }
    }
}

#[test]
fn several_grants_are_in_force_at_once_and_each_protects_its_device() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&grant("D1", 2, 0), &terms, at(1));
    record.decide(&grant("D2", 1, 0), &terms, at(1));
    let late = record.decide(&deny("D1", 1, 0), &terms, at(1));
    assert_eq!(late.results, [ChangeResult::Superseded]);
    assert_eq!(stands(&record, &terms, 2), Standing::Granted);
    // The late denial ended D2's grant, which had not seen it: a denial that D1's does not outlive ends all.
    record.decide(&deny("D3", 1, 0), &terms, at(1));
    assert_eq!(stands(&record, &terms, 2), Standing::Denied);
}

#[test]
fn an_older_denial_that_arrives_late_does_not_hide_a_newer_one() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&deny("D1", 3, 0), &terms, at(1));
    record.decide(&deny("D1", 1, 0), &terms, at(1));
    let between = record.decide(&grant("D1", 2, 0), &terms, at(1));
    assert_eq!(between.results, [ChangeResult::Superseded]);
    // Nor does the older one's seq let a grant by that saw only the newer one.
    let elsewhere = record.decide(&grant("D2", 1, 1), &terms, at(1));
    assert_eq!(elsewhere.results, [ChangeResult::Superseded]);
}

/// Storage emptied under an open page: the same device begins again at 1.
#[test]
fn a_denial_that_has_seen_the_grant_ends_it_whatever_its_seq() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&grant("D1", 7, 0), &terms, at(1));
    let unseen = record.clone().decide(&deny("D1", 1, 0), &terms, at(1));
    assert_eq!(unseen.results, [ChangeResult::Superseded]);
    let seen = record.decide(&deny("D1", 1, 1), &terms, at(1));
    assert_eq!(seen.results, [ChangeResult::Applied]);
    assert_eq!(stands(&record, &terms, 2), Standing::Denied);
}

/// It arrived late and changed nothing on screen; still somebody elsewhere has to be able to have seen it.
#[test]
fn after_a_superseded_denial_whoever_looks_again_can_grant() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&grant("D1", 2, 0), &terms, at(1));
    let late = record.decide(&deny("D1", 1, 0), &terms, at(1));
    assert_eq!((late.results.as_slice(), late.rev), ([ChangeResult::Superseded].as_slice(), 0));
    let before = record.decide(&grant("D2", 1, 1), &terms, at(1));
    assert_eq!(before.results, [ChangeResult::Superseded]);
    let seen = record.rev();
    let after = record.decide(&grant("D2", 2, seen), &terms, at(1));
    assert_eq!(after.results, [ChangeResult::Applied]);
}

#[test]
fn a_rev_that_was_never_given_was_never_seen() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&deny("D1", 1, 0), &terms, at(1));
    let outcome = record.decide(&grant("D2", 1, u64::MAX), &terms, at(1));
    assert_eq!(outcome.results, [ChangeResult::Superseded]);
}

#[test]
fn nothing_on_screen_is_nothing_seen_and_not_another_epoch() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    let unseen = |mut decision: Decision| {
        decision.base = Base::default();
        decision
    };
    record.decide(&unseen(deny("D1", 1, 0)), &terms, at(1));
    assert_eq!(record.decide(&unseen(grant("D2", 1, 0)), &terms, at(1)).results, [ChangeResult::Superseded]);
    assert_eq!(record.decide(&unseen(grant("D1", 2, 0)), &terms, at(1)).results, [ChangeResult::Applied]);
}

#[test]
fn a_grant_needs_a_published_notice_and_a_denial_none() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    let under = |mut decision: Decision, notice: &str| {
        decision.notice = notice.to_owned();
        decision
    };
    let unpublished = record.decide(&under(grant("D1", 1, 0), "N9"), &terms, at(1));
    assert_eq!((unpublished.results, unpublished.rev), (vec![ChangeResult::Superseded], 0));
    let early = record.decide(&grant("D1", 2, 0), &terms, at(-1));
    assert_eq!(early.results, [ChangeResult::Superseded], "before the notice is in force");
    assert_eq!(record.decide(&under(deny("D1", 3, 0), "N9"), &terms, at(1)).results, [ChangeResult::Applied]);
    assert_eq!(Record::new(EPOCH).decide(&grant("D1", 1, 0), &Terms::new(), at(1)).results, [ChangeResult::Superseded]);
}

#[test]
fn a_grant_lapses_when_its_time_has_passed_and_not_before() {
    let mut terms = Terms::new();
    terms.add(notice("N1", 0, "T1", Some(Duration::hours(1))));
    let mut record = Record::new(EPOCH);
    record.decide(&grant("D1", 2, 0), &terms, at(5));
    assert_eq!(stands(&record, &terms, 5 + 3_599_999), Standing::Granted);
    let after = record.choices(&terms, at(5 + 3_600_000), None);
    assert_eq!(after.standing(CONTROL), Standing::Unset);
    assert!(after.control(CONTROL).is_some_and(|control| control.lapsed));
    // What has lapsed protects nothing: a late denial of the same device applies.
    let late = record.decide(&deny("D1", 1, 0), &terms, at(5 + 3_600_000));
    assert_eq!(late.results, [ChangeResult::Applied]);
}

#[test]
fn what_has_lapsed_does_not_come_back_because_a_later_notice_gives_more_time() {
    let hours = |hours| Some(Duration::hours(hours));
    let mut terms = Terms::new();
    terms.add(notice("N1", 0, "T1", hours(1)));
    let mut record = Record::new(EPOCH);
    record.decide(&grant("D1", 1, 0), &terms, at(5));
    // One hour and a bit later, with the same words.
    terms.add(notice("N2", 3_600_006, "T1", hours(2)));
    assert_eq!(stands(&record, &terms, 3_600_004), Standing::Granted);
    assert_eq!(stands(&record, &terms, 3_600_005), Standing::Unset);
    assert_eq!(stands(&record, &terms, 3_600_006), Standing::Unset);
    // In time it does: from the very moment on in which the first would have ended it, and to its own end.
    let mut terms = Terms::new();
    terms.add(notice("N1", 0, "T1", hours(1)));
    terms.add(notice("N2", 3_600_005, "T1", hours(2)));
    assert_eq!(stands(&record, &terms, 3_600_005), Standing::Granted);
    assert_eq!(stands(&record, &terms, 7_200_004), Standing::Granted);
    assert_eq!(stands(&record, &terms, 7_200_005), Standing::Unset);
    // One that gave less in between ended it, unless another took its place in that moment.
    terms.add(notice("N3", 7_000_000, "T1", hours(1)));
    terms.add(notice("N4", 7_000_000, "T1", None));
    assert_eq!(stands(&record, &terms, 9_000_000), Standing::Granted);
    terms.add(notice("N5", 9_000_001, "T1", hours(1)));
    terms.add(notice("N6", 9_000_002, "T1", None));
    assert_eq!(stands(&record, &terms, 9_000_003), Standing::Unset);
}

#[test]
fn a_notice_that_was_taken_back_before_its_day_ends_nothing() {
    let mut terms = Terms::new();
    terms.add(notice("N1", 0, "T1", None));
    let mut record = Record::new(EPOCH);
    record.decide(&grant("D1", 1, 0), &terms, at(5));
    terms.add(notice("N2", 100, "T2", None));
    terms.add(notice("N3", 100, "T1", None));
    assert_eq!(stands(&record, &terms, 99), Standing::Granted);
    assert_eq!(stands(&record, &terms, 100), Standing::Granted);
    // One that was in force for a moment did.
    terms.add(notice("N4", 200, "T2", None));
    terms.add(notice("N5", 201, "T1", None));
    assert_eq!(stands(&record, &terms, 200), Standing::Unset);
    assert_eq!(stands(&record, &terms, 201), Standing::Unset);
}

#[test]
fn what_has_lapsed_does_not_stand_in_the_way_of_a_grant() {
    let mut terms = Terms::new();
    terms.add(notice("N1", 0, "T1", Some(Duration::hours(1))));
    let mut record = Record::new(EPOCH);
    record.decide(&grant("D1", 2, 0), &terms, at(1));
    record.decide(&grant("D1", 1, 0), &terms, at(4_000_000));
    assert_eq!(stands(&record, &terms, 4_000_001), Standing::Granted);
}

#[test]
fn terms_that_changed_and_changed_back_end_a_grant() {
    let mut terms = terms();
    let mut record = Record::new(EPOCH);
    record.decide(&grant("D1", 1, 0), &terms, at(1));
    terms.add(notice("N2", 10, "T2", None));
    terms.add(notice("N1", 20, "T1", None));
    assert_eq!(stands(&record, &terms, 9), Standing::Granted);
    assert_eq!(stands(&record, &terms, 15), Standing::Unset);
    assert_eq!(stands(&record, &terms, 25), Standing::Unset);
    // Another notice with the same terms ends nothing.
    record.decide(&grant("D1", 2, 1), &terms, at(26));
    terms.add(notice("N3", 30, "T1", None));
    assert_eq!(stands(&record, &terms, 31), Standing::Granted);
}

#[test]
fn a_datum_follows_the_rule_by_itself() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&grant("D1", 1, 0), &terms, at(1));
    record.decide(&about_datum(deny("D1", 2, 1), "b"), &terms, at(1));
    record.decide(&about_datum(deny("D1", 3, 1), "a"), &terms, at(1));
    let left_out = |record: &Record| record.choices(&terms, at(2), None).control(CONTROL).map(|c| c.left_out.clone());
    assert_eq!(left_out(&record), Some(vec!["a".to_owned(), "b".to_owned()]));
    // One that had not seen it left out cannot take it in again; one that had can.
    let blind = record.decide(&about_datum(grant("D2", 1, 1), "b"), &terms, at(1));
    assert_eq!(blind.results, [ChangeResult::Superseded]);
    record.decide(&about_datum(grant("D2", 2, 3), "b"), &terms, at(1));
    assert_eq!(left_out(&record), Some(vec!["a".to_owned()]));
    assert_eq!(stands(&record, &terms, 2), Standing::Granted);
}

#[test]
fn a_refusal_that_binds_a_device_ends_with_that_devices_own_grant() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&grant("D2", 1, 0), &terms, at(1));
    let mut bound = deny("D1", 1, 0);
    bound.binds = Binding::Device;
    record.decide(&bound, &terms, at(1));
    let on = |record: &Record, device| record.choices(&terms, at(2), Some(device)).standing(CONTROL);
    record.decide(&grant("D2", 2, 2), &terms, at(1));
    assert_eq!((on(&record, "D1"), on(&record, "D2")), (Standing::Denied, Standing::Granted));
    record.decide(&grant("D1", 2, 2), &terms, at(1));
    assert_eq!(on(&record, "D1"), Standing::Granted);
    // The same, arriving the other way round.
    let mut other = Record::new(EPOCH);
    other.decide(&grant("D1", 2, 0), &terms, at(1));
    other.decide(&bound, &terms, at(1));
    assert_eq!(on(&other, "D1"), Standing::Granted);
}

#[test]
fn a_no_of_the_devices_own_is_no_signals_whatever_ended_it_for_the_account() {
    let (mut record, terms) = (Record::new(EPOCH), terms());
    record.decide(&grant("D1", 1, 0), &terms, at(1));
    record.decide(&Decision { method: DecisionMethod::Signal, ..deny("D1", 2, 1) }, &terms, at(1));
    record.decide(&Decision { binds: Binding::Device, ..deny("D2", 1, 2) }, &terms, at(1));
    let by_signal = |device| record.choices(&terms, at(2), device).control(CONTROL).map(|control| control.by_signal);
    assert_eq!([by_signal(None), by_signal(Some("D1"))], [Some(true), Some(true)]);
    assert_eq!(by_signal(Some("D2")), Some(false));
}

#[test]
fn a_signal_denies_what_is_marked_for_it_and_grants_nothing() {
    let mut terms = Terms::new();
    let mut unmarked = notice("N1", 0, "T1", None);
    unmarked.controls[0].gpc = false;
    terms.add(unmarked);
    let signal = |mut decision: Decision| {
        decision.method = DecisionMethod::Signal;
        decision
    };
    let mut record = Record::new(EPOCH);
    record.decide(&grant("D1", 1, 0), &terms, at(1));
    assert_eq!(record.decide(&signal(deny("D1", 2, 1)), &terms, at(1)).results, [ChangeResult::Superseded]);
    assert_eq!(stands(&record, &terms, 2), Standing::Granted);
    let terms = self::terms();
    let mut record = Record::new(EPOCH);
    assert_eq!(record.decide(&signal(grant("D1", 1, 0)), &terms, at(1)).results, [ChangeResult::Superseded]);
    record.decide(&signal(deny("D1", 2, 0)), &terms, at(1));
    let by_signal = |record: &Record| record.choices(&terms, at(2), None).control(CONTROL).map(|c| c.by_signal);
    assert_eq!(by_signal(&record), Some(true));
    record.decide(&deny("D1", 3, 1), &terms, at(1));
    assert_eq!(by_signal(&record), Some(false), "the person's own act now");
    record.decide(&signal(deny("D1", 4, 2)), &terms, at(1));
    assert_eq!(by_signal(&record), Some(false), "the person's own act still");
}
