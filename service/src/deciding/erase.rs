use std::sync::Arc;

use super::decide::{denied, find};
use crate::directory::Site;
use crate::live::{Happened, What};
use crate::problem::Problem;
use crate::state::Core;
use crate::store::Change;
use crate::webhooks::outbox;
use crate::writer::{Ask, Group};

/// Everything of a subject goes.
pub struct Erase {
    pub core: Arc<Core>,
    pub site: Arc<Site>,
    pub subject: String,
    /// Another program answers from the same store: it forgets what it holds in memory.
    pub beside: bool,
}

impl Ask for Erase {
    type Answer = ();

    fn run(&self, group: &mut Group<'_>) -> Result<(), Problem> {
        if self.beside {
            group.apply(&Change::Generation)?;
            group.move_directory();
            // It may have taken a decision since they were read here.
            group.forget_person(&self.subject);
        }
        let person = find(&self.core, &self.site, &self.subject, group)?;
        let now = self.core.now();
        let choices = person.record.choices(&self.site.terms, now, None);
        group.apply(&Change::Erase {
            site: self.site.id.clone(),
            subject: self.subject.clone(),
            subject_hash: self.core.subject_hash(&self.subject),
            customer: person.customer,
            denied: denied(&choices),
            at: now,
        })?;
        if let Some(message) = outbox::erased(&self.core, &self.site, &self.subject, now) {
            group.apply(&message)?;
        }
        group.drop_person(&self.subject);
        group.happened(Happened { site: self.site.id.clone(), what: What::Erased });
        Ok(())
    }
}
