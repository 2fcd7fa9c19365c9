//! What is drawn, as plain data: one type for every element, where the
//! framework's own views are a new type each. In the page that is most of
//! what drawing would weigh.

use crate::Act;

/// An element, or a text where it has no tag.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub tag: &'static str,
    /// With the tag: what makes it, among its siblings, the same element when it
    /// is drawn again, with its focus and its open layers.
    pub key: &'static str,
    pub attributes: Vec<(&'static str, String)>,
    pub text: String,
    pub inside: Vec<Tree>,
    /// What a press of it asks for.
    pub act: Option<Act>,
}

impl Default for Tree {
    /// Nothing.
    fn default() -> Self {
        Tree::new("", "", String::new())
    }
}

impl Tree {
    #[inline(never)]
    pub(crate) fn new(tag: &'static str, key: &'static str, text: String) -> Self {
        Tree { tag, key, attributes: Vec::new(), text, inside: Vec::new(), act: None }
    }
}
