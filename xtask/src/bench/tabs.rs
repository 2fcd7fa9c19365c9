//! A choice in one tab until the other's card and `allowed()` agree, by the channel between tabs and by storage alone.

use anyhow::Result;

use super::{Figure, Goal, Options};
use crate::browser;

pub fn measure(_options: &Options) -> Result<Vec<Figure>> {
    let demo = browser::fresh_demo()?;
    let mut figures = Vec::new();
    for (channel, by) in [("channel", "channel"), ("none", "storage alone")] {
        let answer = browser::measure("tabs.mjs", &[&demo.shop_url(), channel])?;
        // A refusal holds before the network is asked. Between the two tabs of a grant lies the service's answer,
        // and with it the disk: from there on it is again a matter of the tabs.
        for kind in ["refusal", "grant", "answer"] {
            let times = browser::times(&answer, kind)?;
            let agreeing = match kind {
                "answer" => format!("the service's answer to a grant, to the other's agreeing, by {by}"),
                _ => format!("{kind} in one tab to the other's agreeing, by {by}"),
            };
            figures.push(Figure::new(
                format!("{kind}s measured, by {by}"),
                times.len() as f64,
                "",
                Goal::AtLeast(20.0),
            ));
            let (median, slowest) = (browser::median(&times), browser::max(&times));
            figures.push(Figure::new(format!("{agreeing}, median"), median, "ms", Goal::AtMost(100.0)));
            figures.push(Figure::new(format!("{agreeing}, slowest"), slowest, "ms", Goal::AtMost(100.0)));
        }
    }
    Ok(figures)
}
