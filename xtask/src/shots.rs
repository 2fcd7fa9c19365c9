//! `./x shots`: a picture of every state, to be looked at.

use std::process::Command;

use anyhow::Result;

use crate::{demo, process, root};

pub fn run() -> Result<bool> {
    demo::build()?;
    process::run(
        Command::new("npx")
            .args(["--no-install", "playwright", "test", "shots"])
            .current_dir(root::at("tests"))
            .env("CANDOR_X", std::env::current_exe()?),
    )?;
    println!("see {}", root::at("tests/screenshots").display());
    Ok(true)
}
