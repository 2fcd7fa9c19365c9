//! Lists as they stand for people now, their evidence masked until somebody asked.

use candor_desk::view::{Datum, Served, State, Used, Who};
use candor_protocol::{Explanation, Kind, Notice};

use crate::acts::{Viewer, Visible, read_document};
use crate::directory::Site;
use crate::problem::Problem;
use crate::state::App;
use crate::store::reads::{Kept, Reveal};

/// How long what was asked for stays visible to those who asked.
const VISIBLE_MS: i64 = 120_000;

/// Whether this viewer asked for this person's evidence a moment ago; of this list, if one is given.
pub fn uncovered(app: &App, reveals: &[Reveal], viewer: &str, subject: &str, list: Option<&str>) -> bool {
    reveals.iter().any(|reveal| {
        let mut words = reveal.what.split(' ');
        reveal.subject == subject
            && reveal.who == viewer
            && app.now().0 - reveal.at.0 < VISIBLE_MS
            && words.next() == Some("evidence")
            && (list.is_none() || words.next() == list)
    })
}

/// One list as the desk shows it.
pub async fn served(
    app: &App,
    site: &Site,
    kept: &Kept,
    uncovered: bool,
    language: &str,
) -> Result<Option<Served>, Problem> {
    let viewer = kept.subject.as_deref().map(|subject| Viewer { subject, device: None });
    let now = app.now();
    let notice = site.notice(now).map(|published| &published.notice);
    let label = |id: &str| in_words(notice, id, language);
    let mut served = Served {
        id: kept.id.clone(),
        who: kept.subject.clone().map(Who::new),
        state: State::Ready,
        surface: None,
        made_at: kept.made_at,
        expires_at: kept.expires_at,
        list: Vec::new(),
        factors: Vec::new(),
        not_used: Vec::new(),
        evidence_count: 0,
        evidence: None,
    };
    let personal = || kept.factors.split_whitespace();
    let used = |id: &str, still_allowed| Used { label: label(id), kind: Kind::Personal, still_allowed };
    match app.visible(site, &kept.id, viewer).await? {
        Some(Visible::Ready { body, .. }) => describe(&mut served, &read_document(&body)?, uncovered, label),
        Some(Visible::Withdrawn { factors, .. }) => {
            served.state = State::Withdrawn;
            served.factors = personal().map(|id| used(id, factors.iter().any(|still| still == id))).collect();
        }
        Some(Visible::Expired { .. }) => {
            served.state = State::Expired;
            served.factors = personal().map(|id| used(id, true)).collect();
        }
        // Its person was erased or closed meanwhile.
        Some(Visible::General) | None => return Ok(None),
    }
    Ok(Some(served))
}

fn in_words(notice: Option<&Notice>, id: &str, language: &str) -> String {
    let source = notice.and_then(|notice| notice.source(id));
    source.map_or_else(|| id.to_owned(), |source| source.label.text(language).to_owned())
}

fn describe(served: &mut Served, doc: &Explanation, uncovered: bool, label: impl Fn(&str) -> String) {
    served.surface = Some(doc.surface.as_str().to_owned());
    let title = |id: &str| doc.item(id).map_or_else(|| id.to_owned(), |item| item.title.clone());
    served.list = doc.shown.iter().map(|id| title(id)).collect();
    served.factors = doc
        .factors
        .iter()
        .map(|factor| Used { label: label(&factor.id), kind: factor.kind, still_allowed: true })
        .collect();
    served.not_used = doc.not_used.iter().map(|source| (label(&source.id), source.why.as_str().to_owned())).collect();
    let mut data: Vec<(usize, &str, Option<&str>)> = doc
        .candidates
        .iter()
        .flat_map(|candidate| &candidate.evidence)
        .map(|evidence| (evidence.factor, evidence.datum.as_str(), evidence.item.as_deref()))
        .collect();
    data.sort_unstable();
    data.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
    served.evidence_count = data.len();
    served.evidence = uncovered.then(|| {
        data.iter()
            .map(|(factor, datum, item)| Datum {
                source: doc.factors.get(*factor).map_or_else(String::new, |factor| label(&factor.id)),
                title: item.map_or_else(|| (*datum).to_owned(), &title),
            })
            .collect()
    });
}
