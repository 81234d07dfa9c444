//! The Python that other implementations run on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;

use crate::Outcome;

/// A Python with the packages of `python/requirements.txt`: `HOOKSEAL_PYTHON`, else what `cargo xtask` has set up.
pub fn python() -> Command {
    static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
        let found = match std::env::var_os("HOOKSEAL_PYTHON") {
            Some(path) => Some(path.into()),
            None => in_target_directory(),
        };
        let python = found.unwrap_or_else(|| panic!("there is no Python with jwcrypto: run `cargo xtask test`"));
        let check = Command::new(&python).args(["-c", "import joserfc, jwcrypto, jwt"]).output();
        let works = check.as_ref().is_ok_and(|output| output.status.success());
        assert!(works, "{} does not work: run `cargo xtask test`\n{check:?}", python.display());
        python
    });
    let mut command = Command::new(&*PYTHON);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn in_target_directory() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let python = if cfg!(windows) { "xtask/venv/Scripts/python.exe" } else { "xtask/venv/bin/python" };
    test.ancestors().map(|folder| folder.join(python)).find(|path| path.is_file())
}

/// Runs a script of `python/` and reads what it prints: JSON, a value each line.
pub fn python_lines<T: DeserializeOwned>(script: &str, arguments: &[&str]) -> Vec<T> {
    python_lines_for(script, arguments, "")
}

/// As [`python_lines`], with something on standard input.
pub fn python_lines_for<T: DeserializeOwned>(script: &str, arguments: &[&str], input: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let outcome = Outcome::of(python().arg(path).args(arguments), input.as_bytes());
    assert_eq!(outcome.status, Some(0), "{script} {arguments:?} failed:\n{}", outcome.stderr);
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{script}: {error}: {line}"));
    outcome.stdout.lines().map(parse).collect()
}

/// What all that is random depends on; a failing test prints it. `HOOKSEAL_TEST_SEED` chooses another.
pub fn seed() -> String {
    let seed = std::env::var("HOOKSEAL_TEST_SEED").unwrap_or_else(|_| "7797".to_owned());
    println!("Again with this seed: HOOKSEAL_TEST_SEED={seed}");
    seed
}
