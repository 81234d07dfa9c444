//! `cargo xtask fuzz`: libFuzzer on the targets below `fuzz/`, with the stable toolchain.

mod seeds;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::provision::Provision;
use crate::repo::Repo;
use crate::shell::Cmd;

/// Fuzz the core: every target for a while, or those that are named.
///
/// What is found is kept below target/fuzz: the corpus that grows from run to run, and inputs that fail. To run one of
/// those alone: target/fuzz/HOST/release/TARGET FILE.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these; all of them unless named
    targets: Vec<Target>,
    /// How long each is run
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// A header value and a body
    Verify,
    /// A protected header
    Header,
    /// A shared key in every format
    Key,
    /// A shared key, a value and a body: the budget holds
    Explain,
    /// JSON as serde_json writes it is found out
    Rewrite,
}

pub(crate) fn run(repo: &Repo, args: &Args) -> Result<()> {
    let chosen = |target: &Target| args.targets.is_empty() || args.targets.contains(target);
    let targets: Vec<_> = Target::value_variants().iter().copied().filter(chosen).collect();
    fuzz(repo, &Provision::new(repo), &targets, Duration::from_secs(args.seconds))
}

/// A few seconds of each, which finds what any input can break.
pub(crate) fn smoke(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    fuzz(repo, provision, Target::value_variants(), Duration::from_secs(4))
}

fn fuzz(repo: &Repo, provision: &Provision<'_>, targets: &[Target], each: Duration) -> Result<()> {
    provision.debian(&["g++"])?; // libFuzzer is C++
    let programs = build(repo)?;
    let home = repo.target().join("fuzz");
    for target in targets {
        let name = target.name();
        let (corpus, failures) = (home.join("corpus").join(&name), home.join("failures").join(&name));
        fs::create_dir_all(&failures).with_context(|| format!("could not create {}", failures.display()))?;
        seeds::write(repo, *target, &corpus)?;
        Cmd::new(programs.join(&name))
            .shown_as(&name)
            .arg(&corpus)
            .arg(format!("-artifact_prefix={}/", failures.display()))
            .arg(format!("-max_total_time={}", each.as_secs()))
            // Longer inputs find nothing else, only later; no input may take long.
            .args(["-max_len=4096", "-timeout=5", "-rss_limit_mb=512", "-print_final_stats=1", "-verbosity=0"])
            .run()
            .with_context(|| format!("{name} fails for an input in {}", failures.display()))?;
    }
    Ok(())
}

/// As cargo-fuzz does, less the sanitizer, which needs a nightly compiler and has nothing to look for in safe Rust.
fn build(repo: &Repo) -> Result<PathBuf> {
    const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                            -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";
    let host = host(repo)?;
    let target = repo.target().join("fuzz");
    // With --target the flags are the fuzzed code's alone, and not of what runs while it is built.
    repo.cargo("build")
        .args(["--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", &host, "--target-dir"])
        .arg(&target)
        .env("RUSTFLAGS", COVERAGE)
        .run()?;
    Ok(target.join(host).join("release"))
}

fn host(repo: &Repo) -> Result<String> {
    let said = repo.cmd("rustc").arg("-vV").read()?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it compiles for")
}

impl Target {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

fn write_seed(folder: &Path, name: &str, octets: &[u8]) -> Result<()> {
    let path = folder.join(format!("seed-{name}"));
    fs::write(&path, octets).with_context(|| format!("could not write {}", path.display()))
}
