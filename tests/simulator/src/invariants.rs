//! What must be true, held against what really happened.

use candor_choices::device::Device;
use candor_protocol::{Choice, Choices, DecisionMethod, Standing};

use crate::history::History;
use crate::notice::CONTROLS;

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
    }
    Ok(())
}

/// What is acknowledged is on disk and stays; what is repeated has one effect.
fn kept_once(history: &History<'_>, subject: &str) -> Result<(), String> {
    let ledger = history.world.ledger.borrow();
    let on_disk = history.house.on_disk(subject);
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
    body.in_force(|choices, notice| candor_choices::allowed(choices, notice, purpose, source)).unwrap_or(false)
}

/// When everything got through: nothing is lost, no sequence has a gap, and every
/// page shows what the service says.
pub fn in_the_end(history: &History<'_>) -> Result<(), String> {
    let ledger = history.world.ledger.borrow();
    let app = history.house.app();
    let site = app.site(history.house.site()).ok_or("the site is gone")?;
    for (index, tabs) in history.tabs.iter().enumerate() {
        let Some(tab) = tabs[0].as_ref() else { return Err("a page could not be opened".to_owned()) };
        let Some(session) = tab.last.as_ref().filter(|_| tab.signed_in) else {
            return Err(format!("machine {index} cannot sign in"));
        };
        let person = history.house.person(&session.subject).ok_or("the subject is gone")?;
        let device = tab.body.id();
        if let Some(waits) = tab.body.state.outbox.borrow().waiting().next() {
            return Err(format!("machine {index}: {} still waits", waits.id));
        }
        let choices = app.choices_of(&site, &person, Some(&device));
        let shown = tab.body.state.stands.borrow().choices.clone();
        if told(&shown) != told(&choices) {
            return Err(format!("machine {index} shows {:?}, and {:?} stands", told(&shown), told(&choices)));
        }
        // A store that was put back lacks what devices no longer hold; it says so, and that is true.
        if ledger.lineage() == 0 && history.machines[index].whole.get() && !person.record.missing(&device, 1).is_empty()
        {
            return Err(format!("machine {index} has gaps: {:?}", person.record.missing(&device, 9)));
        }
        // What was decided here reached the service, once.
        for known in ledger.made.iter().filter(|known| known.machine == index && known.safe) {
            let here = ledger.taken_ids(&session.subject).any(|taken| taken.decision.id == known.decision.id);
            if known.of == session.subject && !here && !overtaken(&ledger, known) && !set_aside(&tab.body, known) {
                return Err(format!("the decision {} of machine {index} was lost", known.decision.id));
            }
            if known.of == "anon" && known.decision.method != DecisionMethod::Signal {
                refusal_binds(&ledger, known, &choices)?;
            }
        }
    }
    Ok(())
}

/// A grant is not taken, and the person is told, where the store, put back, does not know its notice,
/// and where it was made under a name that the device has lost with its storage.
fn set_aside(body: &crate::body::Body, known: &crate::ledger::Known) -> bool {
    let outbox = body.state.outbox.borrow();
    let entry = outbox.entries().iter().find(|entry| entry.decision.id == known.decision.id);
    let Some(candor_choices::State::Aside { reason }) = entry.map(|entry| &entry.state) else { return false };
    !known.decision.denies()
        && match reason.as_str() {
            "unknown-notice" => true,
            "other-device" => !body.machine.whole.get(),
            _ => false,
        }
}

/// What somebody refused before they signed in holds on that device until they grant it there.
fn refusal_binds(
    ledger: &crate::ledger::Ledger,
    known: &crate::ledger::Known,
    choices: &Choices,
) -> Result<(), String> {
    for change in known.decision.changes().iter().filter(|c| c.choice == Choice::Denied) {
        let after = ledger.made.iter().skip_while(|other| other.decision.id != known.decision.id).skip(1);
        let granted_since = after.filter(|other| other.machine == known.machine).any(|other| {
            let mut changes = other.decision.changes().iter();
            changes.any(|c| c.control == change.control && c.datum == change.datum && c.choice == Choice::Granted)
        });
        let binds = match &change.datum {
            None => choices.standing(&change.control) != Standing::Granted,
            Some(datum) => choices.control(&change.control).is_some_and(|control| control.left_out.contains(datum)),
        };
        if !binds && !granted_since {
            let what = change.datum.as_deref().unwrap_or(&change.control);
            return Err(format!("{what} was refused before signing in, and is granted on that device"));
        }
    }
    Ok(())
}

/// After a restored backup a device brings back its last word on each control, not every word.
fn overtaken(ledger: &crate::ledger::Ledger, known: &crate::ledger::Known) -> bool {
    let after = ledger.made.iter().skip_while(|other| other.decision.id != known.decision.id).skip(1);
    let later: Vec<_> = after.filter(|other| other.machine == known.machine && other.of == known.of).collect();
    known.decision.changes().iter().all(|change| {
        later.iter().any(|other| {
            let mut changes = other.decision.changes().iter();
            changes.any(|c| c.control == change.control && c.datum == change.datum)
        })
    })
}

fn told(choices: &Choices) -> Vec<(String, Standing, Vec<String>)> {
    let known = choices.controls.iter().map(|c| (c.id.clone(), c.choice, c.left_out.clone()));
    known.filter(|(_, choice, out)| *choice != Standing::Unset || !out.is_empty()).collect()
}

/// What stands for whoever is signed in at a machine.
pub fn stands(history: &History<'_>, machine: usize, control: &str) -> Option<Standing> {
    let tab = history.tabs[machine][0].as_ref()?;
    let person = history.house.person(&tab.last.as_ref()?.subject)?;
    let site = history.house.app().site(history.house.site())?;
    Some(history.house.app().choices_of(&site, &person, Some(&tab.body.id())).standing(control))
}
