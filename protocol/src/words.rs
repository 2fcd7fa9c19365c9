//! Enums that are one word in JSON.

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
            /// Each word of JSON, in the order of the variants.
            pub(crate) const NAMES: &'static [&'static str] = &[$($word,)*];
            /// The word in JSON.
            pub fn as_str(self) -> &'static str { Self::NAMES.get(self as usize).copied().unwrap_or_default() }
            /// None for a word it does not know.
            pub fn parse(word: &str) -> Option<Self> {
                $crate::words::find(Self::NAMES, word).map(Self::nth)
            }
            /// The variant at this place; the first where there is none.
            pub fn nth(index: usize) -> Self {
                const ALL: &[$name] = &[$($name::$variant,)*];
                const FIRST: $name = [$($name::$variant,)*][0];
                ALL.get(index).copied().unwrap_or(FIRST)
            }
        }
    };
}
pub(crate) use word_enum;

/// The place of the word among those that are known.
#[inline(never)]
pub(crate) fn find(known: &[&str], word: &str) -> Option<usize> {
    known.iter().position(|name| *name == word)
}
