-- The tables of version 1 as that version made them, with one person. Never changed: old files do not change either.
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
INSERT INTO meta VALUES ('epoch', 'e_aaaaaaaaaaaaaaaaaaaaaaaaaa'), ('generation', 4);
INSERT INTO sites VALUES ('pk_old', 'Old shop', 'https://old.example', 1795370400000);
INSERT INTO subjects (id, site, created_at) VALUES ('sub_old', 'pk_old', 1795370400000);
INSERT INTO decisions (subject, site, id, epoch, body, outcome, received_at)
  VALUES (1, 'pk_old', '01900000-0000-7000-8000-000000000001', 'e_aaaaaaaaaaaaaaaaaaaaaaaaaa', '{}', '{}', 1795370400000);
INSERT INTO feedback (id, site, subject, recommendation, kind, state, at)
  VALUES ('fb_old', 'pk_old', 'sub_old', 'rec_old', 'wrong-data', 'received', 1795370400000);
PRAGMA user_version = 1;
