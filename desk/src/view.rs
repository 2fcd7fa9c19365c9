//! What the desk shows, as plain data. The service fills it in.

use candor_protocol::{Decision, DecisionMethod, Kind, Notice, Outcome, Timestamp};

/// What every page of the desk has in common.
pub struct Desk {
    pub site: String,
    /// The shop's name.
    pub name: String,
    pub viewer: Viewer,
    /// Goes into every form, so that no other page can send it.
    pub token: String,
    pub now: Timestamp,
    /// Path and query of this page without `lang`, for the language links.
    pub here: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Nobody signed in: a demo.
    Guest,
    /// Holds a desk key.
    Team,
}

/// A person, by pseudonym.
#[derive(Clone, PartialEq, Eq)]
pub struct Who {
    /// `sub_…`
    pub id: String,
    pub erased: bool,
}

/// One decision and all that is known of it.
pub struct Decided {
    pub who: Who,
    pub decision: Decision,
    pub outcome: Outcome,
    pub received_at: Timestamp,
    pub shown: Shown,
    /// Whether the data it names (a purchase left out) may be seen.
    pub unmasked: bool,
    /// A "no" from before an erasure, set again when its person came back: nothing was on screen.
    pub carried_over: bool,
}

/// What the person had on screen.
#[derive(Default)]
pub struct Shown {
    /// The notice by the decision's hash; none if the service never published it.
    pub notice: Option<Notice>,
    /// The kept bytes give the hash that the decision names.
    pub matches: bool,
    /// The messages that stood around the switch, from the catalogue the
    /// decision names by hash; none if that catalogue is not kept here.
    pub messages: Option<Vec<String>>,
}

/// One list as it stands for a person now.
pub struct Served {
    /// `rec_…`
    pub id: String,
    pub who: Option<Who>,
    pub state: State,
    /// None once the document is gone.
    pub surface: Option<String>,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    /// Titles, first place first.
    pub list: Vec<String>,
    pub factors: Vec<Used>,
    /// Sources that were not used, and why: `off`, `unset`, `empty`, `never`.
    pub not_used: Vec<(String, String)>,
    /// How many data stand behind the list.
    pub evidence_count: usize,
    /// The data themselves; none until somebody asked, and that is logged.
    pub evidence: Option<Vec<Datum>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ready,
    Withdrawn,
    Expired,
}

/// A factor of a list. Its label is a source's of the notice, in the desk's language.
pub struct Used {
    pub label: String,
    pub kind: Kind,
    pub still_allowed: bool,
}

/// One datum behind a list.
pub struct Datum {
    pub source: String,
    pub title: String,
}

/// A read that the service refused.
pub struct Refused {
    pub key: String,
    /// None: the shop asked about a customer who never decided anything.
    pub who: Option<Who>,
    pub purpose: String,
    pub source: String,
    /// `unset`, `denied`, `lapsed`, `unknown`, …
    pub reason: String,
    /// How often, the last time at `at`.
    pub count: u64,
    pub at: Timestamp,
}

/// Something a customer said was wrong.
pub struct Feedback {
    pub id: String,
    pub who: Option<Who>,
    pub recommendation: String,
    pub kind: String,
    pub text: Option<String>,
    /// `received`, `looked-at`, `answered`, `mended`
    pub state: String,
    /// What was done about it, the first step first.
    pub steps: Vec<Step>,
    pub at: Timestamp,
}

/// One thing that was done about what a customer reported.
pub struct Step {
    pub state: String,
    pub by: Viewer,
    pub at: Timestamp,
}

/// What is told to the shop's other systems.
#[derive(Default)]
pub struct Post {
    pub endpoints: Vec<Endpoint>,
    pub letters: Vec<Letter>,
}

/// An address that is told.
pub struct Endpoint {
    /// `wh_…`
    pub id: String,
    pub url: String,
    /// It did not answer that it is gone.
    pub in_use: bool,
    pub waiting: u64,
    /// Within the last day.
    pub delivered: u64,
    pub dead: u64,
}

/// A message that was given up.
pub struct Letter {
    /// `msg_…`
    pub id: String,
    pub endpoint: String,
    pub url: String,
    /// Whether its endpoint takes messages, so that it can be sent again.
    pub in_use: bool,
    pub kind: String,
    pub who: Option<Who>,
    /// How the last attempt ended.
    pub status: String,
    pub attempts: u64,
    pub at: Timestamp,
}

/// What never arrived of one device, though later decisions have.
pub struct Gap {
    pub who: Who,
    pub device: String,
    /// First and last number of each run.
    pub runs: Vec<(u64, u64)>,
}

/// One time somebody at the desk asked to see evidence, a file, or erased.
pub struct Look {
    pub key: String,
    pub who: Option<Who>,
    /// `evidence`, `file`, `erase`
    pub what: String,
    /// Why they asked.
    pub reason: String,
    pub by: Viewer,
    pub at: Timestamp,
}

/// Figures about the record itself.
#[derive(Default)]
pub struct Counts {
    pub decisions: u64,
    pub refused_reads: u64,
    /// Numbers missing in a device's sequence.
    pub gaps: u64,
    pub erased: u64,
}

/// The first page.
#[derive(Default)]
pub struct Overview {
    pub decisions: Vec<Decided>,
    /// Address of the page with older decisions.
    pub older: Option<String>,
    pub served: Vec<Served>,
    pub refused: Vec<Refused>,
    pub feedback: Vec<Feedback>,
    pub looks: Vec<Look>,
    pub counts: Counts,
    pub gaps: Vec<Gap>,
    /// The notice in force: names controls in words.
    pub notice: Option<Notice>,
    /// Something just happened here, such as an erasure: a message key.
    pub said: Option<String>,
}

/// One person's page.
pub struct Person {
    pub who: Who,
    pub created_at: Timestamp,
    /// Whether an account at the shop stands behind the pseudonym.
    pub account: bool,
    pub rev: u64,
    /// What stands, control by control.
    pub standing: Vec<Stands>,
    pub timeline: Vec<Decided>,
    pub gaps: Vec<Gap>,
    pub served: Vec<Served>,
    pub refused: Vec<Refused>,
    pub feedback: Vec<Feedback>,
    pub looks: Vec<Look>,
    pub notice: Option<Notice>,
}

/// What one control stands at for a person.
pub struct Stands {
    pub control: String,
    /// `granted`, `denied`, `unset`
    pub choice: String,
    pub left_out: usize,
    pub by_signal: bool,
    pub lapsed: bool,
}

impl Who {
    pub fn new(id: impl Into<String>) -> Self {
        Who { id: id.into(), erased: false }
    }

    /// Short enough to say aloud; from the end of the id, where it is random.
    pub fn name(&self) -> String {
        let tail: Vec<char> = self.id.trim_start_matches("sub_").chars().rev().take(6).collect();
        let mut name: String = tail.into_iter().rev().flat_map(char::to_uppercase).collect();
        if name.len() == 6 && name.is_ascii() {
            name.insert(3, '-');
        }
        name
    }
}

impl Decided {
    pub fn by_signal(&self) -> bool {
        self.decision.method == DecisionMethod::Signal
    }
}
