//! `./x test`: everything CI checks. Every step runs, also after one that failed.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::{demo, examples, pkg, process, root, size, tidy};

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("tidy: the repository's own rules", tidy::run),
    ("format", format),
    ("lints of the workspace", lint_workspace),
    ("tests of the workspace", test_workspace),
    ("the pure crates without a browser", pure_crates),
    ("documentation", document),
    ("licences, sources and bans of dependencies", deny),
    ("advisories", advisories),
    ("the package", package),
    ("lints of the widget", lint_widget),
    ("types of the page's and the tests' scripts", check_types),
    ("sizes", sizes),
    ("the demo's programs", demo::build),
    ("example documents", examples::check),
    ("simulated histories", simulated),
    ("killed under load", killed),
    ("real browsers", browsers),
];

/// Whether every step passed.
pub fn run(only: Option<&str>) -> Result<bool> {
    let asked: Vec<&Step> = STEPS.iter().filter(|(name, _)| only.is_none_or(|part| name.contains(part))).collect();
    if asked.is_empty() {
        let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        bail!("no step is called that; there are: {}", names.join("; "));
    }
    let begun = Instant::now();
    let mut failed = Vec::new();
    for (name, step) in &asked {
        println!("\n── {name}");
        let began = Instant::now();
        let done = step();
        let seconds = began.elapsed().as_secs_f64();
        match done {
            Ok(()) => println!("ok      {name} ({seconds:.1} s)"),
            Err(error) => {
                println!("{error:#}\nFAILED  {name} ({seconds:.1} s)");
                failed.push(*name);
            }
        }
    }
    println!();
    for name in &failed {
        println!("failed: {name}");
    }
    println!("all of it took {:.1} min", begun.elapsed().as_secs_f64() / 60.0);
    println!("{} passed, {} failed", asked.len() - failed.len(), failed.len());
    Ok(failed.is_empty())
}

// Everything is built for release, as `./x` itself is: what depends on nothing of ours is compiled once.

fn format() -> Result<()> {
    process::run(&mut cargo(root::root(), &["fmt", "--all", "--check"]))?;
    process::run(&mut cargo(&root::at("widget"), &["fmt", "--check"]))
}

fn lint_workspace() -> Result<()> {
    process::run(&mut cargo(
        root::root(),
        &["clippy", "--quiet", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ))
}

fn lint_widget() -> Result<()> {
    let target = ["--target", "wasm32-unknown-unknown"];
    process::run(cargo(&root::at("widget"), &["clippy", "--quiet"]).args(target).args(["--", "-D", "warnings"]))
}

fn test_workspace() -> Result<()> {
    process::run(&mut cargo(root::root(), &["test", "--quiet", "--release", "--workspace"]))
}

/// What runs in a page and in the service alike builds where there is neither clock nor browser.
fn pure_crates() -> Result<()> {
    let mut command = cargo(root::root(), &["check", "--quiet", "--target", "wasm32-unknown-unknown"]);
    process::run(command.args(tidy::PURE.iter().flat_map(|name| ["-p", name])))
}

fn document() -> Result<()> {
    process::run(
        cargo(root::root(), &["doc", "--quiet", "--release", "--workspace", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"),
    )
}

fn deny() -> Result<()> {
    for folder in ["", "widget"] {
        let folder = root::at(folder);
        process::run(deny_in(&folder).args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))?;
    }
    Ok(())
}

/// The database of advisories lives on another host than the registry; where it cannot be reached, that is said.
fn advisories() -> Result<()> {
    for folder in ["", "widget"] {
        let folder = root::at(folder);
        if let Err(error) = process::output(deny_in(&folder).args(["fetch", "db"])) {
            let why = error.to_string();
            println!(
                "not checked: the advisory database cannot be fetched ({})",
                why.lines().last().unwrap_or_default()
            );
            return Ok(());
        }
        process::run(deny_in(&folder).args(["check", "--disable-fetch", "--hide-inclusion-graph", "advisories"]))?;
    }
    Ok(())
}

fn deny_in(folder: &Path) -> Command {
    let mut command = Command::new("cargo-deny");
    command
        .current_dir(folder)
        .args(["--log-level", "error", "--all-features", "--manifest-path"])
        .arg(folder.join("Cargo.toml"));
    // `csr` and `ssr` of one crate never meet in a build of ours; here they may, nothing is compiled.
    command
}

fn package() -> Result<()> {
    pkg::build().map(|_| ())
}

fn check_types() -> Result<()> {
    for folder in ["widget", "tests"] {
        let folder = root::at(folder);
        if folder.join("tsconfig.json").exists() {
            process::run(Command::new("npx").args(["--no-install", "tsc", "--noEmit", "-p", "."]).current_dir(folder))?;
        }
    }
    Ok(())
}

fn sizes() -> Result<()> {
    if !size::run(false)? {
        bail!("a file is over its budget");
    }
    Ok(())
}

fn browsers() -> Result<()> {
    process::run(
        Command::new("npx")
            .args(["--no-install", "playwright", "test"])
            .current_dir(root::at("tests"))
            .env("CANDOR_X", std::env::current_exe()?),
    )
}

fn simulated() -> Result<()> {
    bench("sim")
}

fn killed() -> Result<()> {
    bench("crash")
}

/// One that is a test as well: its figures hold or they do not, on any machine.
fn bench(name: &str) -> Result<()> {
    process::run(Command::new(std::env::current_exe()?).args(["bench", name]))
}

fn cargo(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(folder);
    command
}
