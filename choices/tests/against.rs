//! Why a grant was superseded, as its person may be told.

mod world;

use candor_choices::{Received, Record, Terms, against};
use candor_protocol::{Binding, Choice, Content, Decision, DecisionMethod, Obstacle, Outcome, Place, Timestamp};
use world::{CONTROL, EPOCH, about_datum, at, deny, grant, notice, terms};

/// A subject's decisions, received one a second, and what was answered to each.
struct Told {
    terms: Terms,
    record: Record,
    rows: Vec<(Decision, Timestamp, String, Outcome)>,
}

impl Told {
    fn new(terms: Terms) -> Self {
        Told { terms, record: Record::new(EPOCH), rows: Vec::new() }
    }

    fn hear(&mut self, decision: Decision) -> &mut Self {
        let when = at(1_000 * (self.rows.len() as i64 + 1));
        let outcome = self.record.decide(&decision, &self.terms, when);
        self.rows.push((decision, when, self.record.epoch().to_owned(), outcome));
        self
    }

    /// What stands against the decision that was received as the `nth`, on the device D2.
    fn against(&self, nth: usize) -> Vec<Obstacle> {
        let now = at(1_000 * (self.rows.len() as i64 + 1));
        let history: Vec<Received<'_>> = self
            .rows
            .iter()
            .map(|(decision, at, epoch, outcome)| Received { decision, at: *at, epoch, outcome: Some(outcome) })
            .collect();
        let place = |denial: &Decision| if denial.device == "D2" { Place::Here } else { Place::Other };
        let choices = self.record.choices(&self.terms, now, Some("D2"));
        let (decision, _, _, outcome) = &self.rows[nth];
        let found = against(decision, &outcome.results, &history, &choices, &self.terms, now, place);
        assert!(found.iter().all(|one| one.control == CONTROL));
        found.into_iter().map(|one| one.obstacle).collect()
    }
}

fn withdrawn(place: Place, second: i64) -> Obstacle {
    Obstacle { place: Some(place), at: Some(at(1_000 * second)), terms_changed: false }
}

#[test]
fn a_denial_elsewhere_is_named_with_its_moment() {
    let mut told = Told::new(terms());
    told.hear(grant("D2", 1, 0)).hear(deny("D1", 1, 1)).hear(grant("D2", 2, 1));
    assert_eq!(told.against(2), [withdrawn(Place::Other, 2)]);
    assert_eq!(told.against(0), [], "what applied has nothing against it");
}

#[test]
fn the_last_denial_that_was_not_seen_is_the_one_that_is_named() {
    let mut told = Told::new(terms());
    told.hear(deny("D1", 1, 0)).hear(deny("D3", 1, 1)).hear(deny("D4", 1, 2)).hear(grant("D2", 1, 1));
    assert_eq!(told.against(3), [withdrawn(Place::Other, 3)]);
    // Whoever had seen that one is told of the one before it.
    let mut told = Told::new(terms());
    told.hear(deny("D1", 1, 0)).hear(deny("D2", 1, 1)).hear(grant("D2", 2, 0));
    assert_eq!(told.against(2), [withdrawn(Place::Other, 1)], "their own denial they know");
}

/// Another tab of their own device said no, and the two gave the same numbers.
#[test]
fn a_denial_of_their_own_that_no_number_says_came_first_is_named() {
    let mut told = Told::new(terms());
    let other_tab = Decision { device: "D2".to_owned(), ..deny("D2b", 1, 0) };
    told.hear(other_tab).hear(grant("D2", 1, 0)).hear(grant("D2", 2, 0));
    assert_eq!(told.against(2), [withdrawn(Place::Here, 1)]);
}

#[test]
fn a_denial_of_something_else_is_not_named() {
    let mut told = Told::new(terms());
    told.hear(about_datum(deny("D1", 1, 0), "r1")).hear(deny("D3", 1, 0)).hear(about_datum(grant("D2", 1, 0), "r1"));
    assert_eq!(told.against(2), [withdrawn(Place::Other, 1)]);
    // A refusal that binds another device alone says nothing about the account.
    let mut told = Told::new(terms());
    told.hear(deny("D1", 1, 0)).hear(Decision { binds: Binding::Device, ..deny("D3", 1, 0) }).hear(grant("D2", 1, 0));
    assert_eq!(told.against(2), [withdrawn(Place::Other, 1)]);
}

#[test]
fn what_is_on_again_by_now_has_nothing_against_it() {
    let mut told = Told::new(terms());
    told.hear(deny("D1", 1, 0)).hear(grant("D2", 1, 0)).hear(grant("D1", 2, 1));
    assert_eq!(told.against(1), []);
}

#[test]
fn terms_that_changed_are_said_alone_and_beside_a_denial() {
    let mut moved = terms();
    moved.add(notice("N2", 500, "T2", None));
    let changed = Obstacle { terms_changed: true, ..Obstacle::default() };
    let mut told = Told::new(moved.clone());
    told.hear(grant("D2", 1, 0));
    assert_eq!(told.against(0), [changed]);
    let mut told = Told::new(moved);
    told.hear(deny("D1", 1, 0)).hear(grant("D2", 1, 0));
    assert_eq!(told.against(1), [Obstacle { terms_changed: true, ..withdrawn(Place::Other, 1) }]);
    // Another notice with the same terms asks the same.
    let mut same = terms();
    same.add(notice("N2", 500, "T1", None));
    let mut told = Told::new(same);
    told.hear(deny("D1", 1, 0)).hear(grant("D2", 1, 0));
    assert_eq!(told.against(1), [withdrawn(Place::Other, 1)]);
}

#[test]
fn a_record_that_began_anew_is_said_where_every_denial_had_been_seen() {
    let mut told = Told::new(terms());
    told.hear(deny("D1", 1, 0)).hear(grant("D2", 1, 1));
    assert!(told.against(1).is_empty(), "it had seen the denial");
    told.record.begin_epoch("e_F");
    told.hear(deny("D2", 2, 2));
    told.hear(grant("D2", 3, 2));
    assert_eq!(told.against(3), [Obstacle { place: Some(Place::Anew), ..Obstacle::default() }]);
    // One that was made since is named.
    told.hear(deny("D1", 2, 0));
    told.hear(grant("D2", 4, 2));
    assert_eq!(told.against(5), [withdrawn(Place::Other, 5)]);
}

#[test]
fn an_imported_denial_bears_the_moment_the_shop_gives() {
    let mut told = Told::new(terms());
    told.hear(Decision { method: DecisionMethod::Import, occurred_at: at(-99_000), ..deny("D1", 1, 0) });
    told.hear(grant("D2", 1, 0));
    assert_eq!(told.against(1), [withdrawn(Place::Other, -99)]);
}

#[test]
fn of_a_decision_with_several_changes_only_what_was_superseded_is_explained() {
    let mut told = Told::new(terms());
    let mut both = grant("D2", 1, 0);
    if let Content::Changes(changes) = &mut both.content {
        let mut datum = changes[0].clone();
        datum.datum = Some("r1".to_owned());
        datum.choice = Choice::Denied;
        changes.insert(0, datum);
    }
    told.hear(deny("D1", 1, 0)).hear(both);
    assert_eq!(told.against(1), [withdrawn(Place::Other, 1)]);
}
