//! Under what terms a grant was made, and whether they are still those in force.

use candor_protocol::{Duration, LegalBasis, Localized, Notice, Timestamp};

/// One control's terms under one notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlTerms {
    /// Such as `recommendations/orders`.
    pub control: String,
    /// Hash of [`terms_of`]; a grant holds only while it stays the same.
    pub hash: String,
    /// Why the data may be used.
    pub basis: LegalBasis,
    /// Global Privacy Control switches it off.
    pub gpc: bool,
    /// How long a grant holds from the moment it was received; none: until the terms change. What has lapsed stays so.
    pub valid_for: Option<Duration>,
}

/// A notice and the moment from which it is the one in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedNotice {
    /// Hash of the notice, as decisions name it.
    pub hash: String,
    /// In force from then until the next one is.
    pub from: Timestamp,
    /// Its controls' terms.
    pub controls: Vec<ControlTerms>,
}

/// Every notice a site has published. The last one whose time has come is in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// By `from`, the earliest first.
    notices: Vec<PublishedNotice>,
}

impl Terms {
    /// No notice: no grant can be made.
    pub fn new() -> Self {
        Terms::default()
    }

    /// Adds a notice that is in force from `from` on, which is the later of its
    /// `valid_from` and the moment of its publication. `digest` hashes the terms
    /// of a control. Publishing an old notice again is a new entry.
    pub fn publish(&mut self, hash: &str, from: Timestamp, notice: &Notice, digest: impl Fn(&str) -> String) {
        let terms = |control: &candor_protocol::NoticeControl| ControlTerms {
            control: control.id.clone(),
            hash: digest(&terms_of(&control.id, notice)),
            basis: control.legal_basis,
            gpc: control.gpc,
            valid_for: control.valid_for,
        };
        self.add(PublishedNotice {
            hash: hash.to_owned(),
            from,
            controls: notice.controls.iter().map(terms).collect(),
        });
    }

    /// As [`Terms::publish`], with the terms already hashed.
    pub fn add(&mut self, notice: PublishedNotice) {
        let place = self.notices.partition_point(|known| known.from <= notice.from);
        self.notices.insert(place, notice);
    }

    /// The notice in force at `at`.
    pub fn in_force(&self, at: Timestamp) -> Option<&PublishedNotice> {
        self.notices.iter().rfind(|notice| notice.from <= at)
    }

    /// Until when, at the latest, a grant made at `at` holds by its age; one without an age counts not.
    pub fn grants_end(&self, at: Timestamp) -> Timestamp {
        let controls = self.in_force(at).map(|notice| notice.controls.as_slice()).unwrap_or_default();
        controls.iter().filter_map(|control| control.valid_for).map(|span| span.after(at)).max().unwrap_or(at)
    }

    /// A control's terms at `at`.
    pub fn of(&self, control: &str, at: Timestamp) -> Option<&ControlTerms> {
        self.in_force(at)?.control(control)
    }

    /// A control's terms under the notice with this hash, if it was ever published.
    pub fn under(&self, notice: &str, control: &str) -> Option<&ControlTerms> {
        self.notices.iter().rev().find(|known| known.hash == notice)?.control(control)
    }

    /// Whether what was granted at `since` holds at `now`: its control had these terms, and no others, all the way,
    /// and its time did not pass, under any notice while that was in force. Terms that changed and changed back were
    /// not unchanged; what has lapsed does not come back because a later notice gives more time.
    pub(crate) fn holds(&self, control: &str, hash: &str, since: Timestamp, now: Timestamp) -> bool {
        let first = self.notices.iter().rposition(|notice| notice.from <= since);
        let Some(notices) = first.and_then(|first| self.notices.get(first..)) else { return false };
        notices.iter().enumerate().take_while(|(at, notice)| *at == 0 || notice.from <= now).all(|(at, notice)| {
            // The next one is in force from that moment on: at the very end this one is not any more.
            let ended = notices.get(at + 1).map(|next| next.from).filter(|from| *from <= now);
            // Taken back before its day came, it was never in force.
            if ended.is_some_and(|ended| ended <= notice.from) {
                return true;
            }
            let Some(terms) = notice.control(control).filter(|terms| terms.hash == hash) else { return false };
            let end = terms.valid_for.map(|span| span.after(since));
            end.is_none_or(|end| ended.map_or(now < end, |ended| ended <= end))
        })
    }
}

impl PublishedNotice {
    /// What it says of a control.
    pub fn control(&self, id: &str) -> Option<&ControlTerms> {
        self.controls.iter().find(|terms| terms.control == id)
    }
}

/// The text that a control's hash is made of: everything whose change makes a
/// grant void (who decides, purpose, what the data are, origin, retention,
/// recipients, legal basis), in every language. Labels, the order of the notice,
/// `gpc` and `valid_for` are not in it. Empty for a control the notice has not.
///
/// Each part is written with its length before it, so that no two sets of terms
/// have the same text.
pub fn terms_of(control: &str, notice: &Notice) -> String {
    let mut out = String::new();
    let Some(found) = notice.control(control) else { return out };
    write(&mut out, "candor terms 1");
    write(&mut out, &notice.controller);
    write(&mut out, control);
    write(&mut out, found.legal_basis.as_str());
    localized(&mut out, found.because.as_ref());
    if let Some(purpose) = notice.purpose(found.purpose()) {
        write(&mut out, purpose.dpv.as_deref().unwrap_or_default());
        localized(&mut out, Some(&purpose.text));
    }
    if let Some(source) = notice.source(found.subject_matter()) {
        write(&mut out, source.dpv.as_deref().unwrap_or_default());
        for text in [&source.text, &source.origin, &source.retention, &source.recipients] {
            localized(&mut out, Some(text));
        }
    } else if let Some(channel) = notice.channel(found.subject_matter()) {
        localized(&mut out, Some(&channel.text));
    }
    out
}

fn localized(out: &mut String, text: Option<&Localized>) {
    let texts = text.map_or(&[][..], |text| &text.0);
    write(out, &texts.len().to_string());
    for (language, words) in texts {
        write(out, language);
        write(out, words);
    }
}

fn write(out: &mut String, part: &str) {
    out.push_str(&part.len().to_string());
    out.push(':');
    out.push_str(part);
    out.push('\n');
}
