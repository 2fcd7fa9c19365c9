//! What is drawn, as plain data: one type for every element, where the
//! framework's own views are a new type each. In the page that is the difference
//! between 36 and 4 kB of compressed Wasm.
//!
//! Every entry keeps its place: what is not there is [`Tree::Nothing`], so an
//! element met again in the same place is the same element, with its focus and
//! its open layers. Only attributes and texts that changed are touched.

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::{Mountable, Position, PositionState};
use leptos::web_sys;

use super::drawn::Drawn;
use crate::Act;

pub(super) enum Tree {
    Nothing,
    Text(String),
    Many(Vec<Tree>),
    Element(El),
}

/// Boxed: it is handed on at every step of building it, and a pointer is handed on for nothing.
pub(super) struct El(pub Box<Element>);

pub(super) struct Element {
    pub tag: &'static str,
    pub attributes: Vec<(&'static str, String)>,
    pub inside: Vec<Tree>,
    /// What a press of it asks for.
    pub act: Option<Act>,
}

/// A tree and whom its presses reach.
pub(super) struct Markup {
    pub tree: Tree,
    pub on: Callback<Act>,
}

#[inline(never)]
pub(super) fn el(tag: &'static str) -> El {
    El(Box::new(Element { tag, attributes: Vec::new(), inside: Vec::new(), act: None }))
}

#[inline(never)]
pub(super) fn words(text: &str) -> Tree {
    Tree::Text(text.to_owned())
}

impl El {
    #[inline(never)]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.attributes.push((name, value.to_owned()));
        self
    }

    #[inline(never)]
    pub fn class(self, class: &str) -> Self {
        self.with("class", class)
    }

    /// Does nothing where there is no value.
    #[inline(never)]
    pub fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    #[inline(never)]
    pub fn press(mut self, act: &Act) -> Self {
        self.0.act = Some(act.clone());
        self
    }

    #[inline(never)]
    pub fn text(self, text: &str) -> Self {
        self.add(words(text))
    }

    #[inline(never)]
    pub fn add(mut self, inside: Tree) -> Self {
        self.0.inside.push(inside);
        self
    }

    #[inline(never)]
    pub fn el(self, inside: El) -> Self {
        self.add(Tree::Element(inside))
    }

    pub fn tree(self) -> Tree {
        Tree::Element(self)
    }
}

/// In the page.
impl Render for Markup {
    type State = Drawn;

    fn build(self) -> Drawn {
        Drawn::new(self)
    }

    fn rebuild(self, drawn: &mut Drawn) {
        drawn.update(self);
    }
}

impl Mountable for Drawn {
    fn unmount(&mut self) {
        self.root().remove();
    }

    fn mount(&mut self, parent: &web_sys::Element, marker: Option<&web_sys::Node>) {
        let _ = parent.insert_before(self.root(), marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let parent = self.root().parent_element();
        if let Some(parent) = &parent {
            child.mount(parent, Some(self.root()));
        }
        parent.is_some()
    }

    fn elements(&self) -> Vec<web_sys::Element> {
        vec![self.root().clone()]
    }
}

/// On the server.
impl RenderHtml for Markup {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        out: &mut String,
        _position: &mut Position,
        _escape: bool,
        _mark_branches: bool,
        _extra: Vec<AnyAttribute>,
    ) {
        #[cfg(not(feature = "csr"))]
        super::html::write(out, &self.tree);
        #[cfg(feature = "csr")]
        let _ = out;
    }

    /// The page never takes over the server's markup; it draws its own.
    fn hydrate<const FROM_SERVER: bool>(self, _cursor: &Cursor, _position: &PositionState) -> Drawn {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl AddAnyAttr for Markup {
    type Output<A: Attribute> = Self;

    fn add_any_attr<A: Attribute>(self, _attribute: A) -> Self {
        self
    }
}
