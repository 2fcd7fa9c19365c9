//! What whoever runs the service reads.

use std::fmt::Display;
use std::io::Write;

/// A line on standard error. Where that takes nothing any more, as on a full disk or behind a program that has ended,
/// the service goes on: `eprintln!` would end the thread that has something to say, and with it what that thread does.
pub fn log(what: impl Display) {
    let _ = writeln!(std::io::stderr(), "candor: {what}");
}
