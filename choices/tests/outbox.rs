//! The outbox: what was decided is stored, sent until it is answered, and changed by no failure.

mod world;

use candor_choices::{Effect, Entry, Event, Failure, Outbox, State, Status, in_force, on_screen};
use candor_protocol::{ChangeResult, Choices, Content, Control, Decision, Outcome, OutcomeStatus, Standing};
use proptest::prelude::*;
use world::{CONTROL, EPOCH, about_datum, at, deny, grant};

fn outcome(decision: &Decision, status: OutcomeStatus, result: ChangeResult) -> Outcome {
    let reason = (status != OutcomeStatus::Recorded).then(|| "malformed".to_owned());
    Outcome { decision: decision.id.clone(), status, rev: 1, results: vec![result], reason }
}

fn saved(decisions: &[Decision]) -> Event {
    let applied = |decision| outcome(decision, OutcomeStatus::Recorded, ChangeResult::Applied);
    Event::Answered { epoch: EPOCH.to_owned(), outcomes: decisions.iter().map(applied).collect() }
}

fn failed(failure: Failure, retry_after_ms: Option<u64>) -> Event {
    Event::Failed { failure, retry_after_ms }
}

/// As storage holds it of the device of most of these tests.
fn loaded(entries: Vec<Entry>, next_seq: u64) -> Event {
    Event::Loaded { entries, next_seq, device: "A".to_owned() }
}

fn sent(effects: &[Effect]) -> Option<(Vec<u64>, bool)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send { decisions, keepalive } => Some((decisions.iter().map(|d| d.seq).collect(), *keepalive)),
        _ => None,
    })
}

fn statuses(effects: &[Effect]) -> Vec<Status> {
    let status = |effect: &Effect| match effect {
        Effect::Announce { status, .. } => Some(*status),
        _ => None,
    };
    effects.iter().filter_map(status).collect()
}

fn timer(effects: &[Effect]) -> Option<u64> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::SetTimer(ms) => Some(*ms),
        _ => None,
    })
}

#[test]
fn a_decision_is_stored_before_it_is_sent_and_saved_when_it_is_answered() {
    let mut outbox = Outbox::new();
    let effects = outbox.handle(Event::Decided(deny("D1", 0, 0)), at(0), 0.5);
    assert!(matches!(&effects[0], Effect::Store(entry) if entry.decision.seq == 1 && entry.state == State::Waiting));
    assert_eq!(effects[1], Effect::StoreNextSeq(2));
    assert_eq!(statuses(&effects), [Status::Local]);
    assert_eq!(sent(&effects), Some((vec![1], false)));
    let decision = outbox.entries()[0].decision.clone();
    let effects = outbox.handle(saved(&[decision]), at(1), 0.5);
    assert_eq!(statuses(&effects), [Status::Saved]);
    assert_eq!(outbox.waiting().count(), 0);
}

#[test]
fn one_request_is_under_way_at_a_time_and_the_rest_follows() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(grant("D1", 0, 0)), at(0), 0.5);
    assert_eq!(sent(&outbox.handle(Event::Decided(deny("D2", 0, 0)), at(1), 0.5)), None);
    let first = outbox.entries()[0].decision.clone();
    assert_eq!(sent(&outbox.handle(saved(&[first]), at(2), 0.5)), Some((vec![2], false)));
    // A request nobody hears of again is lost after half a minute.
    assert_eq!(sent(&outbox.handle(Event::Flush, at(30_001), 0.5)), None);
    assert_eq!(sent(&outbox.handle(Event::Flush, at(30_002), 0.5)), Some((vec![2], false)));
}

#[test]
fn denials_go_first_when_the_page_is_hidden() {
    let mut outbox = Outbox::new();
    for decision in [grant("A", 0, 0), deny("B", 0, 0), grant("C", 0, 0), deny("D", 0, 0)] {
        outbox.handle(Event::Decided(decision), at(0), 0.5);
    }
    assert_eq!(sent(&outbox.handle(Event::Hidden, at(1), 0.5)), Some((vec![2, 4, 1, 3], true)));
    // Both this request and the one that was under way may be answered.
    let all: Vec<Decision> = outbox.waiting().cloned().collect();
    outbox.handle(saved(&all[..1]), at(2), 0.5);
    outbox.handle(saved(&all), at(3), 0.5);
    assert_eq!(outbox.waiting().count(), 0);
}

#[test]
fn failures_wait_longer_and_longer_and_what_a_person_does_ends_the_wait() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(deny("A", 0, 0)), at(0), 1.0);
    assert_eq!(timer(&outbox.handle(failed(Failure::Unreachable, None), at(0), 1.0)), Some(1_000));
    let early = outbox.handle(Event::Tick, at(400), 1.0);
    assert_eq!((sent(&early), timer(&early)), (None, Some(600)));
    assert!(sent(&outbox.handle(Event::Tick, at(1_000), 1.0)).is_some());
    assert_eq!(timer(&outbox.handle(failed(Failure::Busy, None), at(1_000), 0.5)), Some(1_000));
    assert!(sent(&outbox.handle(Event::Online, at(1_001), 1.0)).is_some());
    outbox.handle(failed(Failure::Unreachable, None), at(1_002), 1.0);
    assert!(sent(&outbox.handle(Event::Decided(grant("B", 0, 0)), at(1_003), 1.0)).is_some());
    assert_eq!(outbox.waiting().count(), 2, "no failure took anything away");
}

#[test]
fn retry_after_is_honoured_except_for_a_denial_on_a_page_that_goes() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(grant("A", 0, 0)), at(0), 0.0);
    assert_eq!(timer(&outbox.handle(failed(Failure::Busy, Some(60_000)), at(0), 0.0)), Some(60_000));
    assert_eq!(sent(&outbox.handle(Event::Online, at(1), 0.0)), None);
    assert_eq!(sent(&outbox.handle(Event::Hidden, at(2), 0.0)), None, "a grant can wait");
    assert_eq!(sent(&outbox.handle(Event::Decided(deny("B", 0, 0)), at(3), 0.0)), None);
    assert_eq!(sent(&outbox.handle(Event::Hidden, at(4), 0.0)), Some((vec![2], true)));
    outbox.handle(failed(Failure::Unreachable, None), at(5), 0.0);
    assert_eq!(sent(&outbox.handle(Event::Tick, at(60_000), 0.0)), Some((vec![1, 2], false)));
}

#[test]
fn a_poisoned_decision_is_found_and_set_aside_and_its_gap_closed() {
    let mut outbox = Outbox::new();
    let storage: Vec<Entry> = [grant("A", 1, 0), deny("B", 2, 0), grant("C", 3, 0)]
        .map(|decision| Entry { decision, state: State::Waiting })
        .into();
    outbox.handle(loaded(storage, 4), at(0), 0.5);
    let one_by_one = outbox.handle(failed(Failure::Refused, None), at(1), 0.5);
    assert_eq!(sent(&one_by_one), Some((vec![1], false)));
    let first = outbox.entries()[0].decision.clone();
    assert_eq!(sent(&outbox.handle(saved(&[first]), at(2), 0.5)), Some((vec![2], false)));
    let effects = outbox.handle(failed(Failure::Refused, None), at(3), 0.5);
    assert_eq!(statuses(&effects), [Status::Refused]);
    let void = effects.iter().find_map(|effect| match effect {
        Effect::CloseGap(void) => Some(void.clone()),
        _ => None,
    });
    let void = Decision { id: "V".to_owned(), ..void.expect("the gap is to be closed") };
    assert_eq!((void.seq, &void.content), (2, &Content::Void("refused".to_owned())));
    assert_eq!(sent(&effects), Some((vec![3], false)));
    // The void that closes the gap keeps the number it was given.
    let effects = outbox.handle(Event::Decided(void), at(4), 0.5);
    assert!(matches!(&effects[0], Effect::Store(entry) if entry.decision.seq == 2));
    assert_eq!(effects[1], Effect::StoreNextSeq(4));
}

#[test]
fn what_is_on_its_way_beside_a_refused_request_is_not_taken_for_what_was_refused() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(grant("A", 0, 0)), at(0), 0.5);
    let first = outbox.entries()[0].decision.clone();
    // The page is hidden, and a second request goes; the first is answered, and the page is back.
    outbox.handle(Event::Hidden, at(1), 0.5);
    outbox.handle(saved(&[first]), at(2), 0.5);
    assert_eq!(sent(&outbox.handle(Event::Decided(deny("B", 0, 0)), at(3), 0.5)), Some((vec![2], false)));
    // What is refused now may be the second request, in which this was not.
    let effects = outbox.handle(failed(Failure::Refused, None), at(4), 0.5);
    assert_eq!((statuses(&effects), sent(&effects)), (vec![], Some((vec![2], false))));
    assert_eq!(statuses(&outbox.handle(failed(Failure::Refused, None), at(5), 0.5)), [Status::Refused]);
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    let day = 86_400_000;
    for asked in [None, Some(60_000)] {
        let mut outbox = Outbox::new();
        outbox.handle(Event::Decided(deny("A", 0, 0)), at(day), 0.5);
        outbox.handle(failed(Failure::Busy, asked), at(day), 1.0);
        assert_eq!(sent(&outbox.handle(Event::Tick, at(day + 1), 0.5)), None);
        assert_eq!(sent(&outbox.handle(Event::Tick, at(0), 0.5)), Some((vec![1], false)));
    }
}

#[test]
fn one_that_a_page_left_in_two_places_is_sent_once_more_and_then_rests() {
    let mut first = Outbox::new();
    first.handle(Event::Decided(deny("D1", 0, 0)), at(0), 0.5);
    let waiting = first.entries()[0].clone();
    let kept = Entry { state: State::Kept { epoch: EPOCH.to_owned(), rev: 1 }, ..waiting.clone() };
    for entries in [vec![waiting.clone(), kept.clone()], vec![kept, waiting.clone()]] {
        let mut outbox = Outbox::new();
        let effects = outbox.handle(loaded(entries, 2), at(1), 0.5);
        assert_eq!(sent(&effects), Some((vec![1], false)));
        let effects = outbox.handle(saved(std::slice::from_ref(&waiting.decision)), at(2), 0.5);
        assert_eq!(sent(&effects), None);
        assert_eq!(outbox.entries().len(), 1);
    }
}

#[test]
fn what_the_service_refuses_is_not_sent_again_and_what_it_erased_is_gone() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(grant("A", 0, 0)), at(0), 0.5);
    let first = outbox.entries()[0].decision.clone();
    let refused = outcome(&first, OutcomeStatus::Refused, ChangeResult::Superseded);
    let effects = outbox.handle(Event::Answered { epoch: EPOCH.to_owned(), outcomes: vec![refused] }, at(1), 0.5);
    assert_eq!(statuses(&effects), [Status::Refused]);
    assert_eq!(outbox.entries()[0].state, State::Aside { reason: "malformed".to_owned() });
    assert_eq!(sent(&outbox.handle(Event::Flush, at(2), 0.5)), None);
    // What a page sent when it was hidden, and before, is answered twice: its gap is closed once.
    let twice = outcome(&first, OutcomeStatus::Refused, ChangeResult::Superseded);
    let effects = outbox.handle(Event::Answered { epoch: EPOCH.to_owned(), outcomes: vec![twice] }, at(2), 0.5);
    assert_eq!(
        (statuses(&effects), effects.iter().any(|effect| matches!(effect, Effect::CloseGap(_)))),
        (vec![], false)
    );
    outbox.handle(Event::Decided(deny("B", 0, 0)), at(3), 0.5);
    let second = outbox.entries()[1].decision.clone();
    let erased = outcome(&second, OutcomeStatus::Erased, ChangeResult::Superseded);
    let effects = outbox.handle(Event::Answered { epoch: EPOCH.to_owned(), outcomes: vec![erased] }, at(4), 0.5);
    assert!(effects.contains(&Effect::Remove(second.id)));
    assert_eq!(outbox.entries().len(), 1);
}

#[test]
fn a_superseded_grant_is_announced_as_such() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(grant("A", 0, 0)), at(0), 0.5);
    let decision = outbox.entries()[0].decision.clone();
    let outcomes = vec![outcome(&decision, OutcomeStatus::Recorded, ChangeResult::Superseded)];
    let effects = outbox.handle(Event::Answered { epoch: EPOCH.to_owned(), outcomes }, at(1), 0.5);
    assert_eq!(statuses(&effects), [Status::Superseded]);
}

#[test]
fn an_answer_about_nothing_that_was_sent_is_no_answer() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(deny("A", 0, 0)), at(0), 1.0);
    let effects = outbox.handle(saved(&[deny("Z", 9, 0)]), at(1), 1.0);
    assert_eq!((sent(&effects), timer(&effects)), (None, Some(1_000)));
    assert_eq!(outbox.waiting().count(), 1);
}

#[test]
fn a_capability_is_renewed_once_and_then_waited_for() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(deny("A", 0, 0)), at(0), 1.0);
    assert!(outbox.handle(failed(Failure::Capability, None), at(0), 1.0).contains(&Effect::Renew));
    assert!(sent(&outbox.handle(Event::Flush, at(1), 1.0)).is_some());
    let effects = outbox.handle(failed(Failure::Capability, None), at(2), 1.0);
    assert!(!effects.contains(&Effect::Renew));
    assert_eq!(timer(&effects), Some(2_000));
}

#[test]
fn a_new_epoch_asks_for_the_last_decision_of_each_control_again() {
    let mut outbox = Outbox::new();
    for decision in [grant("A", 1, 0), about_datum(deny("A", 2, 0), "cup"), deny("A", 3, 0)] {
        outbox.handle(Event::Decided(decision), at(0), 0.5);
    }
    let all: Vec<Decision> = outbox.waiting().cloned().collect();
    let effects = outbox.handle(saved(&all), at(1), 0.5);
    assert!(effects.contains(&Effect::Remove(all[0].id.clone())), "overtaken by the denial");
    assert_eq!(sent(&outbox.handle(Event::Epoch(EPOCH.to_owned()), at(2), 0.5)), None);
    let effects = outbox.handle(Event::Epoch("e_F".to_owned()), at(3), 0.5);
    assert_eq!(sent(&effects), Some((vec![2, 3], false)));
}

/// Two tabs that had no storage to share: which was later, their numbers do not say.
#[test]
fn of_a_number_that_was_given_twice_each_decision_is_asked_for_again() {
    let mut outbox = Outbox::new();
    let other_tab = Decision { device: "A".to_owned(), ..deny("B", 1, 0) };
    for decision in [about_datum(grant("A", 1, 0), "cup"), grant("A", 2, 0)] {
        outbox.handle(Event::Decided(decision), at(0), 0.5);
    }
    let mut entries = outbox.entries().to_vec();
    entries.push(Entry { decision: other_tab, state: State::Waiting });
    outbox.handle(loaded(entries, 3), at(0), 0.5);
    let all: Vec<Decision> = outbox.waiting().cloned().collect();
    outbox.handle(saved(&all), at(1), 0.5);
    let effects = outbox.handle(Event::Epoch("e_F".to_owned()), at(2), 0.5);
    assert_eq!(sent(&effects), Some((vec![1, 1, 2], false)));
}

/// A tab without room took another name for a moment: which was later, numbers of two names do not say.
#[test]
fn what_was_made_before_it_under_another_name_of_the_device_overtakes_nothing() {
    for (ms, asked_again) in [(1, vec![5]), (2, vec![3, 5]), (3, vec![3, 5])] {
        let mut outbox = Outbox::new();
        let made = |decision: Decision, at: u8, rest: &str| Entry {
            decision: Decision { id: format!("01a20474-177{at}-{rest}-92b6-3e8aa1b21a39"), ..decision },
            state: State::Waiting,
        };
        let entries = vec![made(deny("B", 3, 0), ms, "7001"), made(grant("A", 5, 0), 2, "7002")];
        outbox.handle(loaded(entries, 6), at(0), 0.5);
        let all: Vec<Decision> = outbox.waiting().cloned().collect();
        outbox.handle(saved(&all), at(1), 0.5);
        let effects = outbox.handle(Event::Epoch("e_F".to_owned()), at(2), 0.5);
        assert_eq!(sent(&effects), Some((asked_again, false)), "made at {ms}, and the other at 2");
    }
}

#[test]
fn another_tab_is_left_to_send_and_its_numbers_are_taken_over() {
    let mut outbox = Outbox::new();
    outbox.handle(Event::Decided(deny("A", 0, 0)), at(0), 1.0);
    let effects = outbox.handle(failed(Failure::OtherTab, None), at(0), 1.0);
    assert_eq!((timer(&effects), statuses(&effects).len()), (Some(1_000), 0));
    outbox.handle(loaded(Vec::new(), 8), at(1), 1.0);
    assert_eq!(outbox.waiting().count(), 0, "dealt with elsewhere");
    outbox.handle(Event::Decided(deny("B", 0, 0)), at(2), 1.0);
    assert_eq!(outbox.entries()[0].decision.seq, 8);
}

#[test]
fn storage_emptied_under_a_page_ends_what_was_granted_and_not_what_was_refused() {
    let mut outbox = Outbox::new();
    let (refused, granted) = (deny("before", 1, 0), about_datum(grant("before", 2, 0), "cup"));
    for decision in [&refused, &granted] {
        outbox.handle(Event::Decided(decision.clone()), at(0), 0.5);
    }
    let emptied = Event::Loaded { entries: Vec::new(), next_seq: 1, device: "after".to_owned() };
    let effects = outbox.handle(emptied, at(1), 0.5);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Store(_))),
        "whoever emptied it may have wanted that"
    );
    assert!(effects.contains(&Effect::Announce { decision: granted.id, status: Status::Refused }));
    assert_eq!(outbox.waiting().map(|decision| &decision.id).collect::<Vec<_>>(), [&refused.id]);
}

#[test]
fn a_request_stays_within_what_the_service_takes() {
    let mut outbox = Outbox::new();
    for number in 0..200 {
        outbox.handle(Event::Decided(deny(&format!("device-{number}"), 0, 0)), at(0), 0.5);
    }
    let effects = outbox.handle(Event::Hidden, at(1), 0.5);
    let size: usize = effects
        .iter()
        .map(|effect| match effect {
            Effect::Send { decisions, .. } => decisions.iter().map(|decision| decision.to_json().len() + 1).sum(),
            _ => 0,
        })
        .sum();
    assert!((40_000..48 * 1024).contains(&size), "{size}");
}

#[test]
fn an_entry_is_read_from_storage_as_it_was_written() {
    let states =
        [State::Waiting, State::Kept { epoch: "e_E".into(), rev: 3 }, State::Aside { reason: "refused".into() }];
    for state in states {
        let entry = Entry { decision: deny("A", 3, 2), state };
        let stored: serde_json::Value = serde_json::from_str(&entry.to_json()).expect("JSON");
        assert_eq!(Entry::read(&stored), Ok(entry));
    }
    let broken = serde_json::json!({ "decision": { "id": 7 } });
    assert_eq!(Entry::read(&broken).map_err(|fault| fault.place), Err("/decision/id".to_owned()));
    assert!(Entry::read(&serde_json::json!("granted")).is_err());
}

#[test]
fn an_unanswered_denial_counts_at_once_and_an_unanswered_grant_for_nothing() {
    let known = Choices {
        controls: vec![Control { choice: Standing::Granted, ..Control::unset(CONTROL) }],
        ..Choices::default()
    };
    let off = [about_datum(deny("A", 1, 0), "cup"), deny("A", 2, 0)];
    assert_eq!(in_force(&known, off.iter()).standing(CONTROL), Standing::Denied);
    assert_eq!(on_screen(&known, off.iter()).controls[0].left_out, ["cup"]);
    let on = [deny("A", 1, 0), grant("A", 2, 0)];
    assert_eq!(in_force(&known, on.iter()).standing(CONTROL), Standing::Denied);
    assert_eq!(on_screen(&known, on.iter()).standing(CONTROL), Standing::Granted);
    let first = [grant("A", 1, 0)];
    assert_eq!(in_force(&Choices::default(), first.iter()).standing(CONTROL), Standing::Unset);
    assert_eq!(on_screen(&Choices::default(), first.iter()).standing(CONTROL), Standing::Granted);
}

/// Anything that can go wrong, in any order.
fn trouble() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Flush),
        Just(Event::Online),
        Just(Event::Hidden),
        Just(Event::Tick),
        Just(failed(Failure::Unreachable, None)),
        Just(failed(Failure::Busy, Some(5_000))),
        Just(failed(Failure::Capability, None)),
        Just(failed(Failure::OtherTab, None)),
        Just(saved(&[])),
    ]
}

proptest! {
    #[test]
    fn no_trouble_loses_or_changes_a_decision(
        choices in prop::collection::vec(any::<bool>(), 1..6),
        trouble in prop::collection::vec((trouble(), 0i64..20_000, 0.0..1.0f64), 0..30),
    ) {
        let mut outbox = Outbox::new();
        for (number, yes) in choices.iter().enumerate() {
            let decision = if *yes { grant("D", number as u64, 0) } else { deny("D", number as u64, 0) };
            outbox.handle(Event::Decided(decision), at(0), 0.5);
        }
        let before: Vec<Decision> = outbox.waiting().cloned().collect();
        prop_assert_eq!(before.iter().map(|d| d.seq).collect::<Vec<_>>(), (1..=choices.len() as u64).collect::<Vec<_>>());
        let mut now = 0;
        for (event, later, random) in trouble {
            now += later;
            for effect in outbox.handle(event, at(now), random) {
                let harmless = matches!(effect, Effect::Send { .. } | Effect::SetTimer(_) | Effect::Renew);
                prop_assert!(harmless, "{:?}", effect);
            }
            prop_assert_eq!(&outbox.waiting().cloned().collect::<Vec<_>>(), &before);
        }
        // And when the trouble is over, everything is sent.
        let calm = outbox.handle(Event::Flush, at(now + 7_200_000), 0.0);
        prop_assert_eq!(sent(&calm).map(|(seqs, _)| seqs.len()), Some(before.len()));
    }
}

#[test]
fn what_another_tab_was_answered_stays_on_top_until_what_stands_by_then_is_heard_of() {
    let entry = |state| Entry { decision: deny("A", 1, 0), state };
    let kept = |rev| entry(State::Kept { epoch: EPOCH.to_owned(), rev });
    let beyond = |entry: &Entry, epoch: &str, rev| {
        let mut outbox = Outbox::new();
        for entry in [Entry { state: State::Waiting, ..entry.clone() }, entry.clone(), entry.clone()] {
            outbox.handle(loaded(vec![entry], 2), at(1), 0.5);
        }
        let known = candor_protocol::Choices { epoch: epoch.to_owned(), rev, ..Default::default() };
        outbox.beyond(&known).count() == 1
    };
    assert!(beyond(&kept(5), EPOCH, 4), "this tab has not heard the answer yet");
    assert!(!beyond(&kept(5), EPOCH, 5) && !beyond(&kept(5), EPOCH, 9));
    // Of another epoch the revs say nothing; one that took none changed nothing.
    assert!(!beyond(&kept(5), "e_other", 1) && !beyond(&kept(0), EPOCH, 0));
    assert!(
        beyond(&entry(State::Waiting), EPOCH, 9) && !beyond(&entry(State::Aside { reason: "no".into() }), EPOCH, 0)
    );
    // What was answered before this page was there may have been somebody else's.
    let mut outbox = Outbox::new();
    outbox.handle(loaded(vec![kept(5)], 2), at(1), 0.5);
    let known = candor_protocol::Choices { epoch: EPOCH.to_owned(), ..Default::default() };
    assert_eq!(outbox.beyond(&known).count(), 0);
    // What this tab had on its way and another was answered for, when the device has another name: perhaps for
    // somebody else, so a grant is not shown; a refusal is, until more is known.
    for (decision, on_top) in [(grant("A", 1, 0), 0), (deny("A", 1, 0), 1)] {
        let entry = |state| Entry { decision: decision.clone(), state };
        let mut outbox = Outbox::new();
        outbox.handle(loaded(vec![entry(State::Waiting)], 2), at(1), 0.5);
        let (entries, device) = (vec![entry(State::Kept { epoch: EPOCH.to_owned(), rev: 5 })], "another".to_owned());
        outbox.handle(Event::Loaded { entries, next_seq: 2, device }, at(2), 0.5);
        assert_eq!(outbox.beyond(&known).count(), on_top);
    }
    // As an earlier release wrote it.
    let stored: serde_json::Value = serde_json::from_str(&kept(0).to_json().replacen(",\"rev\":0", "", 1)).unwrap();
    assert_eq!(Entry::read(&stored), Ok(kept(0)));
    assert_eq!(Entry::read(&serde_json::from_str::<serde_json::Value>(&kept(7).to_json()).unwrap()), Ok(kept(7)));
}
