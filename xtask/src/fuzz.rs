//! `./x fuzz`: damaged explanation documents, notices and decisions for the readers of `protocol/`;
//! what a reader lets through is then ranked, previewed, summed and worded by `reasoning/`.
//! Nothing may panic, and a document that passes the service's check must preview its own list.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use candor_protocol::{Decision, Explanation, Notice};
use candor_reasoning as reasoning;
use candor_reasoning::Without;
use serde_json::{Value, json};

use crate::root;

pub fn run(seconds: u64, seed: Option<u64>) -> Result<bool> {
    let mut fresh = [0_u8; 8];
    getrandom::fill(&mut fresh).map_err(|error| anyhow!("no randomness from the operating system: {error}"))?;
    let first = seed.unwrap_or(u64::from_le_bytes(fresh) >> 16);
    let notice =
        std::fs::read_to_string(root::at("demo-site/notice.json")).context("cannot read demo-site/notice.json")?;
    let seeds = [document(), serde_json::from_str(&notice)?, decision()];
    for (whole, value) in seeds.iter().enumerate() {
        if !accepts(whole, &serde_json::to_vec(value)?) {
            bail!("the undamaged example {whole} is refused; there would be nothing to fuzz");
        }
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut tried, mut accepted) = (0_u64, 0_u64);
    while Instant::now() < until {
        let run = first.wrapping_add(tried);
        let mut random = Random(run);
        let which = random.below(seeds.len());
        let bytes = damage(&seeds[which], &mut random)?;
        match catch_unwind(|| accepts(which, &bytes)) {
            Ok(let_through) => accepted += u64::from(let_through),
            Err(_) => {
                let file = root::target().join("fuzz-failure.json");
                std::fs::write(&file, &bytes)?;
                println!("FAILED; repeat it with --seed {run} --seconds 1; the input is {}", file.display());
                return Ok(false);
            }
        }
        tried += 1;
    }
    println!(
        "explanation documents, notices and decisions: {tried} damaged inputs from seed {first}, {accepted} of them accepted, no panic"
    );
    Ok(true)
}

/// Whether the reader lets it through; everything that reads it afterwards is run on it.
fn accepts(which: usize, bytes: &[u8]) -> bool {
    match which {
        0 => Explanation::from_json(bytes).is_ok_and(|doc| {
            reason(&doc);
            true
        }),
        1 => Notice::from_json(bytes).is_ok(),
        _ => Decision::from_json(bytes).is_ok(),
    }
}

fn reason(doc: &Explanation) {
    let checked = reasoning::check(doc).is_ok();
    let own = reasoning::preview(doc, &Without::default());
    if let (true, Ok(own)) = (checked, own) {
        assert_eq!(own.changed, 0, "a checked document previews another list than its own");
    }
    for factor in 0..doc.factors.len() {
        let _ = reasoning::preview(doc, &Without::factor(factor));
        let _ = reasoning::datum_effects(doc, None, factor);
    }
    let _ = reasoning::source_effects(doc, None);
    let _ = reasoning::check_sums(doc);
    let _ = reasoning::leading_kind(doc);
    for item in doc.shown.iter().map(String::as_str).chain(["", "unknown"]) {
        let _ = reasoning::sentence(doc, Some(item));
        let _ = reasoning::shares(doc, item);
    }
}

/// One to four damages, to the value or to the bytes.
fn damage(value: &Value, random: &mut Random) -> Result<Vec<u8>> {
    let mut value = value.clone();
    for _ in 0..=random.below(4) {
        let mut steps = random.below(40);
        spoil(&mut value, &mut steps, random);
    }
    let mut bytes = serde_json::to_vec(&value)?;
    if random.below(8) == 0 && !bytes.is_empty() {
        let at = random.below(bytes.len());
        match random.below(3) {
            0 => bytes.truncate(at),
            1 => bytes[at] = random.below(256) as u8,
            _ => bytes.insert(at, b"[]{}\",:0e-"[random.below(10)]),
        }
    }
    Ok(bytes)
}

/// Walks `steps` values on and spoils the one it stands on.
fn spoil(value: &mut Value, steps: &mut usize, random: &mut Random) -> bool {
    if *steps == 0 {
        *value = match (random.below(6), &*value) {
            (0, _) => Value::Null,
            (1, Value::Number(_)) => json!(-0.0),
            (2, Value::Number(_)) => json!(random.number()),
            (1, Value::String(text)) => json!(format!("{text}\u{202e}\u{0}")),
            (2, Value::String(text)) => json!(text.chars().rev().collect::<String>()),
            (3, Value::String(text)) => json!(text.repeat(1 + random.below(300))),
            (1, Value::Array(list)) => json!([list.clone(), list.clone()].concat()),
            (2, Value::Array(list)) => json!(list.iter().rev().cloned().collect::<Vec<_>>()),
            (3, Value::Array(list)) => json!(list.iter().skip(1).cloned().collect::<Vec<_>>()),
            (4, _) => json!({}),
            (5, _) => json!([]),
            _ => json!(random.number()),
        };
        return true;
    }
    *steps -= 1;
    match value {
        Value::Array(list) => {
            let skip = random.below(list.len().max(1));
            list.iter_mut().skip(skip).any(|inner| spoil(inner, steps, random))
        }
        Value::Object(map) => {
            let skip = random.below(map.len().max(1));
            map.values_mut().skip(skip).any(|inner| spoil(inner, steps, random))
        }
        _ => false,
    }
}

/// SplitMix64: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn number(&mut self) -> f64 {
        let edges = [0.0, -1.0, 1e308, -1e308, 5e-324, 4096.0, 0.5, f64::from(u32::MAX), 9_007_199_254_740_993.0];
        edges[self.below(edges.len())]
    }
}

fn document() -> Value {
    let candidate = |item: &str, orders: f64, popularity: f64| {
        json!({"item": item, "score": orders + popularity, "contributions": [orders, popularity],
               "evidence": [{"factor": 0, "ref": "o1", "item": "22698", "weight": orders}]})
    };
    json!({
        "version": 1, "id": "rec_abcdefghijklmnopqrstuvwxyz", "site": "pk_demo", "surface": "storefront",
        "made_at": "2026-11-22T18:00:00Z", "expires_at": "2026-11-23T18:00:00Z", "subject": "sub_1",
        "base": {"epoch": "e_1", "rev": 7}, "notice": "sha256-00", "inputs": "i", "limit": 2, "method": "additive",
        "factors": [
            {"id": "orders", "kind": "personal", "control": "recommendations/orders", "inputs": "o"},
            {"id": "popularity", "kind": "general"}],
        "not_used": [{"id": "returns", "why": "unset"}],
        "items": {"a": {"title": "A", "url": "https://shop.example/a", "price": {"amount": "1.50", "currency": "GBP"}},
                  "b": {"title": "B"}, "c": {"title": "C"}, "22698": {"title": "Teacup"}},
        "shown": ["a", "b"],
        "candidates": [candidate("a", 0.5, 0.25), candidate("b", 0.25, 0.25), candidate("c", 0.0, 0.375)],
        "model": {"id": "m", "name": "M", "version": "1", "kind": "item-item"}
    })
}

fn decision() -> Value {
    json!({
        "id": "01934b2e-7c00-7abc-8def-0123456789ab", "device": "d_1", "seq": 1, "notice": "sha256-00", "served": "sha256-00",
        "locale": "en", "surface": "storefront", "tier": "wasm",
        "changes": [{"control": "recommendations/orders", "choice": "denied"}],
        "base": {"epoch": "e_1", "rev": 7}, "method": "switch", "occurred_at": "2026-11-22T18:00:00Z"
    })
}
