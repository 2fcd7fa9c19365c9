//! Reading a document field by field, remembering the way to each for errors.

use crate::{Code, Duration, Fault, Node, NodeKind, Timestamp, limits, text};

/// A value and the way to it. The way is a chain on the stack; the JSON Pointer
/// is written only when something is wrong.
pub(crate) struct At<'a, N> {
    pub node: N,
    up: Option<&'a dyn Way>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

trait Way {
    fn write(&self, out: &mut String);
}

impl<N> Way for At<'_, N> {
    fn write(&self, out: &mut String) {
        if let Some(up) = self.up {
            up.write(out);
        }
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                out.push('/');
                for c in name.chars().take(limits::ID_BYTES) {
                    match c {
                        '~' => out.push_str("~0"),
                        '/' => out.push_str("~1"),
                        c => out.push(c),
                    }
                }
            }
            Step::Index(index) => {
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
    }
}

pub(crate) type Read<T> = Result<T, Fault>;

impl<'a, N: Node> At<'a, N> {
    pub fn root(node: N) -> Self {
        At { node, up: None, step: Step::Root }
    }

    pub fn fault(&self, code: Code) -> Fault {
        let mut place = String::new();
        self.write(&mut place);
        Fault { code, place }
    }

    /// A fault at a place below this one: `path` is what a JSON Pointer has behind its slash.
    pub fn fault_in(&self, path: &str, code: Code) -> Fault {
        let mut fault = self.fault(code);
        fault.place.push('/');
        fault.place.push_str(path);
        fault
    }

    /// The field, if it is there and not null.
    pub fn maybe<'b>(&'b self, name: &'b str) -> Option<At<'b, N>> {
        let node = self.node.get(name)?;
        (node.kind() != NodeKind::Null).then_some(At { node, up: Some(self), step: Step::Field(name) })
    }

    pub fn field<'b>(&'b self, name: &'b str) -> Read<At<'b, N>> {
        if self.node.kind() != NodeKind::Map {
            return Err(self.fault(Code::WrongType));
        }
        self.maybe(name).ok_or_else(|| self.fault_in(name, Code::Missing))
    }

    /// Each entry of a list of at most `max`, read by `each`.
    pub fn list<T>(&self, max: usize, mut each: impl FnMut(At<'_, N>) -> Read<T>) -> Read<Vec<T>> {
        if self.node.kind() != NodeKind::List {
            return Err(self.fault(Code::WrongType));
        }
        let len = self.node.len();
        if len > max {
            return Err(self.fault(Code::TooMany));
        }
        let mut out = Vec::with_capacity(len);
        for index in 0..len {
            let Some(node) = self.node.at(index) else { break };
            out.push(each(At { node, up: Some(self), step: Step::Index(index) })?);
        }
        Ok(out)
    }

    /// Each field of a map of at most `max`, in the byte order of its names.
    pub fn map<T>(&self, max: usize, mut each: impl FnMut(&str, At<'_, N>) -> Read<T>) -> Read<Vec<T>> {
        if self.node.kind() != NodeKind::Map {
            return Err(self.fault(Code::WrongType));
        }
        let mut keys = self.node.keys();
        if keys.len() > max {
            return Err(self.fault(Code::TooMany));
        }
        keys.sort_unstable();
        let mut out = Vec::with_capacity(keys.len());
        for key in &keys {
            let Some(node) = self.node.get(key) else { continue };
            out.push(each(key, At { node, up: Some(self), step: Step::Field(key) })?);
        }
        Ok(out)
    }

    pub fn list_or_empty<T>(&self, name: &str, max: usize, each: impl FnMut(At<'_, N>) -> Read<T>) -> Read<Vec<T>> {
        match self.maybe(name) {
            Some(at) => at.list(max, each),
            None => Ok(Vec::new()),
        }
    }

    pub fn raw_text(&self) -> Read<String> {
        self.node.text().ok_or_else(|| self.fault(Code::WrongType))
    }

    /// A label or sentence: cleaned of control and bidirectional characters, capped.
    pub fn words(&self, max_chars: usize) -> Read<String> {
        let raw = self.raw_text()?;
        if raw.chars().count() > max_chars {
            return Err(self.fault(Code::TooLong));
        }
        Ok(text::clean(&raw))
    }

    /// An identifier: 1 to 128 bytes of visible ASCII without quotes, `<`, `>`, `&`, `\`.
    pub fn id(&self) -> Read<String> {
        let id = self.raw_text()?;
        if text::is_id(&id) { Ok(id) } else { Err(self.fault(Code::BadId)) }
    }

    /// An identifier with a prefix, such as `sub_…`.
    pub fn id_with(&self, prefix: &str) -> Read<String> {
        let id = self.id()?;
        match id.strip_prefix(prefix) {
            Some(rest) if !rest.is_empty() => Ok(id),
            _ => Err(self.fault(Code::BadId)),
        }
    }

    /// A control: purpose, `/`, source or channel.
    pub fn control(&self) -> Read<String> {
        let id = self.id()?;
        match id.split_once('/') {
            Some((purpose, matter)) if !purpose.is_empty() && !matter.is_empty() => Ok(id),
            _ => Err(self.fault(Code::BadId)),
        }
    }

    /// An opaque word such as a capability or a signed token: visible ASCII, at most 4 KiB.
    #[cfg(feature = "json")]
    pub fn token(&self) -> Read<String> {
        let token = self.raw_text()?;
        if token.len() > limits::TOKEN_BYTES {
            return Err(self.fault(Code::TooLong));
        }
        let visible = !token.is_empty() && token.bytes().all(|b| (0x21..=0x7e).contains(&b));
        if visible { Ok(token) } else { Err(self.fault(Code::BadId)) }
    }

    pub fn number(&self) -> Read<f64> {
        let number = self.node.number().ok_or_else(|| self.fault(Code::WrongType))?;
        if number.is_finite() { Ok(number) } else { Err(self.fault(Code::BadNumber)) }
    }

    /// A whole number from 0 to 2^53.
    pub fn count(&self) -> Read<u64> {
        let number = self.number()?;
        if (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0 {
            Ok(number as u64)
        } else {
            Err(self.fault(Code::BadNumber))
        }
    }

    pub fn boolean(&self) -> Read<bool> {
        self.node.boolean().ok_or_else(|| self.fault(Code::WrongType))
    }

    pub fn time(&self) -> Read<Timestamp> {
        Timestamp::parse(&self.raw_text()?).ok_or_else(|| self.fault(Code::BadTime))
    }

    pub fn duration(&self) -> Read<Duration> {
        Duration::parse(&self.raw_text()?).ok_or_else(|| self.fault(Code::BadDuration))
    }

    pub fn url(&self) -> Read<String> {
        let url = self.raw_text()?;
        if url.len() > limits::URL_BYTES {
            return Err(self.fault(Code::TooLong));
        }
        if text::is_url(&url) { Ok(url) } else { Err(self.fault(Code::BadUrl)) }
    }

    /// One of the words an enum knows.
    pub fn one_of<T: Copy>(&self, known: &[(&str, T)]) -> Read<T> {
        let word = self.raw_text()?;
        known
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, value)| *value)
            .ok_or_else(|| self.fault(Code::UnknownValue))
    }
}

/// Reads an optional field with `read`.
macro_rules! optional {
    ($at:expr, $name:literal, $read:expr) => {
        match $at.maybe($name) {
            Some(found) => Some($read(&found)?),
            None => None,
        }
    };
}
pub(crate) use optional;

/// An enum that is one lower-case word in JSON.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "json", derive(serde::Serialize))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name { $($(#[$vmeta])* #[doc = concat!("In JSON `", $word, "`.")] #[cfg_attr(feature = "json", serde(rename = $word))] $variant,)* }
        impl $name {
            /// Each word of JSON with its meaning.
            pub const WORDS: &'static [(&'static str, $name)] = &[$(($word, $name::$variant),)*];
            /// The word in JSON.
            pub fn as_str(self) -> &'static str { match self { $($name::$variant => $word,)* } }
            /// None for a word it does not know.
            pub fn parse(word: &str) -> Option<Self> {
                Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
            }
        }
    };
}
pub(crate) use word_enum;
