//! Writing rows.

use rusqlite::{Params, params};

use super::view::View;
use crate::store::{Change, Revoked, StoreFault, Tx};

impl View<'_> {
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreFault> {
        self.db
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params))
            .map_err(|fault| self.fault(fault))
    }
}

impl Tx for View<'_> {
    fn apply(&mut self, change: &Change) -> Result<(), StoreFault> {
        match change {
            Change::Site { id, name, origins, at } => self.run(
                "INSERT INTO sites VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET name = ?2, origins = ?3",
                params![id, name, origins.join(" "), at.0],
            ),
            Change::SecretKey { site, hash, reference, at } => self.run(
                "INSERT INTO secret_keys (site, hash, reference, created_at) VALUES (?1, ?2, ?3, ?4)",
                params![site, hash, reference, at.0],
            ),
            Change::TokenKey { site, alg, key, at } => self.run(
                "INSERT OR IGNORE INTO token_keys (site, alg, key, created_at) VALUES (?1, ?2, ?3, ?4)",
                params![site, alg, key, at.0],
            ),
            Change::DeskKey { site, hash, at } => {
                self.run("INSERT INTO desk_keys (site, hash, created_at) VALUES (?1, ?2, ?3)", params![site, hash, at.0])
            }
            Change::Revoke { site, key } => {
                let rows = match key {
                    Revoked::Secret(hash) => {
                        self.run("DELETE FROM secret_keys WHERE site = ?1 AND hash = ?2", params![site, hash])?
                    }
                    Revoked::Desk(hash) => {
                        self.run("DELETE FROM desk_keys WHERE site = ?1 AND hash = ?2", params![site, hash])?
                    }
                    Revoked::Token(key) => {
                        self.run("DELETE FROM token_keys WHERE site = ?1 AND key = ?2", params![site, key])?
                    }
                };
                if rows == 0 { Err(StoreFault::Gone) } else { Ok(rows) }
            }
            Change::Catalogue { hash, language, body } => self.run(
                "INSERT OR IGNORE INTO catalogues (hash, language, body) VALUES (?1, ?2, ?3)",
                params![hash, language, body],
            ),
            Change::Notice { site, hash, body, at } => self.run(
                "INSERT INTO notices (site, hash, body, published_at) VALUES (?1, ?2, ?3, ?4)",
                params![site, hash, body, at.0],
            ),
            Change::Subject { id, site, customer, at } => self.run(
                "INSERT INTO subjects (id, site, customer, created_at) VALUES (?1, ?2, ?3, ?4)",
                params![id, site, customer, at.0],
            ),
            Change::Close { subject } => self.run("UPDATE subjects SET closed = 1 WHERE id = ?1", [subject]),
            Change::Decision { subject, received } => {
                let rows = self.run(
                    "INSERT INTO decisions (subject, site, id, epoch, body, outcome, received_at)
                     SELECT row, site, ?2, ?3, ?4, ?5, ?6 FROM subjects WHERE id = ?1",
                    params![
                        subject,
                        received.id,
                        received.epoch,
                        received.body,
                        received.outcome,
                        received.received_at.0
                    ],
                )?;
                if rows == 0 { Err(StoreFault::Gone) } else { Ok(rows) }
            }
            Change::Recommendation { site, id, subject, digest, made_at, expires_at, reference, factors, body } => self
                .run(
                    "INSERT INTO recommendations (site, id, subject, digest, made_at, expires_at, reference, factors, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    params![site, id, subject, digest, made_at.0, expires_at.0, reference, factors, body],
                ),
            Change::Feedback { id, site, subject, recommendation, item, kind, text, at } => self.run(
                "INSERT INTO feedback (id, site, subject, recommendation, item, kind, text, state, at)
                 VALUES (?1, ?2, (SELECT id FROM subjects WHERE id = ?3), ?4, ?5, ?6, ?7, 'received', ?8)",
                params![id, site, subject, recommendation, item, kind, text, at.0],
            ),
            Change::Refusal(refusal) => self.run(
                // They may have been erased while this waited.
                "INSERT INTO refusals (site, subject, purpose, source, reason, count, at)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
                 WHERE ?2 IS NULL OR EXISTS (SELECT 1 FROM subjects WHERE id = ?2)",
                params![
                    refusal.site,
                    refusal.subject,
                    refusal.purpose,
                    refusal.source,
                    refusal.reason,
                    refusal.count as i64,
                    refusal.at.0
                ],
            ),
            Change::Used { hash, until } => {
                self.run("INSERT INTO used_tokens VALUES (?1, ?2)", params![hash, until.0])
            }
            Change::Reveal { site, subject, who, what, at } => self.run(
                "INSERT INTO reveals (site, subject, who, what, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![site, subject, who, what, at.0],
            ),
            Change::Erase { site, subject, subject_hash, customer, denied, at } => {
                self.run("DELETE FROM decisions WHERE subject = (SELECT row FROM subjects WHERE id = ?1)", [subject])?;
                for table in ["recommendations", "feedback", "refusals", "reveals", "messages", "imports"] {
                    self.run(&format!("DELETE FROM {table} WHERE subject = ?1"), [subject])?;
                }
                self.run("DELETE FROM subjects WHERE id = ?1", [subject])?;
                if let Some(customer) = customer {
                    // One line a customer, however often they come and go.
                    self.run("UPDATE erased SET customer = NULL, denied = '' WHERE customer = ?1", [customer])?;
                }
                self.run(
                    "INSERT OR IGNORE INTO erased (site, subject, customer, denied, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![site, subject_hash, customer, denied.join(" "), at.0],
                )
            }
            Change::Post(posting) => self.post(posting),
            Change::Imported { subject, decision, channel, evidence } => self.run(
                "INSERT OR IGNORE INTO imports (subject, decision, channel, evidence) VALUES (?1, ?2, ?3, ?4)",
                params![subject, decision, channel, evidence],
            ),
            Change::FeedbackStep { site, feedback, from, state, who, at } => {
                let rows = self.run(
                    "UPDATE feedback SET state = ?3 WHERE id = ?2 AND site = ?1 AND state = ?4",
                    [site, feedback, state, from],
                )?;
                if rows == 0 {
                    return Ok(());
                }
                self.run(
                    "INSERT INTO feedback_steps (feedback, state, who, at) VALUES (?1, ?2, ?3, ?4)",
                    params![feedback, state, who, at.0],
                )
            }
            Change::Sweep { now } => {
                self.sweep_post(*now)?;
                self.run(
                    "UPDATE recommendations SET body = NULL WHERE body IS NOT NULL AND expires_at <= ?1",
                    [now.0],
                )?;
                self.run("DELETE FROM used_tokens WHERE until < ?1", [now.0])
            }
            Change::Epoch(epoch) => self.run("UPDATE meta SET value = ?1 WHERE key = 'epoch'", [epoch]),
            Change::Generation => self.run("UPDATE meta SET value = value + 1 WHERE key = 'generation'", []),
        }
        .map(|_| ())
    }
}
