//! Reading an explanation document: its shape, its limits, and that what it names is there.

use super::references::check_factors;
use super::{
    Audit, Candidate, Evidence, EvidenceRest, Exclusion, Explanation, Factor, Item, Kind, Method, Model, NotUsed,
    Observed, Oversight, Pin, Price, WhyNotUsed, Wording,
};
use crate::form::Form;
use crate::reader::{Need, Reader};
use crate::{Base, Code, Localized, Node, Surface, base64, limits};

/// Personal and others.
const FACTORS: usize = limits::PERSONAL_FACTORS + limits::OTHER_FACTORS;

pub(super) fn read<N: Node>(at: &mut Reader<N>) -> Explanation {
    at.count_in("version", 1..2, Code::UnknownVersion);
    let id = at.text("id", Form::Recommendation);
    let method = Method::nth(at.word("method", Need::Must, Method::NAMES));
    let factors = at.list("factors", Need::Must, FACTORS, read_factor);
    check_factors(at, &factors);
    let limit = at.count_in("limit", 1..limits::LIST as u64 + 1, Code::BadNumber);
    let made_at = at.time("made_at", Need::Must).unwrap_or_default();
    let expires_at = at.time("expires_at", Need::Must).unwrap_or_default();
    if expires_at <= made_at {
        at.fault_in("expires_at", Code::Expiry);
    }
    let personal = factors.iter().filter(|factor| factor.kind == Kind::Personal).count();
    let scale = Scale { factors: factors.len(), personal, method };
    Explanation {
        version: 1,
        id,
        site: at.text("site", Form::Id),
        surface: Surface::nth(at.word("surface", Need::Must, Surface::NAMES)),
        made_at,
        expires_at,
        subject: at.maybe_text("subject", Form::Subject),
        base: Base::read(at),
        notice: at.text("notice", Form::Id),
        inputs: at.text("inputs", Form::Id),
        limit: limit as usize,
        method,
        factors,
        not_used: at.list("not_used", Need::May, limits::NOTICE_ENTRIES, |at| NotUsed {
            id: at.text("id", Form::Id),
            why: WhyNotUsed::nth(at.word("why", Need::Must, WhyNotUsed::NAMES)),
        }),
        items: at.map("items", Need::Must, limits::CANDIDATES * 4, read_item),
        shown: at.texts("shown", Need::Must, limit as usize, Form::Id),
        pinned: at.list("pinned", Need::May, limits::PINNED, |at| Pin {
            position: at.count_in("position", 1..limit + 1, Code::BadNumber) as usize,
            item: at.text("item", Form::Id),
            reason: at.maybe_text("reason", Form::Label),
        }),
        model: at.within("model", Need::Must, read_model).unwrap_or_default(),
        wording: at.within("wording", Need::May, read_wording),
        stated_never_used: at.texts("stated_never_used", Need::May, limits::NOTICE_ENTRIES, Form::Label),
        oversight: at.within("oversight", Need::May, |at| Oversight {
            accountable: at.text("accountable", Form::Label),
            contact: at.maybe_text("contact", Form::Sentence),
            defer: at.flag("defer"),
        }),
        candidates: at.list("candidates", Need::Must, scale.candidates(), |at| read_candidate(at, scale)),
    }
}

/// What a candidate's numbers are held against.
#[derive(Clone, Copy)]
struct Scale {
    factors: usize,
    personal: usize,
    method: Method,
}

impl Scale {
    /// How many subsets the personal factors have.
    fn subsets(self) -> usize {
        1 << self.personal.min(limits::PERSONAL_FACTORS)
    }

    /// How many candidates there may be.
    fn candidates(self) -> usize {
        match self.method {
            Method::Table => limits::CANDIDATES.min(limits::TABLE_SCORES / self.subsets()),
            _ => limits::CANDIDATES,
        }
    }

    /// Whether its numbers are weights at all, and have to be there.
    fn weighs(self) -> Need {
        match self.method {
            Method::Reason | Method::Citation => Need::May,
            _ => Need::Must,
        }
    }
}

fn read_factor<N: Node>(at: &mut Reader<N>) -> Factor {
    Factor {
        id: at.text("id", Form::Id),
        kind: Kind::nth(at.word("kind", Need::Must, Kind::NAMES)),
        control: at.maybe_text("control", Form::Control),
        observed: at.within("observed", Need::May, read_observed),
        inputs: at.maybe_text("inputs", Form::Id),
        paid_by: at.maybe_text("paid_by", Form::Label),
    }
}

fn read_observed<N: Node>(at: &mut Reader<N>) -> Observed {
    let (from, to) = (at.time("from", Need::May), at.time("to", Need::May));
    let count = at.count("count");
    if to.is_some() && to < from {
        at.fault_in("to", Code::BadTime);
    }
    Observed { from, to, count }
}

fn read_item<N: Node>(at: &mut Reader<N>) -> Item {
    Item {
        id: at.key(),
        title: at.text("title", Form::Label),
        url: at.maybe_text("url", Form::Url),
        image: at.maybe_text("image", Form::Url),
        price: at.within("price", Need::May, read_price),
    }
}

fn read_price<N: Node>(at: &mut Reader<N>) -> Price {
    at.has("amount", Need::Must);
    at.has("currency", Need::Must);
    let (amount, currency) = (at.text("amount", Form::Any), at.text("currency", Form::Any));
    let mut points = 0;
    let decimal = amount.bytes().all(|b| {
        points += usize::from(b == b'.');
        b.is_ascii_digit() || b == b'.'
    });
    if !decimal
        || points > 1
        || amount.len() > 16
        || amount.is_empty()
        || amount.starts_with('.')
        || amount.ends_with('.')
    {
        at.fault_in("amount", Code::BadNumber);
    }
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        at.fault_in("currency", Code::UnknownValue);
    }
    Price { amount, currency }
}

fn read_candidate<N: Node>(at: &mut Reader<N>, scale: Scale) -> Candidate {
    let candidate = Candidate {
        item: at.text("item", Form::Id),
        score: at.number("score", scale.weighs()),
        contributions: at.numbers("contributions", FACTORS),
        values: read_values(at),
        excluded_by: at.list("excluded_by", Need::May, limits::PERSONAL_FACTORS, |at| {
            at.has("refs", Need::Must);
            let factor = read_index(at, scale.personal);
            let refs = at.texts("refs", Need::Must, limits::EXCLUSION_REFS, Form::Id);
            if refs.is_empty() {
                at.fault_in("refs", Code::Missing);
            }
            Exclusion { factor, refs }
        }),
        evidence: at.list("evidence", Need::May, limits::EVIDENCE, |at| Evidence {
            factor: read_index(at, scale.factors),
            datum: at.text("ref", Form::Id),
            item: at.maybe_text("item", Form::Id),
            weight: read_weight(at, scale.weighs()),
        }),
        evidence_rest: at.list("evidence_rest", Need::May, FACTORS, |at| EvidenceRest {
            factor: read_index(at, scale.factors),
            count: at.count("count"),
            weight: read_weight(at, scale.weighs()),
        }),
    };
    let (contributions, values) = match scale.method {
        Method::Additive | Method::Attribution => (scale.factors, 0),
        Method::Table => (0, scale.subsets()),
        Method::Reason | Method::Citation => (0, 0),
    };
    if candidate.contributions.len() != contributions {
        at.fault_in("contributions", Code::WrongLength);
    }
    if candidate.values.len() != values {
        at.fault_in("values", Code::WrongLength);
    }
    candidate
}

/// A weight; where the method gives none, nothing or 0.
fn read_weight<N: Node>(at: &mut Reader<N>, weighs: Need) -> f64 {
    let weight = at.number("weight", weighs);
    if weighs == Need::May && weight != 0.0 {
        at.fault_in("weight", Code::BadNumber);
    }
    weight
}

fn read_index<N: Node>(at: &mut Reader<N>, factors: usize) -> usize {
    at.count_in("factor", 0..factors as u64, Code::UnknownFactor) as usize
}

/// Numbers, or base64 (RFC 4648) of little-endian doubles.
fn read_values<N: Node>(at: &mut Reader<N>) -> Vec<f64> {
    let most = 1 << limits::PERSONAL_FACTORS;
    let Some(packed) = at.text_in("values") else { return at.numbers("values", most) };
    if packed.len() > most * 8 * 4 / 3 + 4 {
        at.fault_in("values", Code::TooMany);
    }
    let bytes = base64::decode(&packed);
    if bytes.is_none() {
        at.fault_in("values", Code::WrongType);
    }
    let bytes = bytes.unwrap_or_default();
    let (words, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        at.fault_in("values", Code::WrongLength);
    }
    let mut values = Vec::new();
    for word in words {
        let value = f64::from_le_bytes(*word);
        if !value.is_finite() {
            at.fault_in("values", Code::BadNumber);
        }
        values.push(value);
    }
    values
}

fn read_model<N: Node>(at: &mut Reader<N>) -> Model {
    Model {
        id: at.text("id", Form::Id),
        name: at.text("name", Form::Label),
        version: at.text("version", Form::Label),
        kind: at.text("kind", Form::Id),
        provider: at.maybe_text("provider", Form::Label),
        trained_at: at.time("trained_at", Need::May),
        trained_on: at.maybe_text("trained_on", Form::Sentence),
        rebuilt: at.maybe_text("rebuilt", Form::Sentence),
        audit: at.within("audit", Need::May, |at| Audit {
            at: at.time("at", Need::Must).unwrap_or_default(),
            result: at.text("result", Form::Sentence),
            url: at.maybe_text("url", Form::Url),
        }),
    }
}

fn read_wording<N: Node>(at: &mut Reader<N>) -> Wording {
    let makers = ["template", "model"];
    let by = at.word("by", Need::Must, &makers);
    Wording {
        text: Localized::read(at, "text", Need::Must).unwrap_or_default(),
        by: makers.get(by).copied().unwrap_or_default().to_owned(),
    }
}
