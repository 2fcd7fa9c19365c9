//! One preview over 500 candidates and 8 personal sources, in Wasm, in a browser.
//! `tests/rerank/` is `reasoning/` with three plain exports, in the widget's own profile; nothing of it is shipped.

use std::process::Command;

use anyhow::Result;

use super::{Figure, Goal, Options};
use crate::{browser, process, root};

pub fn measure(_options: &Options) -> Result<Vec<Figure>> {
    let build = root::target().join("rerank");
    process::run(
        Command::new("cargo")
            .args(["build", "--quiet", "--release", "--target", "wasm32-unknown-unknown", "--target-dir"])
            .arg(&build)
            .current_dir(root::at("tests/rerank")),
    )?;
    let wasm = build.join("wasm32-unknown-unknown/release/candor_rerank.wasm");
    let answer = browser::measure("rerank.mjs", &[&wasm.to_string_lossy()])?;
    let figure = |name: &str| answer[name].as_f64().unwrap_or(f64::NAN);
    Ok(vec![
        Figure::new("candidates", figure("candidates"), "", Goal::Exactly(500.0)),
        Figure::new("personal sources", figure("sources"), "", Goal::Exactly(8.0)),
        Figure::new(
            "items that changed over the run (a preview that does nothing changes none)",
            figure("changed"),
            "",
            Goal::AtLeast(1.0),
        ),
        Figure::new("preview, mean of 200 after warm-up", figure("mean"), "ms", Goal::AtMost(0.25)),
    ])
}
