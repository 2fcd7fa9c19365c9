//! The notices that are published in a history.

use serde_json::{Value, json};

pub const ORDERS: &str = "recommendations/orders";
pub const RETURNS: &str = "recommendations/returns";
pub const BROWSING: &str = "recommendations/browsing";
/// Global Privacy Control speaks for `browsing`.
pub const CONTROLS: [&str; 3] = [ORDERS, RETURNS, BROWSING];

/// What a notice says of each control.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offer {
    /// How often its terms have changed.
    pub versions: [u64; 3],
    /// A grant of `returns` holds for twice as long.
    pub longer: bool,
}

impl Offer {
    /// How long a grant of each control holds.
    pub fn spans(self) -> [&'static str; 3] {
        ["P12M", if self.longer { "P60D" } else { "P30D" }, "P12M"]
    }
}

pub fn notice(site: &str, number: u64, offer: Offer) -> Value {
    let (versions, spans) = (offer.versions, offer.spans());
    let text = |words: &str| json!({ "en": words });
    let source = |id: &str, version: u64| {
        json!({
            "id": id, "label": text(id), "text": text("what it is"), "kept_for": text("delivery"),
            "origin": text("the shop"), "retention": text("two years"),
            "recipients": text(&format!("partners of version {version}"))
        })
    };
    let control = |id: &str, gpc: bool, valid_for: &str| json!({"id": id, "legal_basis": "consent", "gpc": gpc, "valid_for": valid_for});
    json!({
        "version": number, "site": site, "controller": "The Shop",
        "purposes": [{"id": "recommendations", "label": text("Picks"), "text": text("to choose products")}],
        "sources": [source("orders", versions[0]), source("returns", versions[1]), source("browsing", versions[2])],
        "channels": [],
        "controls": [control(ORDERS, false, spans[0]), control(RETURNS, false, spans[1]), control(BROWSING, true, spans[2])],
        "valid_from": "2026-01-01T00:00:00Z", "reask_after": "P12M", "document_retention": "PT24H",
        "decision_retention": "P3Y"
    })
}
