//! The notice: what a person is shown before choosing.

use crate::read::{At, Read, optional, word_enum};
use crate::{Code, Duration, Fault, Node, Timestamp, limits, text};

word_enum! {
    /// Why a control's data may be used.
    LegalBasis {
        /// Used only when granted.
        Consent = "consent",
        /// Used after a positive read that says "told, and never objected".
        LegitimateInterest = "legitimate-interest",
        /// No switch; the notice says why.
        Required = "required",
    }
}

/// One text in every language of the site; sorted by language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Localized(pub Vec<(String, String)>);

/// The versioned text and controls a person was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// Counts up with each notice of a site.
    pub version: u64,
    /// The site's publishable key.
    pub site: String,
    /// Who decides about the data; a name a customer knows.
    pub controller: String,
    /// What data are used for; each id once.
    pub purposes: Vec<Purpose>,
    /// What data there are; each id once, and none a channel's.
    pub sources: Vec<Source>,
    /// How the shop may reach a person.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub channels: Vec<Channel>,
    /// The switches; each names a purpose and a source or channel of this notice.
    pub controls: Vec<NoticeControl>,
    /// What the shop states it does not use.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub stated_never_used: Vec<String>,
    /// Public keys of the site, for receipts; none yet.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub keys: Vec<String>,
    /// In force from then on.
    pub valid_from: Timestamp,
    /// When the shop looks at it again.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub review_by: Option<Timestamp>,
    /// ISO 8601 duration, such as `P12M`.
    pub reask_after: Duration,
    /// ISO 8601 duration, at most `PT24H`.
    pub document_retention: Duration,
    /// ISO 8601 duration, such as `P3Y`.
    pub decision_retention: Duration,
}

/// What data are used for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Purpose {
    /// The first half of a control.
    pub id: String,
    /// Its name.
    pub label: Localized,
    /// What it means for the person.
    pub text: Localized,
    /// W3C Data Privacy Vocabulary term.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub dpv: Option<String>,
}

/// Data of one kind about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Source {
    /// The second half of a control.
    pub id: String,
    /// As a customer says it: "Your orders".
    pub label: Localized,
    /// What the data are.
    pub text: Localized,
    /// What the shop keeps the data for even when the switch is off.
    pub kept_for: Localized,
    /// Where the data come from.
    pub origin: Localized,
    /// How long they are kept.
    pub retention: Localized,
    /// Who else gets them.
    pub recipients: Localized,
    /// W3C Data Privacy Vocabulary term.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub dpv: Option<String>,
}

/// A way to reach a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Channel {
    /// The second half of a control.
    pub id: String,
    /// Its name.
    pub label: Localized,
    /// What it means for the person.
    pub text: Localized,
}

/// One switch: a purpose with one source or one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoticeControl {
    /// Purpose, `/`, source or channel: `recommendations/orders`.
    pub id: String,
    /// Why the data may be used.
    pub legal_basis: LegalBasis,
    /// Global Privacy Control switches it off.
    pub gpc: bool,
    /// ISO 8601 duration a grant holds, such as `P12M`.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub valid_for: Option<Duration>,
    /// Why there is no switch, or the assessment that names the interest.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub because: Option<Localized>,
}

impl Localized {
    /// The text in the language, else in its base language, else in English, else the first there is.
    pub fn text(&self, language: &str) -> &str {
        let find = |wanted: &str| self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(wanted));
        let base = language.split('-').next().unwrap_or_default();
        find(language).or_else(|| find(base)).or_else(|| find("en")).or(self.0.first()).map_or("", |(_, text)| text)
    }

    pub(crate) fn read_at<N: Node>(at: &At<'_, N>) -> Read<Self> {
        let texts = at.map(limits::LANGUAGES, |language, f| {
            if !text::is_id(language) {
                return Err(f.fault(Code::BadId));
            }
            Ok((language.to_owned(), f.words(limits::TEXT_CHARS)?))
        })?;
        if texts.is_empty() { Err(at.fault(Code::Missing)) } else { Ok(Localized(texts)) }
    }
}

impl Notice {
    /// Reads and checks a notice: every control names a purpose and a source or channel it describes.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        read_notice(&At::root(node))
    }

    /// The control with this id.
    pub fn control(&self, id: &str) -> Option<&NoticeControl> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// The source with this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// The purpose with this id.
    pub fn purpose(&self, id: &str) -> Option<&Purpose> {
        self.purposes.iter().find(|purpose| purpose.id == id)
    }

    /// The channel with this id.
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }
}

impl NoticeControl {
    /// The purpose it switches.
    pub fn purpose(&self) -> &str {
        self.id.split_once('/').map_or(self.id.as_str(), |(purpose, _)| purpose)
    }

    /// The source or channel it switches.
    pub fn subject_matter(&self) -> &str {
        self.id.split_once('/').map_or("", |(_, matter)| matter)
    }
}

fn read_notice<N: Node>(at: &At<'_, N>) -> Read<Notice> {
    let entries = limits::NOTICE_ENTRIES;
    let localized = |f: &At<'_, N>, name: &str| Localized::read_at(&f.field(name)?);
    let notice = Notice {
        version: at.field("version")?.count()?,
        site: at.field("site")?.id()?,
        controller: at.field("controller")?.words(limits::LABEL_CHARS)?,
        purposes: at.field("purposes")?.list(entries, |f| {
            Ok(Purpose {
                id: f.field("id")?.id()?,
                label: localized(&f, "label")?,
                text: localized(&f, "text")?,
                dpv: optional!(f, "dpv", At::id),
            })
        })?,
        sources: at.field("sources")?.list(entries, |f| {
            Ok(Source {
                id: f.field("id")?.id()?,
                label: localized(&f, "label")?,
                text: localized(&f, "text")?,
                kept_for: localized(&f, "kept_for")?,
                origin: localized(&f, "origin")?,
                retention: localized(&f, "retention")?,
                recipients: localized(&f, "recipients")?,
                dpv: optional!(f, "dpv", At::id),
            })
        })?,
        channels: at.list_or_empty("channels", entries, |f| {
            Ok(Channel { id: f.field("id")?.id()?, label: localized(&f, "label")?, text: localized(&f, "text")? })
        })?,
        controls: at.field("controls")?.list(entries, |f| {
            Ok(NoticeControl {
                id: f.field("id")?.control()?,
                legal_basis: f.field("legal_basis")?.one_of(LegalBasis::WORDS)?,
                gpc: match f.maybe("gpc") {
                    Some(gpc) => gpc.boolean()?,
                    None => false,
                },
                valid_for: optional!(f, "valid_for", At::duration),
                because: optional!(f, "because", Localized::read_at),
            })
        })?,
        stated_never_used: at.list_or_empty("stated_never_used", entries, |f| f.words(limits::LABEL_CHARS))?,
        keys: at.list_or_empty("keys", entries, |f| f.words(limits::TEXT_CHARS))?,
        valid_from: at.field("valid_from")?.time()?,
        review_by: optional!(at, "review_by", At::time),
        reask_after: at.field("reask_after")?.duration()?,
        document_retention: at.field("document_retention")?.duration()?,
        decision_retention: at.field("decision_retention")?.duration()?,
    };
    check_ids(at, &notice)?;
    check_controls(at, &notice)?;
    let retention = at.field("document_retention")?;
    if !notice.document_retention.within_hours(limits::DOCUMENT_HOURS.unsigned_abs()) {
        return Err(retention.fault(Code::Expiry));
    }
    Ok(notice)
}

/// Each purpose once; each source or channel once, or a control could mean either.
fn check_ids<N: Node>(at: &At<'_, N>, notice: &Notice) -> Read<()> {
    for (index, purpose) in notice.purposes.iter().enumerate() {
        if notice.purposes.iter().take(index).any(|before| before.id == purpose.id) {
            return Err(at.fault_in(&["purposes/", &index.to_string()].concat(), Code::Repeated));
        }
    }
    for (index, source) in notice.sources.iter().enumerate() {
        if notice.sources.iter().take(index).any(|before| before.id == source.id) {
            return Err(at.fault_in(&["sources/", &index.to_string()].concat(), Code::Repeated));
        }
    }
    for (index, channel) in notice.channels.iter().enumerate() {
        let before = notice.channels.iter().take(index).any(|before| before.id == channel.id);
        if before || notice.source(&channel.id).is_some() {
            return Err(at.fault_in(&["channels/", &index.to_string()].concat(), Code::Repeated));
        }
    }
    Ok(())
}

fn check_controls<N: Node>(at: &At<'_, N>, notice: &Notice) -> Read<()> {
    let list = at.field("controls")?;
    for (index, control) in notice.controls.iter().enumerate() {
        let matter = control.subject_matter();
        let known = notice.purpose(control.purpose()).is_some()
            && (notice.source(matter).is_some() || notice.channel(matter).is_some());
        // A required control has no switch, and an interest must be assessed: both say why.
        let explained = control.legal_basis == LegalBasis::Consent || control.because.is_some();
        let once = notice.controls.iter().skip(index + 1).all(|other| other.id != control.id);
        let (field, code) = match (known, explained, once) {
            (false, _, _) => ("/id", Code::UnknownValue),
            (_, false, _) => ("/because", Code::Missing),
            (_, _, false) => ("/id", Code::Repeated),
            _ => continue,
        };
        return Err(list.fault_in(&[&index.to_string(), field].concat(), code));
    }
    Ok(())
}

#[cfg(feature = "json")]
impl serde::Serialize for Localized {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.0.iter().map(|(language, text)| (language, text)))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Localized {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Localized".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        <std::collections::BTreeMap<String, String>>::json_schema(generator)
    }
}
