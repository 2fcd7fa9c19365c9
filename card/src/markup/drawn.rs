//! A tree as it stands in the page, and how it becomes the next one.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::tachys::renderer::{RemoveEventHandler, Rndr};
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{self, Element, Node};

use super::tree::{self, El, Markup, Tree};
use crate::Act;

type Acts = Rc<RefCell<Vec<(Element, Act)>>>;

pub(super) struct Drawn {
    root: Element,
    kept: Kept,
    acts: Acts,
    /// One listener for all presses; it ends with the card.
    _presses: RemoveEventHandler<Element>,
}

enum Kept {
    Nothing,
    Text(web_sys::Text, String),
    Many(Vec<Kept>),
    Element(Element, &'static str, Vec<(&'static str, String)>, Vec<Kept>),
}

impl Drawn {
    pub fn new(markup: Markup) -> Self {
        // A place of its own, so that the outermost element is like any other.
        let root = Rndr::create_element("div", None);
        let acts = Acts::default();
        let (known, on) = (acts.clone(), markup.on);
        let presses = Rndr::add_event_listener(
            &root,
            "click",
            Box::new(move |event| {
                let event: web_sys::Event = event.unchecked_into();
                let Some(target) = event.target().and_then(|target| target.dyn_into::<Node>().ok()) else { return };
                let pressed = known.borrow().iter().find(|(element, _)| element.contains(Some(&target))).cloned();
                let Some((element, act)) = pressed else { return };
                if element.has_attribute("href") {
                    // The address works without code; with it the press is answered in place.
                    event.prevent_default();
                }
                on.run(act);
            }),
        );
        let mut drawn = Drawn { root, kept: Kept::Nothing, acts, _presses: presses };
        drawn.update(markup);
        drawn
    }

    pub fn root(&self) -> &Element {
        &self.root
    }

    pub fn update(&mut self, markup: Markup) {
        let mut acts = Vec::new();
        update(&mut self.kept, markup.tree, &self.root, None, &mut acts);
        *self.acts.borrow_mut() = acts;
    }
}

/// Makes `kept` what `tree` says, before `next` in `parent`. Answers the first
/// node there now, which is what the entry before it stands before.
fn update(
    kept: &mut Kept,
    tree: Tree,
    parent: &Element,
    next: Option<Node>,
    acts: &mut Vec<(Element, Act)>,
) -> Option<Node> {
    match (&mut *kept, tree) {
        (Kept::Nothing, Tree::Nothing) => next,
        (Kept::Text(node, known), Tree::Text(text)) => {
            if *known != text {
                Rndr::set_text(node, &text);
                *known = text;
            }
            Some(node.clone().into())
        }
        (Kept::Many(entries), Tree::Many(trees)) => update_all(entries, trees, parent, next, acts),
        (Kept::Element(node, tag, attributes, inside), Tree::Element(El(element))) if *tag == element.tag => {
            set_attributes(node, attributes, element.attributes);
            acts.extend(element.act.map(|act| (node.clone(), act)));
            update_all(inside, element.inside, node, None, acts);
            Some(node.clone().into())
        }
        (_, tree) => {
            remove(kept, parent);
            let (made, first) = build(tree, parent, next, acts);
            *kept = made;
            first
        }
    }
}

/// From the last to the first, so that each knows what it stands before.
fn update_all(
    kept: &mut Vec<Kept>,
    trees: Vec<Tree>,
    parent: &Element,
    mut next: Option<Node>,
    acts: &mut Vec<(Element, Act)>,
) -> Option<Node> {
    while kept.len() > trees.len() {
        if let Some(mut gone) = kept.pop() {
            remove(&mut gone, parent);
        }
    }
    kept.resize_with(trees.len(), || Kept::Nothing);
    for (entry, tree) in kept.iter_mut().zip(trees).rev() {
        next = update(entry, tree, parent, next, acts);
    }
    next
}

fn build(tree: Tree, parent: &Element, next: Option<Node>, acts: &mut Vec<(Element, Act)>) -> (Kept, Option<Node>) {
    match tree {
        Tree::Nothing => (Kept::Nothing, next),
        Tree::Text(text) => {
            let node = Rndr::create_text_node(&text);
            Rndr::insert_node(parent, &node, next.as_ref());
            (Kept::Text(node.clone(), text), Some(node.into()))
        }
        Tree::Many(trees) => {
            let mut entries = Vec::new();
            let first = update_all(&mut entries, trees, parent, next, acts);
            (Kept::Many(entries), first)
        }
        Tree::Element(El(element)) => {
            let tree::Element { tag, attributes, inside, act } = *element;
            let drawing = matches!(tag, "svg" | "rect" | "path");
            let node = Rndr::create_element(tag, drawing.then_some("http://www.w3.org/2000/svg"));
            for (name, value) in &attributes {
                Rndr::set_attribute(&node, name, value);
            }
            acts.extend(act.map(|act| (node.clone(), act)));
            let mut entries = Vec::new();
            update_all(&mut entries, inside, &node, None, acts);
            Rndr::insert_node(parent, &node, next.as_ref());
            (Kept::Element(node.clone(), tag, attributes, entries), Some(node.into()))
        }
    }
}

/// Only what the view changed: a layer that the person opened stays open.
fn set_attributes(node: &Element, kept: &mut Vec<(&'static str, String)>, wanted: Vec<(&'static str, String)>) {
    for (name, _) in kept.iter().filter(|(name, _)| !wanted.iter().any(|(known, _)| known == name)) {
        Rndr::remove_attribute(node, name);
    }
    for (name, value) in wanted.iter().filter(|entry| !kept.contains(entry)) {
        Rndr::set_attribute(node, name, value);
    }
    *kept = wanted;
}

fn remove(kept: &mut Kept, parent: &Element) {
    match kept {
        Kept::Nothing => {}
        Kept::Text(node, _) => drop(Rndr::remove_node(parent, node)),
        Kept::Element(node, ..) => drop(Rndr::remove_node(parent, node)),
        Kept::Many(entries) => entries.iter_mut().for_each(|entry| remove(entry, parent)),
    }
    *kept = Kept::Nothing;
}
