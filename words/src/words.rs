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
        let mut rest = text;
        while let Some((_, found, after)) = cut(rest) {
            if found == name {
                let before = text.len() - after.len() - name.len() - 2;
                return (text.get(..before).unwrap_or_default(), after);
            }
            rest = after;
        }
        (text, "")
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
    while let Some((before, name, after)) = cut(rest) {
        out.push_str(before);
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What stands before the first `{name}`, the name, and what stands behind it.
#[inline(never)]
fn cut(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.bytes().position(|byte| byte == b'{')?;
    let inside = text.get(open + 1..)?;
    let close = inside.bytes().position(|byte| byte == b'}')?;
    Some((text.get(..open)?, inside.get(..close)?, inside.get(close + 1..)?))
}
