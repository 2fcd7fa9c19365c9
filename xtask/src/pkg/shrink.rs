//! From what wasm-bindgen wrote to what is shipped: smaller, and guarded.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::glue::lean;
use super::likeness::by_likeness;
use super::module::{Export, exports, hollow, without_custom};
use super::unsaid::blank;
use super::{Shipped, Tools, WASM_FEATURES, bundle_core, read, read_text, write};
use crate::process::output;
use crate::size::brotli;

/// What dependencies export and only an export could reach: stream adapters of the framework's,
/// and the ways into closures of types that nothing here hands to JavaScript.
const UNCALLED: &[&str] = &["wasm_streams", "::convert::closures::_::"];

pub struct Shrunk {
    pub wasm: Vec<u8>,
    pub glue: PathBuf,
}

/// Drops the exports our glue never calls and all that only they reach, then optimises for size.
pub fn shrink(root: &Path, work: &Path, tools: &Tools, rare: &[Shipped]) -> Result<Shrunk> {
    let bound = work.join("candor_bg.wasm");
    let glue = guarded_glue(&read_text(&work.join("candor.js"))?)?;
    let guarded = work.join("glue.js");
    write(&guarded, glue.as_bytes())?;

    // What the bundle still names after tree shaking is what is called.
    let probe = work.join("probe.js");
    bundle_core(root, tools, &guarded, rare, &probe, false)?;
    let called = read_text(&probe)?;
    let bound = read(&bound)?;
    let all = exports(&bound)?.into_iter();
    let (roots, kept): (Vec<Value>, HashSet<u32>) = all
        .filter(|export| export.name == "memory" || called.contains(&format!("wasm.{}", export.name)))
        .map(|Export { name, function }| {
            (json!({"name": format!("root-{name}"), "export": name, "root": true}), function.unwrap_or(u32::MAX))
        })
        .unzip();
    let raw = work.join("hollow.wasm");
    write(&raw, &blank(hollow(&bound, UNCALLED, &kept)?)?)?;
    let graph = work.join("roots.json");
    write(&graph, Value::from(roots).to_string().as_bytes())?;
    let kept = work.join("kept.wasm");
    output(tools.npm("wasm-metadce").args(WASM_FEATURES).arg(&raw).arg("-f").arg(&graph).arg("-o").arg(&kept))?;

    let folded = work.join("folded.wasm");
    output(
        tools
            .npm("wasm-opt")
            .args(WASM_FEATURES)
            // Flat code folds into smaller code; inlining what is called once makes larger functions of less likeness.
            .args([
                "--flatten",
                "--rereloop",
                "-O2",
                "-Oz",
                "--converge",
                "--one-caller-inline-max-function-size=44",
                "--always-inline-max-function-size=4",
            ])
            // The linker puts the stack first: the lowest kilobyte is its far end, where no object lies.
            .args(["--low-memory-unused", "--reorder-functions"])
            // In that order some more is alike.
            .args(["-Oz", "--reorder-functions"])
            .arg(&kept)
            .arg("-o")
            .arg(&folded),
    )?;
    let ordered = work.join("ordered.wasm");
    let small = work.join("small.wasm");
    let mut best: Option<(usize, Vec<u8>, String)> = None;
    for module in by_likeness(&read(&folded)?)? {
        write(&ordered, &module)?;
        // Apart, for what it prints: `--converge` runs passes again, and they would rename what is renamed.
        let told = output(
            tools
                .npm("wasm-opt")
                .args(WASM_FEATURES)
                .args([
                    "--reorder-functions-by-name",
                    "--strip-debug",
                    "--strip-producers",
                    "--strip-target-features",
                    "--vacuum",
                ])
                .arg("--minify-imports-and-exports-and-modules")
                .arg(&ordered)
                .arg("-o")
                .arg(&small),
        )?;
        let wasm = without_custom(&read(&small)?)?;
        let size = brotli(&wasm).len();
        if best.as_ref().is_none_or(|(least, ..)| size < *least) {
            best = Some((size, wasm, told));
        }
    }
    let (_, wasm, told) = best.context("no order of the module's functions")?;
    let renamed = short_names(&told)?;
    let lean = work.join("glue.lean.js");
    write(&lean, rename(&glue, &renamed).as_bytes())?;
    Ok(Shrunk { wasm, glue: lean })
}

/// The glue, with every export behind a guard (a trap is reported once and never reaches the page)
/// and with its two halves open, so that the module can be instantiated again after one.
fn guarded_glue(glue: &str) -> Result<String> {
    let from = "wasm = instance.exports;";
    if glue.matches(from).count() != 1 {
        bail!("wasm-bindgen's glue has changed: the place to guard its exports was not found");
    }
    let guarded = lean(&without_streams(&glue.replace(from, "wasm = guard(instance.exports);")))?;
    Ok(format!(
        "import {{ guard }} from 'candor-guard';\n{guarded}\nexport {{ __wbg_get_imports as imports, __wbg_finalize_init as finish }};\n"
    ))
}

/// What wasm-opt prints: lists of old and new names, imports with their module before them.
fn short_names(told: &str) -> Result<BTreeMap<String, String>> {
    let told: Value = serde_json::from_str(told).context("wasm-opt's list of names")?;
    let entries = ["imports", "exports"].into_iter().filter_map(|part| told[part].as_array()).flatten();
    let pair = |entry: &Value| {
        let names: Vec<&str> = entry.as_array()?.iter().filter_map(Value::as_str).collect();
        let [.., old, new] = names.as_slice() else { return None };
        Some(((*old).to_owned(), (*new).to_owned()))
    };
    Ok(entries.filter_map(pair).collect())
}

/// Without the classes of `wasm-streams`, which a dependency of the framework exports and nothing here uses.
/// Each runs code when the module loads, so no bundler may drop it.
fn without_streams(glue: &str) -> String {
    let mut out = String::with_capacity(glue.len());
    let (mut skipping, mut in_registry) = (false, false);
    for line in glue.lines() {
        let registry = line.starts_with("const IntoUnderlying");
        skipping |= registry || line.starts_with("export class IntoUnderlying");
        in_registry |= registry;
        if !skipping {
            out.push_str(line);
            out.push('\n');
        }
        if line.starts_with("if (Symbol.dispose) IntoUnderlying") || in_registry && line.ends_with(';') {
            (skipping, in_registry) = (false, false);
        }
    }
    out
}

/// The glue with wasm-opt's short names, without what only dropped code imported.
/// wasm-bindgen writes the imports as fields, indented by eight.
fn rename(glue: &str, renamed: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(glue.len());
    let mut skipping = false;
    for line in glue.lines() {
        if line.starts_with("        __wb")
            && let Some((name, rest)) = line.trim_start().split_once(':')
        {
            skipping = !renamed.contains_key(name);
            if let Some(short) = renamed.get(name) {
                // An arrow, whose body may be no more than a value.
                let field = rest.replacen("function", "", 1).replacen(") {", ") => {", 1);
                out.push_str(&format!("        {short}:{field}\n"));
            }
            continue;
        }
        skipping &= !line.starts_with("    }");
        if skipping {
            continue;
        }
        if line.starts_with("        \"./") {
            out.push_str("        \"a\": import0,\n");
            continue;
        }
        let mut parts = line.split("wasm.");
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end = part.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            out.push_str(&format!("wasm.{}{rest}", renamed.get(name).map_or(name, String::as_str)));
        }
        out.push('\n');
    }
    out
}
