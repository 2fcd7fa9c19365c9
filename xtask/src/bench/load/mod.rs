//! A load generator: connections that are kept, each with one request under way
//! at a time, in one thread of this process. It shares the machine with what it
//! measures, so it does little, and says what it took.

mod connection;
mod decider;
mod fill;
mod service;
mod stored;
mod usage;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub use connection::{Connection, runtime};
pub use decider::{Decider, Person, begin, session};
pub use fill::fill;
pub use service::{ORDERS, Scratch, Service};
pub use stored::{differing, is_whole, stored};
pub use usage::Usage;

/// What one connection says, and what it makes of the answers.
pub trait Talk: Send + 'static {
    /// Writes the next request, whole, into the empty buffer.
    fn ask(&mut self, request: &mut Vec<u8>);
    /// Whether the answer is the one that was wanted. Any other ends the run.
    fn heard(&mut self, status: u16, body: &[u8]) -> bool;
}

/// What was measured between the end of the warm-up and the end.
#[derive(Debug, Clone)]
pub struct Load {
    /// Right answers within the measured time.
    pub answered: u64,
    /// The measured time in seconds.
    pub seconds: f64,
    /// From a request's first byte to the answer's last, in milliseconds, in order.
    waits: Vec<f64>,
    /// What this process took meanwhile.
    pub own: Usage,
    /// What the measured process took meanwhile.
    pub served: Usage,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.answered as f64 / self.seconds
    }

    /// The wait that this share (0 to 1) of the requests did not exceed.
    pub fn wait(&self, share: f64) -> f64 {
        let last = self.waits.len().saturating_sub(1);
        let at = (self.waits.len() as f64 * share).ceil() as usize;
        self.waits.get(at.saturating_sub(1).min(last)).copied().unwrap_or(f64::NAN)
    }
}

/// Keeps every connection busy for `warm` and then for `measured`, and gives the talks back.
/// `process` is the id of the process that answers.
pub fn run<T: Talk>(
    address: SocketAddr,
    process: u32,
    talks: Vec<T>,
    warm: Duration,
    measured: Duration,
) -> Result<(Load, Vec<T>)> {
    runtime()?.block_on(async {
        let begin = Instant::now() + warm;
        let end = begin + measured;
        let mut connections = tokio::task::JoinSet::new();
        for talk in talks {
            connections.spawn(converse(address, talk, begin, end));
        }
        tokio::time::sleep_until(begin.into()).await;
        let before = (Usage::of(std::process::id())?, Usage::of(process)?);
        tokio::time::sleep_until(end.into()).await;
        let after = (Usage::of(std::process::id())?, Usage::of(process)?);
        let (mut waits, mut talks) = (Vec::new(), Vec::new());
        while let Some(done) = connections.join_next().await {
            let (waited, talk) = done??;
            waits.extend(waited);
            talks.push(talk);
        }
        waits.sort_by(f64::total_cmp);
        let load = Load {
            answered: waits.len() as u64,
            seconds: measured.as_secs_f64(),
            waits,
            own: after.0.since(before.0),
            served: after.1.since(before.1),
        };
        Ok((load, talks))
    })
}

async fn converse<T: Talk>(address: SocketAddr, mut talk: T, begin: Instant, end: Instant) -> Result<(Vec<f64>, T)> {
    let mut connection = Connection::open(address).await?;
    let mut request = Vec::with_capacity(2_048);
    let mut waits = Vec::new();
    loop {
        let asked = Instant::now();
        if asked >= end {
            return Ok((waits, talk));
        }
        request.clear();
        talk.ask(&mut request);
        let answer = connection.ask(&request).await.context("a connection ended under load")?;
        if !talk.heard(answer.status, answer.body) {
            bail!("not the answer that was wanted: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        let heard = Instant::now();
        if asked >= begin && heard <= end {
            waits.push((heard - asked).as_secs_f64() * 1_000.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(waits: &[f64]) -> Load {
        let none = Usage::default();
        Load { answered: waits.len() as u64, seconds: 2.0, waits: waits.to_vec(), own: none, served: none }
    }

    #[test]
    fn a_percentile_is_a_wait_that_happened() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let load = load(&hundred);
        assert_eq!((load.wait(0.5), load.wait(0.99), load.wait(1.0)), (50.0, 99.0, 100.0));
        assert_eq!(load.per_second(), 50.0);
    }

    #[test]
    fn nothing_answered_has_no_wait() {
        assert!(load(&[]).wait(0.99).is_nan());
    }
}
