//! A tree as text, for the service's pages.

use crate::Tree;

const VOID: [&str; 2] = ["img", "input"];

pub(super) fn write(out: &mut String, tree: &Tree) {
    if tree.tag.is_empty() {
        return escape(out, &tree.text);
    }
    out.push('<');
    out.push_str(tree.tag);
    for (name, value) in &tree.attributes {
        out.push(' ');
        out.push_str(name);
        if !value.is_empty() || *name == "alt" {
            out.push_str("=\"");
            escape(out, value);
            out.push('"');
        }
    }
    out.push('>');
    if VOID.contains(&tree.tag) {
        return;
    }
    tree.inside.iter().for_each(|entry| write(out, entry));
    out.push_str("</");
    out.push_str(tree.tag);
    out.push('>');
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
