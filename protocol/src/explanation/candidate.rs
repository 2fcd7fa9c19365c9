//! Candidates and what their numbers rest on.

/// An item that is in the list, or would be under some choice.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate {
    /// Described in `items`.
    pub item: String,
    /// From the ranker's own full computation, never from adding the contributions.
    pub score: f64,
    /// One per factor.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub contributions: Vec<f64>,
    /// Method `table`: 2^p scores for p personal factors, index = mask of those that are on.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    #[cfg_attr(feature = "schema", schemars(schema_with = "values_schema"))]
    pub values: Vec<f64>,
    /// What keeps it out of the list; personal factors only, each once.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub excluded_by: Vec<Exclusion>,
    /// The data behind its contributions; each datum of a factor once.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub evidence: Vec<Evidence>,
    /// What is not listed one by one; each factor once.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Vec::is_empty"))]
    pub evidence_rest: Vec<EvidenceRest>,
}

/// Keeps the candidate out while the factor is on and one of `refs` is not left out.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exclusion {
    /// Index of a personal factor.
    pub factor: usize,
    /// At least one.
    pub refs: Vec<String>,
}

/// The concrete datum behind a contribution.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// Index of the factor it is a datum of.
    pub factor: usize,
    /// Names one datum of the source, the same in every candidate and document.
    #[cfg_attr(feature = "json", serde(rename = "ref"))]
    pub datum: String,
    /// The item the datum is about, if it is about one.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    pub item: Option<String>,
    /// Its part of the contribution; 0 where the method gives no weights.
    pub weight: f64,
}

/// The data of a source that are not listed one by one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvidenceRest {
    /// Index of the factor.
    pub factor: usize,
    /// How many data.
    pub count: u64,
    /// Their part of the contribution together.
    pub weight: f64,
}

#[cfg(feature = "schema")]
fn values_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "description": "Method `table`: 2^p scores for p personal factors, index = mask of those that are on; numbers, or base64 of little-endian doubles.",
        "oneOf": [{ "type": "array", "items": { "type": "number" } }, { "type": "string", "contentEncoding": "base64" }]
    })
}
