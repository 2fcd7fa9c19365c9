//! Where the repository is, and where cargo builds.

use std::path::{Path, PathBuf};

/// The repository's root. `./x` starts from there, and cargo tells where xtask lives.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A path inside the repository.
pub fn at(path: &str) -> PathBuf {
    root().join(path)
}

/// Cargo's folder for build results.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => at("target"),
    }
}

/// Where cargo puts the programs of the profile that xtask itself was built with: `./x` builds it for release.
pub fn programs() -> PathBuf {
    target().join(if RELEASE { "release" } else { "debug" })
}

/// Whether xtask was built for release, and so builds the rest for it.
pub const RELEASE: bool = !cfg!(debug_assertions);
