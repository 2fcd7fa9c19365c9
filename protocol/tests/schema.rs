//! The committed JSON Schemas are those of the types, take what is written, and
//! refuse what the readers refuse for its shape.

use std::path::{Path, PathBuf};

use candor_protocol::{Decision, Explanation, Notice, schemas};
use serde_json::{Value, json};

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn example(name: &str) -> Value {
    let text = std::fs::read_to_string(home().join("examples").join(name)).expect(name);
    serde_json::from_str(&text).expect(name)
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema = schemas().into_iter().find(|(file, _)| *file == name).expect(name).1;
    jsonschema::validator_for(&schema).expect(name)
}

#[test]
fn the_committed_schemas_are_fresh() {
    for (name, schema) in schemas() {
        let path = home().join("schema").join(name);
        let text = serde_json::to_string_pretty(&schema).expect(name) + "\n";
        if std::env::var_os("CANDOR_WRITE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).expect(name);
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{name} is stale: run the tests once with CANDOR_WRITE_SCHEMAS=1 and look at the diff"
        );
    }
}

#[test]
fn the_schemas_take_every_example_as_it_stands_and_as_it_is_written_again() {
    let explanation = validator("explanation.json");
    for name in ["additive.json", "table.json", "attribution.json", "reason.json", "citation.json"] {
        let document = example(name);
        assert_eq!(explanation.validate(&document).map_err(|e| format!("{name}: {e} {}", e.instance_path)), Ok(()));
        let again = serde_json::to_value(Explanation::read(&document).expect(name)).expect(name);
        assert_eq!(explanation.validate(&again).map_err(|e| format!("{name}: {e} {}", e.instance_path)), Ok(()));
    }
    let notice = example("notice.json");
    let again = serde_json::to_value(Notice::read(&notice).expect("notice")).expect("notice");
    for document in [&notice, &again] {
        let checked = validator("notice.json").validate(document).map_err(|e| format!("{e} {}", e.instance_path));
        assert_eq!(checked, Ok(()));
    }
}

fn decision() -> Value {
    json!({
        "id": "01937f3e-8c1a-7b2c-9d3e-4f5a6b7c8d9e", "device": "dev_1", "seq": 1, "notice": "sha256-1", "served": "sha256-2",
        "locale": "en", "surface": "storefront", "tier": "wasm", "base": { "epoch": "e_1", "rev": 0 },
        "changes": [{ "control": "recommendations/orders", "choice": "denied", "datum": "cup" }],
        "method": "switch", "occurred_at": "2026-11-22T18:00:00Z"
    })
}

/// What is put where, or taken away where there is nothing to put.
type Edit = (&'static str, Option<Value>);

fn edited(document: &Value, (place, value): &Edit) -> Value {
    let mut document = document.clone();
    let (parent, field) = place.rsplit_once('/').expect("a place");
    let parent = document.pointer_mut(parent).expect(place);
    match (parent, value) {
        (Value::Object(map), Some(value)) => drop(map.insert(field.to_owned(), value.clone())),
        (Value::Object(map), None) => drop(map.remove(field).expect(place)),
        (parent, Some(value)) => parent[field.parse::<usize>().expect(place)] = value.clone(),
        (parent, None) => drop(parent.as_array_mut().expect(place).remove(field.parse().expect(place))),
    }
    document
}

#[test]
fn schema_and_reader_refuse_the_same_shapes() {
    let both_refuse = |schema: &str, document: &Value, edits: &[Edit], reads: &dyn Fn(&Value) -> bool| {
        let validator = validator(schema);
        assert!(validator.is_valid(document) && reads(document), "{schema}: the document itself is good");
        for edit in edits {
            let document = edited(document, edit);
            assert!(!reads(&document), "{schema}: the reader took {edit:?}");
            assert!(!validator.is_valid(&document), "{schema}: the schema took {edit:?}");
        }
    };
    both_refuse(
        "explanation.json",
        &example("additive.json"),
        &[
            ("/version", Some(json!(2))),
            ("/version", None),
            ("/id", Some(json!("rec_1"))),
            ("/surface", Some(json!("radio"))),
            ("/made_at", Some(json!("yesterday"))),
            ("/subject", Some(json!("hanna"))),
            ("/base/rev", Some(json!(-1))),
            ("/base/epoch", Some(json!("E"))),
            ("/limit", Some(json!(0))),
            ("/method", Some(json!("magic"))),
            ("/factors/0/kind", Some(json!("secret"))),
            ("/factors/0/control", Some(json!("orders"))),
            ("/factors/0/observed/count", Some(json!("two"))),
            ("/items/cup/title", None),
            ("/items/cup/url", Some(json!("javascript:alert(1)"))),
            ("/items/cup/url", Some(json!("//elsewhere.example"))),
            ("/items/cup/url", Some(json!("#"))),
            ("/items/cup/price/amount", Some(json!("12,75"))),
            ("/items/cup/price/currency", Some(json!("pounds"))),
            ("/shown/0", Some(json!(7))),
            ("/candidates/0/contributions/0", Some(json!("0.5"))),
            ("/candidates/0/evidence/0/ref", Some(json!("<b>"))),
            ("/candidates/3/excluded_by/0/refs", Some(json!([]))),
            ("/model/id", None),
            ("/wording/by", Some(json!("oracle"))),
            ("/wording/text", Some(json!("because"))),
        ],
        &|document| Explanation::read(document).is_ok(),
    );
    both_refuse(
        "notice.json",
        &example("notice.json"),
        &[
            ("/controller", None),
            ("/sources/0/kept_for", None),
            ("/controls/0/legal_basis", Some(json!("habit"))),
            ("/controls/0/id", Some(json!("orders"))),
            ("/controls/0/valid_for", Some(json!("a year"))),
            ("/document_retention", Some(json!("24h"))),
            ("/valid_from", Some(json!("2026-11-01"))),
        ],
        &|document| Notice::read(document).is_ok(),
    );
    both_refuse(
        "decision.json",
        &decision(),
        &[
            ("/id", Some(json!("01937f3e-8c1a-4b2c-9d3e-4f5a6b7c8d9e"))),
            ("/seq", Some(json!(0))),
            ("/device", Some(json!("my device"))),
            ("/changes", None),
            ("/changes/0/choice", Some(json!("unset"))),
            ("/changes/0/control", Some(json!("/orders"))),
            ("/binds", Some(json!("everyone"))),
            ("/method", Some(json!("telepathy"))),
            ("/base", None),
        ],
        &|document| Decision::read(document).is_ok(),
    );
}
