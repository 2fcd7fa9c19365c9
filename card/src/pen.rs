//! Draws a [`Tree`] from its outside to its inside.

use candor_words::{Key, Words};

use crate::{Act, Html, Tree};

/// Never inlined: a card is a few hundred calls of these.
pub(crate) struct Pen<'a> {
    pub words: &'a Words<'a>,
    #[cfg(not(feature = "csr"))]
    html: Option<&'a Html>,
    /// Elements that are not closed yet, the outermost first.
    open: Vec<Tree>,
}

impl<'a> Pen<'a> {
    pub fn new(words: &'a Words<'a>, html: Option<&'a Html>) -> Self {
        #[cfg(feature = "csr")]
        let _ = html;
        Pen {
            words,
            #[cfg(not(feature = "csr"))]
            html,
            open: Vec::new(),
        }
    }

    /// On the service's pages: forms and links instead of presses. In the page there are none.
    #[inline(always)]
    pub fn html(&self) -> Option<&'a Html> {
        #[cfg(not(feature = "csr"))]
        return self.html;
        #[cfg(feature = "csr")]
        None
    }

    #[inline(never)]
    pub fn open(&mut self, tag: &'static str, class: &'static str) {
        self.open_as(tag, class, class);
    }

    /// Where the class does not tell it from its siblings, or changes.
    #[inline(never)]
    pub fn open_as(&mut self, tag: &'static str, key: &'static str, class: &'static str) {
        self.open.push(Tree::new(tag, key, String::new()));
        if !class.is_empty() {
            self.with("class", class);
        }
    }

    #[inline(never)]
    pub fn with(&mut self, name: &'static str, value: &str) {
        if let Some(element) = self.open.last_mut() {
            element.attributes.push((name, value.to_owned()));
        }
    }

    #[inline(never)]
    pub fn press(&mut self, act: Act) {
        if let Some(element) = self.open.last_mut() {
            element.act = Some(act);
        }
    }

    #[inline(never)]
    pub fn text(&mut self, text: &str) {
        self.add(Tree::new("", "", text.to_owned()));
    }

    #[inline(never)]
    pub fn say(&mut self, key: Key) {
        self.text(self.words.text(key));
    }

    #[inline(never)]
    pub fn close(&mut self) {
        if self.open.len() > 1
            && let Some(element) = self.open.pop()
        {
            self.add(element);
        }
    }

    /// A whole element that holds a text alone.
    #[inline(never)]
    pub fn line(&mut self, tag: &'static str, class: &'static str, text: &str) {
        self.open(tag, class);
        self.text(text);
        self.close();
    }

    #[inline(never)]
    pub fn line_of(&mut self, tag: &'static str, class: &'static str, key: Key) {
        self.line(tag, class, self.words.text(key));
    }

    /// The outermost element, with all that was drawn in it.
    pub fn done(&mut self) -> Tree {
        while self.open.len() > 1 {
            self.close();
        }
        self.open.pop().unwrap_or_default()
    }

    #[inline(never)]
    fn add(&mut self, inside: Tree) {
        if let Some(element) = self.open.last_mut() {
            element.inside.push(inside);
        }
    }
}
