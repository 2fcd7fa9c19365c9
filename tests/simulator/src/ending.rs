//! What must be true when everything gets through again.

use candor_choices::device::KnownAs;
use candor_protocol::{Change, Choice, Choices, DecisionMethod, Standing};

use crate::history::History;

/// As the page calls its device.
fn device(history: &History<'_>, body: &crate::body::Body) -> String {
    history.engine.ask(body, "device", (body.page,)).unwrap_or_default()
}

/// When everything got through: nothing is lost, no sequence has a gap, and every
/// page shows what the service says.
pub fn in_the_end(history: &History<'_>) -> Result<(), String> {
    let ledger = history.world.ledger.borrow();
    let app = history.house.app();
    let site = app.site(history.house.site()).ok_or("the site is gone")?;
    for (index, tabs) in history.tabs.iter().enumerate() {
        let Some(tab) = tabs[0].as_ref() else { return Err("a page could not be opened".to_owned()) };
        let subject = tab.body.signed_in().ok_or_else(|| format!("machine {index} cannot sign in"))?;
        let (person, device) = agrees(history, index, &tab.body, &subject)?;
        let person = person.ok_or("the subject is gone")?;
        let choices = app.choices_of(&site, &person, Some(&device));
        // A store that was put back lacks what devices no longer hold; it says so, and that is true.
        if ledger.lineage() == 0 && history.machines[index].whole.get() && !person.record.missing(&device, 1).is_empty()
        {
            return Err(format!("machine {index} has gaps: {:?}", person.record.missing(&device, 9)));
        }
        // What was decided here reached the service, once.
        for known in ledger.made.iter().filter(|known| known.machine == index && known.safe) {
            let here = ledger.taken_ids(&subject).any(|taken| taken.decision.id == known.decision.id);
            if known.of == subject && !here && !overtaken(&ledger, known, &subject) && !set_aside(&tab.body, known) {
                return Err(format!("the decision {} of machine {index} was lost", known.decision.id));
            }
            if known.of == "anon" && known.decision.method != DecisionMethod::Signal {
                refusal_binds(&ledger, known, &choices)?;
            }
        }
        // So is what was refused here while nobody was known.
        if let Some(one) = history.machines[index].refused.borrow().iter().find(|one| one.is_undone_by(&choices)) {
            let what = one.change.datum.as_deref().unwrap_or(&one.change.control);
            return Err(format!("{what} was refused by nobody known, and is granted on that device"));
        }
    }
    Ok(())
}

/// When everything gets through again, every page that was open all the while speaks for who is there, shows what the
/// service says, and the tabs of a browser speak for the same.
pub fn of_open_pages(history: &History<'_>) -> Result<(), String> {
    for (index, tabs) in history.tabs.iter().enumerate() {
        let mut spoken = Vec::new();
        for body in tabs.iter().flatten().map(|tab| &tab.body) {
            let signed_in = body.state.known_as.get() == KnownAs::SignedIn;
            if body.state.of.borrow().is_empty() || signed_in != history.machines[index].signed_in.get() {
                return Err(format!("page {} of machine {index} does not know who is there", body.page));
            }
            let subject: String = history.engine.ask(body, "subject", (body.page,)).unwrap_or_default();
            spoken.push((body, subject));
        }
        let Some((_, first)) = spoken.first() else { continue };
        if let Some((_, other)) = spoken.iter().find(|(_, subject)| subject != first) {
            // What only pages hold may reach the other tab too late.
            if !history.machines[index].whole.get() {
                continue;
            }
            return Err(format!("the tabs of machine {index} speak for two: {first} and {other}"));
        }
        if !first.is_empty() {
            for (body, subject) in &spoken {
                agrees(history, index, body, subject)?;
            }
        }
        // Whoever signed in left nothing behind as somebody anonymous.
        if history.machines[index].signed_in.get() {
            let storage = history.machines[index].storage.borrow();
            let anonymous = ["out:anon:", "kept:anon:", "seq:anon", "session"];
            let own = |key: &str| history.world.own(key).to_owned();
            if let Some(left) = storage.keys().find(|key| anonymous.iter().any(|start| own(key).starts_with(start))) {
                return Err(format!("machine {index} is signed in and still holds {left}"));
            }
        }
    }
    Ok(())
}

/// Nothing waits, and the page shows what stands for the subject.
fn agrees(
    history: &History<'_>,
    index: usize,
    body: &crate::body::Body,
    subject: &str,
) -> Result<(Option<std::sync::Arc<candor_service::people::Person>>, String), String> {
    let app = history.house.app();
    let site = app.site(history.house.site()).ok_or("the site is gone")?;
    let device = device(history, body);
    if let Some(waits) = body.state.outbox.borrow().waiting().next() {
        return Err(format!("machine {index}: {} still waits", waits.id));
    }
    // A restored store knows an anonymous subject again when it decides.
    let person = history.house.person(subject);
    let choices = person.as_ref().map(|person| app.choices_of(&site, person, Some(&device))).unwrap_or_default();
    let shown = body.state.stands.borrow().choices.clone();
    // Where two tabs without room each made an anonymous subject before they heard of each other, what was refused for
    // the one holds on the device for the other.
    let beside = body.state.known_as.get() == KnownAs::Anonymous
        && !body.machine.whole.get()
        && history.world.ledger.borrow().was_taken_for_another(index, subject)
        && shows_no_more(&shown, &choices);
    if !beside && told(&shown) != told(&choices) {
        return Err(format!(
            "page {} of machine {index} shows {:?}, and {:?} stands",
            body.page,
            told(&shown),
            told(&choices)
        ));
    }
    Ok((person, device))
}

/// A grant is not taken where it was made under a name that the device has lost with its storage.
fn set_aside(body: &crate::body::Body, known: &crate::ledger::Known) -> bool {
    !known.decision.denies() && known.refused.as_deref() == Some("other-device") && !body.machine.whole.get()
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
fn overtaken(ledger: &crate::ledger::Ledger, known: &crate::ledger::Known, subject: &str) -> bool {
    let after = ledger.made.iter().skip_while(|other| other.decision.id != known.decision.id).skip(1);
    let later: Vec<_> = after.filter(|other| other.machine == known.machine && other.of == known.of).collect();
    let last = |change: &Change| {
        later.iter().any(|other| {
            // The person heard that it was not taken; or it went on the way into the database, answered.
            let told = other.refused.is_some()
                || (!other.safe && ledger.was_taken(&other.decision.id))
                || ledger.taken_ids(subject).any(|t| t.decision.id == other.decision.id);
            let mut changes = other.decision.changes().iter();
            told && changes.any(|c| c.control == change.control && c.datum == change.datum)
        })
    };
    ledger.was_taken(&known.decision.id) && known.decision.changes().iter().all(last)
}

/// Whether nothing is on that does not stand.
fn shows_no_more(shown: &Choices, choices: &Choices) -> bool {
    let mut on = shown.controls.iter().filter(|c| c.choice == Standing::Granted);
    on.all(|c| {
        let left_out = choices.controls.iter().filter(|other| other.id == c.id).flat_map(|other| &other.left_out);
        choices.standing(&c.id) == Standing::Granted && left_out.into_iter().all(|datum| c.left_out.contains(datum))
    })
}

fn told(choices: &Choices) -> Vec<(String, Standing, Vec<String>)> {
    let known = choices.controls.iter().map(|c| (c.id.clone(), c.choice, c.left_out.clone()));
    known.filter(|(_, choice, out)| *choice != Standing::Unset || !out.is_empty()).collect()
}

/// What stands for whoever is signed in at a machine.
pub fn stands(history: &History<'_>, machine: usize, control: &str) -> Option<Standing> {
    let body = &history.tabs[machine][0].as_ref()?.body;
    let person = history.house.person(&body.signed_in()?)?;
    let site = history.house.app().site(history.house.site())?;
    Some(history.house.app().choices_of(&site, &person, Some(&device(history, body))).standing(control))
}
