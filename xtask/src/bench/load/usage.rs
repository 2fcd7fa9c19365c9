//! What a process took of the processors, as Linux counts it.

use std::fs;

use anyhow::{Context, Result};

/// Linux counts in hundredths of a second towards programs (`USER_HZ`), on every machine.
const TICKS: f64 = 100.0;

/// Seconds of processor time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    pub user: f64,
    pub system: f64,
}

impl Usage {
    /// Of a process and all its threads, since it began: fields 14 and 15 of proc(5)'s `stat`.
    pub fn of(process: u32) -> Result<Self> {
        let path = format!("/proc/{process}/stat");
        let stat = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
        read(&stat).with_context(|| format!("{path} is not as expected"))
    }

    pub fn since(self, before: Self) -> Self {
        Usage { user: self.user - before.user, system: self.system - before.system }
    }

    pub fn both(self) -> f64 {
        self.user + self.system
    }
}

fn read(stat: &str) -> Option<Usage> {
    // The name in parentheses may hold anything; what follows the last one is numbers, from field 3 on.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(str::parse::<f64>);
    Some(Usage { user: fields.next()?.ok()? / TICKS, system: fields.next()?.ok()? / TICKS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_moves_no_field() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194304 1 2 3 4 150 25 0 0 20 0 1 0 5";
        assert_eq!(read(stat), Some(Usage { user: 1.5, system: 0.25 }));
        assert_eq!(read("nonsense"), None);
    }

    #[test]
    fn this_process_has_taken_no_less_than_nothing() {
        assert!(Usage::of(std::process::id()).unwrap().both() >= 0.0);
    }
}
