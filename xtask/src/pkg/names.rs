//! Short names for what is private: members of the loader's own classes, and the style sheets' own properties.
//! esbuild by itself avoids every name that is a member anywhere in the bundle, and wasm-bindgen's imports have
//! all of one letter; custom properties it leaves alone.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Members whose name ends so are private: in esbuild's syntax, as [`is_private`] says it.
pub const PRIVATE: &str = "--mangle-props=[a-z]_$";

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$";

/// What esbuild's `--mangle-cache` reads: a letter for each, the most frequent first, as long as there are
/// letters. Those that are left esbuild names as ever.
pub fn letters(sources: &[String]) -> BTreeMap<&str, char> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in sources {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| is_private(word)) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut names: Vec<_> = counts.into_iter().collect();
    names.sort_by_key(|(_, count)| Reverse(*count));
    names.into_iter().map(|(name, _)| name).zip(LETTERS.chars()).collect()
}

fn is_private(word: &str) -> bool {
    word.strip_suffix('_').is_some_and(|name| name.ends_with(|c: char| c.is_ascii_lowercase()))
}

/// The sheet with a letter for each custom property that is not the shop's to set, the same in all sheets of
/// one page: `given` has those that were met before.
pub fn short_properties(sheet: &str, given: &mut BTreeMap<String, char>) -> String {
    let mut parts = sheet.split("--");
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        short.push_str("--");
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let letters = given.len();
        let letter = (!name.starts_with("candor-"))
            .then(|| given.get(name).copied().or_else(|| LETTERS.chars().nth(letters)))
            .flatten();
        match letter {
            Some(letter) => {
                given.insert(name.to_owned(), letter);
                short.push(letter);
            }
            None => short.push_str(name),
        }
        short.push_str(rest);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_most_is_shortest_and_what_is_public_keeps_its_name() {
        let sources = ["this.who_.of = a_b + this.shelf_;".to_owned(), "who_: _x, MAX_".to_owned()];
        assert_eq!(letters(&sources), BTreeMap::from([("who_", 'a'), ("shelf_", 'b')]));
    }

    #[test]
    fn there_are_no_more_names_than_letters_and_no_letter_is_given_twice() {
        let many: String = (0..80).map(|n| format!("m{n}x_ ")).collect();
        let given = letters(std::slice::from_ref(&many)).len();
        assert_eq!(given, LETTERS.len());
        let all: std::collections::BTreeSet<char> = LETTERS.chars().collect();
        assert_eq!(all.len(), LETTERS.len());
    }

    #[test]
    fn a_sheets_own_properties_are_short_and_the_shops_are_as_documented() {
        let mut given = BTreeMap::new();
        let card = ":host{--text:var(--candor-text,#111);--soft:red}.a{color:var(--text)}";
        assert_eq!(short_properties(card, &mut given), ":host{--a:var(--candor-text,#111);--b:red}.a{color:var(--a)}");
        assert_eq!(short_properties("dialog{color:var(--soft)}", &mut given), "dialog{color:var(--b)}");
    }
}
