/// What a JSON value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A double.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Map,
}

/// One JSON value, wherever it lives. The service implements it for
/// `&serde_json::Value` (here, feature `json`), the page for a JavaScript value.
pub trait Node: Clone {
    /// What it is.
    fn kind(&self) -> Kind;
    /// Its value, if it is a boolean.
    fn boolean(&self) -> Option<bool>;
    /// Its value, if it is a number.
    fn number(&self) -> Option<f64>;
    /// Its value, if it is a string.
    fn text(&self) -> Option<String>;
    /// Entries of a list; 0 for anything else.
    fn len(&self) -> usize;
    /// Whether a list has no entries; true for anything else.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// An entry of a list, counted from 0.
    fn at(&self, index: usize) -> Option<Self>;
    /// An own field of a map.
    fn get(&self, key: &str) -> Option<Self>;
    /// Names of a map's own fields.
    fn keys(&self) -> Vec<String>;
}

#[cfg(feature = "json")]
impl Node for &serde_json::Value {
    fn kind(&self) -> Kind {
        match self {
            serde_json::Value::Null => Kind::Null,
            serde_json::Value::Bool(_) => Kind::Boolean,
            serde_json::Value::Number(_) => Kind::Number,
            serde_json::Value::String(_) => Kind::Text,
            serde_json::Value::Array(_) => Kind::List,
            serde_json::Value::Object(_) => Kind::Map,
        }
    }
    fn boolean(&self) -> Option<bool> {
        self.as_bool()
    }
    fn number(&self) -> Option<f64> {
        self.as_f64()
    }
    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }
    fn len(&self) -> usize {
        self.as_array().map_or(0, Vec::len)
    }
    fn at(&self, index: usize) -> Option<Self> {
        self.as_array().and_then(|list| list.get(index))
    }
    fn get(&self, key: &str) -> Option<Self> {
        self.as_object().and_then(|map| map.get(key))
    }
    fn keys(&self) -> Vec<String> {
        self.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
    }
}
