//! `./x bench`: measures, judges, and fails when a figure does not hold.
//!
//! A bench is a function from [`Options`] to the figures it measured. To add one:
//! a file beside this one, and a line in [`BENCHES`].

mod crash;
mod decisions;
mod evaluations;
mod figure;
mod fit;
mod load;
mod open;
mod preview;
mod recommender;
mod rerank;
mod sim;
mod switch;
mod tabs;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

pub use figure::{Figure, Goal};

/// What `./x bench` was asked for. A bench uses what concerns it.
#[derive(Args, Debug, Clone)]
pub struct Options {
    /// One bench; all of them without it.
    pub name: Option<String>,
    /// Orders in the columns of UCI Online Retail, for the benches that need real ones.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Another recommender than our own.
    #[arg(long)]
    pub recommender: Option<String>,
    /// How many seeded runs, where a bench draws at random.
    #[arg(long)]
    pub seeds: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    pub start: u64,
    /// How often a process is killed, where a bench does that.
    #[arg(long)]
    pub kills: Option<u64>,
    /// One JSON object on standard output (an array without NAME), everything else on standard error.
    #[arg(long)]
    pub json: bool,
}

type Measure = fn(&Options) -> Result<Vec<Figure>>;

const BENCHES: &[(&str, Measure)] = &[
    ("recommender", recommender::measure),
    ("fit", fit::measure),
    ("preview", preview::measure),
    ("rerank", rerank::measure),
    ("open", open::measure),
    ("switch", switch::measure),
    ("sim", sim::measure),
    ("decisions", decisions::measure),
    ("evaluations", evaluations::measure),
    ("crash", crash::measure),
    ("tabs", tabs::measure),
];

/// One bench and what it measured.
#[derive(Serialize)]
struct Bench {
    name: &'static str,
    figures: Vec<Figure>,
}

/// Whether every figure held.
pub fn run(options: &Options) -> Result<bool> {
    let asked: Vec<&(&str, Measure)> = match &options.name {
        None => BENCHES.iter().collect(),
        Some(name) => BENCHES.iter().filter(|(known, _)| known == name).collect(),
    };
    if asked.is_empty() {
        let known: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        bail!("there is no such bench; there are {}", known.join(", "));
    }
    let mut benches = Vec::new();
    for (name, measure) in asked {
        let bench = Bench { name, figures: measure(options)? };
        if !options.json {
            print(&bench);
        }
        benches.push(bench);
    }
    if options.json {
        let text = match (&options.name, benches.first()) {
            (Some(_), Some(bench)) => serde_json::to_string(bench)?,
            _ => serde_json::to_string(&benches)?,
        };
        println!("{text}");
    }
    Ok(benches.iter().all(|bench| bench.figures.iter().all(|figure| figure.holds)))
}

fn print(bench: &Bench) {
    println!("{}", bench.name);
    for figure in &bench.figures {
        println!("  {figure}");
    }
}
