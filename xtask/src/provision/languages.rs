//! The languages of `docs/verify/`, whose recipes the tests run.

use anyhow::{Context, Result};

use super::apt;
use crate::repo::Repo;
use crate::shell::on_path;

/// Each program, and Debian's package that has it.
const PROGRAMS: [(&str, &str); 4] = [("php", "php-cli"), ("go", "golang-go"), ("ruby", "ruby"), ("openssl", "openssl")];

/// Installs those that are missing from the `PATH`.
pub(super) fn install(_: &Repo) -> Result<()> {
    let missing: Vec<_> =
        PROGRAMS.iter().filter(|(program, _)| !on_path(program)).map(|(_, package)| *package).collect();
    apt::ensure(&missing).context("PHP, Go, Ruby and OpenSSL run what docs/verify/ recommends")
}
