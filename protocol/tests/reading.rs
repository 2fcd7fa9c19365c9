//! What the readers take, what they refuse, and where they say it is.

use candor_protocol::{
    Code, Decision, DecisionsRequest, Explanation, Fault, FeedbackKind, FeedbackRequest, Method, Node, NodeKind,
    Notice, PageRequest, limits, write,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const EXPLANATIONS: [(&str, &str); 5] = [
    ("additive", include_str!("../examples/additive.json")),
    ("table", include_str!("../examples/table.json")),
    ("attribution", include_str!("../examples/attribution.json")),
    ("reason", include_str!("../examples/reason.json")),
    ("citation", include_str!("../examples/citation.json")),
];
const NOTICE: &str = include_str!("../examples/notice.json");

fn additive() -> Value {
    serde_json::from_str(EXPLANATIONS[0].1).expect("JSON")
}

fn decision() -> Value {
    json!({
        "id": "01937f3e-8c1a-7b2c-9d3e-4f5a6b7c8d9e", "device": "dev_1", "seq": 1, "notice": "sha256-1", "served": "sha256-2",
        "locale": "en", "surface": "storefront", "tier": "wasm",
        "changes": [{ "control": "recommendations/orders", "choice": "denied", "datum": "cup" }],
        "base": { "epoch": "e_1", "rev": 0 }, "method": "switch", "occurred_at": "2026-11-22T18:00:00Z"
    })
}

fn with(mut document: Value, place: &str, value: Value) -> Value {
    let (parent, field) = place.rsplit_once('/').expect("a place");
    match document.pointer_mut(parent).expect(place) {
        Value::Object(map) => drop(map.insert(field.to_owned(), value)),
        Value::Array(list) if field == "-" => list.push(value),
        parent => parent[field.parse::<usize>().expect(place)] = value,
    }
    document
}

#[test]
fn every_example_is_read_and_written_alike() {
    for (name, text) in EXPLANATIONS {
        let read = Explanation::from_json(text.as_bytes()).expect(name);
        assert_eq!(read.method.as_str(), name);
        let written = serde_json::to_vec(&read).expect(name);
        assert_eq!(Explanation::from_json(&written).as_ref(), Ok(&read), "{name}");
    }
    let notice = Notice::from_json(NOTICE.as_bytes()).expect("notice");
    assert_eq!(Notice::from_json(&serde_json::to_vec(&notice).expect("notice")), Ok(notice));
}

#[test]
fn the_additive_example_truly_adds_up() {
    let doc = Explanation::from_json(EXPLANATIONS[0].1.as_bytes()).expect("additive");
    assert_eq!(doc.method, Method::Additive);
    for candidate in &doc.candidates {
        assert_eq!(candidate.contributions.iter().sum::<f64>(), candidate.score, "{}", candidate.item);
        let evidence: f64 = candidate.evidence.iter().map(|e| e.weight).sum();
        let rest: f64 = candidate.evidence_rest.iter().map(|e| e.weight).sum();
        assert_eq!(evidence + rest, candidate.contributions[0], "{}", candidate.item);
    }
    let mut top: Vec<_> = doc.candidates.iter().filter(|candidate| candidate.excluded_by.is_empty()).collect();
    top.sort_by(|a, b| b.score.total_cmp(&a.score));
    let top: Vec<&str> = top.iter().take(doc.limit).map(|candidate| candidate.item.as_str()).collect();
    assert_eq!(top, doc.shown);
}

#[test]
fn a_wrong_explanation_is_refused_with_code_and_place() {
    let table: Value = serde_json::from_str(EXPLANATIONS[1].1).expect("JSON");
    let citation: Value = serde_json::from_str(EXPLANATIONS[4].1).expect("JSON");
    let personal = |id: &str| json!({ "id": id, "kind": "personal", "control": "recommendations/x" });
    let many = |count: usize, kind: &str| -> Value {
        (0..count).map(|n| json!({ "id": format!("f{n}"), "kind": kind, "control": "recommendations/x" })).collect()
    };
    let cases: Vec<(Value, Code, &str)> = vec![
        (with(additive(), "/version", json!(2)), Code::UnknownVersion, "/version"),
        (with(additive(), "/method", json!("magic")), Code::UnknownValue, "/method"),
        (with(additive(), "/id", json!("rec_short")), Code::BadId, "/id"),
        (with(additive(), "/site", Value::Null), Code::Missing, "/site"),
        (with(additive(), "/subject", json!("hanna")), Code::BadId, "/subject"),
        (with(additive(), "/base/epoch", json!("E")), Code::BadId, "/base/epoch"),
        (with(additive(), "/base/rev", json!(0.5)), Code::BadNumber, "/base/rev"),
        (with(additive(), "/expires_at", json!("2026-11-22T18:00:00Z")), Code::Expiry, "/expires_at"),
        (with(additive(), "/limit", json!(0)), Code::BadNumber, "/limit"),
        (with(additive(), "/limit", json!(1)), Code::TooMany, "/shown"),
        (with(additive(), "/factors/-", personal("late")), Code::FactorOrder, "/factors/3"),
        (with(additive(), "/factors/1/id", json!("orders")), Code::Repeated, "/factors/1"),
        (with(additive(), "/factors/0/control", Value::Null), Code::NoControl, "/factors/0"),
        (with(additive(), "/factors/0/control", json!("orders")), Code::BadId, "/factors/0/control"),
        (with(additive(), "/factors", many(9, "personal")), Code::TooMany, "/factors"),
        (with(additive(), "/factors", many(9, "general")), Code::TooMany, "/factors"),
        (with(additive(), "/factors", many(17, "general")), Code::TooMany, "/factors"),
        (
            with(additive(), "/factors/0/observed/to", json!("2026-01-01T00:00:00Z")),
            Code::BadTime,
            "/factors/0/observed/to",
        ),
        (with(additive(), "/not_used/-", json!({ "id": "returns", "why": "off" })), Code::Repeated, "/not_used/1"),
        (with(additive(), "/items/cup/title", json!("x".repeat(201))), Code::TooLong, "/items/cup/title"),
        (with(additive(), "/items/cup/url", json!("javascript:alert(1)")), Code::BadUrl, "/items/cup/url"),
        (with(additive(), "/items/cup/price/amount", json!("1e3")), Code::BadNumber, "/items/cup/price/amount"),
        (with(additive(), "/items/a b", json!({ "title": "x" })), Code::BadId, "/items/a b"),
        (with(additive(), "/items/~", json!({})), Code::Missing, "/items/~0/title"),
        (with(additive(), "/shown/1", json!("pot")), Code::Repeated, "/shown/1"),
        (with(additive(), "/shown/1", json!("gone")), Code::UnknownItem, "/shown/1"),
        (with(additive(), "/pinned", json!([{ "position": 3, "item": "pot" }])), Code::BadNumber, "/pinned/0/position"),
        (with(additive(), "/pinned", json!([{ "position": 1, "item": "gone" }])), Code::UnknownItem, "/pinned/0"),
        (
            with(additive(), "/pinned", json!([{ "position": 1, "item": "pot" }, { "position": 2, "item": "pot" }])),
            Code::Repeated,
            "/pinned/1",
        ),
        (with(additive(), "/candidates/1/item", json!("pot")), Code::Repeated, "/candidates/1/item"),
        (with(additive(), "/candidates/1/item", json!("gone")), Code::UnknownItem, "/candidates/1/item"),
        (with(additive(), "/candidates/1/score", Value::Null), Code::Missing, "/candidates/1/score"),
        (
            with(additive(), "/candidates/1/contributions", json!([0.5])),
            Code::WrongLength,
            "/candidates/1/contributions",
        ),
        (with(additive(), "/candidates/1/values", json!([0.5, 1])), Code::WrongLength, "/candidates/1/values"),
        (
            with(additive(), "/candidates/0/evidence/0/factor", json!(3)),
            Code::UnknownFactor,
            "/candidates/0/evidence/0/factor",
        ),
        (
            with(additive(), "/candidates/0/evidence/0/item", json!("gone")),
            Code::UnknownItem,
            "/candidates/0/evidence/0/item",
        ),
        (
            with(additive(), "/candidates/0/evidence/-", json!({ "factor": 0, "ref": "cup", "weight": 0 })),
            Code::Repeated,
            "/candidates/0/evidence/1",
        ),
        (
            with(additive(), "/candidates/0/evidence_rest/-", json!({ "factor": 0, "count": 1, "weight": 0 })),
            Code::Repeated,
            "/candidates/0/evidence_rest/1",
        ),
        (
            with(additive(), "/candidates/3/excluded_by/0/factor", json!(1)),
            Code::UnknownFactor,
            "/candidates/3/excluded_by/0/factor",
        ),
        (
            with(additive(), "/candidates/3/excluded_by/0/refs", json!([])),
            Code::Missing,
            "/candidates/3/excluded_by/0/refs",
        ),
        (
            with(additive(), "/candidates/3/excluded_by/0/refs", json!(["a", "a"])),
            Code::Repeated,
            "/candidates/3/excluded_by/0",
        ),
        (with(additive(), "/wording/text", json!({})), Code::Missing, "/wording/text"),
        (with(additive(), "/wording/text/en", json!("x".repeat(2_001))), Code::TooLong, "/wording/text/en"),
        (with(additive(), "/model/audit", json!({ "at": "then", "result": "" })), Code::BadTime, "/model/audit/at"),
        (with(table.clone(), "/candidates/0/values", json!([1, 2, 3])), Code::WrongLength, "/candidates/0/values"),
        (with(table.clone(), "/candidates/0/values", json!("AAAA")), Code::WrongLength, "/candidates/0/values"),
        (with(table.clone(), "/candidates/0/values", json!("not base64")), Code::WrongType, "/candidates/0/values"),
        (
            with(table.clone(), "/candidates/0/values", json!("AAAAAAAA8H8AAAAAAADwPw==")),
            Code::BadNumber,
            "/candidates/0/values",
        ),
        (with(table, "/candidates/0/contributions", json!([1, 2])), Code::WrongLength, "/candidates/0/contributions"),
        (
            with(citation, "/candidates/0/evidence/0/weight", json!(0.5)),
            Code::BadNumber,
            "/candidates/0/evidence/0/weight",
        ),
    ];
    for (document, code, place) in cases {
        assert_eq!(Explanation::read(&document).map(drop), Err(Fault::new(code, place)));
    }
}

#[test]
fn addresses_on_the_web_on_the_site_and_on_the_page_are_taken() {
    for url in ["https://shop.example/cup", "HTTP://shop.example/", "/", "/cup?colour=green#top", "#cup"] {
        assert!(Explanation::read(&with(additive(), "/items/cup/url", json!(url))).is_ok(), "{url}");
    }
    for url in ["", "#", "cup", "//shop.example", "https://", "data:text/html,x", "java\nscript:x", "/a b", "\\\\x"] {
        assert!(Explanation::read(&with(additive(), "/items/cup/url", json!(url))).is_err(), "{url}");
    }
}

#[test]
fn a_table_of_too_many_scores_is_refused_before_it_is_read() {
    let mut table: Value = serde_json::from_str(EXPLANATIONS[1].1).expect("JSON");
    table["factors"] = (0..8)
        .map(|n| json!({ "id": format!("f{n}"), "kind": "personal", "control": format!("recommendations/f{n}") }))
        .collect();
    table["candidates"] = vec![json!({}); limits::TABLE_SCORES / 256 + 1].into();
    assert_eq!(Explanation::read(&table).map(drop), Err(Fault::new(Code::TooMany, "/candidates")));
}

#[test]
fn a_wrong_notice_is_refused_with_code_and_place() {
    let notice: Value = serde_json::from_str(NOTICE).expect("JSON");
    let same = notice["sources"][0].clone();
    let cases: Vec<(Value, Code, &str)> = vec![
        (with(notice.clone(), "/document_retention", json!("PT25H")), Code::Expiry, "/document_retention"),
        (with(notice.clone(), "/reask_after", json!("a year")), Code::BadDuration, "/reask_after"),
        (with(notice.clone(), "/controls/0/id", json!("recommendations/x")), Code::UnknownValue, "/controls/0/id"),
        (with(notice.clone(), "/controls/2/because", Value::Null), Code::Missing, "/controls/2/because"),
        (with(notice.clone(), "/controls/1/id", json!("delivery/orders")), Code::Repeated, "/controls/1/id"),
        (with(notice.clone(), "/sources/-", same), Code::Repeated, "/sources/1"),
        (with(notice.clone(), "/channels/0/id", json!("orders")), Code::Repeated, "/channels/0"),
        (with(notice.clone(), "/purposes/1/id", json!("delivery")), Code::Repeated, "/purposes/2"),
        (with(notice, "/sources/0/label", json!({})), Code::Missing, "/sources/0/label"),
    ];
    for (document, code, place) in cases {
        assert_eq!(Notice::read(&document).map(drop), Err(Fault::new(code, place)));
    }
}

#[test]
fn a_wrong_decision_is_refused_with_code_and_place() {
    let twice = decision()["changes"][0].clone();
    let signal = with(with(decision(), "/method", json!("signal")), "/changes/0/choice", json!("granted"));
    let cases: Vec<(Value, Code, &str)> = vec![
        (with(decision(), "/seq", json!(0)), Code::BadNumber, "/seq"),
        (with(decision(), "/id", json!("01937F3E-8C1A-7B2C-9D3E-4F5A6B7C8D9E")), Code::BadId, "/id"),
        (with(decision(), "/changes", json!([])), Code::VoidAndChanges, ""),
        (with(decision(), "/void", json!("lost")), Code::VoidAndChanges, ""),
        (with(decision(), "/changes/-", twice), Code::Repeated, "/changes/1"),
        (with(decision(), "/changes/0/control", json!("orders")), Code::BadId, "/changes/0/control"),
        (with(decision(), "/base/epoch", json!("1")), Code::BadId, "/base/epoch"),
        (with(decision(), "/binds", json!("all")), Code::UnknownValue, "/binds"),
        (signal, Code::SignalGrants, "/changes/0/choice"),
    ];
    for (document, code, place) in cases {
        assert_eq!(Decision::read(&document).map(drop), Err(Fault::new(code, place)));
    }
}

#[test]
fn of_several_faults_the_first_on_the_way_is_told() {
    let no_site = with(additive(), "/site", json!("a b"));
    let price = json!({ "amount": "1e3" });
    let refs = json!([{ "factor": 9 }, { "factor": 9, "refs": [] }]);
    let cases: Vec<(Value, Code, &str)> = vec![
        (with(no_site.clone(), "/limit", json!(0)), Code::BadNumber, "/limit"),
        (with(no_site.clone(), "/factors", json!([{}, 7])), Code::Missing, "/factors/0/id"),
        (with(no_site, "/candidates", json!("none")), Code::BadId, "/site"),
        (with(additive(), "/items/cup/price", price), Code::Missing, "/items/cup/price/currency"),
        (with(additive(), "/candidates/0/excluded_by", refs), Code::Missing, "/candidates/0/excluded_by/0/refs"),
        (with(additive(), "/factors/1", json!([])), Code::WrongType, "/factors/1"),
    ];
    for (document, code, place) in cases {
        assert_eq!(Explanation::read(&document).map(drop), Err(Fault::new(code, place)));
    }
}

/// A value that counts how often it is looked into.
#[derive(Clone)]
struct Counted<'a>(&'a Value, &'a std::cell::Cell<usize>);

impl Node for Counted<'_> {
    fn kind(&self) -> NodeKind {
        self.0.kind()
    }
    fn boolean(&self) -> Option<bool> {
        self.0.boolean()
    }
    fn number(&self) -> Option<f64> {
        self.0.number()
    }
    fn text(&self) -> Option<String> {
        self.0.text()
    }
    fn len(&self) -> usize {
        Node::len(&self.0)
    }
    fn at(&self, index: usize) -> Option<Self> {
        self.1.set(self.1.get() + 1);
        Some(Counted(self.0.at(index)?, self.1))
    }
    fn get(&self, key: &str) -> Option<Self> {
        self.1.set(self.1.get() + 1);
        Some(Counted(Node::get(&self.0, key)?, self.1))
    }
    fn keys(&self) -> Vec<String> {
        Node::keys(&self.0)
    }
}

#[test]
fn behind_a_fault_nothing_more_is_looked_into() {
    let mut document = additive();
    let one = document["candidates"][0].clone();
    document["candidates"] = (0..limits::CANDIDATES).map(|_| one.clone()).collect();
    let looks = std::cell::Cell::new(0);
    let fault = Explanation::read(Counted(&document, &looks)).map(drop);
    assert_eq!(fault, Err(Fault::new(Code::Repeated, "/candidates/1/item")));
    let all = looks.take();
    document["candidates"][0]["score"] = json!("high");
    let fault = Explanation::read(Counted(&document, &looks)).map(drop);
    assert_eq!(fault, Err(Fault::new(Code::WrongType, "/candidates/0/score")));
    assert!(looks.get() < all / 10, "{} of {all}", looks.get());
}

#[test]
fn bytes_are_held_to_their_size_first_and_bad_syntax_names_its_line() {
    let huge = vec![b' '; limits::DOCUMENT_BYTES + 1];
    assert_eq!(Explanation::from_json(&huge).map(drop), Err(Fault::new(Code::TooLarge, "")));
    let broken = Explanation::from_json(b"{\n  \"version\": 1,\n  oops\n}").expect_err("no JSON");
    assert_eq!((broken.code, broken.place.as_str()), (Code::NotJson, "line 3, column 3"));
    assert_eq!(Notice::from_json(b"[]").map(drop), Err(Fault::new(Code::WrongType, "")));
    assert_eq!(Decision::from_json(b"\xff{}").map_err(|fault| fault.code).map(drop), Err(Code::NotJson));
    let deep = "[".repeat(100_000);
    assert_eq!(Notice::from_json(deep.as_bytes()).map_err(|fault| fault.code).map(drop), Err(Code::NotJson));
}

#[test]
fn one_malformed_decision_does_not_hold_back_the_others() {
    let mut long = decision();
    long["changes"] =
        (0..30).map(|n| json!({ "control": format!("recommendations/{n:060}"), "choice": "denied" })).collect();
    let body = json!({
        "site": "pk_demo", "capability": "c.a-p", "decisions": [decision(), with(decision(), "/seq", json!("one")), 7, long]
    });
    let request = DecisionsRequest::from_json(body.to_string().as_bytes()).expect("a request");
    let faults: Vec<_> = request.decisions.iter().map(|read| read.as_ref().err().cloned()).collect();
    assert!(faults[0].is_none());
    let places: Vec<_> =
        faults.iter().flatten().map(|misread| (misread.fault.code, misread.fault.place.as_str())).collect();
    assert_eq!(
        places,
        [(Code::WrongType, "/decisions/1/seq"), (Code::WrongType, "/decisions/2"), (Code::TooLarge, "/decisions/3")]
    );
    assert_eq!(faults[1].as_ref().and_then(|misread| misread.id.as_deref()), decision()["id"].as_str());
}

#[test]
fn page_requests_are_read_and_held_to_their_limits() {
    let body =
        json!({ "site": "pk_demo", "capability": "cap", "device": "dev_1", "epoch": "e_1", "rev": 7 }).to_string();
    let request = PageRequest::from_json(body.as_bytes()).expect("a request");
    assert_eq!((request.rev, request.token, request.device.as_deref()), (Some(7), None, Some("dev_1")));
    let long = json!({ "site": "pk_demo", "token": "x".repeat(limits::TOKEN_BYTES + 1) }).to_string();
    assert_eq!(PageRequest::from_json(long.as_bytes()), Err(Fault::new(Code::TooLong, "/token")));
    let body = json!({
        "site": "pk_demo", "recommendation": additive()["id"], "kind": "ask-person", "text": "Why\u{202e}?"
    });
    let feedback = FeedbackRequest::from_json(body.to_string().as_bytes()).expect("feedback");
    assert_eq!((feedback.kind, feedback.text.as_deref()), (FeedbackKind::AskPerson, Some("Why?")));
}

/// Every place in a document, as JSON Pointers.
fn places(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(value, format!("{at}/{name}"), out);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| places(value, format!("{at}/{index}"), out));
        }
        _ => {}
    }
    out.push(at);
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([])),
        Just(json!([null])),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!(1e308)),
        Just(json!({ "": { "/~": 1 } })),
    ]
}

/// A fault points to something that is there, or to a field missing from something that is.
fn points_somewhere(document: &Value, place: &str) -> bool {
    document.pointer(place).is_some()
        || place.rsplit_once('/').is_some_and(|(parent, _)| document.pointer(parent).is_some())
}

/// Text of every kind of character JSON treats specially, and others.
fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![any::<char>(), (0u32..0x80).prop_map(|c| char::from_u32(c).unwrap_or('x'))],
        0..40,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_mutated_document_is_read_or_refused_at_a_place_that_is_there(
        which in 0usize..7, edits in prop::collection::vec((any::<prop::sample::Index>(), junk()), 1..3),
    ) {
        let mut document: Value = match which {
            0..=4 => serde_json::from_str(EXPLANATIONS[which].1).expect("JSON"),
            5 => serde_json::from_str(NOTICE).expect("JSON"),
            _ => decision(),
        };
        for (index, value) in edits {
            let mut all = Vec::new();
            places(&document, String::new(), &mut all);
            let place = &all[index.index(all.len())];
            *document.pointer_mut(place).expect("a place of the document") = value;
        }
        let fault = match which {
            0..=4 => Explanation::read(&document).err(),
            5 => Notice::read(&document).err(),
            _ => Decision::read(&document).err(),
        };
        if let Some(fault) = fault {
            prop_assert!(points_somewhere(&document, &fault.place), "{} in {document}", fault);
        }
    }

    #[test]
    fn doubles_survive_writing_and_reading_bit_by_bit(bits in any::<[u64; 3]>()) {
        let numbers = bits.map(f64::from_bits);
        prop_assume!(numbers.iter().all(|number| number.is_finite()));
        let document = with(additive(), "/candidates/0/contributions", json!(numbers));
        let read = Explanation::read(&document).expect("a document");
        let again = Explanation::from_json(&serde_json::to_vec(&read).expect("JSON")).expect("the same document");
        let kept: Vec<u64> = again.candidates[0].contributions.iter().map(|number| number.to_bits()).collect();
        prop_assert_eq!(kept, bits);
    }

    #[test]
    fn a_decision_written_by_hand_is_what_serde_writes(
        datum in prop::option::of("[!#-%(-;=?-\\[\\]-~]{1,20}"), reason in any_text(), void in any::<bool>(), device_only in any::<bool>(), rev in 0u64..1 << 53,
    ) {
        let mut document = decision();
        document["base"]["rev"] = rev.into();
        if void {
            document.as_object_mut().expect("a map").remove("changes");
            document["void"] = reason.into();
        } else {
            document["changes"][0]["datum"] = datum.into();
        }
        if device_only {
            document["binds"] = "device".into();
        }
        let read = Decision::read(&document).expect("a decision");
        let by_hand = read.to_json();
        prop_assert_eq!(&by_hand, &serde_json::to_string(&read).expect("JSON"));
        prop_assert_eq!(Decision::from_json(by_hand.as_bytes()), Ok(read));
    }

    #[test]
    fn quoted_text_is_what_serde_quotes(text in any_text()) {
        let mut quoted = String::new();
        write::quote(&mut quoted, &text);
        prop_assert_eq!(quoted, serde_json::to_string(&text).expect("JSON"));
    }

    #[test]
    fn bytes_of_any_kind_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (Explanation::from_json(&bytes), Notice::from_json(&bytes), DecisionsRequest::from_json(&bytes));
    }
}
