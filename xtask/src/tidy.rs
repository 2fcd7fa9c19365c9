//! The repository's own rules, each a function that says what breaks it and where.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{process, root};

/// Crates that run in a page and in the service alike.
pub const PURE: &[&str] = &["candor-protocol", "candor-reasoning", "candor-choices", "candor-words"];

/// Beyond this many lines a file probably holds two concepts; it is said, not refused.
const LONG: usize = 400;

type Rule = fn(&[Source]) -> Result<Vec<String>>;

const RULES: &[(&str, Rule)] = &[
    ("no path of a machine", |sources| Ok(machine_paths(sources))),
    ("nothing left to do", |sources| Ok(left_to_do(sources))),
    ("no style attribute", |sources| Ok(style_attributes(sources))),
    ("lock files name no host", |sources| Ok(hosts_in_locks(sources))),
    ("the two workspaces agree", |_| versions_agree()),
    ("no browser in the service, no delegation in the page", |_| features()),
    ("the pure crates need no browser", |_| pure_graph()),
    ("a dependency says why", |sources| Ok(reasons(sources))),
    ("every invariant is a test", invariants),
];

/// A text file of the repository.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// This file, which has to name what it refuses.
    fn is_this(&self) -> bool {
        self.path == "xtask/src/tidy.rs"
    }
}

pub fn run() -> Result<()> {
    let sources = sources()?;
    let mut broken = 0;
    for (name, rule) in RULES {
        let found = rule(&sources).with_context(|| format!("cannot check: {name}"))?;
        println!("{}  {name}", if found.is_empty() { "ok    " } else { "BROKEN" });
        found.iter().for_each(|line| println!("          {line}"));
        broken += usize::from(!found.is_empty());
    }
    for source in sources.iter().filter(|source| source.is(&[".rs", ".ts"])) {
        let lines = source.text.lines().count();
        if lines > LONG {
            println!("note    {}: {lines} lines; is it one concept?", source.path);
        }
    }
    if broken > 0 {
        bail!("{broken} rules of the repository are broken");
    }
    Ok(())
}

/// What git tracks or would track, as far as it is text.
fn sources() -> Result<Vec<Source>> {
    let list = process::output(
        Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root::root()),
    )?;
    let read = |path: &str| fs::read(root::at(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let source = |path: &str| Some(Source { path: path.to_owned(), text: read(path)? });
    Ok(list.lines().filter_map(source).collect())
}

/// Lines that match, with where they are.
fn lines(source: &Source, matches: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = source.text.lines().enumerate().filter(|(_, line)| matches(line));
    numbered
        .map(|(index, line)| {
            format!("{}:{}: {}", source.path, index + 1, line.trim().chars().take(100).collect::<String>())
        })
        .collect()
}

fn machine_paths(sources: &[Source]) -> Vec<String> {
    let private = |line: &str| ["/work/", "/root/", "/home/", "/Users/"].iter().any(|path| line.contains(path));
    sources.iter().filter(|source| !source.is_this()).flat_map(|source| lines(source, private)).collect()
}

fn left_to_do(sources: &[Source]) -> Vec<String> {
    let marked = |line: &str| {
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.any(|word| matches!(word, "TODO" | "FIXME" | "XXX" | "HACK"))
    };
    let code = [".rs", ".ts", ".js", ".mjs", ".css", ".sh", ".toml", ".md", ".html"];
    sources
        .iter()
        .filter(|source| source.is(&code) && !source.is_this())
        .flat_map(|source| lines(source, marked))
        .collect()
}

/// A strict Content-Security-Policy drops them silently.
fn style_attributes(sources: &[Source]) -> Vec<String> {
    let styled =
        |line: &str| !line.trim_start().starts_with("//") && (line.contains(" style=\"") || line.contains(" style=("));
    let pages = ["card/", "desk/", "demo-site/src/", "service/src/", "widget/", "index.html"];
    // A test may name what it refuses.
    let shown = |source: &&Source| {
        source.is(&[".rs", ".ts", ".html"])
            && !source.path.contains("/tests/")
            && pages.iter().any(|page| source.path.starts_with(page))
    };
    sources.iter().filter(shown).flat_map(|source| lines(source, styled)).collect()
}

fn hosts_in_locks(sources: &[Source]) -> Vec<String> {
    let locks = sources.iter().filter(|source| source.is(&["package-lock.json"]));
    locks.flat_map(|source| lines(source, |line| line.contains("\"resolved\": \"http"))).take(5).collect()
}

fn versions_agree() -> Result<Vec<String>> {
    let (house, page) = (packages("")?, packages("widget")?);
    let mut found = Vec::new();
    let own = |packages: &[Package], name: &str| packages.iter().find(|p| p.name == name).map(|p| p.version.clone());
    if own(&house, "candor-service") != own(&page, "candor-widget") {
        found.push("widget/Cargo.toml: its version differs from the root workspace's".to_owned());
    }
    // What draws the same components on both sides.
    for name in ["leptos", "tachys", "reactive_graph", "leptos_macro"] {
        let (here, there) = (own(&house, name), own(&page, name));
        if here.is_none() || here != there {
            found.push(format!("{name}: {here:?} in Cargo.lock, {there:?} in widget/Cargo.lock"));
        }
    }
    Ok(found)
}

/// Features that unite over a workspace: a test is the only place where a wrong one shows.
fn features() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (folder, package, feature, why) in [
        ("", "leptos", "csr", "effects would panic in the service"),
        ("", "tachys", "delegation", "the host's stopPropagation would break the card"),
        ("widget", "leptos", "delegation", "the host's stopPropagation would break the card"),
        ("widget", "tachys", "delegation", "the host's stopPropagation would break the card"),
        ("widget", "leptos", "ssr", "the Wasm would carry the server's half"),
    ] {
        let packages = packages(folder)?;
        let package = packages.iter().find(|p| p.name == package).with_context(|| format!("{package} is not there"))?;
        if package.features.iter().any(|on| on == feature) {
            found.push(format!("{folder}: {}/{feature} is on; {why}", package.name));
        }
    }
    Ok(found)
}

fn pure_graph() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in PURE {
        let tree = process::output(
            Command::new("cargo")
                .args([
                    "tree",
                    "--quiet",
                    "-p",
                    name,
                    "--target",
                    "wasm32-unknown-unknown",
                    "--edges",
                    "normal",
                    "--prefix",
                    "none",
                ])
                .current_dir(root::root()),
        )?;
        let browser = tree.lines().filter(|line| {
            ["js-sys", "web-sys", "wasm-bindgen", "tokio", "leptos"].iter().any(|b| line.split(' ').next() == Some(b))
        });
        found.extend(browser.map(|line| format!("{name} reaches {line}")));
    }
    Ok(found)
}

/// Each dependency has its reason in a comment above it, here or where the workspace names it.
fn reasons(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| source.is(&["Cargo.toml"])) {
        let (mut inside, mut reasoned) = (false, false);
        for (index, line) in source.text.lines().enumerate() {
            let line = line.trim();
            if line.starts_with('[') {
                inside = line.ends_with("dependencies]");
            } else if line.starts_with('#') {
                reasoned = true;
                continue;
            } else if inside
                && line.contains(" = ")
                && !line.contains("path = ")
                && !line.contains(".workspace")
                && !line.contains("workspace = true")
                && !reasoned
            {
                found.push(format!("{}:{}: {line}", source.path, index + 1));
            }
            // One reason may stand above several lines that follow each other.
            reasoned = reasoned && !line.is_empty();
        }
    }
    found
}

/// The names in ARCHITECTURE.md's table of invariants are functions marked as tests, or titles of browser tests.
fn invariants(sources: &[Source]) -> Result<Vec<String>> {
    let page = sources.iter().find(|source| source.path == "ARCHITECTURE.md").context("no ARCHITECTURE.md")?;
    let (_, section) =
        page.text.split_once("\n## Invariants").context("ARCHITECTURE.md has no section \"Invariants\"")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let named: Vec<&str> = section.split('`').skip(1).step_by(2).filter(|name| !name.starts_with("./x ")).collect();
    if named.len() < 7 {
        bail!("ARCHITECTURE.md names {} tests; there are seven invariants at least", named.len());
    }
    let rust = |name: &str| {
        let head = format!("fn {name}(");
        sources.iter().filter(|s| s.is(&[".rs"])).any(|s| {
            s.text.match_indices(&head).any(|(at, _)| s.text[..at].trim_end().rsplit('\n').take(3).any(|line| line.contains("#[test]") || line.contains("::test")))
                // Property tests stand inside a macro.
                || (s.text.contains("proptest!") && s.text.contains(&head))
        })
    };
    let browser = |name: &str| {
        sources
            .iter()
            .filter(|s| s.path.starts_with("tests/") && s.is(&[".ts"]))
            .any(|s| s.text.contains(&format!("test('{name}'")))
    };
    Ok(named
        .into_iter()
        .filter(|name| !rust(name) && !browser(name))
        .map(|name| format!("no test is called {name}"))
        .collect())
}

struct Package {
    name: String,
    version: String,
    features: Vec<String>,
}

/// Packages as cargo resolves them for a whole workspace.
fn packages(folder: &str) -> Result<Vec<Package>> {
    let text = process::output(
        Command::new("cargo").args(["metadata", "--format-version", "1", "--quiet"]).current_dir(root::at(folder)),
    )?;
    let metadata: Value = serde_json::from_str(&text)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nodes = list(&metadata["resolve"]["nodes"]);
    Ok(list(&metadata["packages"])
        .iter()
        .map(|package| {
            let node = nodes.iter().find(|node| node["id"] == package["id"]);
            let features = node.map(|node| list(&node["features"]).iter().map(text).collect()).unwrap_or_default();
            Package { name: text(&package["name"]), version: text(&package["version"]), features }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Vec<Source> {
        vec![Source { path: path.to_owned(), text: text.to_owned() }]
    }

    #[test]
    fn a_mark_is_a_word_of_its_own() {
        assert_eq!(left_to_do(&source("a.rs", "// TODO later")).len(), 1);
        assert_eq!(left_to_do(&source("a.rs", "const TODOS: u8 = 1;")).len(), 0);
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        assert_eq!(reasons(&source("a/Cargo.toml", "[dependencies]\nserde = \"1\"\n")).len(), 1);
        assert_eq!(
            reasons(&source("a/Cargo.toml", "[dependencies]\n# Reads.\nserde = \"1\"\nserde_json = \"1\"\n")).len(),
            0
        );
        assert_eq!(reasons(&source("a/Cargo.toml", "[package]\nname = \"a\"\n")).len(), 0);
    }

    #[test]
    fn a_style_attribute_in_a_page_is_found() {
        assert_eq!(style_attributes(&source("card/src/why.rs", "<p style=\"color:red\">")).len(), 1);
        assert_eq!(style_attributes(&source("card/src/why.rs", "// no style=\"\" here")).len(), 0);
    }
}
