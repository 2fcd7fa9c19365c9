//! The choices that Hanna and Tomek arrive with, recorded through the
//! service's own interface under the demo's notice.

use crate::gate::Gate;
use crate::identifier;
use crate::persona::Persona;
use crate::picks::now;
use crate::token::TokenMaker;
use serde_json::{Value, json};

/// Records every persona's grants. Again at each start: the demo's store is new.
pub async fn record(gate: &Gate, tokens: &TokenMaker) -> Result<(), String> {
    let notice = gate.hear_notice().await?;
    let manifest = gate.embedded("manifest.json").await;
    for persona in Persona::ALL {
        let Some(customer) = persona.customer() else { continue };
        let device = format!("d_{}", identifier::base32(26));
        let token = tokens.token(customer)?;
        let session =
            gate.call("/v1/session", &json!({ "site": crate::SITE, "device": device, "token": token })).await?;
        let language = persona.language().code();
        let changes: Vec<Value> = persona
            .granted()
            .iter()
            .map(|source| json!({ "control": format!("recommendations/{source}"), "choice": "granted" }))
            .collect();
        let at = now();
        let decision = json!({
            "id": identifier::decision(at),
            "device": device,
            "seq": 1,
            "notice": notice,
            "served": served(manifest.as_ref(), language).unwrap_or_else(|| notice.clone()),
            "locale": language,
            "surface": "storefront",
            "tier": "server",
            "changes": changes,
            "base": { "epoch": session["epoch"], "rev": session["rev"] },
            "method": "import",
            "occurred_at": at.to_string(),
        });
        let sent = json!({ "site": crate::SITE, "capability": session["capability"], "decisions": [decision] });
        let answer = gate.call("/v1/decisions", &sent).await?;
        let code = |name: &str| answer["outcomes"][0][name].as_str().unwrap_or_default();
        if code("status") != "recorded" {
            // Codes alone: the answer holds all choices of a person, and this ends in a log.
            return Err(format!("{customer}'s grants were not recorded: {} {}", code("status"), code("reason")));
        }
    }
    Ok(())
}

/// The hash of the catalogue of words in this language, from the widget's manifest.
fn served(manifest: Option<&Value>, language: &str) -> Option<String> {
    let name = format!("words-{language}.");
    let files = manifest?.get("files")?.as_object()?;
    let words = files.values().find(|file| file["file"].as_str().is_some_and(|file| file.starts_with(&name)))?;
    words["sha256"].as_str().map(str::to_owned)
}
