//! The order in which a module's functions stand. A compressor writes what repeats itself in fewer bits the closer it
//! stands, so each function stands behind the one it is most like.

use anyhow::Result;

use super::module::{functions, named};

/// Below this an index takes one byte: the functions that are called most have those, and keep them among themselves.
const ONE_BYTE: usize = 128;
/// So many bytes in a row that two functions have in common make them alike. Which of these makes the smallest file
/// differs from build to build.
const SHINGLES: [usize; 4] = [3, 4, 5, 6];

/// How much of what two have in common there is, from 0, nothing, to 1.
type Measure = fn(one: usize, other: usize, common: usize) -> f64;
/// Of all that both have, and of all that the second one has (A. Broder, "On the resemblance and containment of
/// documents", 1997).
const MEASURES: [Measure; 2] = [
    |one, other, common| common as f64 / (one + other - common).max(1) as f64,
    |_, other, common| common as f64 / other.max(1) as f64,
];

/// The module in several orders: each with names for its functions that stand in the alphabet as the functions shall.
pub fn by_likeness(wasm: &[u8]) -> Result<Vec<Vec<u8>>> {
    let (imported, bodies) = functions(wasm)?;
    let first = ONE_BYTE.saturating_sub(imported as usize);
    let mut modules = Vec::new();
    for (shingle, measure) in SHINGLES.iter().flat_map(|shingle| MEASURES.iter().map(move |measure| (shingle, measure)))
    {
        let order = chain(&bodies, first, *shingle, *measure);
        let name = |(place, index): (usize, usize)| (imported + index as u32, format!("{place:06}"));
        let mut names: Vec<(u32, String)> = order.into_iter().enumerate().map(name).collect();
        names.sort();
        modules.push(named(wasm, &names)?);
    }
    Ok(modules)
}

/// Again and again, of those left, the one that is most like the one before it; the `first` ones among themselves,
/// then the others.
fn chain(bodies: &[&[u8]], first: usize, shingle: usize, measure: Measure) -> Vec<usize> {
    let shingles: Vec<Vec<&[u8]>> = bodies.iter().map(|body| shingles(body, shingle)).collect();
    let first = first.min(bodies.len());
    let mut order: Vec<usize> = Vec::with_capacity(bodies.len());
    for mut left in [(0..first).collect::<Vec<usize>>(), (first..bodies.len()).collect()] {
        while !left.is_empty() {
            // The very first stays: it is called most.
            let alike = |index: &usize| match order.last() {
                Some(last) => likeness(&shingles[*last], &shingles[*index], measure),
                None => 0.0,
            };
            let mut best = (0, -1.0);
            for (at, index) in left.iter().enumerate() {
                let likeness = alike(index);
                if likeness > best.1 {
                    best = (at, likeness);
                }
            }
            order.push(left.remove(best.0));
        }
    }
    order
}

/// Sorted, each once.
fn shingles(body: &[u8], shingle: usize) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = body.windows(shingle).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn likeness(one: &[&[u8]], other: &[&[u8]], measure: Measure) -> f64 {
    let (mut at, mut to, mut common) = (0, 0, 0usize);
    while let (Some(left), Some(right)) = (one.get(at), other.get(to)) {
        common += usize::from(left == right);
        at += usize::from(left <= right);
        to += usize::from(right <= left);
    }
    measure(one.len(), other.len(), common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_behind_the_one_it_is_most_like() {
        let bodies: Vec<&[u8]> = vec![b"first of all", b"abcdef", b"first of any", b"uvwxyz", b"abcdeg", b"uvwxy!"];
        for measure in MEASURES {
            assert_eq!(chain(&bodies, 1, 3, measure), [0, 2, 1, 4, 3, 5]);
            assert_eq!(chain(&bodies, 3, 3, measure), [0, 2, 1, 4, 3, 5], "those that are called most stay in front");
            assert_eq!(chain(&bodies, 2, 3, measure), [0, 1, 4, 2, 3, 5]);
            assert!(chain(&[], 2, 3, measure).is_empty());
        }
    }

    #[test]
    fn likeness_is_what_two_have_in_common_of_all_they_have() {
        let of = |one: &[u8], other: &[u8]| MEASURES.map(|by| likeness(&shingles(one, 3), &shingles(other, 3), by));
        assert_eq!(of(b"abcd", b"abcd"), [1.0, 1.0]);
        assert_eq!(of(b"abcd", b"bcde"), [1.0 / 3.0, 0.5]);
        assert_eq!(of(b"abc", b"xyz"), [0.0, 0.0]);
        assert_eq!(of(b"", b"a"), [0.0, 0.0]);
    }
}
