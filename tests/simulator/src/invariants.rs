//! What must be true, held against what really happened.

use candor_choices::device::{Device, KnownAs};
use candor_protocol::{Choice, Standing};

use crate::body::Refused;
use crate::history::History;
use crate::notice::CONTROLS;
use crate::page::Page;

/// After every step.
pub fn after_a_step(history: &History<'_>) -> Result<(), String> {
    if let Some(fault) = &history.world.ledger.borrow().fault {
        return Err(fault.clone());
    }
    // What nobody touched since is as it was.
    let now = (history.house.touched(), history.subjects.len());
    let changed = history.checked.replace(now) != now;
    for subject in &history.subjects {
        if changed {
            kept_once(history, subject)?;
        }
        nothing_undone(history, subject)?;
    }
    for tab in history.tabs.iter().flatten().flatten() {
        no_failure_grants(&tab.body)?;
        speaks_for_who_is_there(history, &tab.body)?;
        if !tab.frozen {
            refused_is_off(history, &tab.body)?;
        }
    }
    Ok(())
}

/// What somebody refused whom nobody knew is off on that page, and, where storage took it, on every page of the device.
fn refused_is_off(history: &History<'_>, body: &crate::body::Body) -> Result<(), String> {
    let machine = &body.machine;
    // What another tab has sent for it is in storage already, and heard of a moment later.
    if !body.messages.borrow().is_empty() || !body.writes.borrow().is_empty() {
        return Ok(());
    }
    let concerns = |one: &&Refused| one.page == body.page || (one.kept && machine.whole.get() && !body.blocked);
    let refused: Vec<Refused> = machine.refused.borrow().iter().filter(concerns).cloned().collect();
    if refused.is_empty() {
        return Ok(());
    }
    let on = |page: Page<'_, '_>| {
        page.in_force(|choices, _| refused.iter().find(|one| one.is_undone_by(choices)).cloned()).flatten()
    };
    match history.engine.run(body, on).flatten() {
        Some(Refused { change, page, .. }) => {
            let what = change.datum.as_deref().unwrap_or(&change.control);
            Err(format!("page {} acts on {what}, which was refused on page {page}", body.page))
        }
        None => Ok(()),
    }
}

/// Who the page speaks for is who the shop said is there, and what it shows is theirs.
fn speaks_for_who_is_there(history: &History<'_>, body: &crate::body::Body) -> Result<(), String> {
    let of = body.state.of.borrow();
    let signed_in = body.state.known_as.get() == KnownAs::SignedIn;
    if !of.is_empty() && !(if signed_in { &body.heard_somebody } else { &body.heard_nobody }).get() {
        return Err(format!("page {} speaks for {of}, and the shop never said so", body.page));
    }
    let stamp = body.stamp.borrow();
    let Some(stamp) = stamp.as_ref().filter(|_| !of.is_empty()) else { return Ok(()) };
    let theirs = if signed_in {
        *stamp.subject == **of
    } else {
        !history.world.ledger.borrow().signed_in.contains(&*stamp.subject)
    };
    if theirs {
        Ok(())
    } else {
        Err(format!("page {} speaks for {of} and shows what stands for {}", body.page, stamp.subject))
    }
}

/// What is acknowledged is on disk and stays; what is repeated has one effect.
fn kept_once(history: &History<'_>, subject: &str) -> Result<(), String> {
    let ledger = history.world.ledger.borrow();
    let on_disk = history.house.on_disk(subject);
    if ledger.erased.contains(subject) && !on_disk.is_empty() {
        return Err(format!("{subject} was erased and is on disk"));
    }
    let mut taken = ledger.taken_ids(subject);
    for row in &on_disk {
        let Some(known) = taken.next() else {
            return Err(format!("{} lies on disk twice, or was never made", row.id));
        };
        if known.decision.id != row.id {
            return Err(format!("{} lies on disk where {} was taken", row.id, known.decision.id));
        }
    }
    if let Some(lost) = taken.next() {
        return Err(format!("{} was acknowledged and is not on disk", lost.decision.id));
    }
    let Some(person) = history.house.person(subject) else { return Ok(()) };
    for (known, outcome) in ledger.outcomes(subject) {
        if person.record.outcome(&known.decision.id) != Some(outcome) {
            return Err(format!("the outcome of {} became another", known.decision.id));
        }
    }
    Ok(())
}

/// A denial in force is never undone by a grant that had not seen it.
fn nothing_undone(history: &History<'_>, subject: &str) -> Result<(), String> {
    let Some(person) = history.house.person(subject) else { return Ok(()) };
    let ledger = history.world.ledger.borrow();
    let (app, now) = (history.house.app(), history.world.time.ms());
    let site = app.site(history.house.site()).ok_or("the site is gone")?;
    let mut devices: Vec<Option<&str>> = vec![None];
    for known in ledger.taken_ids(subject) {
        if !devices.contains(&Some(&known.decision.device)) {
            devices.push(Some(&known.decision.device));
        }
    }
    for device in devices {
        let choices = app.choices_of(&site, &person, device);
        for control in CONTROLS {
            if choices.standing(control) == Standing::Granted && !ledger.may_stand(subject, control, None, device, now)
            {
                return Err(format!("{control} stands as granted for {subject} on {device:?} over a denial unseen"));
            }
            let left_out = choices.control(control).map(|control| control.left_out.clone()).unwrap_or_default();
            for datum in ["r1", "r2"] {
                let denied = ledger.denied(subject, control, datum, device);
                if denied
                    && !left_out.iter().any(|out| out == datum)
                    && !ledger.may_stand(subject, control, Some(datum), device, now)
                {
                    return Err(format!("{datum} of {control} was taken in again for {subject} over a denial unseen"));
                }
            }
        }
    }
    Ok(())
}

/// A page may use only what the service told it is granted, and nothing that was
/// denied on it since, whatever failed.
fn no_failure_grants(body: &crate::body::Body) -> Result<(), String> {
    let stamp = body.stamp.borrow();
    let granted = stamp.as_ref().map(|stamp| stamp.granted.as_slice()).unwrap_or_default();
    let outbox = body.state.outbox.borrow();
    for control in CONTROLS {
        let allowed = allowed(body, control);
        if allowed && !granted.iter().any(|told| told == control) {
            return Err(format!("a page uses {control}, and was never told that it may"));
        }
        let mut unsaid = outbox.waiting().flat_map(|decision| decision.changes());
        let denied = unsaid.any(|c| c.control == control && c.datum.is_none() && c.choice == Choice::Denied);
        if allowed && denied {
            return Err(format!("a page uses {control}, which was denied on it"));
        }
    }
    Ok(())
}

fn allowed(body: &crate::body::Body, control: &str) -> bool {
    let (purpose, source) = control.split_once('/').unwrap_or_default();
    let stands = body.state.stands.borrow();
    let Some(notice) = &stands.notice else { return false };
    let in_force = candor_choices::in_force(&stands.known, body.state.outbox.borrow().beyond(&stands.known));
    candor_choices::allowed(&in_force, notice, purpose, source)
}

/// Of whoever asked to be forgotten the device keeps nothing, but what it owes them: that the service erases them.
pub fn nothing_left(body: &crate::body::Body) {
    let storage = body.machine.storage.borrow();
    if let Some(left) = storage.keys().find(|key| !body.own(key).starts_with("owed:")) {
        body.world.fault(format!("page {} forgot, and {left} is still there", body.page));
    }
}
