//! The preview is the list a ranker makes that never saw the data.

mod shop;

use candor_protocol::{Code, Item, Method, Pin};
use candor_reasoning::{Move, Without, check, preview, rank};
use proptest::prelude::*;
use shop::{blank_candidate, datum, shops, table_of};

proptest! {
    #[test]
    fn without_a_source_it_is_the_list_made_without_it(shop in shops(), off in 0usize..4) {
        let off = off % shop.sources.len();
        let said = preview(&shop.document(&[], &[], false), &Without::factor(off)).unwrap().items;
        prop_assert_eq!(said, shop.document(&[off], &[], true).shown);
    }

    #[test]
    fn without_any_set_of_sources_it_is_the_list_made_without_them(shop in shops(), mask in 0usize..16) {
        let off: Vec<usize> = (0..shop.sources.len()).filter(|s| mask >> s & 1 == 1).collect();
        let without = Without { factors: off.clone(), data: Vec::new() };
        let said = preview(&shop.document(&[], &[], false), &without).unwrap().items;
        prop_assert_eq!(said, shop.document(&off, &[], true).shown);
    }

    #[test]
    fn without_a_datum_it_is_the_list_made_without_it(shop in shops(), s in 0usize..4, d in 0usize..5) {
        let s = s % shop.sources.len();
        prop_assume!(!shop.sources[s].is_empty());
        let d = d % shop.sources[s].len();
        let said = preview(&shop.document(&[], &[], false), &Without::datum(s, datum(d))).unwrap().items;
        prop_assert_eq!(said, shop.document(&[], &[(s, d)], true).shown);
    }

    #[test]
    fn scores_without_data_are_the_same_bit_for_bit(shop in shops(), s in 0usize..4) {
        let s = s % shop.sources.len();
        let out: Vec<(usize, usize)> = (0..shop.sources[s].len()).step_by(2).map(|d| (s, d)).collect();
        let without = Without { factors: vec![], data: out.iter().map(|(s, d)| (*s, datum(*d))).collect() };
        let (full, bare) = (shop.document(&[], &[], false), shop.document(&[], &out, true));
        let said: Vec<_> = rank(&full, &without).unwrap().iter().map(|p| (full.candidates[p.candidate].item.clone(), p.score.to_bits())).collect();
        let made: Vec<_> = rank(&bare, &Without::default()).unwrap().iter().map(|p| (bare.candidates[p.candidate].item.clone(), p.score.to_bits())).collect();
        prop_assert_eq!(said, made);
    }

    #[test]
    fn documents_of_any_shop_pass_the_check(shop in shops()) {
        prop_assert_eq!(check(&shop.document(&[], &[], false)), Ok(()));
    }
}

#[test]
fn ties_stand_in_the_byte_order_of_ids_and_minus_zero_is_zero() {
    let doc = table_of(4, 1, &[("b", &[0.0, 0.0]), ("a", &[-0.0, -0.0]), ("B", &[0.0, 0.0]), ("a1", &[0.5, -0.5])]);
    assert_eq!(doc.shown, ["B", "a", "a1", "b"]);
}

#[test]
fn what_a_number_is_not_is_refused_with_its_place() {
    let mut doc = table_of(2, 1, &[("a", &[1.0, 0.0]), ("b", &[0.0, 0.0])]);
    doc.candidates[1].contributions[0] = f64::MAX;
    doc.candidates[1].contributions[1] = f64::MAX;
    let fault = rank(&doc, &Without::default()).unwrap_err();
    assert_eq!((fault.code, fault.place.as_str()), (Code::BadNumber, "/candidates/1"));
}

#[test]
fn moves_name_ranks_within_the_list_only() {
    let doc = table_of(2, 1, &[("a", &[5.0, 0.0]), ("b", &[0.0, 3.0]), ("c", &[0.0, 2.0]), ("d", &[0.0, 1.0])]);
    let found = preview(&doc, &Without::factor(0)).unwrap();
    assert_eq!(found.items, ["b", "c"]);
    assert_eq!(found.changed, 1);
    let step = |item: &str, before, after| Move { item: item.into(), before, after };
    assert_eq!(found.moves, [step("a", Some(1), None), step("b", Some(2), Some(1)), step("c", None, Some(2))]);
}

#[test]
fn switching_off_a_source_brings_back_what_it_kept_out() {
    let mut doc = table_of(2, 1, &[("a", &[1.0, 9.0]), ("b", &[1.0, 1.0]), ("c", &[1.0, 0.5])]);
    doc.candidates[0].excluded_by = vec![candor_protocol::Exclusion { factor: 0, refs: vec!["x".into(), "y".into()] }];
    assert_eq!(preview(&doc, &Without::default()).unwrap().items, ["b", "c"]);
    assert_eq!(preview(&doc, &Without::factor(0)).unwrap().items, ["a", "b"]);
    assert_eq!(preview(&doc, &Without::datum(0, "x")).unwrap().items, ["b", "c"], "y still keeps it out");
    let both = Without { factors: vec![], data: vec![(0, "x".into()), (0, "y".into())] };
    assert_eq!(preview(&doc, &both).unwrap().items, ["a", "b"]);
}

#[test]
fn pinned_items_keep_their_place_and_the_others_theirs() {
    let mut doc = table_of(3, 1, &[("a", &[3.0, 0.0]), ("b", &[2.0, 0.0]), ("c", &[0.0, 1.0]), ("d", &[0.0, 0.5])]);
    doc.pinned = vec![Pin { position: 2, item: "d".into(), reason: None }];
    assert_eq!(preview(&doc, &Without::default()).unwrap().items, ["a", "d", "b"]);
    assert_eq!(preview(&doc, &Without::factor(0)).unwrap().items, ["c", "d", "a"]);
    doc.pinned.push(Pin { position: 9, item: "a".into(), reason: None });
    let whole: Vec<usize> = rank(&doc, &Without::default()).unwrap().iter().map(|p| p.candidate).collect();
    assert_eq!(whole, [1, 3, 2, 0], "a place beyond the end is the end");
}

#[test]
fn a_table_answers_for_sources_and_refuses_the_rest() {
    let mut doc = table_of(1, 2, &[("a", &[0.0, 0.0, 0.0]), ("b", &[0.0, 0.0, 0.0])]);
    doc.method = Method::Table;
    doc.candidates[0].values = vec![0.0, 1.0, 2.0, 9.0];
    doc.candidates[1].values = vec![5.0, 0.5, 3.0, 4.0];
    let first = |without: &Without| preview(&doc, without).map(|found| found.items[0].clone());
    assert_eq!(first(&Without::default()).unwrap(), "a");
    assert_eq!(first(&Without::factor(0)).unwrap(), "b");
    assert_eq!(first(&Without::factor(1)).unwrap(), "a");
    assert_eq!(first(&Without::factor(2)).unwrap_err().code, Code::NoPreview);
    assert_eq!(first(&Without::datum(0, "x")).unwrap_err().code, Code::NoPreview);
}

#[test]
fn what_the_document_cannot_answer_is_refused() {
    let mut doc = table_of(1, 1, &[("a", &[1.0, 0.0])]);
    let code = |doc: &_, without: &Without| preview(doc, without).unwrap_err().code;
    assert_eq!(code(&doc, &Without::factor(7)), Code::UnknownFactor);
    assert_eq!(code(&doc, &Without::factor(usize::MAX)), Code::UnknownFactor);
    assert_eq!(code(&doc, &Without::datum(0, "never seen")), Code::NotListed);
    doc.method = Method::Attribution;
    assert_eq!(code(&doc, &Without::default()), Code::NoPreview);
}

#[test]
fn a_list_shorter_than_its_limit_is_no_fault() {
    let mut doc = table_of(9, 1, &[("a", &[1.0, 0.0])]);
    doc.items.push(Item { id: "z".into(), title: "z".into(), url: None, image: None, price: None });
    doc.candidates.push(blank_candidate("z"));
    doc.candidates[1].contributions = vec![-1.0, 0.0];
    assert_eq!(preview(&doc, &Without::default()).unwrap().items, ["a", "z"]);
}
