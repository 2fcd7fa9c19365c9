//! JSON Schema of what is written and read, generated from the types.
//!
//! The schemas say the shape: fields, types, words, forms and lengths. What hangs
//! together across fields (indices, references, sums) only the readers say.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::{Choices, Decision, Explanation, Notice, Outcome, limits};

/// File name and schema (draft 2020-12) of each document.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("explanation.json", schema::<Explanation>()),
        ("notice.json", schema::<Notice>()),
        ("decision.json", schema::<Decision>()),
        ("choices.json", schema::<Choices>()),
        ("outcome.json", schema::<Outcome>()),
    ]
}

fn schema<T: schemars::JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let root = generator.into_root_schema_for::<T>();
    let mut schema = root.to_value();
    let name = T::schema_name();
    for (definition, field, more) in refinements() {
        let at =
            if name == definition { Some(&mut schema) } else { schema.pointer_mut(&format!("/$defs/{definition}")) };
        let Some(at) = at else { continue };
        if let Some(found) = at.pointer_mut(&format!("/properties/{field}")).and_then(Value::as_object_mut) {
            found.extend(more.as_object().cloned().unwrap_or_default());
        }
    }
    for (definition, field) in MAY_BE_ABSENT {
        let at =
            if name == *definition { Some(&mut schema) } else { schema.pointer_mut(&format!("/$defs/{definition}")) };
        if let Some(required) = at.and_then(|at| at.pointer_mut("/required")).and_then(Value::as_array_mut) {
            required.retain(|name| name != field);
        }
    }
    schema
}

/// Always written, and read as nothing, 0 or false where they are absent.
const MAY_BE_ABSENT: &[(&str, &str)] = &[
    ("Candidate", "score"),
    ("Evidence", "weight"),
    ("EvidenceRest", "weight"),
    ("Explanation", "subject"),
    ("NoticeControl", "gpc"),
    ("Oversight", "defer"),
];

const ID: &str = r#"^[^\s"'<>&\\\u007f-\uffff]{1,128}$"#;
const CONTROL: &str = r#"^(?=.{3,128}$)[^\s"'<>&\\/\u007f-\uffff]+/[^\s"'<>&\\\u007f-\uffff]+$"#;
const URL: &str = r"^([Hh][Tt][Tt][Pp][Ss]?://|/(?!/)|#(?=.))[^\u0000-\u0020\u007f\\]*$";

/// What the types do not say: definition, field, and what is added to its schema.
fn refinements() -> Vec<(&'static str, &'static str, Value)> {
    let id = || json!({ "pattern": ID });
    let label = || json!({ "maxLength": limits::LABEL_CHARS });
    let sentence = || json!({ "maxLength": limits::TEXT_CHARS });
    let url = || json!({ "pattern": URL, "maxLength": limits::URL_BYTES });
    let list = |max: usize| json!({ "maxItems": max });
    let map = |max: usize| json!({ "maxProperties": max, "propertyNames": { "pattern": ID } });
    let factors = limits::PERSONAL_FACTORS + limits::OTHER_FACTORS;
    vec![
        ("Explanation", "version", json!({ "const": 1 })),
        ("Explanation", "id", json!({ "pattern": "^rec_[0-9a-z]{26}$" })),
        ("Explanation", "site", id()),
        ("Explanation", "subject", json!({ "pattern": r"^sub_." })),
        ("Explanation", "notice", id()),
        ("Explanation", "inputs", id()),
        ("Explanation", "limit", json!({ "minimum": 1, "maximum": limits::LIST })),
        ("Explanation", "factors", list(factors)),
        ("Explanation", "not_used", list(limits::NOTICE_ENTRIES)),
        ("Explanation", "items", map(limits::CANDIDATES * 4)),
        ("Explanation", "shown", json!({ "maxItems": limits::LIST, "uniqueItems": true })),
        ("Explanation", "pinned", list(limits::PINNED)),
        ("Explanation", "candidates", list(limits::CANDIDATES)),
        ("Base", "epoch", json!({ "pattern": "^(e_.+)?$" })),
        ("Factor", "id", id()),
        ("Factor", "control", json!({ "pattern": CONTROL })),
        ("Factor", "paid_by", label()),
        ("Item", "title", label()),
        ("Item", "url", url()),
        ("Item", "image", url()),
        ("Price", "amount", json!({ "pattern": r"^(?=.{1,16}$)[0-9]+(\.[0-9]+)?$" })),
        ("Price", "currency", json!({ "pattern": "^[A-Z]{3}$" })),
        ("Pin", "position", json!({ "minimum": 1, "maximum": limits::LIST })),
        ("Candidate", "item", id()),
        ("Candidate", "contributions", list(factors)),
        ("Candidate", "evidence", list(limits::EVIDENCE)),
        ("Candidate", "evidence_rest", list(factors)),
        ("Candidate", "excluded_by", list(limits::PERSONAL_FACTORS)),
        ("Exclusion", "refs", json!({ "minItems": 1, "maxItems": limits::EXCLUSION_REFS, "uniqueItems": true })),
        ("Evidence", "ref", id()),
        ("Model", "name", label()),
        ("Model", "version", label()),
        ("Wording", "by", json!({ "enum": ["template", "model"] })),
        ("Oversight", "accountable", label()),
        ("Oversight", "contact", sentence()),
        ("Notice", "site", id()),
        ("Notice", "controller", label()),
        ("Notice", "purposes", list(limits::NOTICE_ENTRIES)),
        ("Notice", "sources", list(limits::NOTICE_ENTRIES)),
        ("Notice", "channels", list(limits::NOTICE_ENTRIES)),
        ("Notice", "controls", list(limits::NOTICE_ENTRIES)),
        ("NoticeControl", "id", json!({ "pattern": CONTROL })),
        (
            "Decision",
            "id",
            json!({ "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" }),
        ),
        ("Decision", "device", id()),
        ("Decision", "seq", json!({ "minimum": 1 })),
        ("Decision", "notice", id()),
        ("Decision", "served", id()),
        ("Change", "control", json!({ "pattern": CONTROL })),
        ("Change", "datum", id()),
        ("Choices", "epoch", json!({ "pattern": "^e_." })),
        ("Choices", "controls", map(limits::NOTICE_ENTRIES)),
        ("Outcome", "decision", id()),
        ("Outcome", "results", list(limits::CHANGES)),
    ]
}
