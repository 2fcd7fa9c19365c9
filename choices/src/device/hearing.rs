//! What a device heard: from the service, from storage, from other tabs.

use candor_protocol::{Binding, Choices, Outcome};

use super::deciding::{carry_out, carry_refusals, held_to, obey_signal, outbox_hears, release};
use super::{Cause, Device, KnownAs};
use crate::{Entry, Event, Failure, Outbox};

pub(super) fn person_is<D: Device + ?Sized>(device: &D, of: &str, known_as: KnownAs) {
    let state = device.state();
    let before = state.of.borrow().clone();
    if !before.is_empty() && before != of {
        device.forget_person();
    }
    state.known_as.set(known_as);
    of.clone_into(&mut state.of.borrow_mut());
}

pub(super) fn page_event<D: Device + ?Sized>(device: &D, name: &str) {
    if name == "hidden" {
        // Nobody has said yet whose they are: a refusal holds on this device at least.
        device.hold();
    }
    let (event, cause) = match name {
        "hidden" => (Event::Hidden, Cause::Customer),
        "online" => (Event::Online, Cause::Stored),
        _ => (Event::Flush, Cause::Stored),
    };
    device.outbox_event(event, cause);
}

pub(super) fn stored<D: Device + ?Sized>(device: &D, entries: Vec<Entry>, next_seq: u64, cause: Cause) {
    device.outbox_event(Event::Loaded { entries, next_seq, device: device.id() }, cause);
    release(device);
}

pub(super) fn heard<D: Device + ?Sized>(device: &D, entries: Vec<Entry>, next_seq: u64, choices: Choices) {
    // The outbox first, and shown with what stands.
    let effects = outbox_hears(device, Event::Loaded { entries, next_seq, device: device.id() });
    stand(device, choices, Cause::Tab);
    carry_out(device, effects);
    release(device);
}

pub(super) fn stand<D: Device + ?Sized>(device: &D, choices: Choices, cause: Cause) {
    // The outbox first: what another epoch answered lies on top again before any of this is shown.
    let effects = outbox_hears(device, Event::Epoch(choices.epoch.clone()));
    adopt(device, choices, cause);
    carry_out(device, effects);
}

pub(super) fn alone<D: Device + ?Sized>(device: &D) {
    adopt(device, Choices::default(), Cause::Stored);
}

pub(super) fn gathered<D: Device + ?Sized>(device: &D, lang: &str) {
    match device.state().known_as.get() {
        KnownAs::Nobody => return,
        KnownAs::Anonymous => carry_refusals(device, lang, Binding::Account),
        KnownAs::SignedIn => carry_refusals(device, lang, Binding::Device),
    }
    obey_signal(device, lang);
}

pub(super) fn answered<D: Device + ?Sized>(device: &D, outcomes: Vec<Outcome>, choices: Choices) {
    let effects = outbox_hears(device, Event::Answered { epoch: choices.epoch.clone(), outcomes });
    device.share(&choices);
    adopt(device, choices, Cause::OtherDevice);
    carry_out(device, effects);
}

pub(super) fn failed<D: Device + ?Sized>(device: &D, status: u16, retry_after_ms: Option<u64>) {
    let failure = match status {
        1 => Failure::OtherTab,
        401 | 403 => Failure::Capability,
        // An anonymous subject that was erased: the device makes another.
        410 if device.state().known_as.get() != KnownAs::SignedIn => Failure::Capability,
        408 | 429 | 500.. => Failure::Busy,
        400..500 => Failure::Refused,
        // None, or one that says nothing of what was sent.
        _ => Failure::Unreachable,
    };
    device.outbox_event(Event::Failed { failure, retry_after_ms }, Cause::OtherDevice);
}

/// Takes over what the service says, unless something newer is known.
fn adopt<D: Device + ?Sized>(device: &D, choices: Choices, cause: Cause) {
    let mut stands = device.state().stands.borrow_mut();
    if !(stands.loaded && stands.known.epoch == choices.epoch && stands.known.rev > choices.rev) {
        stands.known = choices;
        stands.loaded = true;
        stands.loaded_at = device.now();
    }
    drop(stands);
    device.redraw();
    device.show_choices(cause);
    device.keep_state();
}

pub(super) fn show_choices<D: Device + ?Sized>(device: &D, cause: Cause) {
    let state = device.state();
    let mut stands = state.stands.borrow_mut();
    let after = crate::on_screen(&held_to(device, &stands), state.outbox.borrow().beyond(&stands.known));
    if after == stands.choices {
        return;
    }
    let before = std::mem::replace(&mut stands.choices, after.clone());
    drop(stands);
    device.redraw();
    device.keep_state();
    device.became(&before, &after, cause);
}

pub(super) fn forget_person<D: Device + ?Sized>(device: &D) {
    let state = device.state();
    state.held.borrow_mut().clear();
    state.known_as.set(KnownAs::Nobody);
    state.of.borrow_mut().clear();
    *state.outbox.borrow_mut() = Outbox::new();
    let mut stands = state.stands.borrow_mut();
    stands.known = Choices::default();
    let before = std::mem::take(&mut stands.choices);
    stands.loaded = false;
    drop(stands);
    device.person_left();
    device.became(&before, &Choices::default(), Cause::Stored);
}
