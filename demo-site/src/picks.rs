//! One list: what is allowed, what is chosen, how it came about.

use crate::gate::{Allowed, Gate, Keeping, Without};
use crate::identifier;
use crate::language::Language;
use crate::shelf::{SOURCES, Shelf};
use crate::visitor::Visitor;
use candor_protocol::{Base, Explanation, Kind, Model, NotUsed, Oversight, Surface, Timestamp, WhyNotUsed};
use candor_recommender::{Request, Source, leading_kind};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many times a list is made again because the choices moved meanwhile.
const TRIES: usize = 2;

/// Where a list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Home,
    Basket,
    /// Beside this product: the same for everyone.
    Product(String),
    Chat,
}

/// A list and what its chip says.
#[derive(Debug, Clone)]
pub struct Picks {
    pub recommendation: String,
    pub kind: Kind,
    /// The source the chip names, in the shop's English words; `say` translates.
    pub rests_on: &'static str,
    pub items: Vec<String>,
    /// Items somebody paid for.
    pub paid: Vec<String>,
    /// The source to ask for, where nothing personal is allowed yet.
    pub ask: Option<&'static str>,
}

impl Place {
    fn surface(&self) -> Surface {
        if *self == Place::Chat { Surface::Chat } else { Surface::Storefront }
    }

    fn limit(&self) -> usize {
        if *self == Place::Chat { 3 } else { 5 }
    }
}

/// Asks, chooses with what is allowed, and hands in how it came about. A list
/// always comes: where the service does not answer in time, one made by its last
/// answer while that holds, and then one that rests on nothing personal.
pub async fn choose(
    shelf: &Arc<Shelf>,
    gate: &Arc<Gate>,
    visitor: &Visitor,
    place: &Place,
    without: Without,
) -> Result<Picks, String> {
    let mut without = without;
    if !matches!(place, Place::Product(_))
        && let Some(subject) = visitor.subject()
    {
        for _ in 0..TRIES {
            let Some(allowed) = gate.allowed(&subject, visitor.gpc, &SOURCES, without).await else { break };
            let ask = ask(visitor, Some(&allowed));
            let document = document(shelf, visitor, place, Some(&allowed), &gate.notice())?;
            match gate.keep(&document).await {
                Keeping::Kept => return Ok(picks(&document, ask)),
                // Something was decided since: what was said before no longer counts.
                Keeping::Refused => without = Without::Nothing,
                // What was allowed is; how the list came about is handed in when somebody is there.
                Keeping::NoAnswer if without == Without::LastAnswer => {
                    gate.keep_later(document.clone());
                    return Ok(picks(&document, None));
                }
                Keeping::NoAnswer => break,
            }
        }
    }
    let document = document(shelf, visitor, place, None, &gate.notice())?;
    let answered = gate.keep(&document).await;
    if answered != Keeping::Kept {
        gate.keep_later(document.clone());
    }
    // Asking makes sense only where the answer can be kept, and never beside a product.
    let ask = ask(visitor, None).filter(|_| answered == Keeping::Kept && !matches!(place, Place::Product(_)));
    Ok(picks(&document, ask.filter(|_| visitor.subject().is_none())))
}

/// What may be asked for: the source that would help most, if the service says that it may be.
fn ask(visitor: &Visitor, allowed: Option<&Allowed>) -> Option<&'static str> {
    let wanted = if visitor.persona.customer().is_some() { "orders" } else { "basket" };
    if wanted == "basket" && visitor.basket.is_empty() {
        return None;
    }
    let Some(allowed) = allowed else { return Some(wanted) };
    if allowed.sources.iter().any(|verdict| verdict.granted) {
        return None;
    }
    let verdict = allowed.sources.iter().find(|verdict| verdict.source == wanted)?;
    verdict.may_ask.then_some(wanted)
}

/// The document of one list. Data are fetched for allowed sources only.
pub fn document(
    shelf: &Shelf,
    visitor: &Visitor,
    place: &Place,
    allowed: Option<&Allowed>,
    notice: &str,
) -> Result<Explanation, String> {
    let mut sources: Vec<Source> = Vec::new();
    let mut not_used: Vec<NotUsed> = Vec::new();
    for source in SOURCES {
        match allowed.and_then(|allowed| allowed.sources.iter().find(|verdict| verdict.source == source)) {
            Some(verdict) if verdict.granted => sources.extend(shelf.source(visitor, source, &verdict.left_out)),
            Some(verdict) if verdict.reason.starts_with("denied") => {
                not_used.push(NotUsed { id: source.to_owned(), why: WhyNotUsed::Off });
            }
            Some(_) => not_used.push(NotUsed { id: source.to_owned(), why: WhyNotUsed::Unset }),
            None => {}
        }
    }
    let made_at = now();
    let language = visitor.language;
    let request = Request {
        id: identifier::recommendation(),
        site: crate::SITE.to_owned(),
        surface: place.surface(),
        made_at,
        expires_at: made_at.plus_hours(24),
        subject: allowed.and_then(|allowed| allowed.subject.clone()),
        base: allowed.map_or_else(Base::default, |allowed| allowed.base.clone()),
        notice: allowed.map_or(notice, |allowed| &allowed.notice).to_owned(),
        limit: place.limit(),
        sources,
        not_used,
        page: match place {
            Place::Product(item) => vec![item.clone()],
            _ => Vec::new(),
        },
        sponsored: shelf.sponsored(),
        unavailable: Default::default(),
        pinned: Vec::new(),
        card: &|item| shelf.card(item, language),
        about: about(shelf),
        wording: None,
        stated_never_used: ["age", "gender", "ethnicity", "health", "religion", "location"].map(str::to_owned).to_vec(),
        oversight: Some(Oversight {
            accountable: format!("Amina Farouk, {}", crate::SHOP),
            contact: Some("privacy@larchandladle.example".to_owned()),
            defer: false,
        }),
    };
    shelf.model.recommend(&request).map_err(|fault| fault.to_string())
}

fn about(shelf: &Shelf) -> Model {
    let (customers, span) = shelf.model.learned_from();
    let years = span.map(|(from, to)| format!(", {} to {}", day(from), day(to))).unwrap_or_default();
    Model {
        id: format!("item-item-{}", shelf.model.fingerprint().get(..12).unwrap_or_default()),
        name: "Item to item (EASE)".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: "item-item".to_owned(),
        provider: Some("Candor’s reference recommender".to_owned()),
        trained_at: None,
        trained_on: Some(format!("Orders of {customers} customers{years}")),
        rebuilt: Some("At every start of the shop".to_owned()),
        audit: None,
    }
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

fn picks(document: &Explanation, ask: Option<&'static str>) -> Picks {
    let kind = leading_kind(document);
    Picks {
        recommendation: document.id.clone(),
        kind,
        rests_on: match kind {
            Kind::Personal => strongest_source(document),
            Kind::Context => "Goes with this product",
            Kind::Commercial => "Ad",
            Kind::General => "Popular",
        },
        items: document.shown.clone(),
        paid: document.shown.iter().filter(|item| is_paid(document, item)).cloned().collect(),
        ask,
    }
}

/// The source that adds most to the list as a whole.
fn strongest_source(document: &Explanation) -> &'static str {
    let total = |factor: usize| -> f64 {
        let of =
            |item: &String| document.candidate(item).and_then(|candidate| candidate.contributions.get(factor).copied());
        document.shown.iter().filter_map(of).sum()
    };
    let strongest = (0..document.personal()).max_by(|a, b| total(*a).total_cmp(&total(*b)));
    match strongest.and_then(|factor| document.factors.get(factor)).map(|factor| factor.id.as_str()) {
        Some("basket") => "From your basket",
        Some("returns") => "From your returns",
        _ => "From your orders",
    }
}

fn is_paid(document: &Explanation, item: &str) -> bool {
    let Some(candidate) = document.candidate(item) else { return false };
    let mut factors = document.factors.iter().zip(&candidate.contributions);
    factors.any(|(factor, added)| factor.kind == Kind::Commercial && *added > 0.0)
}

impl Picks {
    /// `From your orders · Why?`
    pub fn chip(&self, language: Language) -> String {
        format!("{} · {}", language.say(self.rests_on), language.say("Why?"))
    }

    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Personal => "personal",
            Kind::Context => "context",
            Kind::General => "general",
            Kind::Commercial => "commercial",
        }
    }

    pub fn is_personal(&self) -> bool {
        self.kind == Kind::Personal
    }
}

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as i64)
}
