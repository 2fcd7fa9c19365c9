//! The store over a disk that fails: each call of the file system once, in every way it can.

mod act;
mod commands;
mod files;
mod house;
mod ledger;
mod play;
mod scenario;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use candor_disk::{Asked, Call, Failure};
use play::{Answers, Play};

#[test]
fn whichever_call_of_the_file_system_fails_nothing_acknowledged_is_lost_and_nothing_is_there_by_half() {
    let (asked, expected) = unharmed();
    let cases: Vec<(usize, Failure)> = asked
        .iter()
        .enumerate()
        .flat_map(|(n, asked)| asked.call.failures().iter().map(move |failure| (n, *failure)))
        .collect();
    let (next, told, broken) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Most of a run is waiting for the writer's thread: two at a time keep a core busy.
    let runs = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..runs {
            scope.spawn(|| {
                while let Some((n, failure)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = catch_unwind(AssertUnwindSafe(|| harmed(*n, *failure, &asked[*n], &expected)));
                    match ended.unwrap_or_else(|_| Err("a panic".into())) {
                        Ok(times) => drop(told.fetch_add(usize::from(times > 0), Ordering::Relaxed)),
                        Err(what) => {
                            broken.lock().unwrap_or_else(PoisonError::into_inner).push((*n, *failure, what));
                        }
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut kinds: BTreeMap<Call, (usize, BTreeMap<Failure, usize>)> = BTreeMap::new();
    asked.iter().for_each(|asked| kinds.entry(asked.call).or_default().0 += 1);
    cases.iter().for_each(|(n, failure)| *kinds.entry(asked[*n].call).or_default().1.entry(*failure).or_default() += 1);
    for (call, (calls, failed)) in &kinds {
        println!("{call:?}: {calls} calls, failed {failed:?}");
    }
    println!("{} calls, {} failures, {} of them told", asked.len(), cases.len(), told.into_inner());
    for (n, failure, what) in broken.iter().take(40) {
        let what: String = what.chars().take(400).collect();
        println!("call {n}, {:?} of {}, {failure:?}: {what}", asked[*n].call, asked[*n].file);
    }
    assert!(broken.is_empty(), "{} of {} failures broke a promise", broken.len(), cases.len());
}

/// The run in which nothing fails: its calls, and its answers.
fn unharmed() -> (Vec<Asked>, Arc<Answers>) {
    let mut play = Play::new(None, None);
    runtime().block_on(scenario::run(&mut play)).expect("the scenario plays where nothing fails");
    (play.asked(), Arc::new(play.answers()))
}

/// How many acts were refused once.
fn harmed(n: usize, failure: Failure, meant: &Asked, expected: &Arc<Answers>) -> Result<usize, String> {
    let mut play = Play::new(Some((n, failure)), Some(expected.clone()));
    runtime().block_on(scenario::run(&mut play))?;
    match play.struck() {
        Some(struck) if struck == *meant => Ok(play.refused),
        Some(struck) => Err(format!("{struck:?} failed in its place")),
        None => Err("the call never came".into()),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
