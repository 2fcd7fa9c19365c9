//! One customer's case, from sign-in to the second list.

use anyhow::{Context, Result, bail};
use candor_protocol::{Base, Candidate, Explanation};
use candor_reasoning::{Without, preview};
use serde_json::{Value, json};

use super::canary::Watch;
use super::service::{SITE, Service, now};
use super::shop::{About, Customer, Gate, SOURCES, Setting, Shop};
use crate::bench::recommender::Seeded;

/// What came of some cases.
#[derive(Default)]
pub struct Tally {
    pub equal: usize,
    pub changed: usize,
    pub switched_off: usize,
    pub left_out: usize,
    pub passed_over: usize,
    pub candidates: usize,
    pub not_adding_up: usize,
    pub largest: usize,
    pub differences: Vec<String>,
    pub subjects: Vec<String>,
}

impl Tally {
    /// Cases that came to their second list.
    pub fn decided(&self) -> usize {
        self.switched_off + self.left_out
    }

    pub fn add(&mut self, other: Tally) {
        self.equal += other.equal;
        self.changed += other.changed;
        self.switched_off += other.switched_off;
        self.left_out += other.left_out;
        self.passed_over += other.passed_over;
        self.candidates += other.candidates;
        self.not_adding_up += other.not_adding_up;
        self.largest = self.largest.max(other.largest);
        self.differences.extend(other.differences);
        self.subjects.extend(other.subjects);
    }
}

/// Sign-in, grants, a list, its preview, the decision, the list again.
pub fn play(shop: &Shop, service: &Service, watch: &Watch, number: u32, seed: u64) -> Result<Tally> {
    let mut random = Seeded(seed.wrapping_mul(0x1000_0001) ^ u64::from(number) << 20);
    let mask = 1 + random.below(7);
    let allowed = [0, 1, 2].map(|source| mask >> source & 1 == 1);
    let customer = shop.customer(number, allowed);
    let mut tally = Tally::default();
    if !shop.can_use(&customer, allowed) {
        tally.passed_over = 1;
        return Ok(tally);
    }
    let setting = shop.setting(&mut random);
    let mut visit = Visit::begin(shop, service, watch, &customer, &mut random)?;
    let grants = (0..3).filter(|source| allowed[*source]).map(|source| change(source, "granted", None));
    visit.decide(grants.collect(), &mut random)?;

    let first = visit.list(&setting, &mut random)?;
    tally.check(&first);
    if first.gates != allowed {
        bail!("the service allowed {:?} where {allowed:?} was granted", first.gates);
    }
    let without = choose(&first.doc, &mut random)?;
    // What the page shows, computed from what the page got.
    let said = preview(&first.doc, &without)?;

    let (factor, datum) = match without.data.first() {
        Some((factor, datum)) => (*factor, Some(datum.as_str())),
        None => (without.factors[0], None),
    };
    let source = &first.doc.factors[factor].id;
    let source = SOURCES.iter().position(|(id, _)| id == source).context("a factor of no source")?;
    visit.decide(vec![change(source, "denied", datum)], &mut random)?;
    visit.is_withdrawn(&first.doc.id)?;

    let second = visit.list(&setting, &mut random)?;
    tally.check(&second);
    tally.changed = usize::from(said.items != first.doc.shown);
    tally.equal = usize::from(said.items == second.doc.shown && first.doc.inputs == second.doc.inputs);
    if tally.equal == 0 {
        let what = datum.map_or("off".to_owned(), |datum| format!("without {datum}"));
        tally.differences.push(format!(
            "customer {}, {allowed:?}, {} {what}: shown before {:?}, served after {:?}",
            customer.id, SOURCES[source].0, said.items, second.doc.shown
        ));
    }
    match datum {
        Some(_) => tally.left_out = 1,
        None => tally.switched_off = 1,
    }
    service.look_at(watch, &second.doc.id, &customer.id)?;
    tally.subjects.push(visit.subject.clone());
    Ok(tally)
}

/// One source off, or one listed datum left out, with even chances.
fn choose(doc: &Explanation, random: &mut Seeded) -> Result<Without> {
    let mut listed: Vec<(usize, &str)> = Vec::new();
    for candidate in &doc.candidates {
        listed.extend(candidate.evidence.iter().map(|evidence| (evidence.factor, evidence.datum.as_str())));
        let refs = candidate.excluded_by.iter().flat_map(|by| by.refs.iter().map(|datum| (by.factor, datum.as_str())));
        listed.extend(refs);
    }
    listed.retain(|(factor, _)| *factor < doc.personal());
    listed.sort_unstable();
    listed.dedup();
    if doc.personal() == 0 {
        bail!("a list of allowed data with no personal factor");
    }
    if listed.is_empty() || random.below(2) == 0 {
        return Ok(Without::factor(random.below(doc.personal())));
    }
    let (factor, datum) = listed[random.below(listed.len())];
    Ok(Without::datum(factor, datum))
}

fn change(source: usize, choice: &str, datum: Option<&str>) -> Value {
    let mut change = json!({ "control": format!("recommendations/{}", SOURCES[source].0), "choice": choice });
    if let Some(datum) = datum {
        change["datum"] = json!(datum);
    }
    change
}

/// A customer's page and the shop behind it.
struct Visit<'a> {
    shop: &'a Shop,
    service: &'a Service,
    watch: &'a Watch,
    customer: &'a Customer,
    subject: String,
    capability: String,
    device: String,
    base: Value,
    seq: u64,
}

/// A list as the page got it.
struct Served {
    doc: Explanation,
    gates: [bool; 3],
    bytes: usize,
}

impl<'a> Visit<'a> {
    fn begin(
        shop: &'a Shop,
        service: &'a Service,
        watch: &'a Watch,
        customer: &'a Customer,
        random: &mut Seeded,
    ) -> Result<Self> {
        let device = format!("dev_{:016x}", random.next());
        let token = service.token(&customer.id, &format!("{:016x}", random.next()))?;
        let session = service.page(watch, "/v1/session", json!({ "device": device, "token": token }))?;
        let word =
            |name: &str| session[name].as_str().map(str::to_owned).with_context(|| format!("a session without {name}"));
        Ok(Self {
            shop,
            service,
            watch,
            customer,
            subject: word("subject")?,
            capability: word("capability")?,
            device,
            base: json!({ "epoch": session["epoch"], "rev": session["rev"] }),
            seq: 0,
        })
    }

    fn decide(&mut self, changes: Vec<Value>, random: &mut Seeded) -> Result<()> {
        self.seq += 1;
        let (high, low) = (random.next(), random.next());
        let id = format!(
            "{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
            now().0 as u64 >> 16 & 0xffff_ffff,
            now().0 & 0xffff,
            high >> 52,
            high & 0xfff,
            low >> 16
        );
        let decision = json!({
            "id": id, "device": self.device, "seq": self.seq, "notice": self.service.notice,
            "served": format!("sha256-{}", "0".repeat(64)), "locale": "en", "surface": "storefront", "tier": "wasm",
            "changes": changes, "base": self.base, "method": "switch", "occurred_at": now().to_string(),
        });
        let body = json!({ "capability": self.capability, "decisions": [decision] });
        let answer = self.service.page(self.watch, "/v1/decisions", body)?;
        let outcome = &answer["outcomes"][0];
        let applied =
            outcome["results"].as_array().is_some_and(|results| results.iter().all(|result| result == "applied"));
        if outcome["status"] != "recorded" || !applied {
            bail!("a decision was not applied: {outcome}");
        }
        self.base = json!({ "epoch": answer["choices"]["epoch"], "rev": answer["choices"]["rev"] });
        Ok(())
    }

    /// The shop asks what is allowed, ranks with that, sends the document; the page fetches it.
    fn list(&self, setting: &Setting, random: &mut Seeded) -> Result<Served> {
        let asked = json!({
            "subject": { "type": "subject", "id": format!("shop:{}", self.customer.id) },
            "action": { "name": "recommendations" },
            "evaluations": SOURCES.map(|(source, _)| json!({ "resource": { "type": "source", "id": source } })),
        });
        let told = self.service.shop(self.watch, "/access/v1/evaluations", &asked)?;
        let told = told["evaluations"].as_array().filter(|told| told.len() == 3).context("not three evaluations")?;
        let refs = |of: &Value| -> Vec<String> {
            of.as_array().into_iter().flatten().filter_map(|datum| datum.as_str().map(str::to_owned)).collect()
        };
        let gates: Vec<Gate> = told
            .iter()
            .map(|told| Gate { allowed: told["decision"] == true, left_out: refs(&told["context"]["left_out"]) })
            .collect();
        let context = &told[0]["context"];
        let word = |name: &str| context[name].as_str().unwrap_or_default().to_owned();
        let about = About {
            id: id(random),
            site: SITE.to_owned(),
            subject: word("subject"),
            base: Base { epoch: word("epoch"), rev: context["rev"].as_u64().unwrap_or_default() },
            notice: word("notice"),
            made_at: now(),
        };
        let made = self.shop.recommend(self.customer, &gates, setting, about)?;
        let text = serde_json::to_string(&made)?;
        self.watch.document(&text);
        let bytes = text.len();
        self.service.put(self.watch, &made.id, text)?;
        let answer = self.fetch(&made.id)?;
        let doc = Explanation::read(&answer["explanation"])?;
        if answer["state"] != "ready" || doc != made {
            bail!("the page got another document than the shop sent");
        }
        Ok(Served { doc, gates: [0, 1, 2].map(|source| gates[source].allowed), bytes })
    }

    /// From a denial on, the list that rested on what is denied is not told any more.
    fn is_withdrawn(&self, id: &str) -> Result<()> {
        let answer = self.fetch(id)?;
        if answer["state"] != "withdrawn" || answer.get("explanation").is_some() {
            bail!("after the denial the list made before is {}", answer["state"]);
        }
        Ok(())
    }

    fn fetch(&self, id: &str) -> Result<Value> {
        let path = format!("/v1/recommendations/{id}");
        self.service.page(self.watch, &path, json!({ "capability": self.capability }))
    }
}

impl Tally {
    fn check(&mut self, served: &Served) {
        self.largest = self.largest.max(served.bytes);
        self.candidates += served.doc.candidates.len();
        let fails = served.doc.candidates.iter().filter(|candidate| !adds_up(candidate, served.doc.personal()));
        self.not_adding_up += fails.count();
        // The page's own check must say the same.
        let said = candor_reasoning::check_sums(&served.doc);
        self.not_adding_up += usize::from(said != candor_reasoning::Sums::AddUp);
    }
}

/// Contributions to the score, and each source's evidence to its contribution,
/// within 1e-9 · max(1, Σ|terms|): written here once more, apart from the code it checks.
fn adds_up(candidate: &Candidate, personal: usize) -> bool {
    let holds = |terms: &[f64], total: f64| {
        let size: f64 = terms.iter().map(|term| term.abs()).sum();
        (terms.iter().sum::<f64>() - total).abs() <= 1e-9 * size.max(1.0)
    };
    let evidence = (0..personal).all(|factor| {
        let listed = candidate.evidence.iter().filter(|evidence| evidence.factor == factor).map(|e| e.weight);
        let rest = candidate.evidence_rest.iter().filter(|rest| rest.factor == factor).map(|rest| rest.weight);
        holds(&listed.chain(rest).collect::<Vec<_>>(), candidate.contributions[factor])
    });
    holds(&candidate.contributions, candidate.score) && evidence
}

fn id(random: &mut Seeded) -> String {
    const DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    let tail: String = (0..26).map(|_| char::from(DIGITS[random.below(DIGITS.len())])).collect();
    format!("rec_{tail}")
}
