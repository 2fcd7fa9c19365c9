//! `./x doctor`: what this machine has and lacks, and what each thing is for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{process, root};

/// Whether everything that `./x test` needs is there.
pub fn run() -> Result<bool> {
    let tools = PathBuf::from(std::env::var_os("CANDOR_TOOLS").unwrap_or_default());
    let tool = |name: &str| tools.join(name).join("bin").join(name.rsplit_once('-').map_or(name, |(tool, _)| tool));
    let there = |path: &Path| path.exists().then(|| path.display().to_string());
    let wasm_lib = answer("rustc", &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
    let sysroot = answer("rustc", &["--print", "sysroot"]).unwrap_or_default();
    let rows: Vec<(&str, &str, Option<String>, bool)> = vec![
        ("rustc", "everything", answer("rustc", &["--version"]), true),
        ("cargo", "everything", answer("cargo", &["--version"]), true),
        ("wasm32 target", "the page's side", wasm_lib.filter(|lib| Path::new(lib).exists()), true),
        (
            "rust-src",
            "a smaller Wasm; built without it where absent",
            there(&Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock")),
            false,
        ),
        ("wasm-bindgen", "the page's side", there(&tool("wasm-bindgen-0.2.130")), true),
        ("wasm-pack", "the page's side", there(&tool("wasm-pack-0.15.1")), true),
        ("cargo-deny", "./x test", there(&tool("cargo-deny-0.20.2")), true),
        ("node", "the loader, browser tests", answer("node", &["--version"]), true),
        (
            "npm packages of widget/",
            "the loader, the small Wasm",
            there(&root::at("widget/node_modules/.candor")),
            true,
        ),
        ("npm packages of demo-site/", "the demo's chat", there(&root::at("demo-site/node_modules/.candor")), true),
        ("npm packages of tests/", "browser tests", there(&root::at("tests/node_modules/.candor")), true),
        ("chromium", "browser tests", answer("/usr/bin/chromium", &["--version"]), true),
        (
            "python3 with numpy",
            "./x bench fit compares with it",
            answer("python3", &["-c", "import numpy; print(numpy.__version__)"]),
            false,
        ),
        ("git", "the repository's own rules", answer("git", &["--version"]), true),
    ];
    let mut whole = true;
    for (name, what_for, found, needed) in rows {
        let state = match (&found, needed) {
            (Some(_), _) => "ok     ",
            (None, true) => "LACKING",
            (None, false) => "absent ",
        };
        whole &= found.is_some() || !needed;
        println!("{state}  {name:<28} {}", found.unwrap_or_else(|| format!("for: {what_for}")));
    }
    println!("{}", if whole { "nothing is lacking" } else { "./x test and ./x demo bring what they need, or say how" });
    Ok(whole)
}

/// The first line a program answers, if it is there.
fn answer(program: &str, args: &[&str]) -> Option<String> {
    process::output(Command::new(program).args(args)).ok()?.lines().next().map(str::to_owned)
}
