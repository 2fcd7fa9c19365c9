//! From a press to the outbox, and from the outbox to the senses.

use candor_protocol::{
    Binding, Change, Choice, Choices, Content, Decision, DecisionMethod, Standing, Tier, text, write,
};

use super::{Cause, Device, KEPT, KnownAs, Made, Stands, WAITING};
use crate::{Effect, Entry, Event, State, Status, signal_changes, told_of};

pub(super) fn decide<D: Device + ?Sized>(device: &D, changes: Vec<Change>, made: Made) {
    if changes.is_empty() {
        return;
    }
    remember(device);
    // When it is pressed, not when it is known who pressed it: what another tab refuses until then had seen more.
    forget_words(device, "refused", &changes);
    device.decided(&changes, made.master);
    if !device.has_service() {
        decide_here(device, &changes);
    } else {
        device.state().held.borrow_mut().push((changes, made));
        if device.state().of.borrow().is_empty() {
            // Nobody has asked yet who this is; whose decision it is has to be known first.
            device.ask_who();
        } else {
            release(device);
        }
    }
}

/// From the person's first act on the device may remember its name; again where storage was emptied since, and where
/// another tab may not have heard it.
fn remember<D: Device + ?Sized>(device: &D) {
    if device.has_service() {
        device.set("device", &device.id());
    }
}

/// Decisions that were held until it was known who this is.
pub(super) fn release<D: Device + ?Sized>(device: &D) {
    let state = device.state();
    let held = state.held.take();
    // A refusal makes no subject: without one it stays on the device. A grant makes one, which hears of what was
    // refused before it, too.
    let stays = state.known_as.get() == KnownAs::Nobody
        && state.outbox.borrow().waiting().next().is_none()
        && held.iter().all(|(changes, _)| changes.iter().all(|change| change.choice == Choice::Denied));
    for (changes, mut made) in held {
        if stays {
            decide_here(device, &changes);
            continue;
        }
        // Refused anew it is sent anew for whoever grants it here; at the press that may not be known.
        forget_words(device, &carried(device), &changes);
        // A grant under Global Privacy Control stands when its maker was told of it: the signal goes first.
        let method = std::mem::replace(&mut made.method, DecisionMethod::Signal);
        decide_quietly(device, by_signal(device, &changes), &made);
        made.method = method;
        enter(device, changes, &made, Cause::Customer);
    }
}

pub(super) fn hold<D: Device + ?Sized>(device: &D) {
    let held = device.state().held.take();
    for (at, (changes, _)) in held.iter().enumerate() {
        for change in changes.iter().filter(|change| change.choice == Choice::Denied) {
            // Not what was switched on again since.
            if !held.iter().skip(at).any(|(later, _)| grant(later, &word(change))) {
                decide_here(device, std::slice::from_ref(change));
            }
        }
        device.settle(changes, Status::Local);
    }
    device.state().held.borrow_mut().extend(held);
}

/// What the signal denies of these, where nothing yet says that it did.
fn by_signal<D: Device + ?Sized>(device: &D, changes: &[Change]) -> Vec<Change> {
    let stands = device.state().stands.borrow();
    match stands.notice.as_ref().filter(|_| stands.gpc) {
        Some(notice) => told_of(&stands.choices, notice, changes),
        None => Vec::new(),
    }
}

/// What is sent for the person without a press of theirs: a signal, or a refusal made before signing in. There may
/// be any number: with names of the greatest length five changes are what one decision may hold.
fn decide_quietly<D: Device + ?Sized>(device: &D, changes: Vec<Change>, made: &Made) {
    for some in changes.chunks(5) {
        enter(device, some.to_vec(), made, Cause::Signal);
    }
}

fn decide_here<D: Device + ?Sized>(device: &D, changes: &[Change]) {
    for change in changes {
        crate::set(&mut device.state().stands.borrow_mut().known, change);
    }
    // What an earlier page refused stays refused: this one may not have looked at it yet.
    let mut denied = device.kept("refused");
    for change in changes.iter().filter(|change| change.choice == Choice::Denied) {
        add(&mut denied, &word(change));
    }
    let kept = device.has_service() && device.set("refused", &denied);
    device.settle(changes, if kept { Status::Saved } else { Status::Local });
    device.show_choices(Cause::Customer);
}

/// Whether the list was without it.
fn add(words: &mut String, word: &str) -> bool {
    let is_new = !words.split_ascii_whitespace().any(|known| known == word);
    if is_new {
        words.push(' ');
        words.push_str(word);
    }
    is_new
}

#[inline(never)]
fn grant(changes: &[Change], what: &str) -> bool {
    changes.iter().any(|change| change.choice == Choice::Granted && word(change) == what)
}

/// What is refused, as the device keeps it: the control, or `control>datum`.
fn word(change: &Change) -> String {
    match &change.datum {
        Some(datum) => [&*change.control, ">", datum].concat(),
        None => change.control.clone(),
    }
}

pub(super) fn refusals<D: Device + ?Sized>(device: &D) -> Vec<Change> {
    let words = device.kept("refused");
    let mut refused = Vec::new();
    for word in words.split_ascii_whitespace() {
        let place = word.bytes().position(|byte| byte == b'>').unwrap_or(word.len());
        let (control, datum) = (word.get(..place).unwrap_or_default(), word.get(place + 1..));
        if text::is_id(control) && datum.is_none_or(text::is_id) {
            let (control, datum) = (control.to_owned(), datum.map(str::to_owned));
            refused.push(Change { control, choice: Choice::Denied, datum });
        }
    }
    refused
}

/// What is granted here is in the list no more.
fn forget_words<D: Device + ?Sized>(device: &D, key: &str, changes: &[Change]) {
    let (words, mut left, mut gone) = (device.kept(key), String::new(), false);
    for known in words.split_ascii_whitespace() {
        if grant(changes, known) {
            gone = true;
        } else {
            left.push_str(known);
            left.push(' ');
        }
    }
    if gone {
        device.set(key, &left);
    }
}

/// Where it stands which refusals were sent for whoever is known.
fn carried<D: Device + ?Sized>(device: &D) -> String {
    ["carried:", &device.state().of.borrow()].concat()
}

/// What was refused on this device, is on, and was not sent for whoever is known. What was refused elsewhere, too, is
/// not sent yet: it may be granted there, and this device stays bound. And all that was sent, once these are.
fn uncarried<D: Device + ?Sized>(device: &D, on: &Choices) -> (Vec<Change>, String) {
    // For nobody nothing was ever sent.
    let nobody = device.state().known_as.get() == KnownAs::Nobody;
    let mut carried = if nobody { String::new() } else { device.kept(&carried(device)) };
    let mut changes = device.refusals();
    changes.retain(|change| {
        let denied =
            if change.datum.is_some() { !on.has(change) } else { on.standing(&change.control) == Standing::Denied };
        !denied && add(&mut carried, &word(change))
    });
    (changes, carried)
}

/// What the page may act on. Once in the Wasm, for its size.
#[inline(never)]
pub(super) fn acts_on<D: Device + ?Sized>(device: &D, stands: &Stands) -> Choices {
    crate::in_force(&held_to(device, stands), device.state().outbox.borrow().beyond(&stands.known))
}

/// What the service said, without what was refused here and what the signal ends: off before that was sent.
#[inline(never)]
pub(super) fn held_to<D: Device + ?Sized>(device: &D, stands: &Stands) -> Choices {
    let mut known = stands.known.clone();
    let (mut off, _) = uncarried(device, &known);
    if let Some(notice) = stands.notice.as_ref().filter(|_| stands.gpc) {
        off.extend(signal_changes(&known, notice));
    }
    for change in off {
        crate::set(&mut known, &change);
    }
    known
}

/// What was refused here while nobody was known, or while it could not be said who is there, is sent: once. A grant
/// made here ends that; one made elsewhere knew of the refusal and stands. At sign-in it binds this device; an
/// anonymous subject is this device's own.
pub(super) fn carry_refusals<D: Device + ?Sized>(device: &D, lang: &str, binds: Binding) {
    let state = device.state();
    let on = crate::in_force(&state.stands.borrow().known, state.outbox.borrow().beyond(&state.stands.borrow().known));
    let (changes, words) = uncarried(device, &on);
    if !changes.is_empty() {
        decide_quietly(device, changes, &Made::quietly(device, DecisionMethod::Switch, lang, binds));
        // Not before they wait: a page that ends in between sends them twice, and never not at all.
        device.set(&carried(device), &words);
    }
}

/// Global Privacy Control switches off what is on, for a person the service knows; once. A yes that waits
/// is not on yet, and the signal went before it (see [`by_signal`]): another one would undo it.
pub(super) fn obey_signal<D: Device + ?Sized>(device: &D, lang: &str) {
    let stands = device.state().stands.borrow();
    let mut changes = Vec::new();
    if let Some(notice) = stands.notice.as_ref().filter(|_| stands.gpc) {
        let on = crate::in_force(&stands.known, device.state().outbox.borrow().beyond(&stands.known));
        changes = signal_changes(&on, notice);
    }
    drop(stands);
    decide_quietly(device, changes, &Made::quietly(device, DecisionMethod::Signal, lang, Binding::Account));
}

fn decision<D: Device + ?Sized>(device: &D, content: Content, made: &Made) -> Decision {
    let stands = device.state().stands.borrow();
    Decision {
        id: device.fresh_id(),
        device: device.id(),
        seq: 0,
        notice: made.notice.clone(),
        served: device.words_hash(&made.lang),
        locale: made.lang.clone(),
        surface: made.surface,
        tier: Tier::Wasm,
        binds: made.binds,
        content,
        base: stands.known.base(),
        method: made.method,
        occurred_at: device.now(),
    }
}

/// Into the outbox, under the next number of this device.
fn enter<D: Device + ?Sized>(device: &D, changes: Vec<Change>, made: &Made, cause: Cause) {
    let decision = decision(device, Content::Changes(changes), made);
    device.set("device", &decision.device);
    decided(device, decision, cause);
}

/// Other tabs may have given numbers meanwhile: what they counted to is never written over with less.
fn decided<D: Device + ?Sized>(device: &D, decision: Decision, cause: Cause) {
    let state = device.state();
    let next = device.next_seq(&state.of.borrow());
    state.outbox.borrow_mut().count_from(next);
    outbox_event(device, Event::Decided(decision), cause);
}

pub(super) fn outbox_event<D: Device + ?Sized>(device: &D, event: Event, cause: Cause) {
    let effects = outbox_hears(device, event);
    device.show_choices(cause);
    carry_out(device, effects);
}

/// What the outbox asks for; nothing of it is done or shown yet. Once in the Wasm, for its size.
#[inline(never)]
pub(super) fn outbox_hears<D: Device + ?Sized>(device: &D, event: Event) -> Vec<Effect> {
    device.state().outbox.borrow_mut().handle(event, device.now(), device.random())
}

pub(super) fn carry_out<D: Device + ?Sized>(device: &D, effects: Vec<Effect>) {
    for effect in effects {
        match effect {
            Effect::Store(entry) => store(device, &entry),
            Effect::StoreNextSeq(next) => {
                device.set(&["seq:", &device.state().of.borrow()].concat(), &write::number(next));
            }
            Effect::Remove(id) => move_entry(device, &id, "", ""),
            Effect::Send { decisions, keepalive } => device.send(&decisions, keepalive),
            Effect::SetTimer(ms) => device.set_timer(ms),
            Effect::Renew => device.renew(),
            Effect::Announce { decision, status } => {
                let made =
                    device.state().made.borrow().iter().find(|(id, _)| *id == decision).map(|(_, made)| made.clone());
                device.settle(&made.unwrap_or_default(), status);
                device.tell_status(&decision, status);
            }
            Effect::CloseGap(void) => {
                let void = Decision { id: device.fresh_id(), ..void };
                decided(device, void, Cause::Customer);
            }
        }
    }
}

fn store<D: Device + ?Sized>(device: &D, entry: &Entry) {
    let id = &entry.decision.id;
    let to = match entry.state {
        State::Waiting => WAITING,
        State::Kept { .. } | State::Aside { .. } => KEPT,
    };
    move_entry(device, id, to, &entry.to_json());
    let mut made = device.state().made.borrow_mut();
    if !made.iter().any(|(known, _)| known == id) {
        made.push((id.clone(), entry.decision.changes().to_vec()));
    }
}

/// Under one of the two, or under neither.
fn move_entry<D: Device + ?Sized>(device: &D, id: &str, to: &str, text: &str) {
    let of = device.state().of.borrow().clone();
    let key = |prefix: &str| [prefix, of.as_str(), ":", id].concat();
    if !to.is_empty() {
        device.set(&key(to), text);
    }
    for prefix in [WAITING, KEPT] {
        if prefix != to {
            device.remove(&key(prefix));
        }
    }
}
