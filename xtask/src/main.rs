//! The commands behind `./x`. The script brings the tools; this does the work.

mod bench;
mod browser;
mod demo;
mod doctor;
mod examples;
mod fuzz;
mod pkg;
mod process;
mod root;
mod shots;
mod size;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "x", bin_name = "./x", about = "Build, show, test and measure Candor", version)]
struct X {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the demo: a shop, and the service on another site. Stops on Ctrl-C.
    Demo {
        /// Orders in the columns of UCI Online Retail (.csv or .csv.gz) instead of the shop's own.
        #[arg(long)]
        data: Option<PathBuf>,
        /// The shop's port; its customers reach the service on the next one.
        #[arg(long, default_value_t = 8400)]
        port: u16,
        /// Everything is built already; for tests that start many demos.
        #[arg(long, hide = true)]
        built: bool,
    },
    /// Everything CI checks, in real browsers.
    Test {
        /// Only the steps whose name contains this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Every shipped file raw, gzip and brotli, against its budget; fails above it.
    Size {
        #[arg(long)]
        json: bool,
    },
    /// Measure and judge; fails when a figure does not hold.
    Bench(bench::Options),
    /// Feed damaged documents, notices and decisions to the protocol's readers and the merge rule.
    Fuzz {
        /// How long, in seconds.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Where the random numbers begin; a failure prints the one that repeats it.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// A picture of every state, into tests/screenshots/.
    Shots,
    /// What this machine has and lacks.
    Doctor,
}

fn main() -> ExitCode {
    match run(X::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything held.
fn run(command: Command) -> Result<bool> {
    match command {
        Command::Demo { data, port, built } => demo::run(data, port, built),
        Command::Test { only } => test::run(only.as_deref()),
        Command::Size { json } => size::run(json),
        Command::Bench(options) => bench::run(&options),
        Command::Fuzz { seconds, seed } => fuzz::run(seconds, seed),
        Command::Shots => shots::run(),
        Command::Doctor => doctor::run(),
    }
}
