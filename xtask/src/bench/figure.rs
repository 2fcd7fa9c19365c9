//! One measured number, its goal, and whether it holds.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a figure has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
    /// Printed for comparison; nothing to reach.
    Told,
}

#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    pub goal: Goal,
    pub holds: bool,
}

impl Figure {
    /// Judged here: a value that is no number holds to nothing.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str, goal: Goal) -> Self {
        let holds = value.is_finite()
            && match goal {
                Goal::AtMost(limit) => value <= limit,
                Goal::AtLeast(limit) => value >= limit,
                Goal::Exactly(wanted) => value == wanted,
                Goal::Told => true,
            };
        Self { what: what.into(), value, unit, goal, holds }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::AtMost(limit) => write!(f, "≤ {limit}"),
            Goal::AtLeast(limit) => write!(f, "≥ {limit}"),
            Goal::Exactly(wanted) => write!(f, "= {wanted}"),
            Goal::Told => Ok(()),
        }
    }
}

/// As printed ("≤ 300"); null where there is nothing to reach.
impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Goal::Told => to.serialize_none(),
            goal => to.collect_str(goal),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Four digits that mean something, whatever the magnitude.
        let value = if self.value == self.value.trunc() {
            format!("{}", self.value)
        } else if self.value.abs() >= 100.0 {
            format!("{:.1}", self.value)
        } else {
            format!("{:.4}", self.value)
        };
        let mark = match (self.goal, self.holds) {
            (Goal::Told, true) => "     ",
            (_, true) => "holds",
            (_, false) => "FAILS",
        };
        write!(f, "{mark}  {}: {value} {}", self.what, self.unit)?;
        if self.goal != Goal::Told {
            write!(f, " (goal {})", self.goal)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_judged_at_its_edge() {
        assert!(Figure::new("wait", 300.0, "ms", Goal::AtMost(300.0)).holds);
        assert!(!Figure::new("wait", 300.1, "ms", Goal::AtMost(300.0)).holds);
        assert!(!Figure::new("recall", 0.0899, "", Goal::AtLeast(0.09)).holds);
        assert!(!Figure::new("equal", 999.0, "of 1000", Goal::Exactly(1000.0)).holds);
    }

    #[test]
    fn no_number_never_holds() {
        assert!(!Figure::new("mean of nothing", f64::NAN, "ms", Goal::AtMost(1.0)).holds);
        assert!(!Figure::new("mean of nothing", f64::NAN, "ms", Goal::Told).holds);
    }

    #[test]
    fn the_json_form_is_the_documented_one() {
        let figure = Figure::new("switch to list, median", 120.5, "ms", Goal::AtMost(300.0));
        assert_eq!(
            serde_json::to_string(&figure).unwrap(),
            r#"{"what":"switch to list, median","value":120.5,"unit":"ms","goal":"≤ 300","holds":true}"#
        );
    }
}
