//! A choice in one tab until the other's card and `allowed()` agree, by the channel between tabs and by storage alone.

use anyhow::Result;

use super::{Figure, Goal, Options};
use crate::browser;

pub fn measure(_options: &Options) -> Result<Vec<Figure>> {
    let demo = browser::fresh_demo()?;
    let mut figures = Vec::new();
    for (channel, by) in [("channel", "channel"), ("none", "storage alone")] {
        let answer = browser::measure("tabs.mjs", &[&demo.shop_url(), channel])?;
        let times = browser::times(&answer, "times")?;
        figures.push(Figure::new(format!("choices measured, by {by}"), times.len() as f64, "", Goal::AtLeast(20.0)));
        figures.push(Figure::new(
            format!("choice in one tab to the other's agreeing, by {by}, median"),
            browser::median(&times),
            "ms",
            Goal::AtMost(100.0),
        ));
        figures.push(Figure::new(
            format!("choice in one tab to the other's agreeing, by {by}, slowest"),
            browser::max(&times),
            "ms",
            Goal::AtMost(100.0),
        ));
    }
    Ok(figures)
}
