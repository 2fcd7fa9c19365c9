//! One thread writes. What waits is committed as a group and answered after the commit.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::directory::Directory;
use crate::live::Happened;
use crate::log::log;
use crate::people::{People, Person};
use crate::problem::{Kind, Problem};
use crate::store::{Change, Reads, Store, StoreFault, Tx};

/// What waits for the writer, at most; beyond it callers are told to come back.
const QUEUE: usize = 4_096;
/// What is committed together, at most.
const GROUP: usize = 256;

/// Something to decide and to keep in one step. It reads and writes through the
/// group, so it sees what others of the group wrote. Where it refuses it must not
/// have written anything: write last.
pub trait Ask: Send + 'static {
    type Answer: Send + 'static;
    fn run(&self, group: &mut Group<'_>) -> Result<Self::Answer, Problem>;
}

/// The transaction of one group, and the people it changed.
pub struct Group<'a> {
    tx: &'a mut dyn Tx,
    people: &'a People,
    changed: HashMap<String, Arc<Person>>,
    erased: Vec<String>,
    directory_moved: bool,
    happened: Vec<Happened>,
    fault: Option<StoreFault>,
}

/// The way to the writer.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Option<Box<dyn Job>>>,
}

/// What the writer tells after a commit.
#[derive(Default)]
pub struct Committed {
    pub people: Vec<Arc<Person>>,
    pub erased: Vec<String>,
    pub directory_moved: bool,
    /// Another program wrote since the group before.
    pub moved_beside: bool,
    pub happened: Vec<Happened>,
}

impl Writer {
    /// Starts the thread. It ends, with everything in the one file, after `stop`.
    pub fn start(
        store: Arc<dyn Store>,
        people: Arc<People>,
        mut after: impl FnMut(Committed) + Send + 'static,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, mut waiting) = mpsc::channel::<Option<Box<dyn Job>>>(QUEUE);
        let work = move || {
            let mut next = Vec::with_capacity(GROUP);
            while waiting.blocking_recv_many(&mut next, GROUP) > 0 {
                if next.iter().any(Option::is_none) {
                    // No more are taken; those that wait are still done.
                    waiting.close();
                }
                commit(&*store, &people, &mut next.drain(..).flatten().collect(), &mut after);
            }
            if let Err(fault) = store.settle() {
                log(&fault);
            }
        };
        let thread = std::thread::Builder::new().name("candor-writer".into()).spawn(work)?;
        Ok((Writer { queue }, thread))
    }

    /// Hands over and waits for the commit.
    pub async fn ask<A: Ask>(&self, ask: A) -> Result<A::Answer, Problem> {
        let (reply, answer) = oneshot::channel();
        let job = Asked { ask, outcome: None, reply: Some(reply) };
        self.queue.try_send(Some(Box::new(job))).map_err(|_| Problem::new(Kind::Busy))?;
        answer.await.map_err(|_| Problem::new(Kind::Internal))?
    }

    /// Finishes what waits and ends the thread.
    pub fn stop(&self) {
        let queue = self.queue.clone();
        std::thread::spawn(move || queue.blocking_send(None));
    }

    /// What waits now.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

impl Group<'_> {
    pub fn store(&self) -> &dyn Reads {
        &*self.tx
    }

    /// Any fault here undoes the whole group: nothing is ever kept by half.
    pub fn apply(&mut self, change: &Change) -> Result<(), StoreFault> {
        self.tx.apply(change).inspect_err(|fault| self.fault = Some(fault.clone()))
    }

    /// The person as the group has it.
    pub fn person(&self, id: &str) -> Result<Option<Arc<Person>>, Problem> {
        if let Some(person) = self.changed.get(id) {
            return Ok(Some(person.clone()));
        }
        if self.erased.iter().any(|gone| gone == id) {
            return Ok(None);
        }
        self.people.find_within(id, &*self.tx)
    }

    pub fn put_person(&mut self, person: Person) {
        self.changed.insert(person.id.clone(), Arc::new(person));
    }

    /// What is in memory of somebody is not to be trusted: they are read again, in this transaction.
    pub fn forget_person(&mut self, id: &str) {
        self.people.forget(id);
    }

    pub fn drop_person(&mut self, id: &str) {
        self.changed.remove(id);
        self.erased.push(id.to_owned());
    }

    /// Told to the desk after the commit.
    pub fn happened(&mut self, what: Happened) {
        self.happened.push(what);
    }

    pub fn move_directory(&mut self) {
        self.directory_moved = true;
    }
}

trait Job: Send {
    /// Runs in a group; a fault of the store undoes the group.
    fn run(&mut self, group: &mut Group<'_>);
    fn answer(&mut self, committed: Result<(), &StoreFault>);
}

struct Asked<A: Ask> {
    ask: A,
    outcome: Option<Result<A::Answer, Problem>>,
    reply: Option<oneshot::Sender<Result<A::Answer, Problem>>>,
}

impl<A: Ask> Job for Asked<A> {
    fn run(&mut self, group: &mut Group<'_>) {
        self.outcome = Some(self.ask.run(group));
    }

    fn answer(&mut self, committed: Result<(), &StoreFault>) {
        let answer = match (committed, self.outcome.take()) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Problem::new(Kind::Internal)),
            (Err(fault), _) => Err(fault.clone().into()),
        };
        if let Some(reply) = self.reply.take() {
            // Nobody may be waiting any more; what was committed stays.
            let _ = reply.send(answer);
        }
    }
}

fn commit(store: &dyn Store, people: &People, jobs: &mut Vec<Box<dyn Job>>, after: &mut impl FnMut(Committed)) {
    let mut moved_beside = false;
    let done = commit_once(store, people, jobs, &mut moved_beside);
    // Noticed once, whether what came after it could be kept or not.
    if moved_beside {
        after(Committed { moved_beside, ..Committed::default() });
    }
    match done {
        Ok(committed) => {
            after(committed);
            for job in jobs.iter_mut() {
                job.answer(Ok(()));
            }
        }
        // One of many may be at fault: each again by itself.
        Err(_) if jobs.len() > 1 => {
            for job in jobs.drain(..) {
                commit(store, people, &mut vec![job], after);
            }
        }
        Err(fault) => {
            log(&fault);
            for job in jobs.iter_mut() {
                job.answer(Err(&fault));
            }
        }
    }
    jobs.clear();
}

fn commit_once(
    store: &dyn Store,
    people: &People,
    jobs: &mut [Box<dyn Job>],
    moved_beside: &mut bool,
) -> Result<Committed, StoreFault> {
    let mut done = Committed::default();
    let mut decided_under = 0;
    store.transact(&mut |tx| {
        // Another program may have written since: nobody is decided for on what is no longer so.
        let generation = tx.generation()?;
        decided_under = generation;
        if generation != people.directory().generation {
            people.replace_directory(Directory::new(generation, tx.sites()?));
            *moved_beside = true;
        }
        let mut group = Group {
            tx,
            people,
            changed: HashMap::new(),
            erased: Vec::new(),
            directory_moved: false,
            happened: Vec::new(),
            fault: None,
        };
        for job in jobs.iter_mut() {
            job.run(&mut group);
            if let Some(fault) = group.fault {
                return Err(fault);
            }
        }
        done = Committed {
            people: group.changed.into_values().collect(),
            erased: group.erased,
            directory_moved: group.directory_moved,
            happened: group.happened,
            ..Committed::default()
        };
        Ok(())
    })?;
    // Visible only now that it is durable, and before anyone is answered.
    for person in &done.people {
        people.publish(person.clone(), decided_under);
    }
    for id in &done.erased {
        people.erased(id);
    }
    if !done.erased.is_empty()
        && let Err(fault) = store.settle()
    {
        log(&fault);
    }
    Ok(done)
}
