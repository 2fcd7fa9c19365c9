//! `./x doctor`: what this machine has and lacks, and what each thing is for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{process, root};

/// Name, what for, how to bring it, what is there, whether it is needed.
type Row = (&'static str, &'static str, &'static str, Option<String>, bool);

const RUST: &str = "the installer at https://rustup.rs";
const OURS: &str = "./x test";

/// Whether everything that `./x test` needs is there.
pub fn run() -> Result<bool> {
    let tools = PathBuf::from(std::env::var_os("CANDOR_TOOLS").unwrap_or_default());
    let tool = |name: &str| tools.join(name).join("bin").join(name.rsplit_once('-').map_or(name, |(tool, _)| tool));
    let there = |path: &Path| path.exists().then(|| path.display().to_string());
    let wasm_lib = answer("rustc", &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
    let sysroot = answer("rustc", &["--print", "sysroot"]).unwrap_or_default();
    let rows: Vec<Row> = vec![
        ("rustc", "everything", RUST, answer("rustc", &["--version"]), true),
        ("cargo", "everything", RUST, answer("cargo", &["--version"]), true),
        (
            "wasm32 target",
            "the page's side",
            "rustup target add wasm32-unknown-unknown",
            wasm_lib.filter(|lib| Path::new(lib).exists()),
            true,
        ),
        (
            "rust-src",
            "a smaller Wasm; built without it where absent",
            "rustup component add rust-src",
            there(&Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock")),
            false,
        ),
        ("wasm-bindgen", "the page's side", OURS, there(&tool("wasm-bindgen-0.2.130")), true),
        ("wasm-pack", "the page's side", OURS, there(&tool("wasm-pack-0.15.1")), true),
        ("cargo-deny", "./x test", OURS, there(&tool("cargo-deny-0.20.2")), true),
        ("node", "the loader, browser tests", "https://nodejs.org, 20 or newer", answer("node", &["--version"]), true),
        (
            "npm packages of widget/",
            "the loader, the small Wasm",
            OURS,
            there(&root::at("widget/node_modules/.candor")),
            true,
        ),
        (
            "npm packages of demo-site/",
            "the demo's chat",
            OURS,
            there(&root::at("demo-site/node_modules/.candor")),
            true,
        ),
        ("npm packages of tests/", "browser tests", OURS, there(&root::at("tests/node_modules/.candor")), true),
        ("chromium", "browser tests", "apt-get install chromium", answer("/usr/bin/chromium", &["--version"]), true),
        (
            "python3 with numpy",
            "./x bench fit compares with it",
            "apt-get install python3-numpy",
            answer("python3", &["-c", "import numpy; print(numpy.__version__)"]),
            false,
        ),
        ("git", "the repository's own rules", "apt-get install git", answer("git", &["--version"]), true),
    ];
    let mut whole = true;
    for (name, what_for, how, found, needed) in rows {
        let state = match (&found, needed) {
            (Some(_), _) => "ok     ",
            (None, true) => "LACKING",
            (None, false) => "absent ",
        };
        whole &= found.is_some() || !needed;
        println!("{state}  {name:<28} {}", found.unwrap_or_else(|| format!("for: {what_for}; bring it with: {how}")));
    }
    println!(
        "{}",
        if whole { "nothing is lacking" } else { "./x test and ./x demo bring what they may bring themselves" }
    );
    Ok(whole)
}

/// The first line a program answers, if it is there.
fn answer(program: &str, args: &[&str]) -> Option<String> {
    process::output(Command::new(program).args(args)).ok()?.lines().next().map(str::to_owned)
}
