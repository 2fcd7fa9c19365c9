//! A tree as it stands in the page, and how it becomes the next one.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::RenderEffect;
use leptos::tachys::renderer::Rndr;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Node};

use super::view::View;
use crate::{Act, Tree};

pub(super) struct Drawn {
    root: Element,
    /// Draws again whenever something changes that was read; it ends with the card.
    _follows: RenderEffect<Vec<Kept>>,
    /// One listener for all presses; it ends with the card.
    #[cfg(feature = "csr")]
    _presses: gloo_events::EventListener,
}

/// A node and what it was last told to be.
struct Kept {
    node: Node,
    tag: &'static str,
    key: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    inside: Vec<Kept>,
}

impl Drawn {
    #[cfg_attr(not(feature = "csr"), allow(unused_variables))]
    pub fn new(View { draw, on }: View) -> Self {
        // A place of its own, so that the outermost element is like any other.
        let root = Rndr::create_element("div", None);
        let acts: Rc<RefCell<Vec<(Element, Act)>>> = Rc::default();
        let (place, found) = (root.clone(), acts.clone());
        let follows = RenderEffect::new(move |kept: Option<Vec<Kept>>| {
            let mut kept = kept.unwrap_or_default();
            let mut acts = Vec::new();
            update(&mut kept, vec![draw()], &place, &mut acts);
            *found.borrow_mut() = acts;
            kept
        });
        Drawn {
            #[cfg(feature = "csr")]
            _presses: presses(&root, acts, on),
            root,
            _follows: follows,
        }
    }

    pub fn root(&self) -> &Element {
        &self.root
    }
}

#[cfg(feature = "csr")]
fn presses(root: &Element, acts: Rc<RefCell<Vec<(Element, Act)>>>, on: super::On) -> gloo_events::EventListener {
    // Not passive: a link's own press is prevented.
    let options = gloo_events::EventListenerOptions::enable_prevent_default();
    gloo_events::EventListener::new_with_options(root, "click", options, move |event| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Node>().ok()) else { return };
        // Drawing again takes a turn of its own: nothing changes the list while it is read.
        let acts = acts.borrow();
        let Some((element, act)) = acts.iter().find(|(element, _)| element.contains(Some(&target))) else { return };
        if element.has_attribute("href") {
            // The address works without code; with it the press is answered in place.
            event.prevent_default();
        }
        on(act);
    })
}

/// Makes what is kept in `parent` what the trees say. An entry is the next kept
/// one of its tag and key; those passed over on the way to it are gone.
fn update(kept: &mut Vec<Kept>, trees: Vec<Tree>, parent: &Node, acts: &mut Vec<(Element, Act)>) {
    let mut at = 0;
    for tree in trees {
        match kept.iter().skip(at).position(|entry| entry.tag == tree.tag && entry.key == tree.key) {
            Some(gone) => (0..gone).for_each(|_| remove(kept, at, parent)),
            None => {
                let node = create(tree.tag);
                let next = kept.get(at).map(|entry| &entry.node);
                let _ = parent.insert_before(&node, next);
                let (attributes, text, inside) = (Vec::new(), String::new(), Vec::new());
                kept.insert(at, Kept { node, tag: tree.tag, key: tree.key, attributes, text, inside });
            }
        }
        if let Some(entry) = kept.get_mut(at) {
            entry.become_like(tree, acts);
        }
        at += 1;
    }
    while kept.len() > at {
        remove(kept, at, parent);
    }
}

impl Kept {
    /// Only what the tree changed: a layer that the person opened stays open.
    fn become_like(&mut self, tree: Tree, acts: &mut Vec<(Element, Act)>) {
        if tree.tag.is_empty() {
            if self.text != tree.text {
                self.node.set_node_value(Some(&tree.text));
                self.text = tree.text;
            }
            return;
        }
        let element: &Element = self.node.unchecked_ref();
        for (name, _) in &self.attributes {
            if !tree.attributes.iter().any(|(known, _)| known == name) {
                let _ = element.remove_attribute(name);
            }
        }
        for entry in &tree.attributes {
            if !self.attributes.contains(entry) {
                let _ = element.set_attribute(entry.0, &entry.1);
            }
        }
        self.attributes = tree.attributes;
        if let Some(act) = tree.act {
            acts.push((element.clone(), act));
        }
        update(&mut self.inside, tree.inside, &self.node, acts);
    }
}

fn create(tag: &'static str) -> Node {
    if tag.is_empty() {
        return Rndr::create_text_node("").into();
    }
    let drawing = matches!(tag, "svg" | "rect" | "path");
    Rndr::create_element(tag, drawing.then_some("http://www.w3.org/2000/svg")).into()
}

fn remove(kept: &mut Vec<Kept>, at: usize, parent: &Node) {
    let gone = kept.remove(at);
    let _ = parent.remove_child(&gone.node);
}
