//! How a test reads a drawing.

use candor_card::Tree;

/// The first element of a class within, itself included.
pub fn find<'a>(tree: &'a Tree, class: &str) -> Option<&'a Tree> {
    all(tree, class).into_iter().next()
}

pub fn the<'a>(tree: &'a Tree, class: &str) -> &'a Tree {
    find(tree, class).unwrap_or_else(|| panic!("no {class} in {}", said(tree)))
}

/// All elements of a class within.
pub fn all<'a>(tree: &'a Tree, class: &str) -> Vec<&'a Tree> {
    every(tree, |entry| attribute(entry, "class").is_some_and(|known| known.split(' ').any(|one| one == class)))
}

pub fn every(tree: &Tree, fits: impl Copy + Fn(&Tree) -> bool) -> Vec<&Tree> {
    let mut out: Vec<&Tree> = Some(tree).into_iter().filter(|tree| fits(tree)).collect();
    out.extend(tree.inside.iter().flat_map(|entry| every(entry, fits)));
    out
}

pub fn tagged<'a>(tree: &'a Tree, tag: &str) -> Vec<&'a Tree> {
    every(tree, |entry| entry.tag == tag)
}

/// The layer that scripts know by this name.
pub fn layer<'a>(tree: &'a Tree, name: &str) -> Option<&'a Tree> {
    every(tree, |entry| attribute(entry, "data-layer") == Some(name)).into_iter().next()
}

pub fn attribute<'a>(tree: &'a Tree, name: &str) -> Option<&'a str> {
    tree.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

/// All text within.
pub fn said(tree: &Tree) -> String {
    let mut out = tree.text.clone();
    tree.inside.iter().for_each(|entry| out.push_str(&said(entry)));
    out
}

/// The whole text of the first element of a class within.
pub fn text(tree: &Tree, class: &str) -> Option<String> {
    find(tree, class).map(said)
}
