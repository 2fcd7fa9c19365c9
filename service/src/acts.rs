//! What can be done for a person, apart from how it was asked for: the HTTP
//! interface and the HTML pages both call these.

use std::sync::Arc;

use candor_protocol::{Choices, Decision, Explanation, Outcome, Standing};
use serde_json::{Value, json};

use crate::capability::Capability;
use crate::deciding::{Decide, Erase, GoOn, Incoming, Reveal, left_out_in};
use crate::directory::Site;
use crate::people::Person;
use crate::problem::{Kind, Problem};
use crate::state::App;
use crate::store::reads::{Feedback, FeedbackStep, Kept, Received};
use crate::store::{Reads, StoreFault};

/// Who looks: a subject, on a device if it is known.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    pub subject: &'a str,
    pub device: Option<&'a str>,
}

/// What a viewer may see of a recommendation.
pub enum Visible {
    /// All of it: the viewer is its subject, or nothing in it is personal.
    Ready { kept: Box<Kept>, body: String },
    /// Only what is the same for everyone.
    General,
    /// A source it used was denied since; the personal factors that are still granted.
    Withdrawn { kept: Box<Kept>, factors: Vec<String> },
    /// Past its time; the names of its personal factors are left.
    Expired { kept: Box<Kept> },
}

impl App {
    /// A recommendation as this viewer may see it; none: not there, or not yet.
    pub async fn visible(&self, site: &Site, id: &str, viewer: Option<Viewer<'_>>) -> Result<Option<Visible>, Problem> {
        let (wanted_site, wanted) = (site.id.clone(), id.to_owned());
        let found = self.read(move |view| view.recommendation(&wanted_site, &wanted)).await?;
        let Some(mut kept) = found else { return Ok(None) };
        let body = kept.body.take();
        // Also what it does not use, and why, is its subject's alone.
        let personal = !kept.factors.is_empty() || kept.subject.is_some();
        let own = viewer.filter(|viewer| kept.subject.as_deref() == Some(viewer.subject));
        let person = match own {
            Some(viewer) if personal => self.person(&site.id, viewer.subject).await?,
            _ => None,
        };
        if personal && (person.is_none() || own.is_none()) {
            return Ok(Some(Visible::General));
        }
        let kept = Box::new(kept);
        let Some(body) = body.filter(|_| kept.expires_at > self.now()) else {
            return Ok(Some(Visible::Expired { kept }));
        };
        if let (Some(person), Some(viewer)) = (person, own) {
            let choices = self.choices_of(site, &person, viewer.device);
            let doc = read_document(&body)?;
            let granted = |control: &str| !person.closed && choices.standing(control) == Standing::Granted;
            let controls = || doc.factors.iter().filter_map(|f| f.control.as_deref().map(|control| (f, control)));
            let personal = || controls().take(doc.personal());
            if personal().any(|(_, control)| !self.in_use(site, control, granted(control)))
                || left_out_in(&doc, &choices).is_some()
            {
                let still = personal().filter(|(_, control)| self.in_use(site, control, granted(control)));
                let factors = still.map(|(factor, _)| factor.id.clone()).collect();
                return Ok(Some(Visible::Withdrawn { kept, factors }));
            }
        }
        Ok(Some(Visible::Ready { kept, body }))
    }

    fn in_use(&self, site: &Site, control: &str, granted: bool) -> bool {
        let required = |id| {
            let notice = site.notice(self.now()).and_then(|published| published.notice.control(id));
            notice.is_some_and(|control| control.legal_basis == candor_protocol::LegalBasis::Required)
        };
        granted || required(control)
    }

    pub async fn decide(
        &self,
        site: Arc<Site>,
        viewer: Viewer<'_>,
        expired: bool,
        decisions: Vec<Incoming>,
    ) -> Result<(Vec<Outcome>, Choices), Problem> {
        let decide = Decide {
            core: self.core(),
            site,
            subject: viewer.subject.to_owned(),
            device: viewer.device.map(str::to_owned),
            expired,
            decisions,
        };
        self.writer.ask(decide).await
    }

    /// What stands for a person now.
    pub fn choices_of(&self, site: &Site, person: &Person, device: Option<&str>) -> Choices {
        person.record.choices(&site.terms, self.now(), device)
    }

    /// The person, or why there is none.
    pub async fn known(&self, site: &Site, subject: &str) -> Result<Arc<Person>, Problem> {
        if let Some(person) = self.person(&site.id, subject).await? {
            return Ok(person);
        }
        let hash = self.subject_hash(subject);
        let erased = self.read(move |view| view.erased(&hash)).await?;
        Err(Problem::new(if erased { Kind::Erased } else { Kind::UnknownSubject }))
    }

    /// Whoever holds the capability. Where a restored backup is older than its subject an anonymous one goes
    /// on, and who signed in does so again: what the device still keeps is taken as if it had never been sent.
    pub async fn holder(&self, site: &Arc<Site>, capability: &Capability) -> Result<Arc<Person>, Problem> {
        match self.known(site, &capability.subject).await {
            Err(problem) if problem.kind == Kind::UnknownSubject => {
                if !capability.is_anonymous(self.now()) {
                    return Err(Problem::because(Kind::BadCapability, "Its subject is not known any more."));
                }
                let subject = capability.subject.clone();
                self.writer.ask(GoOn { core: self.core(), site: site.clone(), subject }).await
            }
            known => known,
        }
    }

    /// `sub_…`, or `shop:` and the shop's own id of a customer.
    pub async fn named(&self, site: &Site, name: &str) -> Result<Option<Arc<Person>>, Problem> {
        match name.strip_prefix("shop:") {
            Some(customer) => self.customer(&site.id, customer).await,
            None => self.person(&site.id, name).await,
        }
    }

    /// What an erased customer had said no to, until they are known again; nothing for whoever is.
    pub async fn denied_before_erasure(&self, site: &Site, name: &str, known: bool) -> Result<Arc<[String]>, Problem> {
        let Some(customer) = name.strip_prefix("shop:").filter(|_| !known) else { return Ok(Arc::from([])) };
        let customer = self.customer_hash(&site.id, customer);
        let (denied, moves) = self.people.remembered.of(&customer);
        if let Some(denied) = denied {
            return Ok(denied);
        }
        let denied: Arc<[String]> = self
            .read(move |view| Ok(view.last_erasure(&customer)?.map(|erasure| erasure.denied).unwrap_or_default()))
            .await?
            .into();
        self.people.remembered.keep(customer, denied.clone(), moves);
        Ok(denied)
    }

    /// Everything that is kept of a subject.
    pub async fn export(&self, site: &Site, subject: &str) -> Result<Value, Problem> {
        let person = self.known(site, subject).await?;
        let id = subject.to_owned();
        let (row, decisions, served, feedback, refusals, imports) = self
            .read(move |view| {
                Ok((
                    view.subject(&id)?,
                    view.decisions_of(&id)?,
                    view.recommendations_of(&id, usize::from(u16::MAX))?,
                    with_steps(view, view.feedback_of(&id)?)?,
                    view.refusals_of(&id, usize::from(u16::MAX))?,
                    view.imports_of(&id)?,
                ))
            })
            .await?;
        Ok(json!({
            "version": 1,
            "subject": subject,
            "site": site.id,
            "exported_at": self.now(),
            "created_at": row.map(|row| row.created_at),
            "signed_in": person.customer.is_some(),
            "choices": self.choices_of(site, &person, None),
            "decisions": history(&decisions),
            "recommendations": served.iter().map(exported).collect::<Vec<_>>(),
            "imports": imports.iter().map(|line| json!({
                "decision": line.decision, "channel": line.channel, "evidence": line.evidence,
            })).collect::<Vec<_>>(),
            "feedback": reported(&feedback),
            "refused_reads": refusals.iter().map(|line| json!({
                "purpose": line.purpose, "source": line.source, "reason": line.reason, "count": line.count, "at": line.at,
            })).collect::<Vec<_>>(),
        }))
    }

    pub async fn erase(&self, site: Arc<Site>, subject: &str) -> Result<(), Problem> {
        self.writer.ask(Erase { core: self.core(), site, subject: subject.to_owned(), beside: false }).await
    }

    /// The same from a program that runs beside the service.
    pub async fn erase_beside(&self, site: Arc<Site>, subject: &str) -> Result<(), Problem> {
        self.writer.ask(Erase { core: self.core(), site, subject: subject.to_owned(), beside: true }).await
    }

    /// Logs that someone of the privacy team uncovered a person's data; call it before showing them.
    pub async fn reveal(&self, site: &Site, subject: &str, who: &str, what: &str) -> Result<(), Problem> {
        let (site, subject, who, what) = (site.id.clone(), subject.to_owned(), who.to_owned(), what.to_owned());
        self.writer.ask(Reveal { site, subject, who, what, at: self.now() }).await
    }

    /// Whose secret key it is, and whether our recommender uses it.
    pub fn shop(&self, key: &str) -> Option<(Arc<Site>, bool)> {
        self.directory().key(&self.secret.keyed("secret-key", &[key]))
    }

    /// Whether it is a key of the site's privacy team.
    pub fn is_desk_key(&self, site: &Site, key: &str) -> bool {
        site.is_desk_key(&self.secret.keyed("desk-key", &[key]))
    }
}

/// Decisions with what became of them, in the order in which they came.
pub fn history(decisions: &[Received]) -> Vec<Value> {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let line = |received: &Received| {
        let mut line = value(&received.body);
        if let Value::Object(fields) = &mut line {
            fields.insert("outcome".into(), value(&received.outcome));
            fields.insert("received_at".into(), received.received_at.to_string().into());
        }
        line
    };
    decisions.iter().map(line).collect()
}

/// A kept document as a value.
pub fn read_document(body: &str) -> Result<Explanation, Problem> {
    let value: Value = serde_json::from_str(body).map_err(|_| Problem::new(Kind::Internal))?;
    Explanation::read(&value).map_err(|_| Problem::new(Kind::Internal))
}

/// Decisions as they were sent, each read by itself: one that is faulty does not hold up the others.
pub fn incoming(decisions: &[Value]) -> Vec<Incoming> {
    let read = |value: &Value| {
        let faulty = |reason: &str| {
            let id = value.get("id").and_then(Value::as_str).filter(|id| candor_protocol::text::is_id(id));
            Incoming::Faulty { id: id.unwrap_or("unknown").to_owned(), reason: reason.to_owned() }
        };
        if value.to_string().len() > candor_protocol::limits::DECISION_BYTES {
            return faulty("too-large");
        }
        match Decision::read(value) {
            Ok(decision) => Incoming::Read(decision),
            Err(fault) => faulty(fault.code.as_str()),
        }
    };
    decisions.iter().map(read).collect()
}

/// What a customer reported and what was done about it, as they are told.
pub fn reported(feedback: &[(Feedback, Vec<FeedbackStep>)]) -> Vec<Value> {
    let step = |step: &FeedbackStep| json!({ "state": step.state, "by": step.who, "at": step.at });
    let line = |(line, steps): &(Feedback, Vec<FeedbackStep>)| {
        json!({
            "id": line.id, "recommendation": line.recommendation, "item": line.item, "kind": line.kind,
            "text": line.text, "state": line.state, "at": line.at,
            "steps": steps.iter().map(step).collect::<Vec<_>>(),
        })
    };
    feedback.iter().map(line).collect()
}

/// What was reported, and what was done about it.
pub fn with_steps(view: &dyn Reads, feedback: Vec<Feedback>) -> Result<Vec<(Feedback, Vec<FeedbackStep>)>, StoreFault> {
    let steps = |line: Feedback| view.feedback_steps(&line.id).map(|steps| (line, steps));
    feedback.into_iter().map(steps).collect()
}

fn exported(kept: &Kept) -> Value {
    json!({
        "id": kept.id, "made_at": kept.made_at, "expires_at": kept.expires_at, "personal_factors":
        kept.factors.split_whitespace().collect::<Vec<_>>(),
        "document": kept.body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok()),
    })
}
