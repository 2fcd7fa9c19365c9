//! `GET /desk`: what arrives, newest first.

use axum::http::StatusCode;
use axum::response::Response;
use candor_desk::pages;
use candor_desk::view::{Counts, Feedback, Gap, Look, Overview, Refused, Step, Viewer, Who};

use super::super::answer::html;
use super::gate::{Seated, Visitor};
use super::{masked, shown};
use crate::acts::with_steps;
use crate::people::Person;
use crate::problem::Problem;
use crate::store::reads;

/// The newest, on the first page: what is below them stays near.
const DECISIONS: usize = 8;
const OLDER: usize = 40;
const LINES: usize = 12;
/// Lists looked through for the newest of each person.
const LISTS: usize = 80;
const SERVED: usize = 4;
/// Decisions whose people are looked at for what never arrived.
const LATELY: usize = 200;
/// Runs of missing numbers a device, at most.
const RUNS: usize = 1_000;

pub async fn page(Seated(visitor): Seated) -> Response {
    match gather(&visitor).await {
        Ok(overview) => html(StatusCode::OK, pages::home(&visitor.desk(), &overview, &visitor.speech())),
        Err(problem) => visitor.failed(&problem),
    }
}

async fn gather(visitor: &Visitor) -> Result<Overview, Problem> {
    let (app, site) = (&visitor.app, &visitor.site);
    let (id, before) = (site.id.clone(), visitor.asked.before);
    let most = if before.is_some() { OLDER } else { DECISIONS };
    let (decisions, lists, refusals, feedback, reveals, counts) = app
        .read(move |view| {
            Ok((
                view.decisions(&id, before, most)?,
                view.recommendations(&id, None, LISTS)?,
                view.refusals(&id, None, LINES * 8)?,
                with_steps(view, view.feedback(&id, None, LINES)?)?,
                view.reveals(&id, None, LINES)?,
                view.counts(&id)?,
            ))
        })
        .await?;
    let older = decisions
        .last()
        .filter(|_| decisions.len() == most)
        .map(|(_, last)| visitor.link(&format!("?before={}", last.row)));
    let mut overview = Overview {
        older,
        refused: refused(&refusals, LINES),
        feedback: feedback.iter().map(report).collect(),
        looks: reveals.iter().map(look).collect(),
        counts: Counts { decisions: counts.decisions, refused_reads: counts.refusals, gaps: 0, erased: counts.erased },
        notice: site.notice(app.now()).map(|published| published.notice.clone()),
        said: visitor.asked.said.clone().filter(|said| said == "erased"),
        ..Overview::default()
    };
    for (subject, received) in &decisions {
        let decided = shown::decided(app, site, subject, received, false).await?;
        overview.decisions.push(decided);
    }
    overview.gaps = gaps(visitor).await?;
    let runs = overview.gaps.iter().flat_map(|gap| &gap.runs);
    overview.counts.gaps = runs.map(|(first, last)| last - first + 1).fold(0, u64::saturating_add);
    let mut people: Vec<Option<String>> = Vec::new();
    for kept in &lists {
        if people.contains(&kept.subject) || overview.served.len() == SERVED {
            continue;
        }
        if let Some(list) = masked::served(app, site, kept, false, visitor.tables.tag()).await? {
            people.push(kept.subject.clone());
            overview.served.push(list);
        }
    }
    Ok(overview)
}

/// What is missing of the people who decided last, whoever's decisions this page shows.
async fn gaps(visitor: &Visitor) -> Result<Vec<Gap>, Problem> {
    let (app, site) = (&visitor.app, visitor.site.id.clone());
    let newest = app.read(move |view| view.decisions(&site, None, LATELY)).await?;
    let mut subjects: Vec<String> = newest.into_iter().map(|(subject, _)| subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let mut found = Vec::new();
    for subject in subjects {
        if let Some(person) = app.person(&visitor.site.id, &subject).await? {
            found.extend(gaps_of(&person));
        }
    }
    Ok(found)
}

/// One entry for each of a person's devices that has numbers missing.
pub fn gaps_of(person: &Person) -> impl Iterator<Item = Gap> + '_ {
    person.record.devices().filter_map(|device| {
        let missing = person.record.missing(device, RUNS);
        let runs: Vec<(u64, u64)> = missing.into_iter().map(|run| run.into_inner()).collect();
        (!runs.is_empty()).then(|| Gap { who: Who::new(&person.id), device: device.to_owned(), runs })
    })
}

/// A shop asks again for every list; the same refusal again is one line.
pub fn refused(refusals: &[reads::Refusal], most: usize) -> Vec<Refused> {
    let mut lines: Vec<Refused> = Vec::new();
    for refusal in refusals {
        let who = refusal.subject.as_deref().unwrap_or("nobody");
        let key = [who, &refusal.purpose, &refusal.source, &refusal.reason].join(" ");
        if let Some(line) = lines.iter_mut().find(|line| line.key == key) {
            line.count += refusal.count;
        } else if lines.len() < most {
            lines.push(Refused {
                key,
                who: refusal.subject.clone().map(Who::new),
                purpose: refusal.purpose.clone(),
                source: refusal.source.clone(),
                reason: refusal.reason.clone(),
                count: refusal.count,
                at: refusal.at,
            });
        }
    }
    lines
}

pub fn report((feedback, steps): &(reads::Feedback, Vec<reads::FeedbackStep>)) -> Feedback {
    Feedback {
        id: feedback.id.clone(),
        who: feedback.subject.clone().map(Who::new),
        recommendation: feedback.recommendation.clone(),
        kind: feedback.kind.clone(),
        text: feedback.text.clone(),
        state: feedback.state.clone(),
        steps: steps
            .iter()
            .map(|step| Step { state: step.state.clone(), by: viewer(&step.who), at: step.at })
            .collect(),
        at: feedback.at,
    }
}

/// `what` is `evidence <list> <reason>`, `file` or `erase`.
pub fn look(reveal: &reads::Reveal) -> Look {
    let mut words = reveal.what.split(' ');
    let what = words.next().unwrap_or_default().to_owned();
    Look {
        key: reveal.row.to_string(),
        who: Some(reveal.subject.clone()).filter(|subject| subject.starts_with("sub_")).map(Who::new),
        what,
        reason: words.nth(1).unwrap_or_default().to_owned(),
        by: viewer(&reveal.who),
        at: reveal.at,
    }
}

fn viewer(who: &str) -> Viewer {
    if who == "guest" { Viewer::Guest } else { Viewer::Team }
}
