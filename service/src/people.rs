//! Subjects in memory: each with its decisions folded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use candor_choices::{Record, Terms};
use candor_protocol::{Decision, Outcome};

use crate::directory::Directory;
use crate::problem::Problem;
use crate::remembered::Remembered;
use crate::secret::Hash;
use crate::store::reads::{Received, SubjectRow};
use crate::store::{Reads, Store, StoreFault};

const SHARDS: usize = 64;
/// People kept in memory per shard; the rest is folded again when they come.
const PER_SHARD: usize = 4_096;

/// One subject and what it decided.
#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub site: String,
    /// Keyed hash of the shop's customer id; none: anonymous.
    pub customer: Option<Hash>,
    /// Anonymous, and signed in since: no grant of it stands or is taken.
    pub closed: bool,
    pub record: Record,
}

pub struct People {
    epoch: String,
    /// Sites and notices: whoever is folded is folded under their site's terms.
    directory: RwLock<Arc<Directory>>,
    shards: Vec<Mutex<HashMap<String, Arc<Person>>>>,
    /// Which subject a customer is; both ids never change while the subject lives.
    customers: Mutex<HashMap<Hash, String>>,
    /// What erased customers had said no to.
    pub remembered: Remembered,
}

impl People {
    pub fn new(epoch: String, directory: Directory) -> Self {
        let directory = RwLock::new(Arc::new(directory));
        People {
            epoch,
            directory,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            customers: Mutex::default(),
            remembered: Remembered::default(),
        }
    }

    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    pub fn directory(&self) -> Arc<Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A changed directory: everyone is folded again when asked for.
    pub fn replace_directory(&self, directory: Directory) {
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
        self.forget_all();
        self.remembered.forget();
    }

    /// The person, if in memory.
    pub fn held(&self, id: &str) -> Option<Arc<Person>> {
        self.shard(id).get(id).cloned()
    }

    /// The person, from memory or from the store. It may wait for the disk.
    pub fn find(&self, id: &str, store: &dyn Store) -> Result<Option<Arc<Person>>, Problem> {
        // Held while reading: what the writer publishes meanwhile comes after, and stays.
        let mut shard = self.shard(id);
        if let Some(person) = shard.get(id) {
            return Ok(Some(person.clone()));
        }
        let loaded = store.read(|view| Ok(self.load(id, view)))??;
        if let Some(person) = &loaded {
            make_room(&mut shard);
            shard.insert(id.to_owned(), person.clone());
        }
        Ok(loaded)
    }

    /// For the writer: as `find`, within its transaction.
    pub fn find_within(&self, id: &str, view: &dyn Reads) -> Result<Option<Arc<Person>>, Problem> {
        match self.held(id) {
            Some(person) => Ok(Some(person)),
            None => self.load(id, view),
        }
    }

    pub fn customer(&self, customer: &Hash) -> Option<String> {
        self.customers.lock().unwrap_or_else(PoisonError::into_inner).get(customer).cloned()
    }

    /// What was decided of them is durable; `generation`: of the directory it was decided under.
    pub fn publish(&self, person: Arc<Person>, generation: u64) {
        let mut shard = self.shard(&person.id);
        // Another program has written since, perhaps of them: they are folded again when asked for. The directory is
        // replaced before anybody is forgotten for it, so one that is replaced from here on forgets this one too.
        if self.directory().generation != generation {
            shard.remove(&person.id);
            return;
        }
        if let Some(customer) = person.customer {
            self.name(customer, &person.id);
        }
        if !shard.contains_key(&person.id) {
            make_room(&mut shard);
        }
        shard.insert(person.id.clone(), person);
    }

    pub fn name(&self, customer: Hash, subject: &str) {
        let mut customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        if customers.len() >= SHARDS * PER_SHARD {
            customers.clear();
        }
        customers.insert(customer, subject.to_owned());
    }

    /// They were erased.
    pub fn erased(&self, id: &str) {
        self.forget(id);
        self.remembered.forget();
    }

    pub fn forget(&self, id: &str) {
        if let Some(customer) = self.shard(id).remove(id).and_then(|person| person.customer) {
            self.customers.lock().unwrap_or_else(PoisonError::into_inner).remove(&customer);
        }
    }

    fn load(&self, id: &str, view: &dyn Reads) -> Result<Option<Arc<Person>>, Problem> {
        let Some(SubjectRow { id, site, customer, closed, .. }) = view.subject(id)? else { return Ok(None) };
        let kept = view.decisions_of(&id)?;
        let decisions = kept.iter().map(parsed).collect::<Result<Vec<_>, _>>()?;
        let received = kept.iter().zip(&decisions).map(|(row, (decision, outcome))| candor_choices::Received {
            decision,
            at: row.received_at,
            epoch: &row.epoch,
            outcome: Some(outcome),
        });
        let known = self.directory().site(&site);
        let none = Terms::new();
        let record = candor_choices::fold(&self.epoch, received, known.as_ref().map_or(&none, |site| &site.terms));
        Ok(Some(Arc::new(Person { id, site, customer, closed, record })))
    }

    fn forget_all(&self) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.customers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn shard(&self, id: &str) -> MutexGuard<'_, HashMap<String, Arc<Person>>> {
        let sum = id.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        self.shards[sum % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(shard: &mut HashMap<String, Arc<Person>>) {
    while shard.len() >= PER_SHARD {
        let Some(any) = shard.keys().next().cloned() else { return };
        shard.remove(&any);
    }
}

/// A kept decision and its outcome as values.
pub fn parsed(received: &Received) -> Result<(Decision, Outcome), Problem> {
    let read = || -> Option<(Decision, Outcome)> {
        let decision: serde_json::Value = serde_json::from_str(&received.body).ok()?;
        let outcome: serde_json::Value = serde_json::from_str(&received.outcome).ok()?;
        Some((Decision::read(&decision).ok()?, Outcome::read(&outcome).ok()?))
    };
    read().ok_or_else(|| {
        StoreFault::Corrupt("candor.db".into(), format!("decision row {} cannot be read", received.row)).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_decided_for_under_a_directory_that_is_replaced_is_read_again() {
        let people = People::new("e_E".into(), Directory::new(1, Vec::new()));
        let person = || Person {
            id: "sub_a".into(),
            site: "pk_s".into(),
            customer: Some(Hash::default()),
            closed: false,
            record: Record::new("e_E"),
        };
        people.publish(Arc::new(person()), 1);
        assert!(people.held("sub_a").is_some());
        // Another program writes, and is heard of, between the decision and this.
        people.replace_directory(Directory::new(2, Vec::new()));
        people.publish(Arc::new(person()), 1);
        assert!(people.held("sub_a").is_none());
        assert_eq!(people.customer(&Hash::default()), None);
    }
}
