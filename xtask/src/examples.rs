//! The documents that people copy from us are held to what the service demands.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, root};

/// The inline document of `index.html`, checked by the same command a shop's developer has.
pub fn check() -> Result<()> {
    let page = fs::read_to_string(root::at("index.html")).context("cannot read index.html")?;
    let document = inline(&page, "explanation").context("index.html holds no inline explanation")?;
    inline(&page, "notice").context("index.html holds no inline notice")?;
    let file = root::target().join("index-explanation.json");
    fs::write(&file, document)?;
    let candor = root::programs().join("candor");
    process::run(Command::new(&candor).arg("check").arg(&file))?;

    // A check that finds nothing wrong in a damaged document would prove nothing.
    let damaged = document.replacen("\"score\"", "\"score_\"", 1);
    if damaged == document {
        bail!("the inline explanation has no score to damage");
    }
    fs::write(&file, damaged)?;
    if process::output(Command::new(&candor).arg("check").arg(&file)).is_ok() {
        bail!("`candor check` accepted a document without its first score");
    }
    Ok(())
}

/// What stands between the tags of `<script type="application/json" data-candor="…">`.
fn inline<'a>(page: &'a str, what: &str) -> Option<&'a str> {
    let (_, after) = page.split_once(&format!("data-candor=\"{what}\""))?;
    let (_, body) = after.split_once('>')?;
    Some(body.split_once("</script>")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_document_is_found_between_its_tags() {
        let page = r#"<script type="application/json" data-candor="notice">{"a":1}</script><script>x</script>"#;
        assert_eq!(inline(page, "notice"), Some("{\"a\":1}"));
        assert_eq!(inline(page, "explanation"), None);
    }
}
