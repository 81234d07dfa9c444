//! The npm package's memory, in Node.js and in the module of WebAssembly.

use anyhow::Result;

use crate::provision::Provision;
use crate::repo::Repo;
use crate::wasm::{self, TESTS};

const VERIFICATIONS: &str = "10000000";

pub(super) fn soak(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    wasm::build_for_tests(repo, provision)?;
    let node = provision.node()?;
    let script = repo.root().join(TESTS).join("memory/run.js");
    node.cmd(node.executable()).arg("--expose-gc").arg(script).arg(VERIFICATIONS).run()
}
