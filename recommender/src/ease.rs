//! EASE (H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019),
//! in closed form: with G = XᵀX + λI and P = G⁻¹, B = −P / diag(P) per column,
//! and 0 on the diagonal.

use std::num::NonZeroUsize;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::{Mat, Par};

use crate::FitError;

/// How many customers bought both, for each pair of items.
pub struct Gram {
    counts: Mat<f64>,
}

impl Gram {
    /// Of each customer's distinct items. Only the lower triangle is filled.
    pub fn new(items: usize, customers: impl IntoIterator<Item = impl AsRef<[u32]>>) -> Self {
        let mut counts = Mat::<f64>::zeros(items, items);
        let mut sorted = Vec::new();
        for customer in customers {
            sorted.clear();
            sorted.extend_from_slice(customer.as_ref());
            sorted.sort_unstable();
            // Columns are contiguous: below the diagonal the rows of one column ascend.
            for (at, column) in sorted.iter().enumerate() {
                let column = counts.col_mut(*column as usize);
                let Some(column) = column.try_as_col_major_mut() else { continue };
                let column = column.as_slice_mut();
                for row in &sorted[at..] {
                    column[*row as usize] += 1.0;
                }
            }
        }
        Gram { counts }
    }

    pub fn items(&self) -> usize {
        self.counts.nrows()
    }

    /// How many customers bought the item.
    pub fn buyers(&self, item: usize) -> f64 {
        self.counts[(item, item)]
    }
}

/// B, column by column: `weights[target * items + source]` is what having the
/// source adds to the target's score.
pub fn weights(gram: Gram, lambda: f64, threads: usize) -> Result<Vec<f64>, FitError> {
    if !(lambda > 0.0 && lambda.is_finite()) {
        return Err(FitError::Lambda);
    }
    let n = gram.items();
    let par = match NonZeroUsize::new(threads) {
        None | Some(NonZeroUsize::MIN) => Par::Seq,
        Some(threads) => Par::Rayon(threads),
    };
    let mut factor = gram.counts;
    for item in 0..n {
        factor[(item, item)] += lambda;
    }
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(n, par, Default::default())
        .or(llt::inverse::inverse_scratch::<f64>(n, par));
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    llt::factor::cholesky_in_place(factor.as_mut(), Default::default(), par, stack, Default::default())
        .map_err(|_| FitError::NotInvertible)?;
    let mut inverse = Mat::<f64>::zeros(n, n);
    llt::inverse::inverse(inverse.as_mut(), factor.as_ref(), par, stack);
    drop(factor);

    let mut out = vec![0.0; n * n];
    // The inverse stands in the lower triangle and is symmetric. Tiles, so that
    // the half that is read across columns stays in cache.
    const TILE: usize = 64;
    let scale: Vec<f64> = (0..n).map(|i| -1.0 / inverse[(i, i)]).collect();
    for left in (0..n).step_by(TILE) {
        for top in (left..n).step_by(TILE) {
            for column in left..n.min(left + TILE) {
                for row in top.max(column + 1)..n.min(top + TILE) {
                    let value = inverse[(row, column)];
                    out[column * n + row] = value * scale[column];
                    out[row * n + column] = value * scale[row];
                }
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gauss-Jordan, written out: slow and plainly right.
    fn inverse(mut a: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        let n = a.len();
        let mut out: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(i == j)).collect()).collect();
        for i in 0..n {
            let pivot = a[i][i];
            for j in 0..n {
                a[i][j] /= pivot;
                out[i][j] /= pivot;
            }
            for k in (0..n).filter(|k| *k != i) {
                let factor = a[k][i];
                for j in 0..n {
                    a[k][j] -= factor * a[i][j];
                    out[k][j] -= factor * out[i][j];
                }
            }
        }
        out
    }

    #[test]
    fn weights_are_the_closed_form() {
        let customers: Vec<Vec<u32>> =
            vec![vec![0, 1, 2], vec![2, 1], vec![3, 0], vec![1, 3, 4], vec![4, 0, 1], vec![2]];
        let n = 5;
        let mut gram = vec![vec![0.0; n]; n];
        for customer in &customers {
            for a in customer {
                for b in customer {
                    gram[*a as usize][*b as usize] += 1.0;
                }
            }
        }
        gram.iter_mut().enumerate().for_each(|(i, row)| row[i] += 1.5);
        let p = inverse(gram);
        for threads in [1, 2] {
            let found = weights(Gram::new(n, &customers), 1.5, threads).unwrap();
            for target in 0..n {
                for source in 0..n {
                    let wanted = if source == target { 0.0 } else { -p[source][target] / p[target][target] };
                    assert!((found[target * n + source] - wanted).abs() < 1e-12, "{source} to {target}");
                }
            }
        }
    }

    #[test]
    fn a_lambda_that_is_none_is_refused() {
        for lambda in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(weights(Gram::new(1, [[0u32]]), lambda, 1), Err(FitError::Lambda));
        }
    }
}
