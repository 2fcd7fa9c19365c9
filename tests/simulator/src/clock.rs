//! Time and chance of one history, shared by everyone in it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use candor_protocol::Timestamp;
use candor_service::clock::{Chance, Clock};

/// 2026-11-22T18:00:00Z, where every history begins.
pub const START: i64 = 1_795_370_400_000;

/// The true time, which is the service's.
#[derive(Clone, Default)]
pub struct Time(Arc<AtomicI64>);

impl Time {
    pub fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }

    pub fn ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp(self.ms())
    }
}

/// The chance that the service draws ids from.
#[derive(Clone)]
pub struct Dice(Arc<Mutex<fastrand::Rng>>);

impl Dice {
    pub fn new() -> Self {
        Dice(Arc::new(Mutex::new(fastrand::Rng::with_seed(0))))
    }

    pub fn seed(&self, seed: u64) {
        *self.0.lock().expect("no panic holds it") = fastrand::Rng::with_seed(seed);
    }
}

impl Chance for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().expect("no panic holds it").fill(bytes);
    }
}
