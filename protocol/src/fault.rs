/// What is wrong with a document, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault.
    pub code: Code,
    /// JSON Pointer (RFC 6901) to the place; empty for the whole document.
    pub place: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(code: Code, place: impl Into<String>) -> Self {
        Fault { code, place: place.into() }
    }
    /// What is wrong, in one sentence.
    pub fn message(&self) -> &'static str {
        self.code.message()
    }
    /// How to mend it, in one sentence.
    pub fn fix(&self) -> &'static str {
        self.code.fix()
    }
    /// All of it in one line.
    pub fn text(&self) -> String {
        [self.at(), ": ", self.message(), " ", self.fix()].concat()
    }
    /// Where and what kind. The page says no more: the sentences would be a
    /// kilobyte of its Wasm, and `candor check` has them.
    pub fn brief(&self) -> String {
        [self.at(), ": ", self.code.as_str()].concat()
    }
    fn at(&self) -> &str {
        if self.place.is_empty() { "the document" } else { &self.place }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for Fault {}

/// One line per kind of fault: its code, what is wrong, how to mend it.
macro_rules! codes {
    ($($variant:ident $code:literal $message:literal $fix:literal)*) => {
        /// The kinds of fault. The code is stable; messages may be reworded.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $message] $variant,)* }
        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];
            /// The code as it is written, such as `not-json`.
            pub fn as_str(self) -> &'static str { match self { $(Code::$variant => $code,)* } }
            /// What is wrong.
            pub fn message(self) -> &'static str { match self { $(Code::$variant => $message,)* } }
            /// How to mend it.
            pub fn fix(self) -> &'static str { match self { $(Code::$variant => $fix,)* } }
        }
    };
}

codes! {
    NotJson "not-json" "This is not JSON." "Send one JSON object in UTF-8."
    TooLarge "too-large" "The document is larger than allowed." "Stay within 1 MiB for an explanation; list fewer data and sum the others in evidence_rest."
    TooMany "too-many" "The list is longer than allowed." "Shorten it; the limits are in the documentation of this field."
    TooLong "too-long" "The text is longer than allowed." "Shorten it."
    Missing "missing" "A required field is not there." "Add it."
    WrongType "wrong-type" "The value has another type than this field takes." "See the JSON Schema of this document."
    UnknownVersion "unknown-version" "This version of the document is not known." "Send version 1."
    UnknownValue "unknown-value" "The value is none of those this field takes." "See the JSON Schema for the allowed values."
    BadId "bad-id" "The identifier is not well formed." "Recommendation: rec_ and 26 base32 digits; decision: a UUIDv7; others: 1 to 128 characters of A-Z a-z 0-9 . _ : / -"
    BadTime "bad-time" "This is not a time." "Use RFC 3339 in UTC, such as 2026-11-22T18:00:00Z."
    BadDuration "bad-duration" "This is not a span of time." "Use an ISO 8601 duration in whole numbers, such as P12M, P30D or PT24H, of at most 100 years."
    BadNumber "bad-number" "The number is not finite or not in range." "Send a finite number within the documented range."
    BadUrl "bad-url" "The address is not allowed here." "Use https, http, a path on the same site or a #place on the same page."
    FactorOrder "factor-order" "A personal factor stands behind another kind." "List personal factors first."
    UnknownFactor "unknown-factor" "The index names no factor." "Count factors from 0 in the order of `factors`."
    WrongLength "wrong-length" "The list has not one value per factor." "Give one contribution per factor, in the order of `factors`; a table gives 2 to the power of the personal factors."
    UnknownItem "unknown-item" "The item is not described or is no candidate." "Describe every item in `items` and list every shown item in `candidates`."
    Repeated "repeated" "The same entry appears twice." "List it once."
    NoControl "no-control" "A personal factor names no control." "Give it the control of the notice that switches it, such as recommendations/orders."
    NotTheTop "not-the-top" "`shown` is not the top of the candidates." "List the candidates by score, ties by item id in byte order, pinned positions apart."
    DoesNotAdd "does-not-add" "The contributions do not add up to the score, or the evidence not to its contribution." "Send the numbers the ranker used; sums hold to 1e-9 of the sum of magnitudes."
    NotAllowed "not-allowed" "A factor, datum or exclusion rests on data that is not allowed." "Ask for an evaluation first and use only what it allows."
    NoPreview "no-preview" "This document promises no preview of that." "Only additive and table documents can be ranked again; a table only without personal factors."
    NotListed "not-listed" "A datum is listed for one candidate but not for another it counts for." "List a ref for every candidate it contributes to or excludes."
    Expiry "expiry" "A document lives longer than allowed, or not at all." "Set expires_at after made_at and within document_retention of it, which is at most 24 hours."
    SignalGrants "signal-grants" "A signal can deny and never grant." "Send the grant with the method by which the person made it."
    VoidAndChanges "void-and-changes" "A decision either changes something or is void." "Send `changes`, or `void` with its reason."
}
