//! The bounds that readers enforce. Beyond them a shop groups its sources.

/// An explanation document, in bytes.
pub const DOCUMENT_BYTES: usize = 1 << 20;
/// Personal factors of one document.
pub const PERSONAL_FACTORS: usize = 8;
/// Context, general and commercial factors together.
pub const OTHER_FACTORS: usize = 8;
/// Candidates of one document.
pub const CANDIDATES: usize = 500;
/// Scores in a table document, over all candidates.
pub const TABLE_SCORES: usize = 65_536;
/// Data listed for one candidate.
pub const EVIDENCE: usize = 512;
/// Refs named by one exclusion.
pub const EXCLUSION_REFS: usize = 512;
/// Positions the shop fixed.
pub const PINNED: usize = 64;
/// A list on screen.
pub const LIST: usize = 100;
/// An identifier, in bytes.
pub const ID_BYTES: usize = 128;
/// A title or label, in characters.
pub const LABEL_CHARS: usize = 200;
/// A sentence or paragraph, in characters.
pub const TEXT_CHARS: usize = 2_000;
/// An address, in bytes.
pub const URL_BYTES: usize = 2_048;
/// One decision, in bytes.
pub const DECISION_BYTES: usize = 2_048;
/// What a page sends at once, in bytes; the keepalive quota of browsers is 64 KiB.
pub const REQUEST_BYTES: usize = 48 * 1024;
/// Decisions in one request.
pub const REQUEST_DECISIONS: usize = 256;
/// A capability, or the shop's signed token, in bytes.
pub const TOKEN_BYTES: usize = 4_096;
/// Changes of one decision.
pub const CHANGES: usize = 32;
/// Controls, purposes, sources or channels of one notice.
pub const NOTICE_ENTRIES: usize = 64;
/// A notice, in bytes.
pub const NOTICE_BYTES: usize = 256 * 1024;
/// Languages of one text.
pub const LANGUAGES: usize = 64;
/// How long a document with evidence may live, in hours.
pub const DOCUMENT_HOURS: i64 = 24;
