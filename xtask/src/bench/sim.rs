//! Histories of one person on three devices, simulated with the very client and
//! service; see `tests/simulator`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Figure, Goal, Options};
use crate::{process, root};

const SEEDS: u64 = 10_000;
/// What a history has at least, before everything is mended and has to agree.
const STEPS: u64 = 60;

pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    let build = ["build", "--quiet", "--release", "-p", "candor-simulator"];
    process::run(Command::new("cargo").args(build).current_dir(root::root()))?;
    let seeds = options.seeds.unwrap_or(SEEDS);
    // Progress, and the seed of a violation with how to play it again, go to standard error as they come.
    let run = Command::new(root::target().join("release/candor-simulator"))
        .args(["--json", "--seeds", &seeds.to_string(), "--start", &options.start.to_string()])
        .args(["--steps", &STEPS.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run the simulator")?;
    let told: Value = serde_json::from_slice(&run.stdout).context("the simulator ended without its account")?;
    let count = |name: &str| told[name].as_f64().unwrap_or(f64::NAN);
    let of = |name: &str| told["counts"][name].as_f64().unwrap_or(f64::NAN);
    let mut figures = vec![
        Figure::new("histories", count("histories"), "", Goal::Exactly(seeds as f64)),
        Figure::new("the first seed", count("first"), "", Goal::Told),
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
