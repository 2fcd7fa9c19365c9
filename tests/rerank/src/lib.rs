//! A document of 500 candidates, 8 personal sources and popularity, and its preview.

use std::cell::OnceCell;

use candor_protocol::Explanation;
use candor_reasoning::{Without, preview as previewed};
use serde_json::json;

const CANDIDATES: usize = 500;
const SOURCES: usize = 8;
const LIMIT: usize = 10;

thread_local! {
    static DOCUMENT: OnceCell<Option<Explanation>> = const { OnceCell::new() };
}

#[unsafe(no_mangle)]
pub extern "C" fn candidates() -> usize {
    with(|doc| doc.candidates.len())
}

#[unsafe(no_mangle)]
pub extern "C" fn sources() -> usize {
    with(Explanation::personal)
}

/// How many items of the list change without the sources of this bit mask.
#[unsafe(no_mangle)]
pub extern "C" fn preview(mask: u32) -> usize {
    let without = Without { factors: (0..SOURCES).filter(|source| mask >> source & 1 == 1).collect(), data: Vec::new() };
    with(|doc| previewed(doc, &without).map_or(0, |list| list.changed))
}

fn with(read: impl FnOnce(&Explanation) -> usize) -> usize {
    DOCUMENT.with(|kept| kept.get_or_init(document).as_ref().map_or(0, read))
}

fn document() -> Option<Explanation> {
    // Weights as a ranker rounds them: multiples of 2⁻⁴⁰, from a small generator.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut weight = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as f64 / (1_u64 << 40) as f64
    };
    let mut list: Vec<(f64, String, serde_json::Value)> = (0..CANDIDATES)
        .map(|index| {
            let contributions: Vec<f64> = (0..=SOURCES).map(|_| weight()).collect();
            let (score, item) = (contributions.iter().sum::<f64>(), format!("item-{index:03}"));
            let evidence: Vec<_> = (0..SOURCES)
                .map(|source| json!({"factor": source, "ref": format!("d{source}"), "weight": contributions[source]}))
                .collect();
            let candidate = json!({"item": item, "score": score, "contributions": contributions, "evidence": evidence});
            (score, item, candidate)
        })
        .collect();
    list.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut factors: Vec<_> = (0..SOURCES)
        .map(|source| json!({"id": format!("s{source}"), "kind": "personal", "control": format!("recommendations/s{source}"), "inputs": "i"}))
        .collect();
    factors.push(json!({"id": "popularity", "kind": "general"}));
    let items: serde_json::Map<_, _> = list.iter().map(|(_, item, _)| (item.clone(), json!({"title": item}))).collect();
    let whole = json!({
        "version": 1, "id": "rec_abcdefghijklmnopqrstuvwxyz", "site": "pk_bench", "surface": "storefront",
        "made_at": "2026-11-22T18:00:00Z", "expires_at": "2026-11-23T18:00:00Z", "subject": "sub_1",
        "base": {"epoch": "e_1", "rev": 1}, "notice": "sha256-00", "inputs": "i", "limit": LIMIT, "method": "additive",
        "factors": factors, "items": items,
        "shown": list.iter().take(LIMIT).map(|(_, item, _)| item).collect::<Vec<_>>(),
        "candidates": list.iter().map(|(_, _, candidate)| candidate).collect::<Vec<_>>(),
        "model": {"id": "m", "name": "M", "version": "1", "kind": "item-item"}
    });
    Explanation::from_json(whole.to_string().as_bytes()).ok()
}
