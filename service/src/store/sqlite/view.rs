//! Reading rows.

use std::path::Path;

use candor_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::secret::Hash;
use crate::store::StoreFault;
use crate::store::post::{Endpoint, Message, PostCounts};
use crate::store::reads::{
    Counts, Erasure, Feedback, FeedbackStep, Import, Kept, Reads, Received, Refusal, Reveal, SiteRow, SubjectRow,
};

pub(super) struct View<'a> {
    pub db: &'a Connection,
    pub path: &'a Path,
}

const SUBJECT: &str = "SELECT row, id, site, customer, closed, created_at FROM subjects";
const DECISION: &str = "SELECT d.row, d.id, d.epoch, d.body, d.outcome, d.received_at, s.id FROM decisions d JOIN subjects s ON s.row = d.subject";
const KEPT: &str =
    "SELECT row, id, site, subject, digest, made_at, expires_at, reference, factors, body FROM recommendations";
const ERASURE: &str = "SELECT site, subject, customer, denied, at FROM erased";
const REFUSAL: &str = "SELECT row, site, subject, purpose, source, reason, count, at FROM refusals";
const FEEDBACK: &str = "SELECT row, id, subject, recommendation, item, kind, text, state, at FROM feedback";

impl View<'_> {
    pub fn fault(&self, fault: rusqlite::Error) -> StoreFault {
        StoreFault::from_sqlite(self.path, fault)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreFault> {
        let gather = || self.db.prepare_cached(sql)?.query_map(params, read)?.collect::<rusqlite::Result<Vec<T>>>();
        gather().map_err(|fault| self.fault(fault))
    }

    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreFault> {
        let find = || self.db.prepare_cached(sql)?.query_row(params, read).optional();
        find().map_err(|fault| self.fault(fault))
    }

    /// Without their endpoints, of which a store of the first version knows nothing.
    pub(super) fn sites_alone(&self) -> Result<Vec<SiteRow>, StoreFault> {
        let mut sites = self.all("SELECT id, name, origins FROM sites ORDER BY id", [], |row| {
            let origins: String = row.get(2)?;
            Ok(SiteRow {
                id: row.get(0)?,
                name: row.get(1)?,
                origins: origins.split_whitespace().map(str::to_owned).collect(),
                secret_keys: Vec::new(),
                desk_keys: Vec::new(),
                token_keys: Vec::new(),
                endpoints: Vec::new(),
                notices: Vec::new(),
            })
        })?;
        for site in &mut sites {
            site.secret_keys =
                self.all("SELECT hash, reference FROM secret_keys WHERE site = ?1 ORDER BY row", [&site.id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            site.desk_keys =
                self.all("SELECT hash FROM desk_keys WHERE site = ?1 ORDER BY row", [&site.id], |row| row.get(0))?;
            site.token_keys =
                self.all("SELECT alg, key FROM token_keys WHERE site = ?1 ORDER BY row", [&site.id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            site.notices = self.all(
                "SELECT hash, body, published_at FROM notices WHERE site = ?1 ORDER BY row DESC",
                [&site.id],
                |row| Ok((row.get(0)?, row.get(1)?, time(row, 2)?)),
            )?;
        }
        Ok(sites)
    }
}

impl Reads for View<'_> {
    fn epoch(&self) -> Result<String, StoreFault> {
        let epoch = self.one("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))?;
        epoch.ok_or_else(|| StoreFault::Corrupt(self.path.to_owned(), "the epoch is missing".into()))
    }

    fn generation(&self) -> Result<u64, StoreFault> {
        let found = self.one("SELECT value FROM meta WHERE key = 'generation'", [], |row| row.get::<_, i64>(0))?;
        Ok(found.unwrap_or_default() as u64)
    }

    fn sites(&self) -> Result<Vec<SiteRow>, StoreFault> {
        let mut sites = self.sites_alone()?;
        for site in &mut sites {
            site.endpoints = self.endpoints_of(&site.id)?;
        }
        Ok(sites)
    }

    fn subject(&self, id: &str) -> Result<Option<SubjectRow>, StoreFault> {
        self.one(&format!("{SUBJECT} WHERE id = ?1"), [id], subject)
    }

    fn subject_of_customer(&self, site: &str, customer: &Hash) -> Result<Option<SubjectRow>, StoreFault> {
        self.one(&format!("{SUBJECT} WHERE site = ?1 AND customer = ?2"), params![site, customer], subject)
    }

    fn subjects(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<SubjectRow>, StoreFault> {
        let sql = format!("{SUBJECT} WHERE site = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3");
        self.all(&sql, params![site, before.unwrap_or(i64::MAX), limit as i64], subject)
    }

    fn decisions_of(&self, id: &str) -> Result<Vec<Received>, StoreFault> {
        self.all(&format!("{DECISION} WHERE s.id = ?1 ORDER BY d.row"), [id], received)
    }

    fn decisions(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<(String, Received)>, StoreFault> {
        let sql = format!("{DECISION} WHERE d.site = ?1 AND d.row < ?2 ORDER BY d.row DESC LIMIT ?3");
        self.all(&sql, params![site, before.unwrap_or(i64::MAX), limit as i64], |row| Ok((row.get(6)?, received(row)?)))
    }

    fn recommendation(&self, site: &str, id: &str) -> Result<Option<Kept>, StoreFault> {
        self.one(&format!("{KEPT} WHERE id = ?1 AND site = ?2"), [id, site], kept)
    }

    fn recommendations_of(&self, subject: &str, limit: usize) -> Result<Vec<Kept>, StoreFault> {
        let sql = format!("{KEPT} WHERE subject = ?1 ORDER BY row DESC LIMIT ?2");
        self.all(&sql, params![subject, limit as i64], kept)
    }

    fn recommendations(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Kept>, StoreFault> {
        let sql = format!("{KEPT} WHERE site = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3");
        self.all(&sql, params![site, before.unwrap_or(i64::MAX), limit as i64], kept)
    }

    fn refusals(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Refusal>, StoreFault> {
        let sql = format!("{REFUSAL} WHERE site = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3");
        self.all(&sql, params![site, before.unwrap_or(i64::MAX), limit as i64], refusal)
    }

    fn refusals_of(&self, subject: &str, limit: usize) -> Result<Vec<Refusal>, StoreFault> {
        let sql = format!("{REFUSAL} WHERE subject = ?1 ORDER BY row DESC LIMIT ?2");
        self.all(&sql, params![subject, limit as i64], refusal)
    }

    fn feedback(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Feedback>, StoreFault> {
        let sql = format!("{FEEDBACK} WHERE site = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3");
        self.all(&sql, params![site, before.unwrap_or(i64::MAX), limit as i64], feedback)
    }

    fn feedback_of(&self, subject: &str) -> Result<Vec<Feedback>, StoreFault> {
        self.all(&format!("{FEEDBACK} WHERE subject = ?1 ORDER BY row DESC"), [subject], feedback)
    }

    fn reveals(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Reveal>, StoreFault> {
        let sql =
            "SELECT row, subject, who, what, at FROM reveals WHERE site = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3";
        self.all(sql, params![site, before.unwrap_or(i64::MAX), limit as i64], |row| {
            Ok(Reveal {
                row: row.get(0)?,
                subject: row.get(1)?,
                who: row.get(2)?,
                what: row.get(3)?,
                at: time(row, 4)?,
            })
        })
    }

    fn counts(&self, site: &str) -> Result<Counts, StoreFault> {
        let count = |what: &str| -> Result<u64, StoreFault> {
            let found = self.one(&format!("SELECT {what} WHERE site = ?1"), [site], |row| row.get::<_, i64>(0))?;
            Ok(found.unwrap_or_default() as u64)
        };
        Ok(Counts {
            subjects: count("count(*) FROM subjects")?,
            decisions: count("count(*) FROM decisions")?,
            refusals: count("coalesce(sum(count), 0) FROM refusals")?,
            recommendations: count("count(*) FROM recommendations")?,
            feedback: count("count(*) FROM feedback")?,
            erased: count("count(*) FROM erased")?,
        })
    }

    fn catalogue(&self, hash: &str) -> Result<Option<(String, String)>, StoreFault> {
        self.one("SELECT language, body FROM catalogues WHERE hash = ?1", [hash], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn endpoints(&self, site: &str) -> Result<Vec<Endpoint>, StoreFault> {
        self.endpoints_of(site)
    }

    fn due(&self, endpoint: i64, now: Timestamp, limit: usize) -> Result<Vec<Message>, StoreFault> {
        self.due_at(endpoint, now, limit)
    }

    fn dead_letters(&self, site: &str, limit: usize) -> Result<Vec<Message>, StoreFault> {
        self.dead_of(site, limit)
    }

    fn post_counts(&self, endpoint: i64, since: Timestamp) -> Result<PostCounts, StoreFault> {
        self.post_counts_of(endpoint, since)
    }

    fn imports_of(&self, subject: &str) -> Result<Vec<Import>, StoreFault> {
        self.all("SELECT decision, channel, evidence FROM imports WHERE subject = ?1 ORDER BY row", [subject], |row| {
            Ok(Import { decision: row.get(0)?, channel: row.get(1)?, evidence: row.get(2)? })
        })
    }

    fn feedback_steps(&self, feedback: &str) -> Result<Vec<FeedbackStep>, StoreFault> {
        self.all("SELECT state, who, at FROM feedback_steps WHERE feedback = ?1 ORDER BY row", [feedback], |row| {
            Ok(FeedbackStep { state: row.get(0)?, who: row.get(1)?, at: time(row, 2)? })
        })
    }

    fn used(&self, token: &Hash) -> Result<bool, StoreFault> {
        Ok(self.one("SELECT 1 FROM used_tokens WHERE hash = ?1", [token], |_| Ok(()))?.is_some())
    }

    fn erased(&self, subject_hash: &Hash) -> Result<bool, StoreFault> {
        Ok(self.one("SELECT 1 FROM erased WHERE subject = ?1", [subject_hash], |_| Ok(()))?.is_some())
    }

    fn erasures(&self) -> Result<Vec<Erasure>, StoreFault> {
        self.all(&format!("{ERASURE} ORDER BY row"), [], erasure)
    }

    fn last_erasure(&self, customer: &Hash) -> Result<Option<Erasure>, StoreFault> {
        self.one(&format!("{ERASURE} WHERE customer = ?1 ORDER BY row DESC LIMIT 1"), [customer], erasure)
    }
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp)
}

fn erasure(row: &Row<'_>) -> rusqlite::Result<Erasure> {
    let denied: String = row.get(3)?;
    let denied = denied.split_whitespace().map(str::to_owned).collect();
    Ok(Erasure { site: row.get(0)?, subject: row.get(1)?, customer: row.get(2)?, denied, at: time(row, 4)? })
}

fn subject(row: &Row<'_>) -> rusqlite::Result<SubjectRow> {
    Ok(SubjectRow {
        row: row.get(0)?,
        id: row.get(1)?,
        site: row.get(2)?,
        customer: row.get(3)?,
        closed: row.get(4)?,
        created_at: time(row, 5)?,
    })
}

fn received(row: &Row<'_>) -> rusqlite::Result<Received> {
    Ok(Received {
        row: row.get(0)?,
        id: row.get(1)?,
        epoch: row.get(2)?,
        body: row.get(3)?,
        outcome: row.get(4)?,
        received_at: time(row, 5)?,
    })
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        row: row.get(0)?,
        id: row.get(1)?,
        site: row.get(2)?,
        subject: row.get(3)?,
        digest: row.get(4)?,
        made_at: time(row, 5)?,
        expires_at: time(row, 6)?,
        reference: row.get(7)?,
        factors: row.get(8)?,
        body: row.get(9)?,
    })
}

fn refusal(row: &Row<'_>) -> rusqlite::Result<Refusal> {
    Ok(Refusal {
        row: row.get(0)?,
        site: row.get(1)?,
        subject: row.get(2)?,
        purpose: row.get(3)?,
        source: row.get(4)?,
        reason: row.get(5)?,
        count: row.get::<_, i64>(6)? as u64,
        at: time(row, 7)?,
    })
}

fn feedback(row: &Row<'_>) -> rusqlite::Result<Feedback> {
    Ok(Feedback {
        row: row.get(0)?,
        id: row.get(1)?,
        subject: row.get(2)?,
        recommendation: row.get(3)?,
        item: row.get(4)?,
        kind: row.get(5)?,
        text: row.get(6)?,
        state: row.get(7)?,
        at: time(row, 8)?,
    })
}
