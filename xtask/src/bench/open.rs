//! Chip pressed, with no hover before, until the card is painted, on a slow phone's browser and line.

use anyhow::Result;

use super::{Figure, Goal, Options};
use crate::browser;

pub fn measure(_options: &Options) -> Result<Vec<Figure>> {
    let demo = browser::fresh_demo()?;
    let answer = browser::measure("open.mjs", &[&demo.shop_url()])?;
    let (cold, warm) = (browser::times(&answer, "cold")?, browser::times(&answer, "warm")?);
    let slow = "4x CPU slowdown, 1.6 Mbit/s, 150 ms RTT";
    Ok(vec![
        Figure::new(
            format!("cold, median of {} ({slow})", cold.len()),
            browser::median(&cold),
            "ms",
            Goal::AtMost(1_200.0),
        ),
        Figure::new("cold, slowest", browser::max(&cold), "ms", Goal::Told),
        Figure::new(
            format!("module compiled and document held, median of {} ({slow})", warm.len()),
            browser::median(&warm),
            "ms",
            Goal::AtMost(200.0),
        ),
        Figure::new("module compiled and document held, slowest", browser::max(&warm), "ms", Goal::Told),
    ])
}
