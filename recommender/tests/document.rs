//! Every document against brute force: the list made again without the data is
//! the one the preview named, and the numbers are the ranker's, bit for bit.

mod shop;

use candor_protocol::{Explanation, Kind, WhyNotUsed, limits};
use candor_reasoning::{Sums, Without, check, check_sums, preview};
use candor_recommender::{Model, RequestError, Role, Source};
use proptest::prelude::*;
use shop::{Shop, data, id, request, shops};

fn document(shop: &Shop, model: &Model, sources: Vec<Source>) -> Explanation {
    model.recommend(&shop.request(sources)).unwrap()
}

/// The index of a source among those of the request, by its factor's id.
fn position(sources: &[Source], id: &str) -> usize {
    sources.iter().position(|source| source.id == id).unwrap()
}

fn listed(doc: &Explanation, factor: usize) -> Vec<String> {
    let evidence = doc.candidates.iter().flat_map(|c| &c.evidence).filter(|e| e.factor == factor).map(|e| &e.datum);
    let exclusions = doc.candidates.iter().flat_map(|c| &c.excluded_by).filter(|e| e.factor == factor);
    let mut refs: Vec<String> = evidence.chain(exclusions.flat_map(|e| &e.refs)).cloned().collect();
    refs.sort();
    refs.dedup();
    refs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_list_made_without_any_sources_is_its_preview(shop in shops()) {
        let Some(model) = shop.model(&[]) else { return Ok(()) };
        let sources = shop.sources();
        let doc = document(&shop, &model, sources.clone());
        for off in 0u32..1 << doc.personal() {
            let factors: Vec<usize> = (0..doc.personal()).filter(|factor| off >> factor & 1 == 1).collect();
            let mut rest = sources.clone();
            rest.retain(|source| !factors.iter().any(|factor| doc.factors[*factor].id == source.id));
            let said = preview(&doc, &Without { factors, data: Vec::new() }).unwrap().items;
            prop_assert_eq!(said, document(&shop, &model, rest).shown, "off {:b}", off);
        }
    }

    #[test]
    fn a_list_made_without_any_listed_datum_is_its_preview(shop in shops()) {
        let Some(model) = shop.model(&[]) else { return Ok(()) };
        let sources = shop.sources();
        let doc = document(&shop, &model, sources.clone());
        for factor in 0..doc.personal() {
            for datum in listed(&doc, factor) {
                let mut rest = sources.clone();
                let at = position(&rest, &doc.factors[factor].id);
                rest[at].left_out.push(datum.clone());
                let served = document(&shop, &model, rest.clone());
                let said = preview(&doc, &Without::datum(factor, datum.clone())).unwrap().items;
                prop_assert_eq!(&said, &served.shown, "{} of {}", datum, factor);
                rest[at].data.retain(|had| had.item != datum);
                let unseen = document(&shop, &model, rest);
                prop_assert_eq!(unseen, served, "handed over or not, what is left out is not used");
            }
        }
    }

    #[test]
    fn contributions_and_evidence_add_up_to_the_last_bit(shop in shops()) {
        let Some(model) = shop.model(&[]) else { return Ok(()) };
        let doc = document(&shop, &model, shop.sources());
        prop_assert_eq!(check_sums(&doc), Sums::AddUp);
        prop_assert_eq!(check(&doc), Ok(()));
        for candidate in &doc.candidates {
            let sum: f64 = candidate.contributions.iter().rev().sum();
            prop_assert_eq!(sum + 0.0, candidate.score);
            for (factor, contribution) in candidate.contributions.iter().enumerate() {
                let evidence: f64 = candidate.evidence.iter().filter(|e| e.factor == factor).map(|e| e.weight).sum();
                let rest: f64 = candidate.evidence_rest.iter().filter(|r| r.factor == factor).map(|r| r.weight).sum();
                if matches!(doc.factors[factor].kind, Kind::Personal | Kind::Context) {
                    prop_assert_eq!(evidence + rest + 0.0, *contribution);
                }
            }
            let units = candidate.evidence.iter().map(|e| e.weight * (1u64 << 40) as f64);
            prop_assert!(units.clone().all(|unit| unit.fract() == 0.0), "every weight is a multiple of 2^-40");
        }
    }

    #[test]
    fn a_document_survives_being_written_and_read(shop in shops()) {
        let Some(model) = shop.model(&[]) else { return Ok(()) };
        let doc = document(&shop, &model, shop.sources());
        let json = serde_json::to_string(&doc).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(Explanation::read(&value).unwrap(), doc);
    }

    #[test]
    fn nothing_of_a_source_that_is_not_given_is_in_the_document(shop in shops(), hidden in 0usize..4) {
        let Some(model) = shop.model(&[]) else { return Ok(()) };
        prop_assume!(hidden < shop.sources.len());
        let mut sources = shop.sources();
        sources.remove(hidden);
        let doc = document(&shop, &model, sources.clone());
        // The hidden source's own data changed altogether: the document does not know.
        let mut other = shop.clone();
        other.sources[hidden].1 = vec![1, 3, 5];
        let mut rest = other.sources();
        rest.remove(hidden);
        prop_assert_eq!(document(&other, &model, rest), doc);
    }

    #[test]
    fn sensitive_items_are_neither_candidate_nor_evidence_nor_counted(shop in shops(), flagged in 0usize..6) {
        let Some(model) = shop.model(&[flagged]) else { return Ok(()) };
        let doc = document(&shop, &model, shop.sources());
        let json = serde_json::to_string(&doc).unwrap();
        let named = json.contains(&format!("\"{}\"", id(flagged)));
        prop_assert!(!named);
        let mut cleaned = shop.clone();
        cleaned.sources.iter_mut().for_each(|(_, items)| items.retain(|item| *item != flagged));
        prop_assert_eq!(document(&shop, &model, cleaned.sources()), doc, "not even the count tells");
    }
}

/// Two groups of taste: 0 to 4 are bought together, 5 to 9 are; 9 most of all.
fn tastes() -> Shop {
    let mut baskets = Vec::new();
    for turn in 0..6 {
        baskets.push((0..5).filter(|item| item % 6 != turn).collect());
        baskets.push((5..10).filter(|item| item % 6 != turn).collect());
        baskets.push(vec![9]);
    }
    Shop { baskets, sources: Vec::new(), page: None, boost: None, limit: 3, neighbours: 100 }
}

#[test]
fn what_was_bought_brings_its_neighbours_and_stays_out_itself() {
    let model = tastes().model(&[]).unwrap();
    let doc = model.recommend(&request(vec![Source::new("orders", Role::Bought, data(&[0, 1]))], 3)).unwrap();
    let mut shown = doc.shown.clone();
    shown.sort();
    assert_eq!(shown, [id(2), id(3), id(4)]);
    let without = preview(&doc, &Without::factor(0)).unwrap();
    assert_eq!(without.items[0], id(9), "what most people buy");
}

#[test]
fn what_was_sent_back_counts_against_its_neighbours() {
    let model = tastes().model(&[]).unwrap();
    let returns = Source::new("returns", Role::Returned, data(&[8]));
    let doc = model.recommend(&request(vec![returns], 9)).unwrap();
    assert!(!doc.shown.contains(&id(8)), "kept out");
    let candidate = doc.candidate(&id(7)).unwrap();
    assert!(candidate.contributions[0] < 0.0);
    assert!(doc.candidates.iter().all(|candidate| candidate.contributions[0] <= 0.0), "and for none");
}

#[test]
fn a_source_without_usable_data_is_told_as_empty() {
    let model = tastes().model(&[]).unwrap();
    let mut orders = Source::new("orders", Role::Bought, data(&[3]));
    orders.left_out = vec![id(3)];
    let doc = model.recommend(&request(vec![orders, Source::new("returns", Role::Returned, vec![])], 3)).unwrap();
    assert_eq!(doc.personal(), 0);
    assert!(doc.not_used.iter().all(|source| source.why == WhyNotUsed::Empty));
    assert_eq!(doc.not_used.len(), 2);
    assert!(!serde_json::to_string(&doc).unwrap().contains("orders\",\"kind"));
}

#[test]
fn page_stock_and_pins_are_respected() {
    let model = tastes().model(&[]).unwrap();
    let mut request = request(vec![], 3);
    request.page = vec![id(0)];
    request.unavailable = [id(1)].into();
    request.pinned = vec![candor_protocol::Pin { position: 1, item: id(9), reason: None }];
    let doc = model.recommend(&request).unwrap();
    assert_eq!(doc.shown[0], id(9));
    assert!(!doc.shown.contains(&id(0)) && !doc.shown.contains(&id(1)), "on the page already; not in stock");
    assert_eq!(doc.factors.iter().map(|factor| factor.id.as_str()).collect::<Vec<_>>(), ["page", "popularity"]);
    assert_eq!(check(&doc), Ok(()));
}

#[test]
fn inputs_change_with_what_is_not_the_persons_and_with_nothing_else() {
    let model = tastes().model(&[]).unwrap();
    let orders = |items: &[usize]| vec![Source::new("orders", Role::Bought, data(items))];
    let first = model.recommend(&request(orders(&[0]), 3)).unwrap();
    let other = model.recommend(&request(orders(&[0, 1]), 3)).unwrap();
    assert_eq!(first.inputs, other.inputs);
    assert_ne!(first.factors[0].inputs, other.factors[0].inputs);
    let mut sold_out = request(orders(&[0]), 3);
    sold_out.unavailable = [id(9)].into();
    let sold_out = model.recommend(&sold_out).unwrap();
    assert_ne!(first.inputs, sold_out.inputs);
    assert_eq!(first.factors[0].inputs, sold_out.factors[0].inputs);
}

#[test]
fn what_no_document_can_hold_is_refused() {
    let model = tastes().model(&[]).unwrap();
    assert_eq!(model.recommend(&request(vec![], 0)).unwrap_err(), RequestError::Limit);
    assert_eq!(model.recommend(&request(vec![], limits::LIST + 1)).unwrap_err(), RequestError::Limit);
    let nine = (0..9).map(|at| Source::new(&format!("s{at}"), Role::Bought, data(&[at]))).collect();
    assert_eq!(model.recommend(&request(nine, 3)).unwrap_err(), RequestError::TooManyFactors);
}

#[test]
fn a_long_history_stays_within_the_limits_and_every_listed_datum_can_be_left_out() {
    // 300 items in a ring, each bought with the next; the one who asks bought every other.
    let ids: Vec<String> = (0..300).map(|item| format!("p{item:03}")).collect();
    let names: Vec<(String, String)> = (0..900).map(|c| (format!("c{c}"), format!("n{c}"))).collect();
    let deals = names.iter().enumerate().flat_map(|(c, (customer, invoice))| {
        (0..4).map({
            let ids = &ids;
            move |step| candor_recommender::Deal {
                invoice,
                item: &ids[(c * 7 + step * (1 + c % 3)) % 300],
                title: "",
                quantity: 1,
                at: candor_protocol::Timestamp(0),
                price: "1",
                customer,
            }
        })
    });
    let settings = candor_recommender::Settings {
        lambda: 1.0,
        min_buyers: 1,
        threads: 1,
        ..candor_recommender::Settings::default()
    };
    let model = Model::fit(&candor_recommender::Orders::from_deals(deals), &settings, |_| true).unwrap();
    let had: Vec<candor_recommender::Datum> =
        ids.iter().step_by(2).map(|item| candor_recommender::Datum { item: item.clone(), at: None }).collect();
    let orders = Source::new("orders", Role::Bought, had);
    let doc = model.recommend(&request(vec![orders.clone()], 10)).unwrap();
    assert!(serde_json::to_string(&doc).unwrap().len() < limits::DOCUMENT_BYTES * 3 / 4);
    assert!(doc.candidates.iter().any(|candidate| !candidate.evidence_rest.is_empty()), "not all are listed");
    assert_eq!(check(&doc), Ok(()));
    let refs = listed(&doc, 0);
    assert!(refs.len() >= 10);
    for datum in refs {
        let mut rest = orders.clone();
        rest.left_out.push(datum.clone());
        let served = model.recommend(&request(vec![rest], 10)).unwrap();
        assert_eq!(preview(&doc, &Without::datum(0, datum)).unwrap().items, served.shown);
    }
}
