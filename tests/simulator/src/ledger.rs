//! What really happened in a history, noted beside the code under test and without its help.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use candor_protocol::{
    Change, ChangeResult, Choice, Decision, DecisionMethod, Duration, Outcome, OutcomeStatus, Timestamp,
};

use crate::body::Machine;
use crate::notice::{CONTROLS, Offer};

/// What a page had seen of a subject when it last heard from the service: the
/// first `len` decisions that the service had taken in a store of that lineage.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub lineage: usize,
    pub subject: Rc<str>,
    pub len: usize,
    /// The controls it was told are granted.
    pub granted: Rc<Vec<String>>,
}

/// A decision that somebody made.
#[derive(Debug)]
pub struct Known {
    pub decision: Decision,
    pub machine: usize,
    /// What was on screen.
    pub saw: Option<Stamp>,
    /// Written to storage that outlives the page, and not wiped since.
    pub safe: bool,
    /// The device was told to forget it: what was under way to its disk then goes as well.
    pub forgotten: bool,
    /// How often the shop had said by then who signed in on that machine.
    tokens: u32,
    /// It was answered, or asked for again, while storage took nothing: on its way into the database.
    moving: bool,
    /// Why the service did not take it.
    pub refused: Option<String>,
    /// Whose outbox it entered.
    pub of: String,
}

impl Known {
    /// A device's own denials bind there alone, and its own later grant lifts them.
    fn concerns(&self, device: Option<&str>) -> bool {
        self.decision.binds.is_account() || device == Some(&*self.decision.device)
    }
}

#[derive(Debug, Default)]
pub struct Ledger {
    /// In the order in which they were made.
    pub made: Vec<Known>,
    by_id: HashMap<String, usize>,
    /// Each restored backup begins a lineage.
    lineages: Vec<Lineage>,
    backup: Lineage,
    /// What each notice says of each control: how often its terms have changed.
    pub notices: HashMap<String, [u64; 3]>,
    terms: Terms,
    pub counts: Counts,
    /// The subjects that the shop's token names.
    pub signed_in: BTreeSet<String>,
    /// Anonymous subjects that somebody asked to be forgotten as.
    pub erased: BTreeSet<String>,
    /// Machine, device, outbox and number of what was decided where storage was always to be had.
    numbers: HashSet<(usize, String, String, u64)>,
    /// What the service answered that cannot be.
    pub fault: Option<String>,
}

/// What the service took of each subject.
type Lineage = HashMap<Rc<str>, Vec<Taken>>;
/// Per control what each notice says of it.
type Terms = [Vec<Said>; 3];

/// What a notice says of one control.
#[derive(Debug)]
struct Said {
    /// In force from then on.
    from: i64,
    version: u64,
    span: Duration,
}

/// A decision in the service's order.
#[derive(Debug, Clone)]
struct Taken {
    which: usize,
    at: i64,
    outcome: Outcome,
}

/// What the histories held, so that a reader sees that nothing was idle.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub histories: u64,
    pub steps: u64,
    pub decisions: u64,
    pub taken: u64,
    pub superseded: u64,
    pub pressed_again: u64,
    pub requests: u64,
    pub lost: u64,
    pub repeated: u64,
    pub refused_on_the_way: u64,
    pub crashes: u64,
    pub wipes: u64,
    pub restarts: u64,
    pub kills: u64,
    pub freezes: u64,
    pub forgets: u64,
    pub restores: u64,
    pub notices: u64,
    pub sign_ins: u64,
}

impl Counts {
    fn fields(&mut self) -> [(&'static str, &mut u64); 19] {
        [
            ("histories", &mut self.histories),
            ("steps", &mut self.steps),
            ("decisions", &mut self.decisions),
            ("taken", &mut self.taken),
            ("superseded", &mut self.superseded),
            ("pressed_again", &mut self.pressed_again),
            ("requests", &mut self.requests),
            ("lost", &mut self.lost),
            ("repeated", &mut self.repeated),
            ("refused_on_the_way", &mut self.refused_on_the_way),
            ("crashes", &mut self.crashes),
            ("wipes", &mut self.wipes),
            ("restarts", &mut self.restarts),
            ("kills", &mut self.kills),
            ("freezes", &mut self.freezes),
            ("forgets", &mut self.forgets),
            ("restores", &mut self.restores),
            ("notices", &mut self.notices),
            ("sign_ins", &mut self.sign_ins),
        ]
    }

    pub fn add(&mut self, other: &Counts) {
        let mut other = *other;
        for ((_, mine), (_, more)) in self.fields().into_iter().zip(other.fields()) {
            *mine += *more;
        }
    }

    pub fn to_json(self) -> serde_json::Value {
        let mut copy = self;
        let fields = copy.fields().into_iter().map(|(name, count)| (name.to_owned(), (*count).into()));
        serde_json::Value::Object(fields.collect())
    }
}

impl Ledger {
    pub fn new() -> Self {
        Ledger { lineages: vec![HashMap::new()], ..Ledger::default() }
    }

    pub fn lineage(&self) -> usize {
        self.lineages.len() - 1
    }

    pub fn publish(&mut self, hash: &str, offer: Offer, from: i64) {
        self.notices.insert(hash.to_owned(), offer.versions);
        for ((terms, version), span) in self.terms.iter_mut().zip(offer.versions).zip(offer.spans()) {
            terms.push(Said { from, version, span: Duration::parse(span).expect("a span of time") });
        }
    }

    pub fn knows(&self, decision: &Decision) -> bool {
        self.by_id.contains_key(&decision.id)
    }

    /// A page put it into storage, or held it in memory where there is none.
    pub fn made(&mut self, decision: Decision, by: &Machine, of: &str, saw: Option<Stamp>, safe: bool, counts: bool) {
        let (machine, tokens) = (by.index, by.tokens.get());
        if let Some(known) = self.by_id.get(&decision.id).and_then(|at| self.made.get_mut(*at)) {
            known.safe |= safe && !known.forgotten;
            known.moving = !safe;
            return;
        }
        self.counts.decisions += 1;
        // One name of a device counts each number of an outbox once; what closes a gap takes that of what was refused.
        let number = (machine, decision.device.clone(), of.to_owned(), decision.seq);
        let counts = counts && !decision.changes().is_empty();
        if counts && !self.numbers.insert(number) {
            self.fault.get_or_insert(format!("{} has the number {} of another decision", decision.id, decision.seq));
        }
        self.by_id.insert(decision.id.clone(), self.made.len());
        let of = of.to_owned();
        let (forgotten, moving, refused) = (false, false, None);
        self.made.push(Known { decision, machine, saw, safe, forgotten, tokens, moving, refused, of });
    }

    /// Whoever is anonymous on this machine next is somebody else, and counts from 1.
    pub fn counts_anew(&mut self, machine: usize) {
        self.numbers.retain(|(of_machine, _, of, _)| *of_machine != machine || of != "anon");
    }

    /// It is answered and kept all the same. `safe`: it outlives the page.
    pub fn kept(&mut self, decision: &str, safe: bool) {
        if let Some(known) = self.known(decision) {
            known.safe |= safe && !known.forgotten;
            known.moving = !safe;
        }
    }

    /// It is in no storage of its machine any more. `waiting`: nothing says that it was answered. `tokens`: how often
    /// the shop has said who signed in; an anonymous box goes with its subject then.
    pub fn left(&mut self, decision: &str, waiting: bool, tokens: u32) {
        let answered = self
            .lineages
            .iter()
            .flat_map(HashMap::values)
            .flatten()
            .any(|taken| self.made.get(taken.which).is_some_and(|known| known.decision.id == decision));
        let Some(known) = self.known(decision) else { return };
        if known.moving || known.forgotten {
            known.safe = false;
        } else if waiting && known.safe && !answered && (known.of != "anon" || known.tokens == tokens) {
            let fault = format!("{decision} was removed, and nobody has answered it");
            self.fault.get_or_insert(fault);
        }
    }

    fn known(&mut self, decision: &str) -> Option<&mut Known> {
        let at = self.by_id.get(decision)?;
        self.made.get_mut(*at)
    }

    /// Of what was decided on a machine it keeps nothing.
    pub fn forgotten(&mut self, machine: usize) {
        self.wiped(machine);
        for known in self.made.iter_mut().filter(|known| known.machine == machine) {
            known.forgotten = true;
        }
    }

    /// It was made for somebody who was forgotten at that moment.
    pub fn forgotten_too(&mut self, decision: &str) {
        if let Some(known) = self.known(decision) {
            known.safe = false;
            known.forgotten = true;
        }
    }

    /// The storage of a machine is gone, and with it all safety.
    pub fn wiped(&mut self, machine: usize) {
        for known in self.made.iter_mut().filter(|known| known.machine == machine) {
            known.safe = false;
        }
    }

    /// The service answered about decisions of a subject: those it had not are its newest.
    /// Says what differs from what it answered before.
    pub fn answered(&mut self, subject: &str, outcomes: &[Outcome], now: i64) -> Result<(), String> {
        for outcome in outcomes {
            let Some(which) = self.by_id.get(&outcome.decision).copied() else {
                return Err(format!("answered about a decision that nobody made: {}", outcome.decision));
            };
            if outcome.status != OutcomeStatus::Recorded {
                let why = outcome.reason.as_deref().unwrap_or(outcome.status.as_str());
                self.made[which].refused = Some(why.to_owned());
                continue;
            }
            let lineage = self.lineages.last_mut().expect("there is always one");
            let taken = lineage.entry(subject.into()).or_default();
            if let Some(before) = taken.iter().find(|taken| taken.which == which) {
                // Also after a restart: the outcome is immutable.
                if before.outcome != *outcome {
                    return Err(format!("two outcomes of one decision: {:?} and {outcome:?}", before.outcome));
                }
                continue;
            }
            taken.push(Taken { which, at: now, outcome: outcome.clone() });
            self.counts.taken += 1;
            if outcome.results.contains(&ChangeResult::Superseded) {
                self.counts.superseded += 1;
            }
        }
        Ok(())
    }

    pub fn taken(&self, subject: &str) -> usize {
        self.lineages.last().and_then(|lineage| lineage.get(subject)).map_or(0, Vec::len)
    }

    pub fn taken_ids<'a>(&'a self, subject: &str) -> impl Iterator<Item = &'a Known> {
        self.outcomes(subject).map(|(known, _)| known)
    }

    /// What the service took of a subject, in its order, and what it answered.
    pub fn outcomes<'a>(&'a self, subject: &str) -> impl Iterator<Item = (&'a Known, &'a Outcome)> {
        let lineage = self.lineages.last().and_then(|lineage| lineage.get(subject));
        lineage.into_iter().flatten().map(|taken| (&self.made[taken.which], &taken.outcome))
    }

    /// Whether the service had taken it, in a store before the one it has now.
    pub fn was_taken(&self, decision: &str) -> bool {
        let Some(which) = self.by_id.get(decision) else { return false };
        let before = self.lineages.split_last().map_or(&[][..], |(_, before)| before);
        before.iter().flat_map(HashMap::values).flatten().any(|taken| taken.which == *which)
    }

    /// Whether what somebody anonymous decided on a machine was taken for another subject than this one.
    pub fn was_taken_for_another(&self, machine: usize, subject: &str) -> bool {
        let others = self.lineages.iter().flatten().filter(|(of, _)| ***of != *subject);
        others
            .flat_map(|(_, taken)| taken)
            .any(|taken| self.made.get(taken.which).is_some_and(|known| known.machine == machine && known.of == "anon"))
    }

    /// Of decisions that lie on disk: a grant among those the ledger has not, and that is in force.
    pub fn new_grant(&self, subject: &str, outcomes: &[Outcome]) -> Option<String> {
        let mut new = outcomes.iter().filter(|outcome| {
            !self.taken_ids(subject).any(|known| known.decision.id == outcome.decision)
                && outcome.results.contains(&ChangeResult::Applied)
        });
        let grants = |outcome: &&Outcome| {
            let known = self.by_id.get(&outcome.decision).and_then(|at| self.made.get(*at));
            known.is_some_and(|known| known.decision.changes().iter().any(|c| c.choice == Choice::Granted))
        };
        new.find(grants).map(|outcome| outcome.decision.clone())
    }

    pub fn back_up(&mut self) {
        self.backup = self.lineages.last().cloned().unwrap_or_default();
    }

    /// The service says that it knows nothing of the subject any more.
    pub fn erase(&mut self, subject: &str) {
        self.erased.insert(subject.to_owned());
        if let Some(lineage) = self.lineages.last_mut() {
            lineage.remove(subject);
        }
    }

    pub fn restore(&mut self) {
        let mut backup = self.backup.clone();
        // Who was erased since is erased again.
        backup.retain(|subject, _| !self.erased.contains(&**subject));
        self.lineages.push(backup);
    }

    /// Whether this may stand as granted for the account, or on `device`: some
    /// grant was made by someone who had seen every denial, or made it after their
    /// own on the same device; and it has not lapsed.
    pub fn may_stand(&self, subject: &str, control: &str, datum: Option<&str>, device: Option<&str>, now: i64) -> bool {
        let Some(taken) = self.lineages.last().and_then(|lineage| lineage.get(subject)) else { return false };
        let says = |known: &Known, choice: Choice| {
            let about = |change: &Change| {
                change.control == control && change.datum.as_deref() == datum && change.choice == choice
            };
            known.decision.changes().iter().any(about)
        };
        let speaks =
            |known: &Known| known.decision.method != DecisionMethod::Signal || control == crate::notice::BROWSING;
        let denials: Vec<&Taken> = taken
            .iter()
            .filter(|t| {
                let known = &self.made[t.which];
                says(known, Choice::Denied) && known.concerns(device) && speaks(known)
            })
            .collect();
        let saw = |grant: &Known, denial: &Known| {
            let Some(stamp) = &grant.saw else { return false };
            if &*stamp.subject != subject {
                return false;
            }
            let seen = self.lineages.get(stamp.lineage).and_then(|lineage| lineage.get(subject));
            seen.is_some_and(|seen| {
                seen.iter().take(stamp.len).any(|t| self.made[t.which].decision.id == denial.decision.id)
            })
        };
        let grants = || taken.iter().filter(|t| says(&self.made[t.which], Choice::Granted));
        // The account's grant, and where a device has denials of its own, one that lifts those.
        let covered = |account: bool| {
            let of_concern: Vec<_> =
                denials.iter().filter(|t| self.made[t.which].decision.binds.is_account() == account).collect();
            // Nobody has to take in a datum that nobody left out.
            if of_concern.is_empty() && (!account || datum.is_some()) {
                return true;
            }
            grants().any(|g| {
                let grant = &self.made[g.which];
                let covers = |d: &Taken| {
                    let denial = &self.made[d.which];
                    saw(grant, denial) || (denial.decision.device == grant.decision.device && d.which < g.which)
                };
                let whose = account || Some(grant.decision.device.as_str()) == device;
                let holds = !account || self.holds(grant, control, datum, g.at, now);
                whose && holds && of_concern.iter().all(|d| covers(d))
            })
        };
        covered(true) && covered(false)
    }

    /// Every decision and what became of it.
    pub fn tell(&self) {
        for (which, known) in self.made.iter().enumerate() {
            let Known { decision, machine, of, safe, .. } = known;
            let changes: Vec<String> = decision
                .changes()
                .iter()
                .map(|c| format!("{} {} {}", c.choice.as_str(), c.control, c.datum.as_deref().unwrap_or("")))
                .collect();
            let mut taken = self.lineages.iter().rev().flat_map(|lineage| lineage.values()).flatten();
            let outcome = taken.find(|taken| taken.which == which).map(|t| (t.outcome.rev, t.outcome.results.clone()));
            eprintln!(
                "  {which} {} machine {machine} {} seq {} of {of} base {}/{} safe {safe}: {} → {}",
                decision.id,
                decision.device.get(..8).unwrap_or_default(),
                decision.seq,
                decision.base.epoch.get(..6).unwrap_or_default(),
                decision.base.rev,
                changes.join(", "),
                outcome.map_or_else(|| "no answer".to_owned(), |(rev, results)| format!("{results:?} rev {rev}"))
            );
        }
    }

    /// Whether the datum was ever left out for the account, or on `device`.
    pub fn denied(&self, subject: &str, control: &str, datum: &str, device: Option<&str>) -> bool {
        let concerning = self.taken_ids(subject).filter(|known| known.concerns(device));
        concerning.flat_map(|known| known.decision.changes()).any(|change| {
            change.control == control && change.datum.as_deref() == Some(datum) && change.choice == Choice::Denied
        })
    }

    /// Its terms are those it was made under, without a break, and its time has not passed.
    fn holds(&self, grant: &Known, control: &str, datum: Option<&str>, at: i64, now: i64) -> bool {
        // A datum taken in again stays in: it is only put back, not newly granted.
        if datum.is_some() {
            return true;
        }
        let Some(place) = CONTROLS.iter().position(|known| *known == control) else { return false };
        let Some(under) = self.notices.get(&grant.decision.notice).map(|versions| versions[place]) else {
            return false;
        };
        let terms = &self.terms[place];
        let Some(first) = terms.iter().rposition(|said| said.from <= at) else { return false };
        let spoke = || terms.iter().enumerate().skip(first).take_while(|(at, said)| *at == first || said.from <= now);
        let unchanged = spoke().all(|(_, said)| said.version == under);
        // In the last moment in which each of them was in force it had not run out.
        let in_time = spoke().all(|(place, said)| {
            let last = terms.get(place + 1).map_or(now, |next| now.min(next.from - 1));
            last < said.from || last < said.span.after(Timestamp(at)).0
        });
        unchanged && in_time
    }
}
