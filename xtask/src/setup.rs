//! `cargo xtask setup`: installs what the other chores need, and does nothing else.

use anyhow::Result;

use crate::provision::Provision;
use crate::repo::Repo;

/// Install what the tests need, and nothing else.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(repo: &Repo, _args: &Args) -> Result<()> {
    let provision = Provision::new(repo);
    println!("Python with the tests' packages: {}", provision.python()?.display());
    println!("Targets without an operating system: {}", provision.no_std()?);
    provision.chromium()?;
    println!("Node.js {}", provision.node()?.version()?);
    provision.languages()?;
    println!("PHP, Go, Ruby, OpenSSL and jq: on the PATH");
    Ok(())
}
