use std::sync::Arc;

use candor_choices::Record;
use candor_protocol::{
    Base, Binding, Change as Setting, Choice, Choices, Content, Decision, DecisionMethod, Surface, Tier, Timestamp,
};

use super::decide::received;
use crate::clock::{fresh_id, hex};
use crate::directory::Site;
use crate::live::{Happened, What};
use crate::people::Person;
use crate::problem::{Kind, Problem};
use crate::secret::Hash;
use crate::state::Core;
use crate::store::Change;
use crate::webhooks::outbox;
use crate::writer::{Ask, Group};

/// The device of a "no" that outlived an erasure. No page has it: /v1/session gives it to nobody.
pub const BEFORE_ERASURE: &str = "before-erasure";

/// Someone begins: signed in, or anonymous. The only place where an anonymous subject is made.
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
                None => new_person(&self.core, &self.site, None, now, group)?,
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
            None => new_person(&self.core, &self.site, Some(signed_in.customer), now, group)?,
        };
        group.apply(&Change::Used { hash: signed_in.token, until: signed_in.until })?;
        Ok(person)
    }
}

/// A new subject, with the "no" of whoever was erased as this customer before.
pub(super) fn new_person(
    core: &Core,
    site: &Site,
    customer: Option<Hash>,
    now: Timestamp,
    group: &mut Group<'_>,
) -> Result<Arc<Person>, Problem> {
    let id = fresh_id(&*core.chance, "sub_");
    let mut person =
        Person { id: id.clone(), site: site.id.clone(), customer, closed: false, record: Record::new(core.epoch()) };
    let denied = match customer {
        Some(customer) => group.store().denied_before_erasure(&customer)?,
        None => Vec::new(),
    };
    group.apply(&Change::Subject { id: id.clone(), site: site.id.clone(), customer, at: now })?;
    if !denied.is_empty() {
        // Their "no" outlived the erasure; it is the first thing that is known of them again.
        let decision = said_no(core, site, denied, now);
        let outcome = person.record.decide(&decision, &site.terms, now);
        let told = outbox::changed(core, site, &person, &decision, &outcome, now);
        let received = received(&decision, &outcome, core.epoch(), now)?;
        group.apply(&Change::Decision { subject: id, received })?;
        told.map_or(Ok(()), |message| group.apply(&message))?;
        group.happened(Happened { site: site.id.clone(), what: What::Decided });
    }
    group.put_person(person.clone());
    Ok(Arc::new(person))
}

fn said_no(core: &Core, site: &Site, denied: Vec<String>, now: Timestamp) -> Decision {
    let change = |control| Setting { control, choice: Choice::Denied, datum: None };
    Decision {
        id: fresh_uuid(core, now),
        device: BEFORE_ERASURE.into(),
        seq: 1,
        notice: site.notice(now).map_or_else(|| "none".into(), |notice| notice.hash.clone()),
        served: "none".into(),
        locale: "en".into(),
        surface: Surface::Storefront,
        tier: Tier::Server,
        binds: Binding::Account,
        content: Content::Changes(denied.into_iter().map(change).collect()),
        base: Base::default(),
        method: DecisionMethod::Import,
        occurred_at: now,
    }
}

/// A UUID of version 7 (RFC 9562) with random bits.
pub fn fresh_uuid(core: &Core, now: Timestamp) -> String {
    let mut bytes = [0u8; 16];
    core.chance.fill(&mut bytes);
    uuid(now, bytes)
}

/// A UUID of version 7 over the bits of `bytes` behind the time.
pub fn uuid(now: Timestamp, mut bytes: [u8; 16]) -> String {
    bytes[..6].copy_from_slice(&now.0.to_be_bytes()[2..]);
    bytes[6] = 0x70 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    let digits = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}
