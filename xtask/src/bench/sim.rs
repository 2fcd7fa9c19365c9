//! Histories of one person on three devices, simulated with the very client and
//! service; see `tests/simulator`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Figure, Goal, Options};
use crate::{pkg, process, root};

const SEEDS: u64 = 10_000;
/// Of what pages fetch later, all that bears on choices.
const RARE: [&str; 4] = ["asking", "live", "parting", "token"];
/// What a history has at least, before everything is mended and has to agree.
const STEPS: u64 = 60;
/// So many are played twice more, to see that a seed is one history on a busy machine too.
const AGAIN: u64 = 100;

pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    let seeds = options.seeds.unwrap_or(SEEDS);
    // Many histories are worth a longer build.
    let profile = if seeds > SEEDS { "simulator" } else { "release" };
    let build = ["build", "--quiet", "-p", "candor-simulator", "--profile", profile];
    process::run(Command::new("cargo").args(build).current_dir(root::root()))?;
    let pages = bundle()?;
    let told = side_by_side(profile, &pages, options.start, seeds, &[])?;
    let again = seeds.min(AGAIN);
    let at_once = side_by_side(profile, &pages, options.start, again, &[])?;
    let late = side_by_side(profile, &pages, options.start, again, &["--late-reads"])?;
    let other = at_once.iter().zip(&late).filter(|(one, other)| one["counts"] != other["counts"]).count();
    let count = |name: &str| told.iter().map(|part| part[name].as_f64().unwrap_or(f64::NAN)).sum::<f64>();
    let of = |name: &str| told.iter().map(|part| part["counts"][name].as_f64().unwrap_or(f64::NAN)).sum::<f64>();
    let mut figures = vec![
        Figure::new("histories", count("histories"), "", Goal::Exactly(seeds as f64)),
        Figure::new("the first seed", options.start as f64, "", Goal::Told),
        Figure::new("steps", count("steps"), "", Goal::AtLeast((seeds * STEPS) as f64)),
        Figure::new("violations", count("violations"), "", Goal::Exactly(0.0)),
        Figure::new(
            format!("of {again} played with reads that come late, parts that went another way"),
            other as f64,
            "",
            Goal::Exactly(0.0),
        ),
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

/// The loader's core and what it fetches, as they are shipped but for their names: the calls into the Wasm lead to
/// the simulator, and so does everything of the browser's.
fn bundle() -> Result<PathBuf> {
    let root = root::root();
    let out = root::target().join("simulator-pages");
    let page = root.join("tests/simulator/page");
    std::fs::create_dir_all(&out).context("no folder for the pages")?;
    let esbuild = |from: &Path, more: &[String]| {
        let name = from.file_stem().unwrap_or_default();
        let mut command = Command::new(root.join("widget/node_modules/.bin/esbuild"));
        command
            .arg(from)
            .args(["--bundle", "--target=es2022", "--log-level=warning", "--charset=utf8"])
            .args(more)
            .arg(format!("--outfile={}", out.join(name).with_extension("js").display()));
        process::run(&mut command)
    };
    // No module of the engine's: each page runs the files anew, with a browser of its own around them.
    let file = ["--format=cjs", "--supported:dynamic-import=false", "--define:import.meta.url=url"].map(str::to_owned);
    for name in RARE {
        esbuild(&root.join("widget/loader/rare").join(name).with_extension("ts"), &file)?;
    }
    let mut core = file.to_vec();
    core.extend(pkg::RARE.iter().map(|name| format!("--define:CANDOR_{}=\"{name}\"", name.to_uppercase())));
    core.push(format!("--alias:candor-wasm={}", page.join("wasm.ts").display()));
    core.push(format!("--alias:candor-guard={}", root.join("widget/loader/core/guard.ts").display()));
    core.extend(["card", "stage"].map(|name| format!("--alias:candor-{name}.css={}", page.join("style.ts").display())));
    esbuild(&root.join("widget/loader/core/core.ts"), &core)?;
    esbuild(&page.join("browser.ts"), &["--format=iife".to_owned()])?;
    Ok(out)
}

/// One process per core, each with a part of the seeds; what each of them told.
///
/// Threads of one process would wait for each other's memory: two processes play
/// half as many again in the same time.
fn side_by_side(profile: &str, pages: &Path, start: u64, seeds: u64, more: &[&str]) -> Result<Vec<Value>> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let part = seeds.div_ceil(cores);
    let mut running = Vec::new();
    for first in (0..seeds).step_by(part.max(1) as usize) {
        // Progress, and the seed of a violation with how to play it again, go to standard error as they come.
        let child = Command::new(root::target().join(profile).join("candor-simulator"))
            .arg("--pages")
            .arg(pages)
            .args(["--json", "--seeds", &part.min(seeds - first).to_string(), "--start", &(start + first).to_string()])
            .args(["--steps", &STEPS.to_string()])
            .args(more)
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
