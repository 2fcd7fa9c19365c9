//! Numbers that do not add up are not shown, and not stored.

mod shop;

use candor_protocol::{Code, EvidenceRest, Method, Observed};
use candor_reasoning::{Sums, check, check_sums};
use shop::{Shop, item, table_of};

fn shop() -> Shop {
    let one = 1i64 << 40;
    Shop {
        sources: vec![vec![vec![one, 0, 0], vec![one / 2, one, 0]], vec![vec![0, 0, one * 3]]],
        kept_out: vec![vec![], vec![]],
        popularity: vec![1, 2, 3],
        limit: 2,
    }
}

#[test]
fn a_document_as_made_adds_up() {
    let doc = shop().document(&[], &[], false);
    assert_eq!(check_sums(&doc), Sums::AddUp);
    assert_eq!(check(&doc), Ok(()));
}

#[test]
fn a_score_that_is_not_the_sum_is_found() {
    let mut doc = shop().document(&[], &[], false);
    doc.candidates[1].score += 1e-7;
    assert_eq!(check_sums(&doc), Sums::DoNot { candidate: item(1), place: "/candidates/1/score".into() });
    assert_eq!(check(&doc).unwrap_err().code, Code::DoesNotAdd);
}

#[test]
fn evidence_that_is_not_its_contribution_is_found() {
    let mut doc = shop().document(&[], &[], false);
    doc.candidates[0].evidence[0].weight += 1e-7;
    assert_eq!(check_sums(&doc), Sums::DoNot { candidate: item(0), place: "/candidates/0/evidence".into() });
    let mut doc = shop().document(&[], &[], false);
    doc.candidates[0].evidence.clear();
    assert!(matches!(check_sums(&doc), Sums::DoNot { .. }), "a source that lists data accounts for all of it");
}

#[test]
fn the_tolerance_is_of_the_sum_of_magnitudes() {
    let mut doc = table_of(1, 1, &[("a", &[1e6, -1e6])]);
    doc.candidates[0].score = 1.9e-3;
    assert_eq!(check_sums(&doc), Sums::AddUp, "1e-9 of 2e6 is 2e-3");
    doc.candidates[0].score = 2.1e-3;
    assert!(matches!(check_sums(&doc), Sums::DoNot { .. }));
    doc.candidates[0].score = f64::NAN;
    assert!(matches!(check_sums(&doc), Sums::DoNot { .. }));
}

#[test]
fn a_list_that_is_not_its_own_top_is_refused() {
    let mut doc = shop().document(&[], &[], false);
    doc.shown.swap(0, 1);
    assert_eq!(check(&doc).unwrap_err().code, Code::NotTheTop);
    let mut doc = shop().document(&[], &[], false);
    doc.shown.pop();
    assert_eq!(check(&doc).unwrap_err().code, Code::NotTheTop);
}

#[test]
fn a_listed_datum_hidden_in_a_rest_is_refused() {
    let mut doc = shop().document(&[], &[], false);
    // d1 counts for i0 and i1; of i0 it is now told only as "1 other".
    let hidden = doc.candidates[0].evidence.remove(1);
    doc.candidates[0].evidence_rest = vec![EvidenceRest { factor: 0, count: 1, weight: hidden.weight }];
    assert_eq!(check_sums(&doc), Sums::AddUp);
    let fault = check(&doc).unwrap_err();
    assert_eq!((fault.code, fault.place.as_str()), (Code::NotListed, "/candidates/0/evidence_rest"));
    // With a datum more in the source than is listed anywhere, it may be that one.
    doc.factors[0].observed = Some(Observed { from: None, to: None, count: 3 });
    assert_eq!(check(&doc), Ok(()));
}

#[test]
fn a_table_is_held_against_its_last_value_and_words_against_nothing() {
    let mut doc = table_of(1, 1, &[("a", &[3.0, 1.0])]);
    doc.method = Method::Table;
    doc.candidates[0].values = vec![1.0, 4.0];
    assert_eq!(check(&doc), Ok(()));
    doc.candidates[0].values[1] = 5.0;
    assert_eq!(check(&doc).unwrap_err().code, Code::DoesNotAdd);
    doc.method = Method::Citation;
    assert_eq!(check_sums(&doc), Sums::NotClaimed);
    assert_eq!(check(&doc), Ok(()));
}
