//! What was acknowledged, and what a store is held against.

use std::path::Path;

use candor_service::store::reads::Received;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::act::{Act, Someone, What};
use crate::house::{House, SITE};

/// What the service said that it kept.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub decisions: Vec<Decided>,
    pub documents: Vec<String>,
    pub customers: Vec<&'static str>,
    pub reports: u64,
    pub imported: u64,
    pub erased: Vec<Someone>,
    pub notices: u64,
}

#[derive(Debug, Clone)]
pub struct Decided {
    subject: String,
    outcome: Value,
}

impl Ledger {
    /// An answer came.
    pub fn acknowledge(&mut self, act: &Act, whole: &Value) {
        match &act.what {
            What::Write(changes) => {
                let notice = |change: &&candor_service::store::Change| {
                    matches!(change, candor_service::store::Change::Notice { .. })
                };
                self.notices += changes.iter().filter(notice).count() as u64;
            }
            What::SignIn { customer, .. } if !self.customers.contains(customer) => self.customers.push(customer),
            What::Decide { who, .. } => {
                for outcome in whole["outcomes"].as_array().into_iter().flatten() {
                    assert_eq!(outcome["status"], "recorded", "{}: {outcome}", act.name);
                    self.decisions.push(Decided { subject: who.subject.clone(), outcome: outcome.clone() });
                }
            }
            What::Put(doc) => self.documents.push(doc["id"].as_str().unwrap_or_default().to_owned()),
            What::Feedback { .. } => self.reports += 1,
            What::Import(lines) => self.imported = lines.len() as u64,
            What::Erase(who) => {
                self.decisions.retain(|decided| decided.subject != who.subject);
                self.erased.push(who.clone());
            }
            _ => {}
        }
    }

    /// Everything acknowledged is there; `under_way` may be there or not.
    pub fn holds_in(&self, house: &House, under_way: &[Act]) -> Result<(), String> {
        let fault = |fault: candor_service::store::StoreFault| fault.to_string();
        let erasing =
            |subject: &str| under_way.iter().any(|act| matches!(&act.what, What::Erase(who) if who.subject == subject));
        house
            .store
            .read(|view| {
                let mut lost = Vec::new();
                for decided in &self.decisions {
                    let rows = view.decisions_of(&decided.subject)?;
                    let kept = |row: &Received| {
                        serde_json::from_str::<Value>(&row.outcome).is_ok_and(|kept| kept == decided.outcome)
                    };
                    let times = rows.iter().filter(|row| kept(row)).count();
                    if times != 1 && !(erasing(&decided.subject) && rows.is_empty()) {
                        lost.push(format!("{times} times there: {}", decided.outcome));
                    }
                }
                for id in &self.documents {
                    if view.recommendation(SITE, id)?.is_none() {
                        lost.push(format!("document {id}"));
                    }
                }
                for customer in &self.customers {
                    let hash = house.app.customer_hash(SITE, customer);
                    let found = view.subject_of_customer(SITE, &hash)?;
                    let erased = self.erased.iter().any(|who| found.as_ref().is_none_or(|row| row.id == who.subject));
                    let may = under_way.iter().any(|act| matches!(act.what, What::Erase(_)));
                    if found.is_none() && !erased && !may {
                        lost.push(format!("customer {customer}"));
                    }
                }
                for who in &self.erased {
                    if !view.erased(&house.app.subject_hash(&who.subject))? || view.subject(&who.subject)?.is_some() {
                        lost.push(format!("the erasure of {}", who.subject));
                    }
                }
                let notices: usize = view.sites()?.iter().map(|site| site.notices.len()).sum();
                if (notices as u64) < self.notices {
                    lost.push("a notice".into());
                }
                Ok(lost)
            })
            .map_err(fault)
            .and_then(
                |lost| if lost.is_empty() { Ok(()) } else { Err(format!("acknowledged, and not as it was: {lost:?}")) },
            )
    }
}

/// What holds in every store, whatever was refused: it is whole, nothing in it is there by half,
/// no number is missing or given twice.
pub fn is_sound(path: &Path, ledger: &Ledger) -> Result<(), String> {
    let db = Connection::open(path).map_err(|fault| fault.to_string())?;
    let count =
        |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|fault| format!("{sql}: {fault}"));
    let text =
        |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).map_err(|fault| format!("{sql}: {fault}"));
    let mode = text("PRAGMA journal_mode")?;
    if mode != "wal" {
        return Err(format!("the journal is {mode}"));
    }
    let verdict = text("PRAGMA integrity_check")?;
    if verdict != "ok" {
        return Err(format!("integrity_check: {verdict}"));
    }
    for (must_be_none, sql) in [
        ("loose rows", "SELECT count(*) FROM pragma_foreign_key_check"),
        (
            "gaps or doubles in a device's seq",
            "SELECT count(*) FROM (SELECT count(*) n, count(DISTINCT json_extract(body, '$.seq')) d, max(json_extract(body, '$.seq')) m
             FROM decisions GROUP BY subject, json_extract(body, '$.device')) WHERE n <> m OR d <> m",
        ),
        (
            "gaps or doubles in a subject's rev",
            "SELECT count(*) FROM (SELECT count(*) n, count(DISTINCT json_extract(outcome, '$.rev')) d, max(json_extract(outcome, '$.rev')) m
             FROM decisions WHERE json_extract(outcome, '$.rev') > 0 GROUP BY subject) WHERE n <> m OR d <> m",
        ),
        (
            "changes that are not told once",
            "SELECT count(*) FROM decisions d JOIN subjects s ON s.row = d.subject WHERE json_extract(d.outcome, '$.rev') > 0 AND 1 <> (
             SELECT count(*) FROM messages m WHERE m.subject = s.id AND json_extract(m.body, '$.data.decision') = d.id)",
        ),
        (
            "messages of nothing that is there",
            "SELECT count(*) FROM messages m WHERE m.kind = 'choice.changed' AND NOT EXISTS (SELECT 1 FROM decisions d JOIN subjects s
             ON s.row = d.subject WHERE s.id = m.subject AND d.id = json_extract(m.body, '$.data.decision'))",
        ),
        (
            "erasures that are not told once",
            "SELECT abs((SELECT count(*) FROM erased) - (SELECT count(*) FROM messages WHERE kind = 'subject.erased'))",
        ),
        (
            "imported decisions without their origin, or the reverse",
            "SELECT (SELECT count(*) FROM decisions d JOIN subjects s ON s.row = d.subject WHERE json_extract(body, '$.method') = 'import'
               AND NOT EXISTS (SELECT 1 FROM imports i WHERE i.subject = s.id AND i.decision = d.id))
             + (SELECT count(*) FROM imports i WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = i.decision))",
        ),
        (
            "subjects without the token that brought them",
            "SELECT max(0, (SELECT count(*) FROM subjects s WHERE s.customer IS NOT NULL AND NOT EXISTS (SELECT 1 FROM imports i WHERE i.subject = s.id))
               + (SELECT count(*) FROM erased) - (SELECT count(*) FROM used_tokens))",
        ),
    ] {
        let found = count(sql)?;
        if found != 0 {
            return Err(format!("{found} {must_be_none}"));
        }
    }
    let imported = count("SELECT count(*) FROM imports")? as u64;
    if imported < ledger.imported || !(imported == 0 || imported == crate::scenario::IMPORTED) {
        return Err(format!("{imported} lines of an import of {}", crate::scenario::IMPORTED));
    }
    let reports = count("SELECT count(*) FROM feedback")? as u64;
    if reports < ledger.reports || reports > 1 {
        return Err(format!("{reports} reports of a customer"));
    }
    Ok(())
}

/// A decision as a page sends it.
pub fn decision(id: u64, device: &str, seq: u64, base: (&str, u64), notice: &str, changes: Value) -> Value {
    json!({
        "id": format!("01900000-0000-7000-8000-{id:012x}"), "device": device, "seq": seq, "notice": notice,
        "served": "sha256-words", "locale": "en", "surface": "storefront", "tier": "wasm", "changes": changes,
        "base": {"epoch": base.0, "rev": base.1}, "method": "switch", "occurred_at": "2026-11-22T18:00:00Z"
    })
}
