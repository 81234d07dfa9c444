//! The Node.js that other implementations run on.

use std::path::Path;
use std::process::Command;

/// A Node.js, in the folder whose packages it can import: `HOOKSEAL_NODE`, else that of the `PATH`.
pub fn node() -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    assert!(folder.join("node_modules/jose").is_dir(), "there is no jose for Node.js: run `cargo xtask test`");
    let mut command = Command::new(std::env::var_os("HOOKSEAL_NODE").unwrap_or_else(|| "node".into()));
    command.current_dir(folder);
    command
}
