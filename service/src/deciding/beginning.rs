//! Where subjects come from.

use std::sync::Arc;

use candor_choices::Record;
use candor_protocol::{
    Base, Binding, Change as Setting, Choice, Content, Decision, DecisionMethod, Surface, Tier, Timestamp,
};

use super::decide::{find, received};
use crate::clock::{base32, fresh_id, hex};
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
/// Who was erased more often than this gets a drawn id: nobody makes the search for the next one long.
const LIVES: u8 = 32;

/// An anonymous subject that a restored backup does not know goes on under its id: the device that
/// still holds its capability brings its last decisions again.
pub struct GoOn {
    pub core: Arc<Core>,
    pub site: Arc<Site>,
    pub subject: String,
}

impl Ask for GoOn {
    type Answer = Arc<Person>;

    fn run(&self, group: &mut Group<'_>) -> Result<Self::Answer, Problem> {
        match find(&self.core, &self.site, &self.subject, group) {
            Err(problem) if problem.kind == Kind::UnknownSubject && group.person(&self.subject)?.is_none() => {
                new_person(&self.core, &self.site, self.subject.clone(), None, self.core.now(), group)
            }
            // Somebody asked a moment ago, or it was erased meanwhile.
            found => found.map(Arc::new),
        }
    }
}

pub(super) fn new_anonymous(
    core: &Core,
    site: &Site,
    now: Timestamp,
    group: &mut Group<'_>,
) -> Result<Arc<Person>, Problem> {
    new_person(core, site, fresh_id(&*core.chance, "sub_"), None, now, group)
}

pub(super) fn new_customer(
    core: &Core,
    site: &Site,
    customer: Hash,
    now: Timestamp,
    group: &mut Group<'_>,
) -> Result<Arc<Person>, Problem> {
    let id = id_of(core, site, &customer, group)?;
    new_person(core, site, id, Some(customer), now, group)
}

/// A customer's subject has the same id again after a restored backup that is older than it: what
/// their devices keep is theirs. Whoever was erased comes back as somebody else.
fn id_of(core: &Core, site: &Site, customer: &Hash, group: &Group<'_>) -> Result<String, Problem> {
    let customer = hex(customer);
    for life in 0..LIVES {
        let hash = core.secret.keyed("subject", &[&site.id, &customer, &life.to_string()]);
        let id = format!("sub_{}", base32(&hash[..16]));
        if group.store().subject(&id)?.is_none() && !group.store().erased(&core.subject_hash(&id))? {
            return Ok(id);
        }
    }
    Ok(fresh_id(&*core.chance, "sub_"))
}

/// A new subject, with the "no" of whoever was erased as this customer before.
fn new_person(
    core: &Core,
    site: &Site,
    id: String,
    customer: Option<Hash>,
    now: Timestamp,
    group: &mut Group<'_>,
) -> Result<Arc<Person>, Problem> {
    let mut person =
        Person { id: id.clone(), site: site.id.clone(), customer, closed: false, record: Record::new(core.epoch()) };
    let denied = match customer {
        Some(customer) => group.store().last_erasure(&customer)?.map(|erasure| erasure.denied).unwrap_or_default(),
        None => Vec::new(),
    };
    group.apply(&Change::Subject { id: id.clone(), site: site.id.clone(), customer, at: now })?;
    // Their "no" outlived the erasure; it is the first thing that is known of them again.
    for (seq, some) in (1..).zip(denied.chunks(candor_protocol::limits::CHANGES)) {
        let decision = said_no(core, site, seq, some, now);
        let outcome = person.record.decide(&decision, &site.terms, now);
        let told = outbox::changed(core, site, &person, &decision, &outcome, now);
        let received = received(&decision, &outcome, core.epoch(), now)?;
        group.apply(&Change::Decision { subject: id.clone(), received })?;
        told.map_or(Ok(()), |message| group.apply(&message))?;
        group.happened(Happened { site: site.id.clone(), what: What::Decided });
    }
    group.put_person(person.clone());
    Ok(Arc::new(person))
}

fn said_no(core: &Core, site: &Site, seq: u64, denied: &[String], now: Timestamp) -> Decision {
    let change = |control: &String| Setting { control: control.clone(), choice: Choice::Denied, datum: None };
    Decision {
        id: fresh_uuid(core, now),
        device: BEFORE_ERASURE.into(),
        seq,
        notice: site.notice(now).map_or_else(|| "none".into(), |notice| notice.hash.clone()),
        served: "none".into(),
        locale: "en".into(),
        surface: Surface::Storefront,
        tier: Tier::Server,
        binds: Binding::Account,
        content: Content::Changes(denied.iter().map(change).collect()),
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
