//! The languages of `docs/verify/`, whose recipes the tests run, and who else writes the JSON that explanations are tested with.

use anyhow::{Context, Result};

use super::apt;
use crate::repo::Repo;
use crate::shell::on_path;

/// Each program, and Debian's package that has it.
const PROGRAMS: [(&str, &str); 5] =
    [("php", "php-cli"), ("go", "golang-go"), ("ruby", "ruby"), ("openssl", "openssl"), ("jq", "jq")];

/// Installs those that are missing from the `PATH`.
pub(super) fn install(_: &Repo) -> Result<()> {
    let missing: Vec<_> =
        PROGRAMS.iter().filter(|(program, _)| !on_path(program)).map(|(_, package)| *package).collect();
    apt::ensure(&missing)
        .context("PHP, Go, Ruby, OpenSSL and jq run what docs/verify/ recommends and write JSON for the tests")
}
