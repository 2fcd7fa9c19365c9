//! The notice: what a person is shown before choosing.

use crate::form::Form;
use crate::reader::{Need, Reader};
use crate::text;
use crate::words::word_enum;
use crate::{Code, Duration, Fault, Node, Timestamp, limits};

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
        let base = text::base_language(language);
        find(language).or_else(|| find(base)).or_else(|| find("en")).or(self.0.first()).map_or("", |(_, text)| text)
    }

    /// Reads a field; one without a text in any language is at fault.
    pub(crate) fn read<N: Node>(at: &mut Reader<N>, name: &str, need: Need) -> Option<Self> {
        if !at.has(name, need) {
            return None;
        }
        let texts = at.map(name, Need::Must, limits::LANGUAGES, |at| (at.key(), at.own_text(Form::Sentence)));
        if texts.is_empty() {
            at.fault_in(name, Code::Missing);
        }
        Some(Localized(texts))
    }
}

impl Notice {
    /// Reads and checks a notice: every control names a purpose and a source or channel it describes.
    pub fn read<N: Node>(node: N) -> Result<Self, Fault> {
        let mut at = Reader::new(node, String::new());
        let notice = read_notice(&mut at);
        check_ids(&mut at, &notice);
        check_controls(&mut at, &notice);
        if !notice.document_retention.within_hours(limits::DOCUMENT_HOURS.unsigned_abs()) {
            at.fault_in("document_retention", Code::Expiry);
        }
        at.end(notice)
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
        text::halves(&self.id, b'/').map_or(self.id.as_str(), |(purpose, _)| purpose)
    }

    /// The source or channel it switches.
    pub fn subject_matter(&self) -> &str {
        text::halves(&self.id, b'/').map_or("", |(_, matter)| matter)
    }
}

fn read_notice<N: Node>(at: &mut Reader<N>) -> Notice {
    let entries = limits::NOTICE_ENTRIES;
    let localized = |at: &mut Reader<N>, name: &str| Localized::read(at, name, Need::Must).unwrap_or_default();
    let duration = |at: &mut Reader<N>, name: &str| at.duration(name, Need::Must).unwrap_or(Duration::hours(0));
    Notice {
        version: at.count("version"),
        site: at.text("site", Form::Id),
        controller: at.text("controller", Form::Label),
        purposes: at.list("purposes", Need::Must, entries, |at| Purpose {
            id: at.text("id", Form::Id),
            label: localized(at, "label"),
            text: localized(at, "text"),
            dpv: at.maybe_text("dpv", Form::Id),
        }),
        sources: at.list("sources", Need::Must, entries, |at| Source {
            id: at.text("id", Form::Id),
            label: localized(at, "label"),
            text: localized(at, "text"),
            kept_for: localized(at, "kept_for"),
            origin: localized(at, "origin"),
            retention: localized(at, "retention"),
            recipients: localized(at, "recipients"),
            dpv: at.maybe_text("dpv", Form::Id),
        }),
        channels: at.list("channels", Need::May, entries, |at| Channel {
            id: at.text("id", Form::Id),
            label: localized(at, "label"),
            text: localized(at, "text"),
        }),
        controls: at.list("controls", Need::Must, entries, |at| NoticeControl {
            id: at.text("id", Form::Control),
            legal_basis: LegalBasis::nth(at.word("legal_basis", Need::Must, LegalBasis::NAMES)),
            gpc: at.flag("gpc"),
            valid_for: at.duration("valid_for", Need::May),
            because: Localized::read(at, "because", Need::May),
        }),
        stated_never_used: at.texts("stated_never_used", Need::May, entries, Form::Label),
        keys: at.texts("keys", Need::May, entries, Form::Sentence),
        valid_from: at.time("valid_from", Need::Must).unwrap_or_default(),
        review_by: at.time("review_by", Need::May),
        reask_after: duration(at, "reask_after"),
        document_retention: duration(at, "document_retention"),
        decision_retention: duration(at, "decision_retention"),
    }
}

/// Each purpose once; each source or channel once, or a control could mean either.
fn check_ids<N: Node>(at: &mut Reader<N>, notice: &Notice) {
    let Notice { purposes, sources, channels, .. } = notice;
    at.once("purposes", purposes.len(), &|a, b| purposes.get(a).map(|p| &p.id) == purposes.get(b).map(|p| &p.id));
    at.once("sources", sources.len(), &|a, b| sources.get(a).map(|s| &s.id) == sources.get(b).map(|s| &s.id));
    at.each("channels", channels.len(), &mut |at, index| {
        let before = |id: &str| channels.iter().take(index).any(|before| before.id == id);
        if channels.get(index).is_some_and(|channel| before(&channel.id) || notice.source(&channel.id).is_some()) {
            at.fault(Code::Repeated);
        }
    });
}

fn check_controls<N: Node>(at: &mut Reader<N>, notice: &Notice) {
    at.each("controls", notice.controls.len(), &mut |at, index| {
        let Some(control) = notice.controls.get(index) else { return };
        let matter = control.subject_matter();
        if notice.purpose(control.purpose()).is_none()
            || (notice.source(matter).is_none() && notice.channel(matter).is_none())
        {
            at.fault_in("id", Code::UnknownValue);
        }
        // A required control has no switch, and an interest must be assessed: both say why.
        if control.legal_basis != LegalBasis::Consent && control.because.is_none() {
            at.fault_in("because", Code::Missing);
        }
        if notice.controls.iter().skip(index + 1).any(|other| other.id == control.id) {
            at.fault_in("id", Code::Repeated);
        }
    });
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
