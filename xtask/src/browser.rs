//! Measurements that only a browser can make: a script of `tests/bench/` drives it and prints JSON.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::demo::{self, Demo};
use crate::{process, root};

/// Runs a script and reads the last line it prints.
pub fn measure(script: &str, args: &[&str]) -> Result<Value> {
    let printed =
        process::output(Command::new("node").arg(format!("bench/{script}")).args(args).current_dir(root::at("tests")))?;
    let line = printed.lines().last().with_context(|| format!("{script} printed nothing"))?;
    serde_json::from_str(line).with_context(|| format!("{script} printed no JSON: {line}"))
}

/// A fresh demo on free ports, for one bench.
pub fn fresh_demo() -> Result<Demo> {
    demo::build()?;
    Demo::start(None, demo::free_port()?)
}

/// A list of milliseconds out of a script's answer.
pub fn times(answer: &Value, name: &str) -> Result<Vec<f64>> {
    let list = answer[name].as_array().with_context(|| format!("the script gave no {name}"))?;
    Ok(list.iter().filter_map(Value::as_f64).collect())
}

pub fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

pub fn max(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::NAN, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_no_number() {
        assert!(median(&[]).is_nan());
        assert!(max(&[]).is_nan());
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
