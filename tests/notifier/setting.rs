//! A folder with a configuration and a store, and the command run in it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use hookseal_tests::{Outcome, hookseal};
use tempfile::TempDir;

/// A folder with a configuration, which is the command's working directory.
pub(crate) struct Setting {
    folder: TempDir,
}

impl Setting {
    /// One with this `hookseal.toml`; the store is beside it.
    pub(crate) fn new(config: &str) -> Self {
        let setting = Setting { folder: tempfile::tempdir().expect("there is room") };
        setting.write("hookseal.toml", &format!("store = \"store.db\"\n{config}"));
        setting
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).expect("there is room");
        self.path(name)
    }

    /// The command with these arguments.
    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = hookseal();
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
        Outcome::of(&mut self.command(arguments), b"")
    }

    /// Runs it, and expects that it succeeds.
    pub(crate) fn succeed(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.status, Some(0), "{outcome:#?}");
        outcome
    }

    /// Adds an integration, and gives its id.
    pub(crate) fn add<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        let arguments = ["integration:add", "-P", "id"].into_iter().chain(arguments);
        self.succeed(arguments).stdout.trim().to_owned()
    }
}
