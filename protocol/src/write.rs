//! Writing JSON by hand, for the page: no serde in its Wasm.

use crate::{Base, Change, Content, Decision};

impl Decision {
    /// The decision as JSON, byte for byte what serde writes of it.
    pub fn to_json(&self) -> String {
        let mut out = Object::new();
        out.text("id", &self.id);
        out.text("device", &self.device);
        out.number("seq", self.seq);
        out.text("notice", &self.notice);
        out.text("served", &self.served);
        out.text("locale", &self.locale);
        out.text("surface", self.surface.as_str());
        out.text("tier", self.tier.as_str());
        if !self.binds.is_account() {
            out.text("binds", self.binds.as_str());
        }
        match &self.content {
            Content::Changes(changes) => out.raw("changes", &list(changes.iter().map(Change::to_json))),
            Content::Void(reason) => out.text("void", reason),
        }
        out.raw("base", &self.base.to_json());
        out.text("method", self.method.as_str());
        out.text("occurred_at", &self.occurred_at.text());
        out.end()
    }
}

impl Base {
    /// `{"epoch":…,"rev":…}`.
    pub fn to_json(&self) -> String {
        let mut out = Object::new();
        out.text("epoch", &self.epoch);
        out.number("rev", self.rev);
        out.end()
    }
}

impl Change {
    fn to_json(&self) -> String {
        let mut out = Object::new();
        out.text("control", &self.control);
        out.text("choice", self.choice.as_str());
        if let Some(datum) = &self.datum {
            out.text("datum", datum);
        }
        out.end()
    }
}

/// One JSON object, field by field.
pub struct Object {
    out: String,
}

impl Default for Object {
    fn default() -> Self {
        Object::new()
    }
}

impl Object {
    /// An object without fields.
    pub fn new() -> Self {
        Object { out: String::from("{") }
    }

    /// Adds a string.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        quote(&mut self.out, value);
    }

    /// Adds a whole number.
    pub fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        digits(&mut self.out, value, 1);
    }

    /// Adds `true` or `false`.
    pub fn boolean(&mut self, name: &str, value: bool) {
        self.name(name);
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.out.push_str(json);
    }

    /// The object as JSON.
    pub fn end(mut self) -> String {
        self.out.push('}');
        self.out
    }

    fn name(&mut self, name: &str) {
        add(&mut self.out, "");
        quote(&mut self.out, name);
        self.out.push(':');
    }
}

/// A JSON list of values that are JSON already.
pub fn list(values: impl IntoIterator<Item = String>) -> String {
    let mut out = String::from("[");
    for value in values {
        add(&mut out, &value);
    }
    out.push(']');
    out
}

#[inline(never)]
fn add(out: &mut String, json: &str) {
    if out.len() > 1 {
        out.push(',');
    }
    out.push_str(json);
}

/// Texts one behind the other; in the Wasm smaller than `join`.
pub fn joined(texts: &[String], between: &str) -> String {
    let mut out = String::new();
    for text in texts {
        if !out.is_empty() {
            out.push_str(between);
        }
        out.push_str(text);
    }
    out
}

/// A whole number as text, without the machinery of `Display`.
pub fn number(value: u64) -> String {
    let mut out = String::new();
    digits(&mut out, value, 1);
    out
}

/// Appends a whole number with at least `least` digits.
pub(crate) fn digits(out: &mut String, value: u64, least: usize) {
    if value > 9 || least > 1 {
        digits(out, value / 10, least.saturating_sub(1));
    }
    out.push(char::from(b'0' + (value % 10) as u8));
}

/// Appends the text as a JSON string.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                out.push_str("\\u00");
                for digit in [c as u32 >> 4, c as u32 & 15] {
                    out.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
