//! Sites, their keys and their notices, in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use candor_choices::Terms;
use candor_protocol::{Notice, Timestamp};

use crate::clock::hex;
use crate::secret::{Hash, same, sha256};
use crate::store::post::Endpoint;
use crate::store::reads::SiteRow;
use crate::token::TokenKey;

/// How long after its publication a further notice comes into force.
const KNOWN_AFTER_MS: i64 = 2_000;

/// All sites at one moment.
#[derive(Default)]
pub struct Directory {
    pub generation: u64,
    sites: HashMap<String, Arc<Site>>,
    origins: HashSet<String>,
}

pub struct Site {
    pub id: String,
    pub name: String,
    pub origins: Vec<String>,
    pub token_keys: Vec<TokenKey>,
    secret_keys: Vec<(Hash, bool)>,
    desk_keys: Vec<Hash>,
    /// Who is told of changes; those that said they are gone are not among them.
    pub endpoints: Vec<Endpoint>,
    /// The one published last first.
    pub notices: Vec<Published>,
    /// What the merge rule needs to know of them.
    pub terms: Terms,
}

/// A notice as it was published.
pub struct Published {
    /// `sha256-` and the hash of its text, word for word.
    pub hash: String,
    pub body: String,
    pub notice: Notice,
    pub published_at: Timestamp,
    /// When it came or comes into force.
    pub from: Timestamp,
}

impl Directory {
    pub fn new(generation: u64, rows: Vec<SiteRow>) -> Self {
        let sites: HashMap<_, _> = rows.into_iter().map(|row| (row.id.clone(), Arc::new(Site::new(row)))).collect();
        let origins = sites.values().flat_map(|site| site.origins.iter().cloned()).collect();
        Directory { generation, sites, origins }
    }

    pub fn site(&self, id: &str) -> Option<Arc<Site>> {
        self.sites.get(id).cloned()
    }

    pub fn sites(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.sites.values()
    }

    /// Every endpoint that is told of changes.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.sites.values().flat_map(|site| &site.endpoints)
    }

    /// Whether any site names this origin.
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }

    /// Whose secret key it is, and whether our recommender uses it.
    pub fn key(&self, hash: &Hash) -> Option<(Arc<Site>, bool)> {
        let mut found = None;
        for site in self.sites.values() {
            for (known, reference) in &site.secret_keys {
                if same(known, hash) {
                    found = Some((site.clone(), *reference));
                }
            }
        }
        found
    }
}

impl Site {
    /// The notice in force at `now`.
    pub fn notice(&self, now: Timestamp) -> Option<&Published> {
        // Of those that come into force together the one published last: the last of the greatest.
        self.notices.iter().rev().filter(|notice| notice.from <= now).max_by_key(|notice| notice.from)
    }

    pub fn published(&self, hash: &str) -> Option<&Published> {
        self.notices.iter().find(|notice| notice.hash == hash)
    }

    /// Whether it is a key of the site's privacy team.
    pub fn is_desk_key(&self, hash: &Hash) -> bool {
        self.desk_keys.iter().fold(false, |found, known| found | same(known, hash))
    }

    fn new(row: SiteRow) -> Self {
        let mut notices: Vec<Published> = Vec::new();
        let mut terms = Terms::new();
        for (hash, body, at) in row.notices.into_iter().rev() {
            if let Some(published) = Published::read(hash, body, at, notices.is_empty()) {
                terms.publish(&published.hash, published.from, &published.notice, |text| hex(&sha256(text.as_bytes())));
                notices.push(published);
            }
        }
        notices.reverse();
        let token_keys = row.token_keys.iter().filter_map(|(alg, key)| TokenKey::read(alg, key).ok()).collect();
        Site {
            id: row.id,
            name: row.name,
            origins: row.origins,
            token_keys,
            secret_keys: row.secret_keys,
            desk_keys: row.desk_keys,
            endpoints: row.endpoints.into_iter().filter(|endpoint| endpoint.disabled_at.is_none()).collect(),
            notices,
            terms,
        }
    }
}

impl Published {
    fn read(hash: String, body: String, published_at: Timestamp, first: bool) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(&body).ok()?;
        let notice = Notice::read(&value).ok()?;
        // Every running service knows a notice before it is in force, so that a
        // decision is folded later under the very terms it was answered under.
        let known_by = if first { published_at } else { Timestamp(published_at.0 + KNOWN_AFTER_MS) };
        let from = known_by.max(notice.valid_from);
        Some(Published { hash, body, notice, published_at, from })
    }
}

/// The hash that names a notice in decisions made under it.
pub fn notice_hash(body: &str) -> String {
    format!("sha256-{}", hex(&sha256(body.as_bytes())))
}
