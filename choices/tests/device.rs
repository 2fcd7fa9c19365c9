//! What a device shows and acts on while it hears something new.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]

mod world;

use std::cell::{Cell, RefCell};

use candor_choices::device::{Cause, Device, DeviceState, KnownAs};
use candor_choices::{Entry, State, Status, in_force};
use candor_protocol::{Change, Choice, Choices, Decision, Standing, Timestamp};
use world::{CONTROL, at, deny, grant};

/// Storage, network and page of a device, as far as these tests look at them.
struct Here {
    state: DeviceState,
    /// What the page could act on whenever it was told that something changed.
    acted: RefCell<Vec<Standing>>,
    sent: Cell<usize>,
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
        "01900000-0000-7000-8000-00000000ffff".to_owned()
    }
    fn id(&self) -> String {
        "a".to_owned()
    }
    fn words_hash(&self, _: &str) -> String {
        "sha256-words".to_owned()
    }
    fn kept(&self, _: &str) -> String {
        String::new()
    }
    fn next_seq(&self, _: &str) -> u64 {
        1
    }
    fn set(&self, _: &str, _: &str) -> bool {
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

/// A device whose `decision` the service answered in its epoch.
fn device(decision: Decision, epoch: &str) -> Here {
    let here = Here { state: DeviceState::new(false), acted: RefCell::default(), sent: Cell::default() };
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
