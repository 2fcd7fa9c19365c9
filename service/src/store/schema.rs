//! The tables. Rows are numbered in the order of arrival, so new ones lie together.

/// What leads from each version to the next, the first from nothing to version 1.
/// A new file takes every step, so that an old one ends as a new one does.
/// Steps are added, never changed.
pub const STEPS: &[&str] = &[FIRST, WEBHOOKS_IMPORTS_AND_STEPS_OF_FEEDBACK];

/// The version of the tables after the last step.
pub const VERSION: i64 = STEPS.len() as i64;

/// The first version that has endpoints.
pub const WITH_WEBHOOKS: i64 = 2;

const FIRST: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE sites (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, origins TEXT NOT NULL, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_keys (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL REFERENCES sites, hash BLOB NOT NULL UNIQUE,
  reference INTEGER NOT NULL, created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE token_keys (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL REFERENCES sites, alg TEXT NOT NULL, key BLOB NOT NULL,
  created_at INTEGER NOT NULL, UNIQUE (site, alg, key)
) STRICT;
CREATE TABLE desk_keys (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL REFERENCES sites, hash BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE catalogues (hash TEXT PRIMARY KEY, language TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE notices (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL REFERENCES sites, hash TEXT NOT NULL, body TEXT NOT NULL,
  published_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_by_site ON notices (site, row);
CREATE TABLE subjects (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, site TEXT NOT NULL REFERENCES sites, customer BLOB,
  closed INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subjects_by_customer ON subjects (site, customer) WHERE customer IS NOT NULL;
CREATE INDEX subjects_by_site ON subjects (site, row);
CREATE TABLE decisions (
  row INTEGER PRIMARY KEY, subject INTEGER NOT NULL REFERENCES subjects, site TEXT NOT NULL, id TEXT NOT NULL,
  epoch TEXT NOT NULL, body TEXT NOT NULL, outcome TEXT NOT NULL, received_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX decisions_by_subject ON decisions (subject, id);
CREATE INDEX decisions_by_site ON decisions (site, row);
CREATE TABLE recommendations (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL REFERENCES sites, id TEXT NOT NULL, subject TEXT, digest BLOB NOT NULL,
  made_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, reference INTEGER NOT NULL, factors TEXT NOT NULL, body TEXT
) STRICT;
CREATE UNIQUE INDEX recommendations_by_id ON recommendations (id, site);
CREATE INDEX recommendations_by_subject ON recommendations (subject, row) WHERE subject IS NOT NULL;
CREATE INDEX recommendations_by_site ON recommendations (site, row);
CREATE INDEX recommendations_by_expiry ON recommendations (expires_at) WHERE body IS NOT NULL;
CREATE TABLE feedback (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, site TEXT NOT NULL REFERENCES sites, subject TEXT,
  recommendation TEXT NOT NULL, item TEXT, kind TEXT NOT NULL, text TEXT, state TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX feedback_by_site ON feedback (site, row);
CREATE INDEX feedback_by_subject ON feedback (subject) WHERE subject IS NOT NULL;
CREATE TABLE refusals (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL REFERENCES sites, subject TEXT, purpose TEXT NOT NULL,
  source TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX refusals_by_site ON refusals (site, row);
CREATE INDEX refusals_by_subject ON refusals (subject, row) WHERE subject IS NOT NULL;
CREATE TABLE reveals (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL REFERENCES sites, subject TEXT NOT NULL, who TEXT NOT NULL,
  what TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE used_tokens (hash BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE erased (
  row INTEGER PRIMARY KEY, site TEXT NOT NULL, subject BLOB NOT NULL UNIQUE, customer BLOB, denied TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX erased_by_customer ON erased (customer) WHERE customer IS NOT NULL;
";

/// Waiting messages have state 0, delivered ones 1, dead letters 2. Only the first waiting one of
/// a subject has a `next_at`: the others wait for it. What is delivered loses body and subject.
const WEBHOOKS_IMPORTS_AND_STEPS_OF_FEEDBACK: &str = "
CREATE TABLE webhooks (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, site TEXT NOT NULL REFERENCES sites, url TEXT NOT NULL,
  secret INTEGER NOT NULL DEFAULT 1, rotated_at INTEGER, disabled_at INTEGER, created_at INTEGER NOT NULL,
  UNIQUE (site, url)
) STRICT;
CREATE TABLE messages (
  row INTEGER PRIMARY KEY, webhook INTEGER NOT NULL REFERENCES webhooks, id TEXT NOT NULL, subject TEXT NOT NULL,
  kind TEXT NOT NULL, body TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER, status TEXT, created_at INTEGER NOT NULL, done_at INTEGER
) STRICT;
CREATE INDEX messages_waiting ON messages (webhook, subject, row) WHERE state = 0;
CREATE INDEX messages_due ON messages (webhook, next_at) WHERE state = 0 AND next_at IS NOT NULL;
CREATE INDEX messages_done ON messages (webhook, state, done_at) WHERE done_at IS NOT NULL;
CREATE INDEX messages_by_subject ON messages (subject) WHERE subject <> '';
CREATE TABLE imports (
  row INTEGER PRIMARY KEY, subject TEXT NOT NULL, decision TEXT NOT NULL, channel TEXT, evidence TEXT
) STRICT;
CREATE UNIQUE INDEX imports_by_subject ON imports (subject, decision);
CREATE TABLE feedback_steps (
  row INTEGER PRIMARY KEY, feedback TEXT NOT NULL REFERENCES feedback (id) ON DELETE CASCADE, state TEXT NOT NULL,
  who TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX feedback_steps_by_feedback ON feedback_steps (feedback, row);
";
