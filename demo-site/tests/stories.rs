//! The sixty seconds, as numbers: what each persona's story needs to come true.

use candor_demo::gate::{Allowed, Verdict};
use candor_demo::persona::{BABY_GIFT, Persona};
use candor_demo::picks::{Place, document};
use candor_demo::shelf::{SOURCES, Shelf};
use candor_demo::visitor::Visitor;
use candor_protocol::{Base, Explanation, Kind};
use std::sync::OnceLock;

fn shelf() -> &'static Shelf {
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    SHELF.get_or_init(|| Shelf::own("http://127.0.0.1:8400").unwrap())
}

fn visitor(persona: Persona) -> Visitor {
    Visitor::read(&Default::default(), Some(persona.id()), shelf())
}

fn allowed(granted: &[&str], left_out: &[&str]) -> Allowed {
    let verdict = |source: &&str| Verdict {
        source: (*source).to_owned(),
        granted: granted.contains(source),
        left_out: if *source == "orders" { left_out.iter().map(|id| (*id).to_owned()).collect() } else { Vec::new() },
        reason: if granted.contains(source) { "granted" } else { "unset" }.to_owned(),
        may_ask: !granted.contains(source),
    };
    Allowed {
        subject: Some("sub_test".into()),
        base: Base { epoch: "e_test".into(), rev: 1 },
        notice: "sha256-0".into(),
        valid_until: candor_demo::picks::now(),
        sources: SOURCES.iter().map(verdict).collect(),
    }
}

fn made(persona: Persona, granted: &[&str], left_out: &[&str]) -> Explanation {
    document(shelf(), &visitor(persona), &Place::Home, Some(&allowed(granted, left_out)), "sha256-0").unwrap()
}

fn titles(items: &[String]) -> Vec<&str> {
    let title = |id: &String| shelf().catalogue.get(id).unwrap().title(candor_demo::language::Language::English);
    items.iter().map(title).collect()
}

fn is_baby(id: &str) -> bool {
    shelf().catalogue.get(id).is_some_and(|product| product.category == "baby")
}

#[test]
fn hannas_list_rests_on_her_orders_and_three_of_five_change_without_them() {
    let with = made(Persona::Hanna, Persona::Hanna.granted(), &[]);
    let without = made(Persona::Hanna, &["returns", "basket"], &[]);
    println!("with    {:?}\nwithout {:?}", titles(&with.shown), titles(&without.shown));
    assert_eq!(candor_recommender::leading_kind(&with), Kind::Personal);
    let changed = with.shown.iter().filter(|item| !without.shown.contains(item)).count();
    assert_eq!(changed, 3, "{:?} became {:?}", titles(&with.shown), titles(&without.shown));
    // The sentence of the first card is "Because you bought …".
    let first = with.candidate(&with.shown[0]).unwrap();
    assert!(
        first.evidence.iter().any(|evidence| with.factors[evidence.factor].id == "orders" && evidence.weight > 0.0)
    );
}

#[test]
fn hannas_returns_hold_something_back() {
    let with = made(Persona::Hanna, Persona::Hanna.granted(), &[]);
    let without = made(Persona::Hanna, &["orders", "basket"], &[]);
    println!("without returns {:?}", titles(&without.shown));
    assert!(with.factors.iter().any(|factor| factor.id == "returns"));
    assert_ne!(with.shown, without.shown);
}

#[test]
fn tomeks_gift_brings_baby_things_and_leaving_it_out_removes_only_those() {
    let with = made(Persona::Tomek, Persona::Tomek.granted(), &[]);
    let without = made(Persona::Tomek, Persona::Tomek.granted(), &[BABY_GIFT]);
    println!("with    {:?}\nwithout {:?}", titles(&with.shown), titles(&without.shown));
    let baby: Vec<&String> = with.shown.iter().filter(|item| is_baby(item)).collect();
    assert!(baby.len() >= 2, "only {:?}", titles(&with.shown));
    assert!(is_baby(&with.shown[0]) || is_baby(&with.shown[1]), "the gift does not show: {:?}", titles(&with.shown));
    assert!(without.shown.iter().all(|item| !is_baby(item)), "{:?}", titles(&without.shown));
    // Everything else stays, in the same order.
    let rest: Vec<&String> = with.shown.iter().filter(|item| !is_baby(item)).collect();
    let stayed: Vec<&String> = without.shown.iter().filter(|item| with.shown.contains(item)).collect();
    assert_eq!(rest, stayed);
}

#[test]
fn noras_list_rests_on_nothing_of_hers_until_she_allows_her_basket() {
    let nobody = document(shelf(), &visitor(Persona::Nora), &Place::Home, None, "sha256-0").unwrap();
    println!("popular {:?}", titles(&nobody.shown));
    assert_eq!(nobody.personal(), 0);
    assert_eq!(nobody.subject, None);
    assert_eq!(candor_recommender::leading_kind(&nobody), Kind::General);
    let basket = made(Persona::Nora, &["basket"], &[]);
    println!("basket  {:?}", titles(&basket.shown));
    assert_eq!(candor_recommender::leading_kind(&basket), Kind::Personal);
    assert_ne!(nobody.shown, basket.shown);
}

#[test]
fn what_is_not_allowed_is_in_no_document() {
    let returned = "3010";
    let document = made(Persona::Tomek, &["orders"], &[]);
    assert!(document.factors.iter().all(|factor| factor.id != "returns" && factor.id != "basket"));
    assert!(document.not_used.iter().any(|unused| unused.id == "returns"));
    // He bought it too, so the order may name it; its return may not.
    let exclusions = document.candidates.iter().flat_map(|candidate| &candidate.excluded_by);
    assert!(
        exclusions
            .filter(|out| out.refs.iter().any(|id| id == returned))
            .all(|out| document.factors[out.factor].id == "orders")
    );
    let none = made(Persona::Hanna, &[], &[]);
    assert_eq!(none.personal(), 0);
    assert!(none.candidates.iter().all(|candidate| candidate.evidence.is_empty()));
}

#[test]
fn sensitive_items_are_never_proposed_nor_evidence() {
    for persona in [Persona::Hanna, Persona::Tomek, Persona::Nora] {
        let document = made(persona, &SOURCES, &[]);
        for product in shelf().catalogue.iter().filter(|product| product.sensitive) {
            assert!(!shelf().model.knows(&product.id));
            assert!(document.item(&product.id).is_none());
        }
    }
}

#[test]
fn a_product_goes_with_others_of_its_kind_the_same_for_everyone() {
    let place = Place::Product("3001".into());
    let hers = document(shelf(), &visitor(Persona::Hanna), &place, None, "sha256-0").unwrap();
    let his = document(shelf(), &visitor(Persona::Tomek), &place, None, "sha256-0").unwrap();
    assert_eq!(hers.shown, his.shown);
    assert_eq!(candor_recommender::leading_kind(&hers), Kind::Context);
    let garden = |item: &&String| shelf().catalogue.get(item).unwrap().category == "garden";
    assert!(hers.shown.iter().filter(garden).count() >= 3, "{:?}", titles(&hers.shown));
}

#[test]
fn a_paid_place_names_its_payer() {
    let document = document(shelf(), &visitor(Persona::Nora), &Place::Home, None, "sha256-0").unwrap();
    let paid: Vec<_> = document.factors.iter().filter(|factor| factor.kind == Kind::Commercial).collect();
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0].paid_by.as_deref(), Some("Two Rivers Tea"));
}
