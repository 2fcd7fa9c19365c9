//! Builds `pkg/`, the package a page loads: Wasm by wasm-pack, made small, then
//! its glue and the loader bundled, each under the hash of its own bytes.
//! The same sources give the same bytes; unchanged sources are not built again.

mod glue;
mod likeness;
mod module;
mod names;
mod shrink;
mod unsaid;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::process::output;
use crate::{root, size};

/// What a change of which makes a new build necessary.
const SOURCES: &[&str] = &[
    "widget/src",
    "widget/loader",
    "widget/Cargo.toml",
    "widget/Cargo.lock",
    "widget/package-lock.json",
    "protocol/src",
    "reasoning/src",
    "choices/src",
    "words/src",
    "words/catalogue",
    "card/src",
    "card/style",
    "card/Cargo.toml",
    "xtask/src/pkg",
];

/// Wasm features every browser of the last years has; `--all-features` makes modules some engines refuse.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// Builds what changed. `Ok(true)`: something was built.
pub fn build() -> Result<bool> {
    let root = root::root();
    let pkg = root.join("pkg");
    let small = has_rust_src();
    let stamp = pkg.join(".built-from");
    let fingerprint = fingerprint(root, small)?;
    if fs::read_to_string(&stamp).is_ok_and(|built| built == fingerprint) && complete(&pkg) {
        return Ok(false);
    }
    let work = root.join("widget/target/pack");
    let tools = Tools::find(root)?;
    if !small {
        eprintln!("  rust-src is not installed: the Wasm is built with plain stable Rust and is larger");
    }
    eprintln!("  pkg: compiling the Wasm (two minutes from nothing)");
    compile(root, &work, &tools, small)?;
    eprintln!("  pkg: making it small");
    let rare = rare(root, &work, &tools)?;
    let shrunk = shrink::shrink(root, &work, &tools, &rare)?;
    eprintln!("  pkg: bundling");
    clear(&pkg)?;
    let files = assemble(root, &pkg, &work, &tools, &shrunk, rare)?;
    write_manifest(&pkg, &files, small)?;
    write(&stamp, fingerprint.as_bytes())?;
    Ok(true)
}

struct Tools {
    path: String,
    bin: PathBuf,
}

impl Tools {
    /// The pinned tools that `./x` installs, and npm's under `widget/node_modules`.
    fn find(root: &Path) -> Result<Self> {
        let bin = root.join("widget/node_modules/.bin");
        if !bin.join("wasm-opt").exists() || !bin.join("esbuild").exists() {
            bail!("esbuild and binaryen are not installed; run: npm ci --prefix widget");
        }
        let tools = std::env::var("CANDOR_TOOLS")
            .unwrap_or_else(|_| format!("{}/.cache/candor/tools", std::env::var("HOME").unwrap_or_default()));
        let path = ["wasm-bindgen-0.2.130", "wasm-pack-0.15.1"].map(|tool| format!("{tools}/{tool}/bin")).join(":");
        Ok(Tools { path: format!("{path}:{}", std::env::var("PATH").unwrap_or_default()), bin })
    }

    fn npm(&self, name: &str) -> Command {
        Command::new(self.bin.join(name))
    }
}

/// With the standard library's source at hand it is built along, without what reports panics.
fn has_rust_src() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().map(|out| out.stdout).unwrap_or_default();
    let source = Path::new(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib/src/rust/library/Cargo.lock");
    source.exists() && std::env::var_os("CANDOR_STABLE").is_none()
}

fn compile(root: &Path, work: &Path, tools: &Tools, small: bool) -> Result<()> {
    let home = std::env::var("HOME").unwrap_or_default();
    let mut flags = format!("--remap-path-prefix={}=candor --remap-path-prefix={home}=home", root.display());
    let mut pack = Command::new("wasm-pack");
    pack.current_dir(root.join("widget"))
        .env("PATH", &tools.path)
        .env("CARGO_TARGET_DIR", root.join("widget/target"))
        .args(["--quiet", "build", ".", "--release", "--target", "web", "--mode", "no-install"])
        .args(["--no-pack", "--no-typescript", "--no-opt", "--out-name", "candor", "--out-dir"])
        .arg(work)
        .arg("--");
    if small {
        flags.push_str(" -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none");
        pack.env("RUSTC_BOOTSTRAP", "1").args([
            "-Zbuild-std=std,panic_abort",
            "-Zbuild-std-features=optimize_for_size",
            "-Zpanic-immediate-abort",
            "--config",
            "profile.release.panic=\"immediate-abort\"",
        ]);
    }
    output(pack.env("RUSTFLAGS", flags)).map(drop)
}

/// What few pages need, each fetched by itself: the define that names it, and its source.
pub const RARE: &[&str] = &["acts", "asking", "database", "keeping", "live", "parting", "signals", "token"];

fn rare(root: &Path, work: &Path, tools: &Tools) -> Result<Vec<Shipped>> {
    let mut files = Vec::new();
    for name in RARE {
        let out = work.join(format!("{name}.js"));
        let source = root.join("widget/loader/rare").join(name).with_extension("ts");
        output(
            tools
                .npm("esbuild")
                .arg(source)
                .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"])
                .args(["--legal-comments=none", "--charset=utf8", names::PRIVATE])
                .arg(format!("--outfile={}", out.display())),
        )?;
        files.push(Shipped::hashed(name, &format!("{name}-"), ".js", &read(&out)?));
    }
    Ok(files)
}

/// Where the others find them.
fn names_of(rare: &[Shipped]) -> Vec<String> {
    rare.iter().map(|file| format!("--define:CANDOR_{}=\"{}\"", file.part.to_uppercase(), file.name)).collect()
}

fn bundle_core(root: &Path, tools: &Tools, glue: &Path, rare: &[Shipped], out: &Path, minify: bool) -> Result<()> {
    let css = |name: &str| root.join("widget/target/pack").join(name);
    let mut properties = BTreeMap::new();
    for sheet in ["card/style/card.css", "widget/loader/core/stage.css"] {
        let small = css(sheet.rsplit('/').next().unwrap_or_default());
        output(
            tools
                .npm("esbuild")
                .arg(root.join(sheet))
                .args(["--minify", "--log-level=warning"])
                .arg(format!("--outfile={}", small.display())),
        )?;
        write(&small, names::short_properties(&read_text(&small)?, &mut properties).as_bytes())?;
    }
    let mut esbuild = tools.npm("esbuild");
    esbuild
        .arg(root.join("widget/loader/core/core.ts"))
        .args([
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--loader:.css=text",
            "--log-level=warning",
            "--charset=utf8",
        ])
        .arg(format!("--alias:candor-wasm={}", glue.display()))
        .arg(format!("--alias:candor-guard={}", root.join("widget/loader/core/guard.ts").display()))
        .arg(format!("--alias:candor-card.css={}", css("card.css").display()))
        .arg(format!("--alias:candor-stage.css={}", css("stage.css").display()))
        .args(names_of(rare))
        .arg(format!("--outfile={}", out.display()));
    if minify {
        let short = short_names(root, &css("names.json"))?;
        esbuild.args(["--minify", "--legal-comments=none", names::PRIVATE, &short]);
    }
    output(&mut esbuild).map(drop)
}

/// How the core's private members are to be called.
fn short_names(root: &Path, out: &Path) -> Result<String> {
    let folder = root.join("widget/loader/core");
    let files = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let sources: Vec<String> = files.map(|entry| read_text(&entry?.path())).collect::<Result<_>>()?;
    write(out, json!(names::letters(&sources)).to_string().as_bytes())?;
    Ok(format!("--mangle-cache={}", out.display()))
}

/// Every file a page may ask for, by name.
fn assemble(
    root: &Path,
    pkg: &Path,
    work: &Path,
    tools: &Tools,
    shrunk: &shrink::Shrunk,
    rare: Vec<Shipped>,
) -> Result<Vec<Shipped>> {
    let mut files = Vec::new();
    let wasm = Shipped::hashed("wasm", "candor-", ".wasm", &shrunk.wasm);
    let core = work.join("core.js");
    bundle_core(root, tools, &shrunk.glue, &rare, &core, true)?;
    let core = read(&core)?;
    let glue = Shipped::hashed("glue", "candor-", ".js", &core);
    let mut words = BTreeMap::new();
    for (lang, bytes) in catalogues(root)? {
        let file = Shipped::hashed(&format!("words-{lang}"), &format!("words-{lang}."), ".json", &signed(&bytes)?);
        words.insert(lang, file.name.clone());
        files.push(file);
    }
    let loader = work.join("loader.js");
    output(
        tools
            .npm("esbuild")
            .arg(root.join("widget/loader/page/candor.ts"))
            .args([
                "--bundle",
                "--minify",
                "--format=iife",
                "--target=es2022",
                "--log-level=warning",
                "--legal-comments=none",
            ])
            .args(["--charset=utf8", names::PRIVATE])
            .arg(format!("--define:CANDOR_VERSION=\"{}\"", version(root)?))
            .arg(format!("--define:CANDOR_GLUE=\"{}\"", glue.name))
            .arg(format!("--define:CANDOR_WASM=\"{}\"", wasm.name))
            .arg(format!("--define:CANDOR_WORDS={}", json!(words)))
            .args(names_of(&rare))
            .arg(format!("--outfile={}", loader.display())),
    )?;
    files.push(Shipped { part: "loader".into(), name: "candor.js".into(), bytes: read(&loader)? });
    files.push(glue);
    files.push(wasm);
    files.extend(rare);
    for file in &files {
        write(&pkg.join(&file.name), &file.bytes)?;
        write(&pkg.join(format!("{}.br", file.name)), &size::brotli(&file.bytes))?;
    }
    let types = read(&root.join("widget/loader/candor.d.ts"))?;
    write(&pkg.join("candor.d.ts"), &types)?;
    let package = json!({
        "name": "candor", "version": version(root)?, "license": "MIT OR Apache-2.0", "type": "module",
        "description": "Tells a shop's customers why they are recommended something, and lets them switch it off",
        "main": "candor.js", "types": "candor.d.ts", "sideEffects": true,
        "files": ["*.js", "*.wasm", "*.json", "*.br", "candor.d.ts"],
    });
    write(&pkg.join("package.json"), format!("{package:#}\n").as_bytes())?;
    Ok(files)
}

struct Shipped {
    part: String,
    name: String,
    bytes: Vec<u8>,
}

impl Shipped {
    fn hashed(part: &str, before: &str, after: &str, bytes: &[u8]) -> Self {
        let hash = sha256(bytes);
        let short: String = hash.chars().take(8).collect();
        Shipped { part: part.into(), name: format!("{before}{short}{after}"), bytes: bytes.into() }
    }
}

fn write_manifest(pkg: &Path, files: &[Shipped], small: bool) -> Result<()> {
    let entries: BTreeMap<&str, Value> = files
        .iter()
        .map(|file| {
            (file.part.as_str(), json!({"file": file.name, "bytes": file.bytes.len(), "sha256": sha256(&file.bytes)}))
        })
        .collect();
    let manifest = json!({ "build": if small { "small" } else { "stable" }, "files": entries });
    write(&pkg.join("manifest.json"), format!("{manifest:#}\n").as_bytes())
}

/// Everything the manifest names is there.
fn complete(pkg: &Path) -> bool {
    let manifest =
        fs::read(pkg.join("manifest.json")).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let Some(Value::Object(files)) = manifest.and_then(|mut m| m.get_mut("files").map(Value::take)) else {
        return false;
    };
    files.values().all(|file| {
        file["file"].as_str().is_some_and(|name| pkg.join(name).exists() && pkg.join(format!("{name}.br")).exists())
    })
}

/// Built files go; what is in git stays.
fn clear(pkg: &Path) -> Result<()> {
    fs::create_dir_all(pkg).with_context(|| pkg.display().to_string())?;
    for entry in fs::read_dir(pkg)?.flatten() {
        if entry.file_name() != "README.md" && entry.path().is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn catalogues(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let folder = root.join("words/catalogue");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())?.flatten() {
        let path = entry.path();
        if let (Some("json"), Some(lang)) =
            (path.extension().and_then(|e| e.to_str()), path.file_stem().and_then(|s| s.to_str()))
        {
            found.insert(lang.to_owned(), read(&path)?);
        }
    }
    Ok(found)
}

/// The catalogue with its own hash as the last entry, under no name: what a decision says it was made under.
fn signed(catalogue: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(catalogue)?.trim_end().strip_suffix('}').context("a catalogue is no JSON object")?;
    Ok(format!("{},\n  \"\": \"{}\"\n}}\n", text.trim_end(), sha256(catalogue)).into_bytes())
}

fn version(root: &Path) -> Result<String> {
    let manifest = read_text(&root.join("widget/Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    line.map(|v| v.trim_matches('"').to_owned()).context("widget/Cargo.toml names no version")
}

fn fingerprint(root: &Path, small: bool) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(if small { "small" } else { "stable" });
    hash.update(Command::new("rustc").arg("-V").output().map(|out| out.stdout).unwrap_or_default());
    for source in SOURCES {
        hash_path(&mut hash, &root.join(source), source)?;
    }
    Ok(hex(&hash.finalize()))
}

fn hash_path(hash: &mut Sha256, path: &Path, name: &str) -> Result<()> {
    if path.is_dir() {
        let mut inside: Vec<_> = fs::read_dir(path)?.flatten().map(|e| e.file_name()).collect();
        inside.sort();
        for child in inside {
            let child = child.to_string_lossy();
            hash_path(hash, &path.join(&*child), &format!("{name}/{child}"))?;
        }
    } else if let Ok(bytes) = fs::read(path) {
        hash.update(name);
        hash.update(bytes.len().to_le_bytes());
        hash.update(&bytes);
    }
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| path.display().to_string())
}
