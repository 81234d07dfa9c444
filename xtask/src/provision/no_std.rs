//! Toolchains for machines without an operating system.
//!
//! The toolchain that runs xtask is used for each target whose standard library it has. For the others there are
//! Debian's rustc-web packages, which build `core` from its source: that needs no download of a toolchain.

use std::env;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::apt;
use crate::repo::Repo;
use crate::shell::Cmd;
use crate::version::Version;

/// No operating system at all, and the browser's.
const TARGETS: [&str; 2] = ["thumbv7em-none-eabi", "wasm32-unknown-unknown"];

const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

const BUILD: [&str; 3] = ["build", "-Z", "build-std=core,alloc"];

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Variables by which the cargo that runs xtask, or the user, would lead Debian's cargo to another compiler.
const MISLEADING: [&str; 12] = [
    "CARGO",
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "LD_LIBRARY_PATH",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "RUST_RECURSION_COUNT",
];

/// Which toolchain builds which targets.
pub(crate) struct Toolchains {
    own: Vec<&'static str>,
    debian: Vec<&'static str>,
}

pub(super) fn install(repo: &Repo) -> Result<Toolchains> {
    let (own, debian): (Vec<_>, Vec<_>) = TARGETS.into_iter().partition(|target| has_target(repo, target));
    if !debian.is_empty() {
        install_debian(repo).with_context(|| {
            let targets = debian.join(" ");
            format!("the toolchain lacks {targets}; where rustup can download it: rustup target add {targets}")
        })?;
    }
    Ok(Toolchains { own, debian })
}

/// Debian keeps a compiler for its browsers, and brings newer ones as security updates.
pub(super) fn install_debian(repo: &Repo) -> Result<()> {
    apt::ensure(&PACKAGES)?;
    let promised = repo.packages().published().filter_map(|package| Version::parse(package.rust_version.as_deref()?));
    let oldest = promised.max().context("no package says which Rust it needs")?;
    if !is_debian_at_least(repo, oldest) {
        apt::newest(&PACKAGES)?;
        ensure!(is_debian_at_least(repo, oldest), "Debian's rustc-web is older than Rust {oldest}");
    }
    Ok(())
}

fn is_debian_at_least(repo: &Repo, oldest: Version) -> bool {
    let line = repo.cmd(DEBIAN_RUSTC).arg("--version").read();
    line.is_ok_and(|line| Version::of_rustc(&line).is_some_and(|version| version >= oldest))
}

impl Toolchains {
    /// A `cargo build` for each toolchain, with the targets that are its.
    pub(crate) fn cargo_builds(&self, repo: &Repo) -> impl Iterator<Item = Cmd> {
        let own = (!self.own.is_empty()).then(|| with_targets(repo.cargo("build"), &self.own));
        let debian = (!self.debian.is_empty()).then(|| with_targets(debian_cargo(repo).args(BUILD), &self.debian));
        own.into_iter().chain(debian)
    }
}

impl Display for Toolchains {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let own = self.own.iter().map(|target| format!("{target} (this toolchain)"));
        let debian = self.debian.iter().map(|target| format!("{target} (Debian's rustc-web)"));
        f.write_str(&own.chain(debian).collect::<Vec<_>>().join(", "))
    }
}

fn with_targets(build: Cmd, targets: &[&str]) -> Cmd {
    build.args(targets.iter().flat_map(|target| ["--target", target]))
}

/// Debian's cargo with Debian's compiler, and its unstable options.
pub(super) fn debian_cargo(repo: &Repo) -> Cmd {
    let inherited = env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || MISLEADING.contains(&&*name)
    });
    inherited
        .fold(repo.cmd("/usr/bin/cargo"), Cmd::env_remove)
        .env("RUSTC", DEBIAN_RUSTC)
        // `-Z build-std` is unstable; Debian's compiler is a stable one.
        .env("RUSTC_BOOTSTRAP", "1")
}

/// Whether the toolchain that runs xtask has the target's standard library, however it came there.
fn has_target(repo: &Repo, target: &str) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libdir = repo.cmd(rustc).args(["--print", "target-libdir", "--target", target]).read();
    libdir.is_ok_and(|dir| Path::new(dir.trim()).is_dir())
}
