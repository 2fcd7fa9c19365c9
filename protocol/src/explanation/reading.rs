//! Reading an explanation document: its shape, its limits, and that what it names is there.

use super::references::{check_factors, check_references};
use super::{
    Audit, Candidate, Evidence, EvidenceRest, Exclusion, Explanation, Factor, Item, Kind, Method, Model, NotUsed,
    Observed, Oversight, Pin, Price, WhyNotUsed, Wording,
};
use crate::read::{At, Read, optional};
use crate::{Base, Code, Node, Surface, base64, limits, text};

pub(super) fn read<N: Node>(at: &At<'_, N>) -> Read<Explanation> {
    let version = at.field("version")?;
    if version.count()? != 1 {
        return Err(version.fault(Code::UnknownVersion));
    }
    let id = at.field("id")?;
    if !text::is_recommendation_id(&id.raw_text()?) {
        return Err(id.fault(Code::BadId));
    }
    let method = at.field("method")?.one_of(Method::WORDS)?;
    let factors = at.field("factors")?.list(limits::PERSONAL_FACTORS + limits::OTHER_FACTORS, |f| read_factor(&f))?;
    check_factors(at, &factors)?;
    let limit = at.field("limit")?;
    let places = limit.count()? as usize;
    if places == 0 || places > limits::LIST {
        return Err(limit.fault(Code::BadNumber));
    }
    let (made_at, expires_at) = (at.field("made_at")?.time()?, at.field("expires_at")?);
    if expires_at.time()? <= made_at {
        return Err(expires_at.fault(Code::Expiry));
    }
    let personal = factors.iter().filter(|factor| factor.kind == Kind::Personal).count();
    let mut doc = Explanation {
        version: 1,
        id: id.raw_text()?,
        site: at.field("site")?.id()?,
        surface: at.field("surface")?.one_of(Surface::WORDS)?,
        made_at,
        expires_at: expires_at.time()?,
        subject: optional!(at, "subject", |f: &At<'_, N>| f.id_with("sub_")),
        base: Base::read_at(&at.field("base")?)?,
        notice: at.field("notice")?.id()?,
        inputs: at.field("inputs")?.id()?,
        limit: places,
        method,
        factors,
        not_used: at.list_or_empty("not_used", limits::NOTICE_ENTRIES, |f| {
            Ok(NotUsed { id: f.field("id")?.id()?, why: f.field("why")?.one_of(WhyNotUsed::WORDS)? })
        })?,
        items: at.field("items")?.map(limits::CANDIDATES * 4, |id, f| read_item(id, &f))?,
        shown: at.field("shown")?.list(places, |f| f.id())?,
        pinned: at.list_or_empty("pinned", limits::PINNED, |f| read_pin(&f, places))?,
        candidates: Vec::new(),
        model: read_model(&at.field("model")?)?,
        wording: optional!(at, "wording", read_wording),
        stated_never_used: at
            .list_or_empty("stated_never_used", limits::NOTICE_ENTRIES, |f| f.words(limits::LABEL_CHARS))?,
        oversight: optional!(at, "oversight", read_oversight),
    };
    let scale = Scale { factors: doc.factors.len(), personal, method };
    let candidates = at.field("candidates")?;
    if method == Method::Table && candidates.node.len().saturating_mul(scale.subsets()) > limits::TABLE_SCORES {
        return Err(candidates.fault(Code::TooMany));
    }
    doc.candidates = candidates.list(limits::CANDIDATES, |f| read_candidate(&f, scale))?;
    check_references(at, &doc)?;
    Ok(doc)
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

    /// Whether its numbers are weights at all.
    fn weighs(self) -> bool {
        !matches!(self.method, Method::Reason | Method::Citation)
    }
}

fn read_factor<N: Node>(at: &At<'_, N>) -> Read<Factor> {
    Ok(Factor {
        id: at.field("id")?.id()?,
        kind: at.field("kind")?.one_of(Kind::WORDS)?,
        control: optional!(at, "control", At::control),
        observed: optional!(at, "observed", read_observed),
        inputs: optional!(at, "inputs", At::id),
        paid_by: optional!(at, "paid_by", label),
    })
}

fn read_observed<N: Node>(at: &At<'_, N>) -> Read<Observed> {
    let observed = Observed {
        from: optional!(at, "from", At::time),
        to: optional!(at, "to", At::time),
        count: at.field("count")?.count()?,
    };
    match (observed.from, observed.to) {
        (Some(from), Some(to)) if to < from => Err(at.fault_in("to", Code::BadTime)),
        _ => Ok(observed),
    }
}

fn read_item<N: Node>(id: &str, at: &At<'_, N>) -> Read<Item> {
    if !text::is_id(id) {
        return Err(at.fault(Code::BadId));
    }
    Ok(Item {
        id: id.to_owned(),
        title: label(&at.field("title")?)?,
        url: optional!(at, "url", At::url),
        image: optional!(at, "image", At::url),
        price: optional!(at, "price", read_price),
    })
}

fn read_price<N: Node>(at: &At<'_, N>) -> Read<Price> {
    let amount = at.field("amount")?;
    let currency = at.field("currency")?;
    let (digits, code) = (amount.raw_text()?, currency.raw_text()?);
    let decimal = digits.len() <= 16
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit());
    if !decimal {
        return Err(amount.fault(Code::BadNumber));
    }
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(currency.fault(Code::UnknownValue));
    }
    Ok(Price { amount: digits, currency: code })
}

fn read_pin<N: Node>(at: &At<'_, N>, places: usize) -> Read<Pin> {
    let position = at.field("position")?;
    let place = position.count()? as usize;
    if place == 0 || place > places {
        return Err(position.fault(Code::BadNumber));
    }
    Ok(Pin { position: place, item: at.field("item")?.id()?, reason: optional!(at, "reason", label) })
}

fn read_candidate<N: Node>(at: &At<'_, N>, scale: Scale) -> Read<Candidate> {
    let candidate = Candidate {
        item: at.field("item")?.id()?,
        score: match at.maybe("score") {
            None if !scale.weighs() => 0.0,
            _ => at.field("score")?.number()?,
        },
        contributions: at
            .list_or_empty("contributions", limits::PERSONAL_FACTORS + limits::OTHER_FACTORS, |f| f.number())?,
        values: match at.maybe("values") {
            Some(values) => read_values(&values)?,
            None => Vec::new(),
        },
        excluded_by: at.list_or_empty("excluded_by", limits::PERSONAL_FACTORS, |f| {
            let refs = f.field("refs")?;
            let exclusion = Exclusion {
                factor: read_index(&f, scale.personal)?,
                refs: refs.list(limits::EXCLUSION_REFS, |r| r.id())?,
            };
            if exclusion.refs.is_empty() { Err(refs.fault(Code::Missing)) } else { Ok(exclusion) }
        })?,
        evidence: at.list_or_empty("evidence", limits::EVIDENCE, |f| {
            Ok(Evidence {
                factor: read_index(&f, scale.factors)?,
                datum: f.field("ref")?.id()?,
                item: optional!(f, "item", At::id),
                weight: read_weight(&f, scale)?,
            })
        })?,
        evidence_rest: at.list_or_empty("evidence_rest", limits::PERSONAL_FACTORS + limits::OTHER_FACTORS, |f| {
            Ok(EvidenceRest {
                factor: read_index(&f, scale.factors)?,
                count: f.field("count")?.count()?,
                weight: read_weight(&f, scale)?,
            })
        })?,
    };
    let (contributions, values) = match scale.method {
        Method::Additive | Method::Attribution => (scale.factors, 0),
        Method::Table => (0, scale.subsets()),
        Method::Reason | Method::Citation => (0, 0),
    };
    if candidate.contributions.len() != contributions {
        return Err(at.fault_in("contributions", Code::WrongLength));
    }
    if candidate.values.len() != values {
        return Err(at.fault_in("values", Code::WrongLength));
    }
    Ok(candidate)
}

/// A weight; where the method gives none, nothing or 0.
fn read_weight<N: Node>(at: &At<'_, N>, scale: Scale) -> Read<f64> {
    match at.maybe("weight") {
        None if !scale.weighs() => Ok(0.0),
        _ => {
            let weight = at.field("weight")?;
            let number = weight.number()?;
            if scale.weighs() || number == 0.0 { Ok(number) } else { Err(weight.fault(Code::BadNumber)) }
        }
    }
}

fn read_index<N: Node>(at: &At<'_, N>, factors: usize) -> Read<usize> {
    let factor = at.field("factor")?;
    let index = factor.count()? as usize;
    if index < factors { Ok(index) } else { Err(factor.fault(Code::UnknownFactor)) }
}

/// Numbers, or base64 (RFC 4648) of little-endian doubles.
fn read_values<N: Node>(at: &At<'_, N>) -> Read<Vec<f64>> {
    let most = 1 << limits::PERSONAL_FACTORS;
    let Some(packed) = at.node.text() else { return at.list(most, |f| f.number()) };
    if packed.len() > most * 8 * 4 / 3 + 4 {
        return Err(at.fault(Code::TooMany));
    }
    let bytes = base64::decode(&packed).ok_or_else(|| at.fault(Code::WrongType))?;
    let (words, rest) = bytes.as_chunks::<8>();
    let values: Vec<f64> = words.iter().map(|word| f64::from_le_bytes(*word)).collect();
    if !rest.is_empty() {
        return Err(at.fault(Code::WrongLength));
    }
    if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(at.fault(Code::BadNumber)) }
}

fn read_model<N: Node>(at: &At<'_, N>) -> Read<Model> {
    Ok(Model {
        id: at.field("id")?.id()?,
        name: label(&at.field("name")?)?,
        version: label(&at.field("version")?)?,
        kind: at.field("kind")?.id()?,
        provider: optional!(at, "provider", label),
        trained_at: optional!(at, "trained_at", At::time),
        trained_on: optional!(at, "trained_on", sentence),
        rebuilt: optional!(at, "rebuilt", sentence),
        audit: optional!(at, "audit", read_audit),
    })
}

fn read_audit<N: Node>(at: &At<'_, N>) -> Read<Audit> {
    Ok(Audit {
        at: at.field("at")?.time()?,
        result: sentence(&at.field("result")?)?,
        url: optional!(at, "url", At::url),
    })
}

fn read_wording<N: Node>(at: &At<'_, N>) -> Read<Wording> {
    let by = at.field("by")?;
    let maker = by.one_of(&[("template", "template"), ("model", "model")])?;
    Ok(Wording { text: crate::Localized::read_at(&at.field("text")?)?, by: maker.to_owned() })
}

fn read_oversight<N: Node>(at: &At<'_, N>) -> Read<Oversight> {
    Ok(Oversight {
        accountable: label(&at.field("accountable")?)?,
        contact: optional!(at, "contact", sentence),
        defer: match at.maybe("defer") {
            Some(defer) => defer.boolean()?,
            None => false,
        },
    })
}

fn label<N: Node>(at: &At<'_, N>) -> Read<String> {
    at.words(limits::LABEL_CHARS)
}

fn sentence<N: Node>(at: &At<'_, N>) -> Read<String> {
    at.words(limits::TEXT_CHARS)
}
