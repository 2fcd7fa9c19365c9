//! What a page is told about its grants that did not come into force.

use candor_choices::{Received, against};
use candor_protocol::{Against, ChangeResult, Choices, Decision, DecisionMethod, Outcome, Place, Surface, Tier};

use crate::deciding::BEFORE_ERASURE;
use crate::directory::Site;
use crate::people::parsed;
use crate::problem::Problem;
use crate::state::App;
use crate::store::reads;

/// What stands against the superseded grants among these outcomes, which are all of `subject`,
/// as `device` may be told. Nothing is looked up where none was superseded.
pub async fn explain(
    app: &App,
    site: &Site,
    subject: &str,
    device: Option<&str>,
    outcomes: &[Outcome],
    choices: &Choices,
) -> Result<Vec<Against>, Problem> {
    let superseded = |outcome: &&Outcome| outcome.results.contains(&ChangeResult::Superseded);
    if !outcomes.iter().any(|outcome| superseded(&outcome)) {
        return Ok(Vec::new());
    }
    let id = subject.to_owned();
    let rows = app.read(move |view| view.decisions_of(&id)).await?;
    let kept = rows.iter().map(parsed).collect::<Result<Vec<_>, _>>()?;
    let history = received(&rows, &kept);
    let mut found: Vec<Against> = Vec::new();
    for outcome in outcomes.iter().filter(superseded) {
        let Some((decision, _)) = kept.iter().find(|(decision, _)| decision.id == outcome.decision) else { continue };
        let place = |denial: &Decision| place(denial, device);
        for one in against(decision, &outcome.results, &history, choices, &site.terms, app.now(), place) {
            // The last word on a control is the one its switch is about.
            found.retain(|other| other.control != one.control || other.datum != one.datum);
            found.push(one);
        }
    }
    Ok(found)
}

/// Decisions of one subject as they were received.
pub fn received<'a>(rows: &'a [reads::Received], kept: &'a [(Decision, Outcome)]) -> Vec<Received<'a>> {
    let each = rows.iter().zip(kept).map(|(row, (decision, outcome))| Received {
        decision,
        at: row.received_at,
        epoch: &row.epoch,
        outcome: Some(outcome),
    });
    each.collect()
}

/// Where a decision was made, for whoever looks on `device`. No other device is named.
pub fn place(decision: &Decision, device: Option<&str>) -> Place {
    match (decision.method, decision.tier) {
        _ if decision.device == BEFORE_ERASURE => Place::Anew,
        (DecisionMethod::Signal, _) => Place::Signal,
        (DecisionMethod::Import | DecisionMethod::Api | DecisionMethod::Agent, _) | (_, Tier::Server) => Place::Shop,
        _ if decision.surface == Surface::Chat => Place::Chat,
        (_, Tier::Html) => Place::Page,
        _ if device == Some(&decision.device) => Place::Here,
        _ => Place::Other,
    }
}
