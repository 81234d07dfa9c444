//! Running other programs: each command is shown as it could be typed, and its output streams through.

use std::ffi::OsStr;
use std::fmt::{self, Display, Formatter};
use std::iter;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A command to run and to show.
pub(crate) struct Cmd {
    command: Command,
    /// What to show for the program: `cargo`, where the path would say nothing.
    name: String,
}

impl Cmd {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(&program);
        // Tests behave alike in a terminal and in CI, which has no standard input.
        command.stdin(Stdio::null());
        Self { command, name: program.as_ref().to_string_lossy().into_owned() }
    }

    /// Shows `name` in place of the program's path.
    pub(crate) fn shown_as(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Shows the command, runs it, and fails when it does.
    pub(crate) fn run(mut self) -> Result<()> {
        println!("$ {self}");
        let status = self.command.status().with_context(|| format!("could not start `{}`", self.name))?;
        if !status.success() {
            bail!("`{}` failed: {status}", self.without_env());
        }
        Ok(())
    }

    /// Runs the command quietly and returns what it wrote to standard output.
    pub(crate) fn read(mut self) -> Result<String> {
        let output = self.command.output().with_context(|| format!("could not start `{}`", self.name))?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            bail!("`{}` failed: {}\n{}", self.without_env(), output.status, why.trim_end());
        }
        String::from_utf8(output.stdout).with_context(|| format!("what `{self}` printed is not UTF-8"))
    }

    fn without_env(&self) -> String {
        let args = self.command.get_args();
        let words: Vec<_> = iter::once(OsStr::new(&self.name)).chain(args).map(quoted).collect();
        words.join(" ")
    }
}

impl Display for Cmd {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                write!(f, "{}={} ", name.to_string_lossy(), quoted(value))?;
            }
        }
        f.write_str(&self.without_env())
    }
}

/// Spelled for a POSIX shell.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Whether `program` is on the `PATH`.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Tries up to three times: a download that fails may well go through a little later.
pub(crate) fn with_retries(mut attempt: impl FnMut(u32) -> Result<()>) -> Result<()> {
    const TRIES: u32 = 3;
    const PAUSE: Duration = Duration::from_secs(5);
    let mut tried = 0;
    loop {
        tried += 1;
        match attempt(tried) {
            Err(error) if tried < TRIES => {
                println!("{error:#}\nTrying again in {} s ({tried} of {TRIES} tries).", PAUSE.as_secs());
                thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_could_be_typed() {
        let cmd = Cmd::new("/opt/bin/cargo")
            .shown_as("cargo")
            .env("RUSTDOCFLAGS", "-D warnings")
            .env_remove("RUSTC")
            .args(["doc", "it's", ""]);
        assert_eq!(cmd.to_string(), r"RUSTDOCFLAGS='-D warnings' cargo doc 'it'\''s' ''");
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = Cmd::new("no-such-program-anywhere").run().unwrap_err();
        assert!(error.to_string().contains("no-such-program-anywhere"), "{error}");
    }
}
