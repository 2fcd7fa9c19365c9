//! One run: every act is sent, sent again where it was refused, and held against the run in which
//! nothing failed. After a failure, what is left for the next start is opened and judged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use candor_disk::{Asked, Disk, Failure, Left};
use serde_json::Value;

use crate::act::{Act, Reply, What};
use crate::house::{Counted, Hold, House};
use crate::ledger::{Ledger, is_sound};

/// Answers by the name of the act.
pub type Answers = BTreeMap<&'static str, Value>;

pub struct Play {
    folder: tempfile::TempDir,
    disk: Arc<Disk>,
    chance: Counted,
    house: Option<Arc<House>>,
    ledger: Ledger,
    /// What is answered where nothing fails; none: this is that run.
    expected: Option<Arc<Answers>>,
    answers: Answers,
    judged: bool,
    /// Acts that were refused once.
    pub refused: usize,
}

impl Play {
    pub fn new(failing: Option<(usize, Failure)>, expected: Option<Arc<Answers>>) -> Self {
        let folder = room();
        let disk = Disk::at(folder.path());
        if let Some((n, failure)) = failing {
            disk.fail(n, failure);
        }
        Play {
            folder,
            disk,
            chance: Counted::default(),
            house: None,
            ledger: Ledger::default(),
            expected,
            answers: Answers::new(),
            judged: false,
            refused: 0,
        }
    }

    pub fn house(&self) -> &House {
        self.house.as_ref().expect("it is open")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.disk.asked()
    }

    pub fn struck(&self) -> Option<Asked> {
        self.disk.struck()
    }

    pub fn answers(self) -> Answers {
        self.answers
    }

    pub async fn open(&mut self) -> Result<(), String> {
        let opened = match House::open(self.folder.path(), &self.chance) {
            Ok(house) => house,
            Err(words) => {
                // The process ends with these words; the next start is another one.
                if !words.contains(&*self.folder.path().to_string_lossy()) || self.disk.struck().is_none() {
                    return Err(format!("opening: {words}"));
                }
                self.refused += 1;
                self.judge(&[]).await?;
                House::open(self.folder.path(), &self.chance).map_err(|words| format!("opening again: {words}"))?
            }
        };
        self.house = Some(Arc::new(opened));
        self.judge(&[]).await
    }

    pub async fn restart(&mut self) -> Result<(), String> {
        self.close().await?;
        self.open().await
    }

    /// One act by itself; the answer.
    pub async fn one(&mut self, act: Act) -> Result<Value, String> {
        let reply = act.send(self.house()).await;
        Ok(self.settle(vec![act], vec![reply]).await?.remove(0))
    }

    /// Several that the writer commits as one group.
    pub async fn together(&mut self, acts: Vec<Act>) -> Result<(), String> {
        let house = self.house.clone().expect("it is open");
        let (begun, begins) = mpsc::channel();
        let (release, until) = mpsc::channel();
        let hold = tokio::spawn({
            let house = house.clone();
            async move { house.app.writer.ask(Hold { begun, until: Mutex::new(until) }).await }
        });
        // Where it is refused nothing is held, and each goes by itself.
        while begins.try_recv().is_err() && !hold.is_finished() {
            breathe().await;
        }
        let done = Arc::new(AtomicUsize::new(0));
        let mut sent = Vec::new();
        for act in &acts {
            let (asked, act, ended) = (house.clone(), act.clone(), done.clone());
            sent.push(tokio::spawn(async move {
                let reply = act.send(&asked).await;
                ended.fetch_add(1, Ordering::SeqCst);
                reply
            }));
            while house.app.writer.waiting() + done.load(Ordering::SeqCst) < sent.len() && !hold.is_finished() {
                breathe().await;
            }
        }
        let _ = release.send(());
        let mut replies = Vec::new();
        for sent in sent {
            replies.push(sent.await.map_err(|fault| fault.to_string())?);
        }
        let _ = hold.await;
        drop(house);
        self.settle(acts, replies).await.map(drop)
    }

    /// The last: a power cut also now takes nothing, everything is in the one file, and whoever was
    /// erased is nowhere.
    pub async fn end(&mut self) -> Result<(), String> {
        let there = left_by(&self.disk, Left::ByPowerCut);
        self.hold(there.path(), &[]).await.map_err(|why| format!("after a power cut in the end: {why}"))?;
        self.close().await?;
        let there = left_by(&self.disk, Left::ByKill);
        self.hold(there.path(), &[]).await.map_err(|why| format!("in the end: {why}"))?;
        for name in ["candor.db", "candor.db-wal", "backup.db"] {
            let bytes = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
            if bytes.windows(15).any(|window| window == b"canary-of-tomek") {
                return Err(format!("what was erased is in {name}"));
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), String> {
        let house = self.house.take().and_then(Arc::into_inner).ok_or("nobody else has it")?;
        tokio::task::spawn_blocking(|| house.end()).await.map_err(|fault| fault.to_string())?;
        self.judge(&[]).await
    }

    /// Acknowledges what was done, sends what was refused again, and holds all answers against those
    /// where nothing failed.
    async fn settle(&mut self, acts: Vec<Act>, replies: Vec<Reply>) -> Result<Vec<Value>, String> {
        let mut answers = vec![None; acts.len()];
        let mut refused = Vec::new();
        for (index, (act, reply)) in acts.iter().zip(replies).enumerate() {
            match reply {
                Reply::Done { said, whole } => {
                    self.acknowledge(act, said, &whole)?;
                    answers[index] = Some(whole);
                }
                Reply::Refused(why) if self.disk.struck().is_none() => {
                    return Err(format!("{}: {why}, without cause", act.name));
                }
                Reply::Refused(_) => refused.push(index),
                Reply::Wrong(what) => return Err(format!("{}: {what}", act.name)),
            }
        }
        self.refused += refused.len();
        let under_way: Vec<Act> = refused.iter().filter_map(|index| acts.get(*index)).cloned().collect();
        self.judge(&under_way).await?;
        for index in refused {
            let act = &acts[index];
            match act.send(self.house()).await {
                Reply::Done { said, whole } => {
                    self.acknowledge(act, said, &whole)?;
                    answers[index] = Some(whole);
                }
                Reply::Refused(why) | Reply::Wrong(why) => return Err(format!("{}, sent again: {why}", act.name)),
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    fn acknowledge(&mut self, act: &Act, said: Value, whole: &Value) -> Result<(), String> {
        self.ledger.acknowledge(act, whole);
        if let Some(expected) = &self.expected
            && expected.get(act.name) != Some(&said)
        {
            return Err(format!("{}: {said} and not {:?}", act.name, expected.get(act.name)));
        }
        self.answers.insert(act.name, said);
        Ok(())
    }

    /// Once after the failure: a kill now, and a power cut now.
    async fn judge(&mut self, under_way: &[Act]) -> Result<(), String> {
        if self.judged || self.disk.struck().is_none() {
            return Ok(());
        }
        self.judged = true;
        let seed = self.disk.asked().len() as u64;
        for left in [Left::ByKill, Left::ByPowerCut, Left::Torn(seed)] {
            let there = left_by(&self.disk, left);
            self.hold(there.path(), under_way).await.map_err(|why| format!("left {left:?}: {why}"))?;
        }
        Ok(())
    }

    /// What is in a folder holds what was acknowledged, and takes what was refused once.
    async fn hold(&self, folder: &Path, under_way: &[Act]) -> Result<(), String> {
        let house = House::open(folder, &self.chance)?;
        let db = folder.join("candor.db");
        self.ledger.holds_in(&house, under_way)?;
        is_sound(&db, &self.ledger)?;
        for act in under_way {
            // These have no id of the asker's, and may be there twice; or are not the store's.
            if matches!(act.what, What::Feedback { .. } | What::Write(_) | What::Backup(_)) {
                continue;
            }
            match act.send(&house).await {
                Reply::Done { said, .. } => {
                    let expected = self.expected.as_ref().and_then(|expected| expected.get(act.name));
                    if expected.is_some_and(|expected| *expected != said) {
                        return Err(format!("{}, sent after the next start: {said} and not {expected:?}", act.name));
                    }
                }
                Reply::Refused(why) | Reply::Wrong(why) => {
                    return Err(format!("{}, sent after the next start: {why}", act.name));
                }
            }
        }
        is_sound(&db, &self.ledger)?;
        tokio::task::spawn_blocking(|| house.end()).await.map_err(|fault| fault.to_string())
    }
}

/// A folder in memory where the system has a file system there: what is written counts, not for how long.
pub fn room() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

fn left_by(disk: &Disk, left: Left) -> tempfile::TempDir {
    let there = room();
    disk.leave(left, there.path());
    there
}

async fn breathe() {
    tokio::time::sleep(Duration::from_micros(20)).await;
}
