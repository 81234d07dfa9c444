//! The built `hookseal` command.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The command under test: `HOOKSEAL_BIN`, else what cargo builds.
pub fn hookseal_bin() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("HOOKSEAL_BIN") {
        Some(path) => path.into(),
        None => {
            let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
            let build = escargot::CargoBuild::new().manifest_path(manifest).package("hookseal-cli").bin("hookseal");
            let build = if cfg!(debug_assertions) { build } else { build.release() };
            build.run().expect("hookseal-cli builds").path().to_owned()
        }
    });
    &BINARY
}

/// The command, with nothing of the environment that would change what it does.
pub fn hookseal() -> Command {
    let mut command = Command::new(hookseal_bin());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOOKSEAL_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1").env("TZ", "UTC").stdin(Stdio::null());
    command
}

/// Runs the command to its end, with nothing on standard input.
pub fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
    run_with_input(arguments, b"")
}

/// Runs the command to its end.
pub fn run_with_input(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &[u8]) -> Outcome {
    Outcome::of(hookseal().args(arguments), input)
}

/// A standard output that nobody reads, as behind `| head -c 0`.
pub fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("the system has pipes");
    drop(reader);
    writer.into()
}

/// What came of a command that ran to its end.
#[derive(Debug)]
pub struct Outcome {
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// What it answered.
    pub stdout: String,
    /// What it told whoever sits in front of it.
    pub stderr: String,
}

impl Outcome {
    /// Runs a command to its end.
    pub fn of(command: &mut Command, input: &[u8]) -> Self {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.expect("the command starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                let _ = stdin.write_all(input); // it may end without reading
            });
            child.wait_with_output().expect("the command ends")
        });
        let text = |octets| String::from_utf8(octets).expect("it prints UTF-8");
        let outcome =
            Outcome { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!outcome.stderr.contains("panicked"), "{outcome:#?}");
        outcome
    }

    /// The one line of JSON that it answered.
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "not one line: {self:#?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The code of the failure that it answered as JSON.
    pub fn failure_code(&self) -> String {
        let json = self.json();
        assert_eq!(json["valid"], false, "a failure must not read as valid: {self:#?}");
        assert!(json["message"].as_str().is_some_and(|message| !message.is_empty()), "no message: {self:#?}");
        json["code"].as_str().unwrap_or_else(|| panic!("no code: {self:#?}")).to_owned()
    }
}
