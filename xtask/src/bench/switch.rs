//! Switch pressed until the shop's newly served list is painted, on this machine.

use anyhow::Result;

use super::{Figure, Goal, Options};
use crate::browser;

pub fn measure(_options: &Options) -> Result<Vec<Figure>> {
    let demo = browser::fresh_demo()?;
    let answer = browser::measure("switch.mjs", &[&demo.shop_url()])?;
    let times = browser::times(&answer, "times")?;
    Ok(vec![
        Figure::new("switches measured", times.len() as f64, "", Goal::AtLeast(20.0)),
        Figure::new("switch to newly served list, median", browser::median(&times), "ms", Goal::AtMost(300.0)),
        Figure::new("switch to newly served list, slowest", browser::max(&times), "ms", Goal::AtMost(300.0)),
    ])
}
