//! The store over a disk that fails: each call of the file system once, in every way it can.

mod act;
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
    let (next, refused, broken) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((n, failure)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match catch_unwind(AssertUnwindSafe(|| harmed(*n, *failure, &expected))) {
                        Ok(Ok(times)) => drop(refused.fetch_add(usize::from(times > 0), Ordering::Relaxed)),
                        Ok(Err(what)) => {
                            broken.lock().unwrap_or_else(PoisonError::into_inner).push((*n, *failure, what));
                        }
                        Err(_) => {
                            broken.lock().unwrap_or_else(PoisonError::into_inner).push((
                                *n,
                                *failure,
                                "a panic".into(),
                            ));
                        }
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut kinds: BTreeMap<Call, usize> = BTreeMap::new();
    asked.iter().for_each(|asked| *kinds.entry(asked.call).or_default() += 1);
    println!("{} calls, {} failures, {} of them told: {kinds:?}", asked.len(), cases.len(), refused.into_inner());
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
fn harmed(n: usize, failure: Failure, expected: &Arc<Answers>) -> Result<usize, String> {
    let mut play = Play::new(Some((n, failure)), Some(expected.clone()));
    runtime().block_on(scenario::run(&mut play))?;
    play.struck().map(|_| play.refused).ok_or_else(|| "the call never came".into())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
