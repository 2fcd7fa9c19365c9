//! The order in which a module's functions stand. A compressor writes what repeats itself in fewer bits the closer it
//! stands, so each function stands behind the one it is most like.

use anyhow::Result;

use super::module::{functions, named};

/// Below this an index takes one byte: the functions that are called most have those, and keep them.
const ONE_BYTE: usize = 128;
/// So many bytes in a row that two functions have in common make them alike.
const SHINGLE: usize = 3;

/// The module with names for its functions that stand in the alphabet in the order the functions shall have.
pub fn by_likeness(wasm: &[u8]) -> Result<Vec<u8>> {
    let (imported, bodies) = functions(wasm)?;
    let order = chain(&bodies, ONE_BYTE.saturating_sub(imported as usize));
    let name = |(place, index): (usize, usize)| (imported + index as u32, format!("{place:06}"));
    let mut names: Vec<(u32, String)> = order.into_iter().enumerate().map(name).collect();
    names.sort();
    named(wasm, &names)
}

/// The first ones as they are; then, again and again, of those left the one that is most like the one before it, by
/// the Jaccard similarity of their shingles (A. Broder, "On the resemblance and containment of documents", 1997).
fn chain(bodies: &[&[u8]], first: usize) -> Vec<usize> {
    let shingles: Vec<Vec<&[u8]>> = bodies.iter().map(|body| shingles(body)).collect();
    let mut order: Vec<usize> = (0..bodies.len().min(first)).collect();
    let mut left: Vec<usize> = (order.len()..bodies.len()).collect();
    while !left.is_empty() {
        let last = order.last().map_or(&[][..], |last| shingles[*last].as_slice());
        let mut best = (0, -1.0);
        for (at, index) in left.iter().enumerate() {
            let alike = likeness(last, &shingles[*index]);
            if alike > best.1 {
                best = (at, alike);
            }
        }
        order.push(left.remove(best.0));
    }
    order
}

/// Sorted, each once.
fn shingles(body: &[u8]) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = body.windows(SHINGLE).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// From 0, nothing in common, to 1.
fn likeness(one: &[&[u8]], other: &[&[u8]]) -> f64 {
    let (mut at, mut to, mut common) = (0, 0, 0usize);
    while let (Some(left), Some(right)) = (one.get(at), other.get(to)) {
        common += usize::from(left == right);
        at += usize::from(left <= right);
        to += usize::from(right <= left);
    }
    common as f64 / (one.len() + other.len() - common).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_behind_the_one_it_is_most_like() {
        let bodies: Vec<&[u8]> = vec![b"first of all", b"abcdef", b"uvwxyz", b"abcdeg", b"uvwxy!"];
        assert_eq!(chain(&bodies, 2), [0, 1, 3, 2, 4]);
        assert_eq!(chain(&bodies, 9), [0, 1, 2, 3, 4], "those that are called most stay where they are");
        assert!(chain(&[], 2).is_empty());
    }

    #[test]
    fn likeness_is_what_two_have_in_common_of_all_they_have() {
        let of = |one: &[u8], other: &[u8]| likeness(&shingles(one), &shingles(other));
        assert_eq!(of(b"abcd", b"abcd"), 1.0);
        assert_eq!(of(b"abcd", b"bcde"), 1.0 / 3.0);
        assert_eq!(of(b"abc", b"xyz"), 0.0);
        assert_eq!(of(b"", b"a"), 0.0);
    }
}
