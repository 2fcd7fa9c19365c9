//! Endpoints and messages as rows.

use candor_protocol::Timestamp;
use rusqlite::{Row, params};

use super::view::{View, time};
use crate::store::StoreFault;
use crate::store::post::{Endpoint, Known, Message, PostCounts, Posting};
use crate::webhooks::schedule::LONGEST_MS;

/// How long delivered messages are counted, and dead letters can be replayed.
const DELIVERED_MS: i64 = 2 * 86_400_000;
const DEAD_MS: i64 = 30 * 86_400_000;

const ENDPOINT: &str = "SELECT row, id, site, url, secret, rotated_at, disabled_at FROM webhooks";
const MESSAGE: &str = "SELECT m.row, m.id, m.webhook, m.subject, m.kind, m.body, m.attempts, m.status, m.created_at, m.done_at FROM messages m";
const KNOWN: &str = "SELECT m.row, m.id, m.webhook, m.subject, m.kind, m.body, m.attempts, m.status, m.created_at, m.done_at, w.id, m.state = 1
  FROM messages m JOIN webhooks w ON w.row = m.webhook";
/// Of a row of `messages`: an older one of its subject waits for the same endpoint.
const WAITS_BEHIND: &str = "EXISTS (SELECT 1 FROM messages o WHERE o.webhook = messages.webhook
                              AND o.subject = messages.subject AND o.state = 0 AND o.row < messages.row)";

impl View<'_> {
    pub(super) fn endpoints_of(&self, site: &str) -> Result<Vec<Endpoint>, StoreFault> {
        self.all(&format!("{ENDPOINT} WHERE site = ?1 ORDER BY row"), [site], endpoint)
    }

    pub(super) fn due_at(&self, endpoint: i64, now: Timestamp, limit: usize) -> Result<Vec<Message>, StoreFault> {
        let sql = format!(
            "{MESSAGE} WHERE m.webhook = ?1 AND m.state = 0 AND m.next_at IS NOT NULL AND (m.next_at <= ?2 OR m.next_at > ?4)
             ORDER BY m.next_at, m.row LIMIT ?3"
        );
        self.all(&sql, params![endpoint, now.0, limit as i64, now.0.saturating_add(LONGEST_MS)], message)
    }

    pub(super) fn dead_of(&self, site: &str, limit: usize) -> Result<Vec<Message>, StoreFault> {
        let sql = format!(
            "{MESSAGE} JOIN webhooks w ON w.row = m.webhook WHERE w.site = ?1 AND m.state = 2 ORDER BY m.row DESC LIMIT ?2"
        );
        self.all(&sql, params![site, limit as i64], message)
    }

    /// Every message of a kind, also what was delivered.
    pub(super) fn messages_of(&self, kind: &str) -> Result<Vec<Known>, StoreFault> {
        self.all(&format!("{KNOWN} WHERE m.kind = ?1 ORDER BY m.row"), [kind], |row| {
            Ok(Known { endpoint: row.get(10)?, message: message(row)?, delivered: row.get(11)? })
        })
    }

    pub(super) fn post_counts_of(&self, endpoint: i64, since: Timestamp) -> Result<PostCounts, StoreFault> {
        let sql = "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1 AND done_at >= ?2),
                     count(*) FILTER (WHERE state = 2) FROM messages WHERE webhook = ?1";
        let counts = |row: &Row<'_>| {
            let count = |at| row.get::<_, i64>(at).map(|count| count as u64);
            Ok(PostCounts { waiting: count(0)?, delivered: count(1)?, dead: count(2)? })
        };
        Ok(self.one(sql, params![endpoint, since.0], counts)?.unwrap_or_default())
    }

    pub(super) fn post(&self, posting: &Posting) -> Result<usize, StoreFault> {
        match posting {
            Posting::Endpoint { id, site, url, at } => self.run(
                "INSERT INTO webhooks (id, site, url, created_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (site, url) DO UPDATE SET disabled_at = NULL",
                params![id, site, url, at.0],
            ),
            Posting::Rotate { id, at } => {
                self.run("UPDATE webhooks SET secret = secret + 1, rotated_at = ?2 WHERE id = ?1", params![id, at.0])
            }
            Posting::Remove { id } => {
                self.run("DELETE FROM messages WHERE webhook = (SELECT row FROM webhooks WHERE id = ?1)", [id])?;
                self.run("DELETE FROM webhooks WHERE id = ?1", [id])
            }
            Posting::Message { site, id, subject, kind, body, at } => self.run(
                "INSERT INTO messages (webhook, id, subject, kind, body, created_at, next_at)
                 SELECT w.row, ?2, ?3, ?4, ?5, ?6, CASE WHEN EXISTS (
                   SELECT 1 FROM messages m WHERE m.webhook = w.row AND m.subject = ?3 AND m.state = 0) THEN NULL ELSE ?6 END
                 FROM webhooks w WHERE w.site = ?1 AND w.disabled_at IS NULL",
                params![site, id, subject, kind, body, at.0],
            ),
            Posting::Delivered { row, id, status, at } => {
                self.next_after(*row, id, *at)?;
                self.run(
                    "UPDATE messages SET state = 1, next_at = NULL, status = ?3, done_at = ?4, body = '', subject = ''
                     WHERE row = ?1 AND id = ?2",
                    params![row, id, status, at.0],
                )
            }
            // An older one may have been replayed while this was on its way: then it waits for that.
            Posting::Again { row, id, status, next } => self.run(
                &format!(
                    "UPDATE messages SET attempts = attempts + 1, status = ?3, next_at = CASE WHEN {WAITS_BEHIND} THEN NULL ELSE ?4 END
                     WHERE row = ?1 AND id = ?2 AND state = 0"
                ),
                params![row, id, status, next.0],
            ),
            Posting::Dead { row, id, status, at } => {
                self.next_after(*row, id, *at)?;
                self.run(
                    "UPDATE messages SET state = 2, attempts = attempts + 1, next_at = NULL, status = ?3, done_at = ?4
                     WHERE row = ?1 AND id = ?2 AND state = 0",
                    params![row, id, status, at.0],
                )
            }
            Posting::Disable { id, status, at } => {
                self.run(
                    "UPDATE messages SET state = 2, next_at = NULL, status = ?2, done_at = ?3
                     WHERE webhook = (SELECT row FROM webhooks WHERE id = ?1) AND state = 0",
                    params![id, status, at.0],
                )?;
                self.run("UPDATE webhooks SET disabled_at = ?2 WHERE id = ?1", params![id, at.0])
            }
            Posting::TakeOver { id, secret, rotated_at, disabled_at } => {
                let disabled_at = disabled_at.map(|at| at.0);
                self.run(
                    "UPDATE messages SET state = 2, next_at = NULL, done_at = ?2
                     WHERE ?2 IS NOT NULL AND webhook = (SELECT row FROM webhooks WHERE id = ?1) AND state = 0",
                    params![id, disabled_at],
                )?;
                self.run(
                    "UPDATE webhooks SET secret = ?2, rotated_at = ?3, disabled_at = ?4 WHERE id = ?1",
                    params![id, *secret as i64, rotated_at.map(|at| at.0), disabled_at],
                )
            }
            Posting::Replay { site, endpoint, message, at } => {
                let sql = "SELECT row FROM webhooks WHERE site = ?1 AND id = ?2 AND disabled_at IS NULL";
                let Some(endpoint) = self.one(sql, [site, endpoint], |row| row.get::<_, i64>(0))? else { return Ok(0) };
                let again = self.run(
                    "UPDATE messages SET state = 0, attempts = 0, done_at = NULL
                     WHERE webhook = ?1 AND state = 2 AND (?2 IS NULL OR id = ?2)",
                    params![endpoint, message],
                )?;
                // The oldest of each subject goes first, also before one that was waiting for its next attempt. One
                // that is the oldest still keeps its pause.
                self.run(
                    &format!(
                        "UPDATE messages SET next_at = NULL
                         WHERE webhook = ?1 AND state = 0 AND next_at IS NOT NULL AND {WAITS_BEHIND}"
                    ),
                    [endpoint],
                )?;
                self.run(
                    "UPDATE messages SET next_at = ?2 WHERE next_at IS NULL AND row IN (
                       SELECT min(row) FROM messages WHERE webhook = ?1 AND state = 0 GROUP BY subject)",
                    params![endpoint, at.0],
                )?;
                Ok(again)
            }
            Posting::Forget { but } => self.run("DELETE FROM messages WHERE kind <> ?1 OR state = 1", [but]),
            Posting::Carry { known: Known { endpoint, message, delivered }, at } => {
                self.run(
                    "DELETE FROM messages WHERE webhook = (SELECT row FROM webhooks WHERE id = ?1) AND id = ?2",
                    [endpoint, &message.id],
                )?;
                if *delivered {
                    return Ok(0);
                }
                let Message { id, subject, kind, body, attempts, status, created_at, done_at, .. } = message;
                self.run(
                    "INSERT INTO messages (webhook, id, subject, kind, body, attempts, status, created_at, done_at, state, next_at)
                     SELECT w.row, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, CASE WHEN ?9 IS NULL THEN 0 ELSE 2 END, CASE WHEN ?9 IS NULL THEN ?10 END
                     FROM webhooks w WHERE w.id = ?1 AND NOT EXISTS (
                       SELECT 1 FROM messages m WHERE m.webhook = w.row AND m.subject = ?3 AND m.kind = ?4)",
                    params![endpoint, id, subject, kind, body, attempts, status, created_at.0, done_at.map(|at| at.0), at.0],
                )
            }
        }
    }

    pub(super) fn sweep_post(&self, now: Timestamp) -> Result<usize, StoreFault> {
        self.run(
            "DELETE FROM messages WHERE done_at IS NOT NULL AND
             ((state = 1 AND done_at < ?1) OR (state = 2 AND done_at < ?2))",
            params![now.0 - DELIVERED_MS, now.0 - DEAD_MS],
        )
    }

    /// The one that waited behind this one for the same subject is due now; one that has its time keeps it.
    fn next_after(&self, row: i64, id: &str, at: Timestamp) -> Result<usize, StoreFault> {
        self.run(
            "UPDATE messages SET next_at = ?3 WHERE next_at IS NULL AND row = (
               SELECT min(n.row) FROM messages n JOIN messages m ON m.row = ?1 AND m.id = ?2
               WHERE n.webhook = m.webhook AND n.subject = m.subject AND n.state = 0 AND n.row <> m.row)",
            params![row, id, at.0],
        )
    }
}

fn endpoint(row: &Row<'_>) -> rusqlite::Result<Endpoint> {
    Ok(Endpoint {
        row: row.get(0)?,
        id: row.get(1)?,
        site: row.get(2)?,
        url: row.get(3)?,
        secret: row.get::<_, i64>(4)? as u64,
        rotated_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        disabled_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
    })
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        row: row.get(0)?,
        id: row.get(1)?,
        endpoint: row.get(2)?,
        subject: row.get(3)?,
        kind: row.get(4)?,
        body: row.get(5)?,
        attempts: row.get::<_, i64>(6)? as u32,
        status: row.get(7)?,
        created_at: time(row, 8)?,
        done_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}
