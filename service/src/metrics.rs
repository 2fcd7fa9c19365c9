//! Counters for /metrics. No label holds anything personal.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    pub decisions: AtomicU64,
    pub superseded: AtomicU64,
    pub replayed: AtomicU64,
    pub conflicts: AtomicU64,
    pub evaluations: AtomicU64,
    pub refusals: AtomicU64,
    pub recommendations: AtomicU64,
    pub refused_documents: AtomicU64,
    pub lost_in_gaps: AtomicU64,
    pub delivered: AtomicU64,
    pub undelivered: AtomicU64,
    pub dead_letters: AtomicU64,
    pub closed_gaps: AtomicU64,
}

impl Metrics {
    /// A request answered, by the template of its route.
    pub fn answered(&self, route: &'static str, status: u16) {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry((route, status)).or_default() += 1;
    }

    /// Prometheus' text format.
    pub fn text(&self, queue: usize, listeners: usize, limited: &[(&'static str, u64)]) -> String {
        use std::fmt::Write;
        let mut out = String::new();
        let mut family = |name: &str, kind: &str, help: &str, lines: Vec<(String, u64)>| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in lines {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        };
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = requests
            .iter()
            .map(|((route, status), count)| (format!("{{route=\"{route}\",status=\"{status}\"}}"), *count))
            .collect();
        family("candor_requests_total", "counter", "Requests answered, by route template and status.", lines);
        let lines = limited.iter().map(|(limit, count)| (format!("{{limit=\"{limit}\"}}"), *count)).collect();
        family("candor_limited_total", "counter", "Requests refused as too many, by limit.", lines);
        for (name, help, counter) in [
            ("candor_decisions_total", "Decisions recorded.", &self.decisions),
            ("candor_decisions_superseded_total", "Decisions recorded with a change not in force.", &self.superseded),
            ("candor_decisions_replayed_total", "Decisions sent again and answered as before.", &self.replayed),
            ("candor_decisions_conflicting_total", "Decision ids sent again with other content.", &self.conflicts),
            (
                "candor_decision_gaps_total",
                "Decisions that opened a gap in their device's sequence.",
                &self.lost_in_gaps,
            ),
            ("candor_decision_gaps_closed_total", "Gaps that late decisions closed.", &self.closed_gaps),
            ("candor_evaluations_total", "Evaluations answered.", &self.evaluations),
            ("candor_evaluations_refused_total", "Evaluations answered with no.", &self.refusals),
            ("candor_recommendations_total", "Documents kept.", &self.recommendations),
            ("candor_recommendations_refused_total", "Documents refused.", &self.refused_documents),
            ("candor_webhooks_delivered_total", "Messages that an endpoint took.", &self.delivered),
            ("candor_webhooks_failed_total", "Attempts that an endpoint did not take.", &self.undelivered),
            ("candor_webhooks_dead_total", "Messages given up; the desk can send them again.", &self.dead_letters),
        ] {
            family(name, "counter", help, vec![(String::new(), counter.load(Ordering::Relaxed))]);
        }
        family("candor_writer_queue", "gauge", "Writes that wait.", vec![(String::new(), queue as u64)]);
        family("candor_live_listeners", "gauge", "Browsers that listen.", vec![(String::new(), listeners as u64)]);
        out
    }
}

/// One more.
pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
