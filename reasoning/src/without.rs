use candor_protocol::{Candidate, Code, Explanation, Fault, Method, limits};

/// Data taken away in thought: whole factors off, single data left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Without {
    /// Indices into the document's factors.
    pub factors: Vec<usize>,
    /// Factor and evidence `ref`.
    pub data: Vec<(usize, String)>,
}

impl Without {
    /// One whole factor off.
    pub fn factor(factor: usize) -> Self {
        Without { factors: vec![factor], data: Vec::new() }
    }

    /// One datum of a factor left out.
    pub fn datum(factor: usize, datum: impl Into<String>) -> Self {
        Without { factors: Vec::new(), data: vec![(factor, datum.into())] }
    }

    pub fn is_empty(&self) -> bool {
        self.factors.is_empty() && self.data.is_empty()
    }

    /// Every source off.
    pub fn personal(doc: &Explanation) -> Self {
        Without { factors: (0..doc.personal()).collect(), data: Vec::new() }
    }

    /// The factors that are off as a bit mask; refuses what this document cannot answer.
    pub(crate) fn mask(&self, doc: &Explanation) -> Result<u32, Fault> {
        if !matches!(doc.method, Method::Additive | Method::Table) {
            return Err(Fault::new(Code::NoPreview, "/method"));
        }
        let mut mask = 0u32;
        for &factor in &self.factors {
            if factor >= doc.factors.len() || factor >= limits::PERSONAL_FACTORS + limits::OTHER_FACTORS {
                return Err(Fault::new(Code::UnknownFactor, "/factors"));
            }
            // A table has no score without a factor that is not personal.
            if doc.method == Method::Table && factor >= doc.personal() {
                return Err(Fault::new(Code::NoPreview, "/method"));
            }
            mask |= 1 << factor;
        }
        for (factor, datum) in &self.data {
            if doc.method == Method::Table {
                return Err(Fault::new(Code::NoPreview, "/method"));
            }
            if !doc.candidates.iter().any(|candidate| lists(candidate, *factor, datum)) {
                return Err(Fault::new(Code::NotListed, "/candidates"));
            }
        }
        Ok(mask)
    }

    pub(crate) fn leaves_out(&self, factor: usize, datum: &str) -> bool {
        self.data.iter().any(|(of, left_out)| *of == factor && left_out == datum)
    }
}

fn lists(candidate: &Candidate, factor: usize, datum: &str) -> bool {
    candidate.evidence.iter().any(|evidence| evidence.factor == factor && evidence.datum == datum)
        || candidate
            .excluded_by
            .iter()
            .any(|exclusion| exclusion.factor == factor && exclusion.refs.iter().any(|r| r == datum))
}
