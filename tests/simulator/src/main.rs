//! The simulator: histories of one person on three devices with two tabs each.
//!
//! The pages run the loader's core as it is shipped, in a JavaScript engine ([`page`]);
//! what they decide is [`candor_choices::device`], which is what the page's Wasm runs;
//! the service is the whole router over its real SQLite store; clocks, chance,
//! storage and network are the simulator's, drawn from a seed. After every step
//! the invariants are held against what really happened; a violation prints its
//! seed, and that seed plays the same history again.

mod body;
mod clock;
mod ending;
mod history;
mod invariants;
mod ledger;
mod network;
mod notice;
mod page;
mod service;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulates histories, one after the other, and holds the invariants after every
/// step. Each seed stands for itself: run one process per core for more speed.
#[derive(Parser)]
struct Options {
    /// How many histories, each from a seed of its own.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Of these seeds only those of hard histories, which find most of the faults, or only the others.
    #[arg(long)]
    only: Option<Kind>,
    /// Steps of each history before everything is mended and has to agree.
    #[arg(long, default_value_t = 60)]
    steps: u32,
    /// The folder of the loader's bundled files; `./x bench sim` makes it.
    #[arg(long)]
    pages: std::path::PathBuf,
    /// Reads beside requests come late, as on a busy machine: the same is played.
    #[arg(long)]
    late_reads: bool,
    /// Says every step; for one seed.
    #[arg(long)]
    verbose: bool,
    /// One line of JSON at the end.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Hard,
    Other,
}

/// Histories that one store is used for before it is made anew.
const PER_STORE: usize = 12;
/// Histories between two lines of progress.
const TOLD_EVERY: usize = 10_000;

fn main() -> std::process::ExitCode {
    let options = Options::parse();
    let begun = Instant::now();
    let engine = match page::Engine::new(&options.pages) {
        Ok(engine) => engine,
        Err(fault) => {
            eprintln!("the pages cannot run: {fault}\n  ./x bench sim bundles them");
            return std::process::ExitCode::from(2);
        }
    };
    let mut house = service::House::new(options.late_reads);
    let mut counts = ledger::Counts::default();
    let mut violations = 0_u8;
    let seeds = options.start..options.start.saturating_add(options.seeds);
    let wanted = |seed: &u64| options.only.is_none_or(|kind| (kind == Kind::Hard) == history::is_hard(*seed));
    for (done, seed) in seeds.filter(wanted).enumerate() {
        if done > 0 && done.is_multiple_of(PER_STORE) {
            house.renew();
        }
        if done > 0 && done.is_multiple_of(TOLD_EVERY) {
            let per_second = done as f64 / begun.elapsed().as_secs_f64();
            eprintln!("  sim from {}: {done} of {} histories, {per_second:.0} a second", options.start, options.seeds);
        }
        // Each history has a site of its own: nothing of one is seen by another.
        // A panic is told with its seed, too; the store it left behind is not used again.
        let play = || history::run(seed, options.steps, &mut house, &engine, options.verbose);
        let played = catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|_| Err("it panicked, as said above".into()));
        match played {
            Ok(counted) => counts.add(&counted),
            Err(what) => {
                eprintln!(
                    "seed {seed}: {what}\n  again: ./x bench sim --seeds 1 --start {seed}; step by step: target/release/candor-simulator --pages {} --verbose --seeds 1 --start {seed}",
                    options.pages.display()
                );
                violations = 1;
                break;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    if options.json {
        let told = serde_json::json!({
            "histories": counts.histories, "steps": counts.steps, "violations": violations,
            "first": options.start, "seconds": seconds, "counts": counts.to_json(),
        });
        println!("{told}");
    } else {
        println!(
            "{} histories from seed {}, {} steps, {violations} violations, {seconds:.1} s",
            counts.histories, options.start, counts.steps
        );
        println!("{}", counts.to_json());
    }
    std::process::ExitCode::from(violations)
}
