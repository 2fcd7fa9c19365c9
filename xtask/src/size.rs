//! `./x size`: what every shipped file weighs on the wire, against its budget.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use serde_json::{Value, json};

use crate::{pkg, root};

/// What a page loads by itself, brotli.
const LOADER_BUDGET: usize = 4_000;
/// What opening a card loads, brotli: Wasm and glue together.
const CARD_BUDGET: usize = 80_000;
/// One language of words, brotli.
const WORDS_BUDGET: usize = 8_000;
/// The record, the access file and feedback, fetched when pressed.
const ACTS_BUDGET: usize = 600;
/// Questions, what ends them, and whose what waits is.
const ASKING_BUDGET: usize = 1_100;
/// What keeps choices where `localStorage` cannot.
const DATABASE_BUDGET: usize = 600;
/// What has the shop's own server keep choices.
const KEEPING_BUDGET: usize = 2_200;
/// What hears the service while a card is open.
const LIVE_BUDGET: usize = 500;
/// What an anonymous person's sign-in needs.
const PARTING_BUDGET: usize = 700;
/// What reads the shop's own consent tool, where there is one.
const SIGNALS_BUDGET: usize = 2_500;
/// What tells a shop that its `getToken` does not say who is there.
const TOKEN_BUDGET: usize = 500;
const CARD: &str = "wasm + glue";

/// The bytes of one shipped part.
struct Weight {
    name: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
    budget: Option<usize>,
}

impl Weight {
    fn within(&self) -> bool {
        self.budget.is_none_or(|budget| self.brotli <= budget)
    }
}

/// Prints every shipped file. `Ok(false)`: something is over its budget.
pub fn run(as_json: bool) -> Result<bool> {
    pkg::build()?;
    let weights = weigh(&root::at("pkg"))?;
    if as_json {
        let list: Vec<Value> = weights
            .iter()
            .map(|w| json!({"name": w.name, "raw": w.raw, "gzip": w.gzip, "brotli": w.brotli, "budget": w.budget, "holds": w.within()}))
            .collect();
        println!("{:#}", Value::from(list));
    } else {
        println!("{:<28}{:>10}{:>10}{:>10}{:>10}", "file", "raw", "gzip", "brotli", "budget");
        for w in &weights {
            let budget = w.budget.map_or_else(|| "-".to_owned(), |budget| budget.to_string());
            let over = if w.within() { "" } else { "  over budget" };
            println!("{:<28}{:>10}{:>10}{:>10}{:>10}{over}", w.name, w.raw, w.gzip, w.brotli, budget);
        }
    }
    Ok(weights.iter().all(Weight::within))
}

/// Brotli at its strongest, as served precompressed. In blocks of 64 KiB the module comes out smallest.
pub fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, lgblock: 16, ..BrotliEncoderParams::default() };
    // Writing to memory does not fail.
    let _ = brotli::BrotliCompress(&mut &*bytes, &mut out, &params);
    out
}

fn weigh(pkg: &Path) -> Result<Vec<Weight>> {
    let manifest: Value = serde_json::from_slice(&fs::read(pkg.join("manifest.json")).context("pkg/manifest.json")?)?;
    let mut weights = Vec::new();
    let mut card = Weight { name: CARD.into(), raw: 0, gzip: 0, brotli: 0, budget: Some(CARD_BUDGET) };
    for (part, entry) in manifest["files"].as_object().into_iter().flatten() {
        let name = entry["file"].as_str().unwrap_or_default().to_owned();
        let bytes = fs::read(pkg.join(&name)).with_context(|| name.clone())?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let _ = gzip.write_all(&bytes);
        let gzip = gzip.finish()?.len();
        let budget = match part.as_str() {
            "loader" => Some(LOADER_BUDGET),
            "acts" => Some(ACTS_BUDGET),
            "asking" => Some(ASKING_BUDGET),
            "database" => Some(DATABASE_BUDGET),
            "keeping" => Some(KEEPING_BUDGET),
            "live" => Some(LIVE_BUDGET),
            "parting" => Some(PARTING_BUDGET),
            "signals" => Some(SIGNALS_BUDGET),
            "token" => Some(TOKEN_BUDGET),
            words if words.starts_with("words-") => Some(WORDS_BUDGET),
            _ => None,
        };
        let weight = Weight { name, raw: bytes.len(), gzip, brotli: brotli(&bytes).len(), budget };
        if matches!(part.as_str(), "wasm" | "glue") {
            card.raw += weight.raw;
            card.gzip += weight.gzip;
            card.brotli += weight.brotli;
        }
        weights.push(weight);
    }
    weights.push(card);
    Ok(weights)
}
