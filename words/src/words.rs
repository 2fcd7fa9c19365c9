use crate::{Catalogue, Key, Locale, Plural};

/// A catalogue and a locale: all that is needed to say something.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub catalogue: &'a Catalogue,
    pub locale: &'a dyn Locale,
}

impl<'a> Words<'a> {
    /// The message alone.
    #[inline(never)]
    pub fn text(&self, key: Key) -> &'a str {
        self.catalogue.form(key, Plural::Other)
    }

    /// The message, `{name}` replaced by the value given for it.
    #[inline(never)]
    pub fn say(&self, key: Key, values: &[(&str, &str)]) -> String {
        fill(self.text(key), values)
    }

    /// The message alone, to keep.
    pub fn plain(&self, key: Key) -> String {
        self.text(key).to_owned()
    }

    /// The message as the language counts `n`; `{n}` is the number, written as the language does.
    pub fn count(&self, key: Key, n: u64, values: &[(&str, &str)]) -> String {
        self.counted(key, self.locale.plural(n), n, values)
    }

    /// A place in a list: "1st".
    pub fn place(&self, n: u64) -> String {
        self.counted(Key::Place, self.locale.ordinal(n), n, &[])
    }

    /// What stands before and behind `{name}`, so that the value can be set apart in markup.
    pub fn around(&self, key: Key, name: &str) -> (&'a str, &'a str) {
        let text = self.text(key);
        split(text, name).unwrap_or((text, ""))
    }

    fn counted(&self, key: Key, plural: Plural, n: u64, values: &[(&str, &str)]) -> String {
        let number = self.locale.number(n as f64, 0);
        let mut all = vec![("n", number.as_str())];
        all.extend_from_slice(values);
        fill(self.catalogue.form(key, plural), &all)
    }
}

/// The text with its `{name}`s replaced by values, in one pass, so that a value
/// never is read as a placeholder. A name without a value is left out.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = tail.split_once('}') else {
            out.push('{');
            rest = tail;
            break;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn split<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('{').map(|at| from + at) {
        let inside = text.get(at + 1..)?;
        if let Some(after) = inside.strip_prefix(name).and_then(|tail| tail.strip_prefix('}')) {
            return Some((text.get(..at)?, after));
        }
        from = at + 1;
    }
    None
}
