use std::sync::Arc;

use candor_protocol::{Choices, Timestamp};

use super::beginning::{new_anonymous, new_customer};
use crate::directory::Site;
use crate::people::Person;
use crate::problem::{Kind, Problem};
use crate::secret::Hash;
use crate::state::Core;
use crate::store::Change;
use crate::writer::{Ask, Group};

/// Someone begins: signed in, or anonymous.
pub struct Session {
    pub core: Arc<Core>,
    pub site: Arc<Site>,
    pub device: String,
    pub signed_in: Option<SignedIn>,
    /// The anonymous subject of this browser: gone on with, or closed at sign-in.
    pub anonymous: Option<String>,
}

/// What the shop's token said.
pub struct SignedIn {
    pub customer: Hash,
    pub token: Hash,
    pub until: Timestamp,
}

impl Ask for Session {
    /// The subject and its choices; true for an anonymous one.
    type Answer = (String, Choices, bool);

    fn run(&self, group: &mut Group<'_>) -> Result<Self::Answer, Problem> {
        let now = self.core.now();
        let earlier = match &self.anonymous {
            Some(id) => group.person(id)?.filter(|person| person.site == self.site.id && person.customer.is_none()),
            None => None,
        };
        let person = match &self.signed_in {
            Some(signed_in) => {
                let person = self.known(signed_in, now, group)?;
                if let Some(earlier) = earlier.filter(|earlier| !earlier.closed) {
                    group.apply(&Change::Close { subject: earlier.id.clone() })?;
                    group.put_person(Person { closed: true, ..(*earlier).clone() });
                }
                person
            }
            None => match earlier {
                Some(earlier) if earlier.closed => return Err(Problem::new(Kind::Closed)),
                Some(earlier) => earlier,
                None => new_anonymous(&self.core, &self.site, now, group)?,
            },
        };
        let choices = person.record.choices(&self.site.terms, now, Some(&self.device));
        Ok((person.id.clone(), choices, person.customer.is_none()))
    }
}

impl Session {
    fn known(&self, signed_in: &SignedIn, now: Timestamp, group: &mut Group<'_>) -> Result<Arc<Person>, Problem> {
        if group.store().used(&signed_in.token)? {
            return Err(Problem::because(Kind::BadToken, "It was used before; `jti` must be fresh."));
        }
        let row = group.store().subject_of_customer(&self.site.id, &signed_in.customer)?;
        let person = match row {
            Some(row) => group.person(&row.id)?.ok_or(Problem::new(Kind::Internal))?,
            None => new_customer(&self.core, &self.site, signed_in.customer, now, group)?,
        };
        group.apply(&Change::Used { hash: signed_in.token, until: signed_in.until })?;
        Ok(person)
    }
}
