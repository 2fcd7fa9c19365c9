use candor_protocol::Timestamp;

/// What a source's data say about their items. Each keeps its own items out of
/// the list: what was bought, sent back or lies in the basket is not proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Bought, whether or not it came back.
    Bought,
    /// Sent back: counts against its neighbours.
    Returned,
    /// In the basket now.
    InBasket,
}

/// One item of a source, all its lines together. The item's id is the evidence `ref`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datum {
    pub item: String,
    /// When it was last observed.
    pub at: Option<Timestamp>,
}

/// A source that is allowed, with its data. The caller asks first and hands over
/// nothing else: a source that is not allowed has no place in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The factor's id, such as `orders`.
    pub id: String,
    /// The switch, such as `recommendations/orders`.
    pub control: String,
    pub role: Role,
    pub data: Vec<Datum>,
    /// Refs left out by the customer. They are dropped from `data` if they are
    /// still in it, and otherwise only make the source's `inputs` hash another.
    pub left_out: Vec<String>,
}

impl Source {
    /// A source of recommendations, its control named after it.
    pub fn new(id: &str, role: Role, data: Vec<Datum>) -> Self {
        Source { id: id.to_owned(), control: format!("recommendations/{id}"), role, data, left_out: Vec::new() }
    }
}
