//! Things that are written down as they are.

use candor_protocol::Timestamp;

use crate::live::{Happened, What};
use crate::problem::{Kind, Problem};
use crate::store::Change;
use crate::store::reads::Refusal;
use crate::writer::{Ask, Group};

/// One change, and what the desk hears of it.
pub struct Note {
    pub site: String,
    pub what: What,
    pub change: Change,
}

impl Ask for Note {
    type Answer = ();
    fn run(&self, group: &mut Group<'_>) -> Result<(), Problem> {
        if let Change::Feedback { subject: Some(subject), .. } = &self.change {
            still_there(group, subject)?;
        }
        group.apply(&self.change)?;
        group.happened(Happened { site: self.site.clone(), what: self.what });
        Ok(())
    }
}

/// In place of a subject, where somebody was erased: who it was is not kept.
pub const NOBODY: &str = "nobody";

/// Someone of the privacy team uncovered a person's data.
pub struct Reveal {
    pub site: String,
    pub subject: String,
    pub who: String,
    pub what: String,
    pub at: Timestamp,
}

impl Ask for Reveal {
    type Answer = ();
    fn run(&self, group: &mut Group<'_>) -> Result<(), Problem> {
        let Reveal { site, subject, who, what, at } = self;
        if subject != NOBODY {
            still_there(group, subject)?;
        }
        group.apply(&Change::Reveal {
            site: site.clone(),
            subject: subject.clone(),
            who: who.clone(),
            what: what.clone(),
            at: *at,
        })?;
        group.happened(Happened { site: site.clone(), what: What::Revealed });
        Ok(())
    }
}

/// Somebody may be erased while something about them waits: then it is not written any more.
fn still_there(group: &Group<'_>, subject: &str) -> Result<(), Problem> {
    group.person(subject)?.map(|_| ()).ok_or_else(|| Problem::new(Kind::Erased))
}

/// Reads that were refused since the last time.
pub struct WriteRefusals(pub Vec<Refusal>);

impl Ask for WriteRefusals {
    type Answer = ();
    fn run(&self, group: &mut Group<'_>) -> Result<(), Problem> {
        for refusal in &self.0 {
            group.apply(&Change::Refusal(refusal.clone()))?;
        }
        let mut sites: Vec<&String> = self.0.iter().map(|refusal| &refusal.site).collect();
        sites.dedup();
        for site in sites {
            group.happened(Happened { site: site.clone(), what: What::Refused });
        }
        Ok(())
    }
}

/// What has passed its time goes.
pub struct Sweep(pub Timestamp);

impl Ask for Sweep {
    type Answer = ();
    fn run(&self, group: &mut Group<'_>) -> Result<(), Problem> {
        group.apply(&Change::Sweep { now: self.0 }).map_err(Problem::from)
    }
}
