use std::sync::Arc;

use candor_protocol::{Change as Setting, ChangeResult, Choice, Decision, OutcomeStatus, Standing};

use super::beginning::new_customer;
use super::decide::{Decide, Incoming};
use crate::directory::Site;
use crate::people::Person;
use crate::problem::{Kind, Problem};
use crate::secret::Hash;
use crate::state::Core;
use crate::store::Change;
use crate::writer::{Ask, Group};

/// Earlier choices of customers, all kept in one transaction. A running service folds everybody
/// again before its next decision, so that none is made on what was so before.
pub struct Import {
    pub core: Arc<Core>,
    pub site: Arc<Site>,
    pub lines: Vec<Imported>,
}

/// One earlier choice of one customer.
pub struct Imported {
    pub customer: Hash,
    pub decision: Decision,
    /// Where it was made, and where it is recorded, in the shop's words.
    pub channel: Option<String>,
    pub evidence: Option<String>,
}

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    Applied,
    /// A denial that switched off what was granted.
    EndedAGrant,
    /// A denial stands, or the terms changed: kept in the history, not in force.
    Superseded,
    /// Imported before, or a denial that outlived an erasure.
    Repeated,
    /// Said before the customer was erased.
    Erased,
    Refused(String),
}

impl Ask for Import {
    type Answer = Vec<Became>;

    fn run(&self, group: &mut Group<'_>) -> Result<Vec<Became>, Problem> {
        // First: where a line stops the import, those before it are kept, and the service has to hear of them.
        group.apply(&Change::Generation)?;
        group.move_directory();
        self.lines.iter().map(|line| self.take(line, group)).collect()
    }
}

impl Import {
    fn take(&self, line: &Imported, group: &mut Group<'_>) -> Result<Became, Problem> {
        if let Some(became) = before_erasure(line, group)? {
            return Ok(became);
        }
        let person = self.person(&line.customer, group)?;
        if person.record.outcome(&line.decision.id).is_some() {
            return Ok(Became::Repeated);
        }
        let now = self.core.now();
        let ends = |change: &Setting| {
            let stands = || person.record.choices(&self.site.terms, now, None).standing(&change.control);
            change.choice == Choice::Denied && change.datum.is_none() && stands() == Standing::Granted
        };
        let ended = line.decision.changes().iter().any(ends);
        let decide = Decide {
            core: self.core.clone(),
            site: self.site.clone(),
            subject: person.id.clone(),
            device: None,
            expired: false,
            decisions: vec![Incoming::made(line.decision.clone())],
        };
        let (outcomes, _) = decide.run(group)?;
        let Some(outcome) = outcomes.first() else { return Err(Problem::new(Kind::Internal)) };
        if outcome.status != OutcomeStatus::Recorded {
            return Ok(Became::Refused(outcome.reason.clone().unwrap_or_else(|| "refused".into())));
        }
        if line.channel.is_some() || line.evidence.is_some() {
            group.apply(&Change::Imported {
                subject: person.id.clone(),
                decision: line.decision.id.clone(),
                channel: line.channel.clone(),
                evidence: line.evidence.clone(),
            })?;
        }
        Ok(match (outcome.results.contains(&ChangeResult::Superseded), ended) {
            (true, _) => Became::Superseded,
            (false, true) => Became::EndedAGrant,
            (false, false) => Became::Applied,
        })
    }

    fn person(&self, customer: &Hash, group: &mut Group<'_>) -> Result<Arc<Person>, Problem> {
        match group.store().subject_of_customer(&self.site.id, customer)? {
            Some(row) => group.person(&row.id)?.ok_or(Problem::new(Kind::Internal)),
            None => new_customer(&self.core, &self.site, *customer, self.core.now(), group),
        }
    }
}

/// What a customer said before they were erased went with them, and another import of the same file brings
/// nothing of it back. But a "no" to a whole control that nobody knew of then is taken: none is lost.
fn before_erasure(line: &Imported, group: &Group<'_>) -> Result<Option<Became>, Problem> {
    let erased = group.store().last_erasure(&line.customer)?.filter(|erased| line.decision.occurred_at <= erased.at);
    let Some(erased) = erased else { return Ok(None) };
    let changes = line.decision.changes();
    if changes.iter().any(|change| change.choice == Choice::Granted || change.datum.is_some()) {
        return Ok(Some(Became::Erased));
    }
    // What was denied then is the first thing that is known of them again.
    Ok(changes.iter().all(|change| erased.denied.contains(&change.control)).then_some(Became::Repeated))
}
