//! `/openapi.json`, made from the table of routes and the types it names.

use axum::response::Response;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::answer::public;
use super::routes::{Caller, ROUTES, Route};
use crate::problem::Kind;

pub async fn get() -> Response {
    public(document())
}

/// The interface as OpenAPI 3.1.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let operation = operation(route, &mut generator);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(method(route).into(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Candor",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Why something was recommended, what of a customer's data it took, and the switches for it.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "shop": { "type": "http", "scheme": "bearer", "description": "A secret key, `sk_…`." } },
            "responses": Kind::ALL.iter().map(|kind| (kind.code().to_owned(), problem(*kind))).collect::<Map<_, _>>()
        }
    })
}

/// As OpenAPI and HTTP write it.
pub fn method(route: &Route) -> &'static str {
    match route.method {
        "del" => "delete",
        other => other,
    }
}

fn operation(route: &Route, generator: &mut schemars::SchemaGenerator) -> Value {
    let mut responses: Map<String, Value> = Map::new();
    for (status, what, schema) in route.answers {
        let mut answer = json!({ "description": what });
        if let Some(schema) = schema {
            answer["content"] = json!({ "application/json": { "schema": schema(generator) } });
        }
        responses.insert(status.to_string(), answer);
    }
    let edge: &[Kind] = if route.is_limited() { &[Kind::TooMany, Kind::Busy] } else { &[] };
    for kind in route.problems.iter().chain(edge.iter().filter(|kind| !route.problems.contains(kind))) {
        let status = kind.status().to_string();
        // One entry a status: the problems that share it are told apart by `type`.
        let entry = responses.entry(status).or_insert_with(|| json!({ "description": "" }));
        let told = entry["description"].as_str().unwrap_or_default();
        let joined = [told, kind.title()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
        entry["description"] = joined.into();
        entry["content"] = json!({ "application/problem+json": { "schema": { "type": "object" } } });
    }
    let mut operation = json!({ "summary": route.summary, "responses": responses });
    let mut parameters = Vec::new();
    if route.path.contains("{id}") {
        parameters.push(json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }));
    }
    if route.caller == Caller::Page && route.method == "get" {
        let site = "Publishable key.";
        parameters.push(
            json!({ "name": "site", "in": "query", "required": true, "description": site, "schema": { "type": "string" } }),
        );
    }
    operation["parameters"] = parameters.into();
    if let Some(body) = route.body {
        let kind = if route.caller == Caller::Page { "text/plain" } else { "application/json" };
        operation["requestBody"] = json!({ "required": true, "content": { kind: { "schema": body(generator) } } });
    }
    if route.caller == Caller::Shop {
        operation["security"] = json!([{ "shop": [] }]);
    }
    operation
}

fn problem(kind: Kind) -> Value {
    json!({
        "description": format!("{} {}", kind.title(), kind.fix()),
        "content": { "application/problem+json": { "schema": {
            "type": "object",
            "required": ["type", "title", "status", "fix"],
            "properties": {
                "type": { "const": format!("urn:candor:problem:{}", kind.code()) },
                "title": { "type": "string" },
                "status": { "const": kind.status() },
                "detail": { "type": "string" },
                "fix": { "type": "string" },
                "fault": { "type": "string" },
                "place": { "type": "string", "description": "JSON Pointer" }
            }
        } } }
    })
}
