//! What a device shows and acts on while it hears something new.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]

mod world;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use candor_choices::device::{Cause, Device, DeviceState, KnownAs, Made};
use candor_choices::{Entry, State, Status, in_force};
use candor_protocol::{Binding, Change, Choice, Choices, Decision, DecisionMethod, Standing, Surface, Timestamp};
use world::{CONTROL, at, deny, grant};

/// Storage, network and page of a device, as far as these tests look at them.
struct Here {
    state: DeviceState,
    /// What the page could act on whenever it was told that something changed.
    acted: RefCell<Vec<Standing>>,
    sent: Cell<usize>,
    /// What is refused on this device, and what of it was sent for whom, as its tabs keep it.
    kept: RefCell<BTreeMap<String, String>>,
    ids: Cell<u64>,
}

impl Device for Here {
    fn state(&self) -> &DeviceState {
        &self.state
    }
    fn has_service(&self) -> bool {
        true
    }
    fn now(&self) -> Timestamp {
        at(0)
    }
    fn random(&self) -> f64 {
        0.5
    }
    fn fresh_id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("01900000-0000-7000-8000-ffff{:08x}", self.ids.get())
    }
    fn id(&self) -> String {
        "a".to_owned()
    }
    fn words_hash(&self, _: &str) -> String {
        "sha256-words".to_owned()
    }
    fn kept(&self, key: &str) -> String {
        self.kept.borrow().get(key).cloned().unwrap_or_default()
    }
    fn next_seq(&self, _: &str) -> u64 {
        1
    }
    fn set(&self, key: &str, value: &str) -> bool {
        self.kept.borrow_mut().insert(key.to_owned(), value.to_owned());
        true
    }
    fn remove(&self, _: &str) {}
    fn ask_who(&self) {}
    fn renew(&self) {}
    fn send(&self, decisions: &[Decision], _: bool) {
        self.sent.set(self.sent.get() + decisions.len());
    }
    fn share(&self, _: &Choices) {}
    fn set_timer(&self, _: u64) {}
    fn decided(&self, _: &[Change], _: bool) {}
    fn settle(&self, _: &[Change], _: Status) {}
    fn tell_status(&self, _: &str, _: Status) {}
    fn became(&self, _: &Choices, _: &Choices, _: Cause) {
        let known = &self.state.stands.borrow().known;
        let on = in_force(known, self.state.outbox.borrow().beyond(known));
        self.acted.borrow_mut().push(on.standing(CONTROL));
    }
    fn redraw(&self) {}
    fn person_left(&self) {}
    fn keep_state(&self) {}
}

fn of_nobody_yet() -> Here {
    let (acted, sent, kept, ids) = (RefCell::default(), Cell::default(), RefCell::default(), Cell::default());
    Here { state: DeviceState::new(false), acted, sent, kept, ids }
}

/// A device whose `decision` the service answered in its epoch.
fn device(decision: Decision, epoch: &str) -> Here {
    let here = of_nobody_yet();
    here.person_is("s_1", KnownAs::SignedIn);
    let change = decision.changes()[0].clone();
    let kept = Entry { decision, state: State::Kept { epoch: epoch.to_owned(), rev: 0 } };
    here.stored(vec![kept], 2, Cause::Stored);
    here.stand(choices(epoch, 2, &change), Cause::Stored);
    here.acted.borrow_mut().clear();
    here
}

fn choices(epoch: &str, rev: u64, change: &Change) -> Choices {
    let mut choices = Choices { epoch: epoch.to_owned(), rev, controls: Vec::new() };
    candor_choices::set(&mut choices, change);
    choices
}

fn granted() -> Change {
    Change { control: CONTROL.to_owned(), choice: Choice::Granted, datum: None }
}

#[test]
fn what_a_restored_backup_grants_is_not_acted_on_before_the_no_kept_here_lies_on_top() {
    for by_tab in [false, true] {
        let here = device(deny("a", 1, 1), "e_1");
        let restored = choices("e_2", 1, &granted());
        if by_tab {
            let entries = here.state.outbox.borrow().entries().to_vec();
            here.heard(entries, 2, restored);
        } else {
            here.stand(restored, Cause::OtherDevice);
        }
        assert_eq!(here.state.stands.borrow().choices.standing(CONTROL), Standing::Denied);
        assert!(!here.acted.borrow().contains(&Standing::Granted), "acted on what the backup granted");
        assert_eq!(here.sent.get(), 1, "the no is asked for again");
    }
}

#[test]
fn what_a_restored_backup_denies_is_in_force_at_once_whatever_was_granted_here() {
    let here = device(grant("a", 1, 1), "e_1");
    let denied = Change { choice: Choice::Denied, ..granted() };
    here.stand(choices("e_2", 1, &denied), Cause::OtherDevice);
    let known = &here.state.stands.borrow().known;
    assert_eq!(in_force(known, here.state.outbox.borrow().beyond(known)).standing(CONTROL), Standing::Denied);
    assert_eq!(here.sent.get(), 1, "the yes is asked for again, with what it had seen");
}

#[test]
fn an_older_answer_of_the_same_epoch_changes_nothing() {
    let here = device(deny("a", 1, 1), "e_1");
    here.stand(choices("e_1", 1, &granted()), Cause::OtherDevice);
    assert_eq!(here.state.stands.borrow().choices.standing(CONTROL), Standing::Denied);
    assert_eq!((here.acted.borrow().len(), here.sent.get()), (0, 0));
}

/// Somebody presses the switch.
fn press(here: &Here, choice: Choice) {
    let made = Made {
        method: DecisionMethod::Switch,
        surface: Surface::Storefront,
        notice: "N1".to_owned(),
        lang: "en".to_owned(),
        master: false,
        binds: Binding::Account,
    };
    here.decide(vec![Change { choice, ..granted() }], made);
}

#[test]
fn a_yes_that_waits_to_be_known_whose_it_is_takes_back_no_refusal_of_another_tab_since() {
    let here = of_nobody_yet();
    press(&here, Choice::Granted);
    here.set("refused", &[" ", CONTROL].concat());
    here.person_is("s_1", KnownAs::SignedIn);
    here.stored(Vec::new(), 1, Cause::Stored);
    here.stand(choices("e_1", 1, &granted()), Cause::Stored);
    assert_eq!(here.kept("refused").trim(), CONTROL);
    assert_eq!(here.in_force(|on, _| on.standing(CONTROL)), None, "there is no notice");
    here.gathered("en");
    assert_eq!(waiting(&here), [(Choice::Granted, Binding::Account), (Choice::Denied, Binding::Device)]);
}

fn waiting(here: &Here) -> Vec<(Choice, Binding)> {
    let outbox = here.state.outbox.borrow();
    outbox.waiting().map(|waits| (waits.changes()[0].choice, waits.binds)).collect()
}

#[test]
fn what_is_refused_anew_is_sent_anew_though_it_was_granted_before_it_was_known_by_whom() {
    let sign_in = |here: &Here| {
        here.person_is("s_1", KnownAs::SignedIn);
        here.stored(Vec::new(), 1, Cause::Stored);
        here.stand(choices("e_1", 1, &granted()), Cause::Stored);
        here.gathered("en");
        waiting(here)
    };
    let here = of_nobody_yet();
    here.set("refused", CONTROL);
    assert_eq!(sign_in(&here), [(Choice::Denied, Binding::Device)]);

    let later = Here { kept: here.kept, ..of_nobody_yet() };
    press(&later, Choice::Granted);
    assert_eq!(sign_in(&later), [(Choice::Granted, Binding::Account)]);

    // They sign out, and on the device it is refused once more.
    let last = Here { kept: later.kept, ..of_nobody_yet() };
    last.person_is("anon", KnownAs::Nobody);
    press(&last, Choice::Denied);
    last.forget_person();
    assert_eq!(sign_in(&last), [(Choice::Denied, Binding::Device)]);
}

#[test]
fn a_yes_after_a_no_counts_for_nobody_known_too() {
    let here = of_nobody_yet();
    press(&here, Choice::Denied);
    press(&here, Choice::Granted);
    here.person_is("anon", KnownAs::Nobody);
    here.stored(Vec::new(), 1, Cause::Stored);
    assert_eq!(here.kept("refused"), "");
    assert_eq!(waiting(&here), [(Choice::Denied, Binding::Account), (Choice::Granted, Binding::Account)]);
}

#[test]
fn of_what_was_pressed_while_it_cannot_be_said_who_is_there_the_last_word_counts() {
    let refused = |presses: &[Choice]| {
        let here = of_nobody_yet();
        presses.iter().for_each(|choice| press(&here, *choice));
        here.hold();
        here.hold();
        here.kept("refused").trim().to_owned()
    };
    assert_eq!(refused(&[Choice::Denied]), CONTROL);
    assert_eq!(refused(&[Choice::Denied, Choice::Granted]), "");
    assert_eq!(refused(&[Choice::Denied, Choice::Granted, Choice::Denied]), CONTROL);
}
