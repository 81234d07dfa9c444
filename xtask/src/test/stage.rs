//! The stages of `cargo xtask test`.

use anyhow::Result;
use clap::ValueEnum;

use super::{browser, msrv, no_std, npm, package, python};
use crate::fuzz;
use crate::provision::Provision;
use crate::repo::Repo;
use crate::vectors;

/// A stage; the order is that of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Stage {
    /// rustfmt has nothing to change
    Fmt,
    /// clippy has nothing to say
    Clippy,
    /// The documentation builds without a warning
    Docs,
    /// The test vectors are what their generator makes
    Vectors,
    /// Every test of every package, and the examples in the documentation
    Tests,
    /// The Python packages as they are installed: their wheels in fresh environments
    Python,
    /// The npm package: its WebAssembly built small, every vector, bad input, other implementations, its types
    Npm,
    /// The core builds for machines without an operating system
    NoStd,
    /// The packages hold all that they need, and build from what would be published
    Package,
    /// The fuzzer finds nothing in a few seconds
    Fuzz,
    /// The demonstration runs and ends well
    Demo,
    /// The receiver's page and the notifier's do in a real browser what they should
    Browser,
    /// No dependency asks for a newer Rust than the manifests promise
    Msrv,
}

/// What the stages share.
pub(super) struct Context<'r> {
    pub(super) repo: &'r Repo,
    pub(super) provision: &'r Provision<'r>,
    /// Arguments of the user's for `cargo test`.
    pub(super) cargo_test: &'r [String],
    pub(super) fail_fast: bool,
}

impl Stage {
    pub(super) fn run(self, context: &Context<'_>) -> Result<()> {
        let repo = context.repo;
        match self {
            Self::Fmt => repo.cargo("fmt").args(["--all", "--check"]).run(),
            Self::Clippy => clippy(repo),
            Self::Docs => docs(repo),
            Self::Vectors => vectors::generate(repo, context.provision, true),
            Self::Tests => tests(context),
            Self::Python => python::check(repo, context.provision),
            Self::Npm => npm::check(repo, context.provision),
            Self::NoStd => no_std::check(repo, context.provision),
            Self::Package => package::check(repo),
            Self::Fuzz => fuzz::smoke(repo, context.provision),
            Self::Demo => repo.cargo("run").args(["--release", "--locked", "--", "demo"]).run(),
            Self::Browser => browser::check(repo, context.provision),
            Self::Msrv => msrv::check(repo),
        }
    }

    pub(super) fn needs_python(self) -> bool {
        matches!(self, Self::Vectors | Self::Tests)
    }

    pub(super) fn needs_no_std(self) -> bool {
        self == Self::NoStd
    }

    /// As it is written on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Docs => "docs",
            Self::Vectors => "vectors",
            Self::Tests => "tests",
            Self::Python => "python",
            Self::Npm => "npm",
            Self::NoStd => "no-std",
            Self::Package => "package",
            Self::Fuzz => "fuzz",
            Self::Demo => "demo",
            Self::Browser => "browser",
            Self::Msrv => "msrv",
        }
    }

    pub(super) fn help(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }
}

fn clippy(repo: &Repo) -> Result<()> {
    repo.cargo("clippy").args(["--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]).run()
}

fn docs(repo: &Repo) -> Result<()> {
    repo.cargo("doc").args(["--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings").run()
}

/// The command is built together with the tests: alone, its dependencies would have other features and be compiled
/// twice.
fn tests(context: &Context<'_>) -> Result<()> {
    let Context { repo, provision, cargo_test, fail_fast } = context;
    let python = provision.python()?;
    // An exported command is run by the shell that people paste it into, systemd reads its unit, and a fleet needs its servers.
    provision.debian(&["curl", "nats-server", "systemd"])?;
    provision.languages()?;
    let node = provision.npm_packages(&repo.root().join("tests/node"))?;
    repo.cargo("build").args(["--workspace", "--bin", "hookseal", "--tests", "--locked"]).run()?;
    // Cargo would pass over `--package` beside `--workspace`.
    let names_package = cargo_test.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    repo.cargo("test")
        .arg("--locked")
        .args((!names_package).then_some("--workspace"))
        .args((!fail_fast).then_some("--no-fail-fast"))
        .args(*cargo_test)
        .env("HOOKSEAL_PYTHON", python)
        .env("HOOKSEAL_NODE", node.executable())
        .env("HOOKSEAL_BIN", repo.command("debug"))
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_printed_as_it_is_named() {
        for stage in Stage::value_variants() {
            assert_eq!(Stage::from_str(stage.name(), false), Ok(*stage));
            assert!(!stage.help().is_empty(), "{}", stage.name());
        }
    }
}
