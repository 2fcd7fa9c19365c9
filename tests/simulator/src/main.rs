//! The simulator: histories of one person on three devices with two tabs each.
//!
//! The devices are [`candor_choices::device`], which is what the page's Wasm runs;
//! the service is the whole router over its real SQLite store; clocks, chance,
//! storage and network are the simulator's, drawn from a seed. After every step
//! the invariants are held against what really happened; a violation prints its
//! seed, and that seed plays the same history again.

mod body;
mod clock;
mod history;
mod invariants;
mod ledger;
mod network;
mod notice;
mod service;
mod tab;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;

/// Simulates histories and holds the invariants after every step.
#[derive(Parser)]
struct Options {
    /// How many histories, each from a seed of its own.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Steps of each history before everything is mended and has to agree.
    #[arg(long, default_value_t = 60)]
    steps: u32,
    /// Says every step; for one seed.
    #[arg(long)]
    verbose: bool,
    /// Threads; 0: one per core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// One line of JSON at the end.
    #[arg(long)]
    json: bool,
}

/// Histories that one store is used for before it is made anew.
const PER_STORE: u64 = 16;

fn main() -> std::process::ExitCode {
    let options = Options::parse();
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        given => given,
    };
    let (next, done, steps) = (AtomicU64::new(options.start), AtomicU64::new(0), AtomicU64::new(0));
    let (stop, failed) = (AtomicBool::new(false), Mutex::new(Vec::<(u64, String)>::new()));
    let counts = Mutex::new(ledger::Counts::default());
    let begun = Instant::now();
    let end = options.start.saturating_add(options.seeds);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut house = service::House::new();
                let mut own = ledger::Counts::default();
                loop {
                    let first = next.fetch_add(PER_STORE, Ordering::Relaxed);
                    if first >= end || stop.load(Ordering::Relaxed) {
                        break;
                    }
                    for seed in first..(first + PER_STORE).min(end) {
                        // Each history has a site of its own: nothing of one is seen by another.
                        match history::run(seed, options.steps, &mut house, options.verbose) {
                            Ok(counted) => {
                                steps.fetch_add(counted.steps, Ordering::Relaxed);
                                own.add(&counted);
                            }
                            Err(what) => {
                                failed.lock().expect("no panic holds it").push((seed, what));
                                stop.store(true, Ordering::Relaxed);
                            }
                        }
                    }
                    house.renew();
                    let all = done.fetch_add(PER_STORE, Ordering::Relaxed) + PER_STORE;
                    if all / 20_000 != (all - PER_STORE) / 20_000 {
                        let per_second = all as f64 / begun.elapsed().as_secs_f64();
                        eprintln!("  sim: {all} of {} histories, {per_second:.0} a second", options.seeds);
                    }
                }
                counts.lock().expect("no panic holds it").add(&own);
            });
        }
    });
    let failed = failed.into_inner().expect("no panic holds it");
    let counts = counts.into_inner().expect("no panic holds it");
    for (seed, what) in &failed {
        eprintln!(
            "seed {seed}: {what}\n  again: ./x bench sim --seeds 1 --start {seed}; step by step: target/release/candor-simulator --verbose --seeds 1 --start {seed}"
        );
    }
    let seconds = begun.elapsed().as_secs_f64();
    if options.json {
        let told = serde_json::json!({
            "histories": counts.histories, "steps": steps.load(Ordering::Relaxed), "violations": failed.len(),
            "first": options.start, "seconds": seconds, "counts": counts.to_json(),
        });
        println!("{told}");
    } else {
        println!(
            "{} histories from seed {}, {} steps, {} violations, {seconds:.1} s",
            counts.histories,
            options.start,
            counts.steps,
            failed.len()
        );
        println!("{}", counts.to_json());
    }
    std::process::ExitCode::from(u8::from(!failed.is_empty()))
}
