//! Words for weights, and the sentence.

mod shop;

use candor_protocol::{Evidence, Exclusion, Kind, Method};
use candor_reasoning::{
    Sentence, Weight, Without, datum_effects, leading_kind, preview, sentence, shares, source_effects,
};
use proptest::prelude::*;
use shop::{shops, table_of};

fn evidence(factor: usize, datum: &str, item: Option<&str>, weight: f64) -> Evidence {
    Evidence { factor, datum: datum.into(), item: item.map(str::to_owned), weight }
}

#[test]
fn each_source_gets_its_word_and_the_strongest_comes_first() {
    // f0 carries a from last to first, f1 by one place, f2 changes nothing, f3 holds it back.
    let rows: &[(&str, &[f64])] = &[
        ("a", &[3.0, 1.5, 0.1, -0.4, 0.0]),
        ("b", &[0.0, 0.0, 0.0, 0.0, 3.5]),
        ("c", &[0.0, 0.0, 0.0, 0.0, 2.0]),
        ("d", &[0.0, 0.0, 0.0, 0.0, 4.5]),
    ];
    let doc = table_of(3, 4, rows);
    assert_eq!(doc.shown, ["d", "a", "b"]);
    let found: Vec<_> =
        source_effects(&doc, Some("a")).unwrap().iter().map(|e| (e.factor, e.weight, e.before, e.after)).collect();
    assert_eq!(
        found,
        [
            (0, Weight::MainReason, Some(2), None),
            (1, Weight::AlsoCounted, Some(2), Some(3)),
            (3, Weight::CountedAgainst, Some(2), Some(1)),
            (2, Weight::HardlyMattered, Some(2), Some(2)),
        ]
    );
}

#[test]
fn ties_of_the_fall_are_broken_by_contribution() {
    let doc = table_of(2, 2, &[("a", &[2.0, 3.0, 0.0]), ("b", &[0.0, 0.0, 4.0]), ("c", &[0.0, 0.0, 1.0])]);
    let found = source_effects(&doc, None).unwrap();
    assert_eq!((found[0].factor, found[0].weight), (1, Weight::MainReason));
    assert_eq!((found[1].factor, found[1].weight), (0, Weight::AlsoCounted));
}

#[test]
fn data_of_an_item_are_those_that_count_for_it() {
    let mut doc = table_of(2, 1, &[("a", &[3.0, 0.0]), ("b", &[0.0, 2.0]), ("c", &[0.5, 1.0])]);
    doc.candidates[0].evidence = vec![evidence(0, "gift", Some("b"), 2.75), evidence(0, "cup", None, 0.25)];
    doc.candidates[2].evidence = vec![evidence(0, "lamp", None, 0.5)];
    let found = datum_effects(&doc, Some("a"), 0).unwrap();
    let names: Vec<_> = found.iter().map(|e| (e.datum.as_deref().unwrap(), e.weight)).collect();
    assert_eq!(names, [("gift", Weight::MainReason), ("cup", Weight::HardlyMattered)]);
    assert_eq!(found[0].contribution, 2.75);
    assert_eq!(found[0].changed, 1, "c comes in for a");
    // The list asks about its two places; the lamp speaks for neither.
    assert_eq!(datum_effects(&doc, None, 0).unwrap().len(), 2);
}

#[test]
fn the_sentence_names_the_evidence_of_the_strongest_removal() {
    let mut doc = table_of(2, 1, &[("a", &[3.0, 0.0]), ("b", &[0.0, 2.0]), ("c", &[0.0, 1.0])]);
    doc.candidates[0].evidence = vec![evidence(0, "x", Some("c"), 1.0), evidence(0, "y", Some("b"), 2.0)];
    assert_eq!(sentence(&doc, None), Sentence::BecauseOf { factor: 0, datum_item: Some("b".into()) });
    assert_eq!(leading_kind(&doc), Kind::Personal);
    doc.candidates[0].evidence[1].item = None;
    assert_eq!(sentence(&doc, None), Sentence::BecauseOf { factor: 0, datum_item: None });
}

#[test]
fn what_moves_nothing_is_not_the_reason() {
    let doc = table_of(2, 1, &[("a", &[0.1, 3.0]), ("b", &[0.0, 2.0]), ("c", &[0.0, 1.0])]);
    assert_eq!(sentence(&doc, None), Sentence::Popular);
    assert_eq!(leading_kind(&doc), Kind::General);
}

#[test]
fn a_list_whose_later_places_are_personal_says_so_on_the_chip() {
    let doc = table_of(2, 1, &[("a", &[0.0, 9.0]), ("b", &[3.0, 0.0]), ("c", &[0.0, 2.0])]);
    assert_eq!(sentence(&doc, None), Sentence::Popular, "of its first item");
    assert_eq!(leading_kind(&doc), Kind::Personal);
}

#[test]
fn advertising_says_so_first_and_context_is_told_apart() {
    let mut doc = table_of(2, 1, &[("a", &[3.0, 1.0, 0.0]), ("b", &[0.0, 0.0, 2.0]), ("c", &[0.0, 0.0, 1.0])]);
    doc.factors[1].kind = Kind::Commercial;
    doc.factors[1].paid_by = Some("Brand X".into());
    assert_eq!(sentence(&doc, None), Sentence::Ad { paid_by: "Brand X".into() });
    assert_eq!(leading_kind(&doc), Kind::Commercial);
    assert_eq!(sentence(&doc, Some("b")), Sentence::Popular);
    let mut doc = table_of(2, 1, &[("a", &[0.0, 3.0, 0.0]), ("b", &[0.0, 0.0, 2.0]), ("c", &[0.0, 0.0, 1.0])]);
    doc.factors[1].kind = Kind::Context;
    doc.candidates[0].evidence = vec![evidence(1, "page", Some("c"), 3.0)];
    assert_eq!(sentence(&doc, None), Sentence::Context { factor: 1, datum_item: Some("c".into()) });
    assert_eq!(leading_kind(&doc), Kind::Context);
}

#[test]
fn words_without_numbers_claim_no_reason_of_ours() {
    let mut doc = table_of(1, 1, &[("a", &[3.0, 1.0])]);
    doc.method = Method::Reason;
    assert_eq!(sentence(&doc, None), Sentence::Stated);
    assert_eq!(leading_kind(&doc), Kind::Personal);
    assert!(shares(&doc, "a").is_empty());
}

#[test]
fn shares_of_a_table_are_shapley_values_and_add_up() {
    let mut doc = table_of(1, 2, &[("a", &[0.0, 0.0, 0.0])]);
    doc.method = Method::Table;
    doc.candidates[0].values = vec![1.0, 3.0, 4.0, 10.0];
    let found = shares(&doc, "a");
    // By hand: first ½(3−1)+½(10−4) = 4, second ½(4−1)+½(10−3) = 5, the rest 1.
    let values: Vec<f64> = found.iter().map(|share| share.value).collect();
    assert_eq!(values, [4.0, 5.0, 1.0]);
    assert_eq!(found[2].factor, None);
    assert_eq!(found[0].part, 0.4);
}

proptest! {
    #[test]
    fn effects_say_what_the_preview_says(shop in shops()) {
        let doc = shop.document(&[], &[], false);
        for effect in source_effects(&doc, None).unwrap() {
            let list = preview(&doc, &Without::factor(effect.factor)).unwrap();
            prop_assert_eq!(effect.changed, list.changed);
            if let Some(first) = doc.shown.first() {
                prop_assert_eq!(effect.after, list.items.iter().position(|item| item == first).map(|at| at + 1));
            }
        }
    }

    #[test]
    fn at_most_one_main_reason_and_it_stands_first(shop in shops()) {
        let doc = shop.document(&[], &[], false);
        let found = source_effects(&doc, None).unwrap();
        prop_assert!(found.iter().skip(1).all(|effect| effect.weight != Weight::MainReason));
        let falls = found.iter().any(|e| e.after.unwrap_or(doc.limit + 1) > e.before.unwrap_or(doc.limit + 1));
        prop_assert_eq!(falls, found.first().is_some_and(|effect| effect.weight == Weight::MainReason));
    }
}

#[test]
fn an_exclusion_lifted_is_part_of_the_effect() {
    let mut doc = table_of(1, 1, &[("a", &[0.0, 1.0]), ("b", &[0.0, 9.0])]);
    doc.candidates[1].excluded_by = vec![Exclusion { factor: 0, refs: vec!["b".into()] }];
    doc.shown = vec!["a".into()];
    let found = source_effects(&doc, None).unwrap();
    assert_eq!((found[0].weight, found[0].after, found[0].changed), (Weight::MainReason, None, 1));
}
