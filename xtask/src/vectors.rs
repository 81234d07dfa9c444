//! `cargo xtask vectors`: the test vectors belong to a generator, and this runs it.

use anyhow::{Result, ensure};

use crate::provision::Provision;
use crate::repo::Repo;

const GENERATOR: &str = "test-vectors/generate.py";

/// Regenerate the test vectors, or check that they are what the generator makes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail when a file is not what the generator makes.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(repo: &Repo, args: &Args) -> Result<()> {
    generate(repo, &Provision::new(repo), args.check)
}

pub(crate) fn generate(repo: &Repo, provision: &Provision<'_>, check: bool) -> Result<()> {
    ensure!(repo.root().join(GENERATOR).is_file(), "{GENERATOR} is missing: the vectors cannot be made without it");
    let python = provision.python()?;
    repo.cmd(python).arg(GENERATOR).args(check.then_some("--check")).run()
}
