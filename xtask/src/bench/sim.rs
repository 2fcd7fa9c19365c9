//! Histories of one person on three devices, simulated with the very client and
//! service; see `tests/simulator`.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Figure, Goal, Options};
use crate::{process, root};

const SEEDS: u64 = 10_000;
/// What a history has at least, before everything is mended and has to agree.
const STEPS: u64 = 60;

pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    let seeds = options.seeds.unwrap_or(SEEDS);
    // Many histories are worth a longer build.
    let profile = if seeds > SEEDS { "simulator" } else { "release" };
    let build = ["build", "--quiet", "-p", "candor-simulator", "--profile", profile];
    process::run(Command::new("cargo").args(build).current_dir(root::root()))?;
    let told = side_by_side(profile, options.start, seeds)?;
    let count = |name: &str| told.iter().map(|part| part[name].as_f64().unwrap_or(f64::NAN)).sum::<f64>();
    let of = |name: &str| told.iter().map(|part| part["counts"][name].as_f64().unwrap_or(f64::NAN)).sum::<f64>();
    let mut figures = vec![
        Figure::new("histories", count("histories"), "", Goal::Exactly(seeds as f64)),
        Figure::new("the first seed", options.start as f64, "", Goal::Told),
        Figure::new("steps", count("steps"), "", Goal::AtLeast((seeds * STEPS) as f64)),
        Figure::new("violations", count("violations"), "", Goal::Exactly(0.0)),
    ];
    // What they held, so that a run in which little happened is seen to be one.
    for what in [
        "taken",
        "superseded",
        "pressed_again",
        "lost",
        "repeated",
        "crashes",
        "wipes",
        "restarts",
        "restores",
        "sign_ins",
    ] {
        figures.push(Figure::new(what.replace('_', "-"), of(what), "", Goal::Told));
    }
    Ok(figures)
}

/// One process per core, each with a part of the seeds; what each of them told.
///
/// Threads of one process would wait for each other's memory: two processes play
/// half as many again in the same time.
fn side_by_side(profile: &str, start: u64, seeds: u64) -> Result<Vec<Value>> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let part = seeds.div_ceil(cores);
    let mut running = Vec::new();
    for first in (0..seeds).step_by(part.max(1) as usize) {
        // Progress, and the seed of a violation with how to play it again, go to standard error as they come.
        let child = Command::new(root::target().join(profile).join("candor-simulator"))
            .args(["--json", "--seeds", &part.min(seeds - first).to_string(), "--start", &(start + first).to_string()])
            .args(["--steps", &STEPS.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("cannot run the simulator")?;
        running.push(child);
    }
    // Both are waited for before either is judged, so that none is left behind.
    let ended: Vec<_> = running.into_iter().map(Child::wait_with_output).collect();
    ended
        .into_iter()
        .map(|run| {
            let told = run.context("the simulator cannot be waited for")?.stdout;
            serde_json::from_slice(&told).context("the simulator ended without its account")
        })
        .collect()
}
