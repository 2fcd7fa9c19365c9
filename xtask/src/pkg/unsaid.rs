//! Texts that nobody reads. The standard library's of what can go wrong with files and sockets: only the
//! stream adapters that the build hollows out would say them, and the linker has placed them before (no later
//! pass drops data). And the ends of the bindings' long sentences: how one begins tells which it is.

use anyhow::{Result, bail};

/// The first and the last of them, in the order of the linker.
const FIRST: &[u8] = b"entity not found";
const LAST: &[u8] = b"operation successful";
/// So many bytes at most lie between them, and so many texts: it is them and nothing else.
const LENGTH: usize = 1_024;
const TEXTS: usize = 64;

/// What a trap in the bindings says to whoever reads the console, as the diagnostic `stopped`.
const SENTENCES: [&[u8]; 7] = [
    b"attempted to take ownership of Rust value while it was borrowed",
    b"null pointer passed to rust",
    b"recursive use of an object detected which would lead to unsafe aliasing in rust",
    b"closure invoked recursively or after being dropped",
    b"FnOnce called more than once",
    b"called `Option::unwrap_throw()` on a `None` value",
    b"called `Result::unwrap_throw()` on an `Err` value",
];
/// Enough to tell them apart.
const BEGINNING: usize = 9;

/// What the standard library puts around an error of files and sockets, and in the place of one it will not show.
const AROUND: [&[u8]; 2] = [b" (os error ", b"<redacted>"];

/// The module with zeroes where the texts are and where the table says how they are to be found:
/// those cost nothing. Were one said all the same it would be blank, no worse.
pub fn blank(mut wasm: Vec<u8>) -> Result<Vec<u8>> {
    for sentence in SENTENCES {
        while let Some(at) = find(&wasm, sentence) {
            wasm[at + BEGINNING..at + sentence.len()].fill(0);
        }
    }
    for text in AROUND {
        if let Some(at) = find(&wasm, text) {
            wasm[at..at + text.len()].fill(0);
        }
    }
    let Some(from) = find(&wasm, FIRST) else { return Ok(wasm) };
    let Some(length) = find(&wasm[from..], LAST).map(|at| at + LAST.len()).filter(|length| *length < LENGTH) else {
        bail!("the standard library's texts of errors have changed: what comes last is not where it was");
    };
    if let Some((at, count)) = table(&wasm[from + length..], length) {
        let at = from + length + at;
        wasm[at..at + 4 * count].fill(0);
    }
    wasm[from..from + length].fill(0);
    Ok(wasm)
}

/// Where behind the texts the words begin that point to each of them, one after the other, and how many there are.
fn table(data: &[u8], length: usize) -> Option<(usize, usize)> {
    let word = |at: usize| data.get(at..at + 4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap_or_default()));
    let first = FIRST.len() as u32;
    (0..LENGTH).find_map(|at| {
        let start = word(at)?;
        let inside = |at: usize| word(at).is_some_and(|to| to >= start && to - start < length as u32);
        let count = (0..TEXTS).take_while(|i| inside(at + 4 * i)).count();
        (count > 16 && word(at + 4)? == start + first).then_some((at, count))
    })
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|part| part == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(last: &[u8]) -> Vec<u8> {
        let words = (0..20u32).map(|i| 0x10_0000 + FIRST.len() as u32 * i.min(1) + i.saturating_sub(1));
        let table = words.flat_map(u32::to_le_bytes).collect::<Vec<u8>>();
        [b"before", FIRST, b"in between, well", last, &[7, 0, 0], &table, b"behind"].concat()
    }

    #[test]
    fn what_is_never_said_costs_nothing_and_the_rest_stays() {
        let wasm = module(LAST);
        let blanked = blank(wasm.clone()).unwrap();
        assert_eq!(blanked.len(), wasm.len());
        assert!(blanked.starts_with(b"before\0") && blanked.ends_with(b"\0behind"));
        let rest: Vec<u8> = blanked.into_iter().filter(|byte| *byte != 0).collect();
        assert_eq!(rest, b"before\x07behind");
    }

    #[test]
    fn of_a_long_sentence_the_beginning_is_left() {
        let wasm = [b"a", SENTENCES[2], b"b", AROUND[0], SENTENCES[1], SENTENCES[2], AROUND[1]].concat();
        let rest: Vec<u8> = blank(wasm).unwrap().into_iter().filter(|byte| *byte != 0).collect();
        assert_eq!(rest, b"arecursivebnull poinrecursive");
        let beginnings: std::collections::HashSet<_> = SENTENCES.iter().map(|text| &text[..BEGINNING]).collect();
        assert_eq!(beginnings.len(), SENTENCES.len());
    }

    #[test]
    fn where_they_have_changed_the_build_says_so() {
        assert!(blank(module(b"something else")).is_err());
        assert_eq!(blank(b"no such text".to_vec()).unwrap(), b"no such text");
    }
}
