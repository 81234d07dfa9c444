//! What the command says when it cannot go on: what was wrong, where, and what to do.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use hookseal_notifier::ConfigError;
use serde::Serialize;

use crate::{output, style};

/// Something that keeps a command from doing what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: u8,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

/// A failure as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct FailureView<'a> {
    /// Never `true`, so that a script that reads only this is on the safe side.
    pub(crate) valid: bool,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) hint: Option<&'a str>,
}

impl Failure {
    /// The command was called in a way that cannot work.
    pub(crate) fn usage(message: &(impl Display + ?Sized)) -> Self {
        Failure { exit: 2, code: "usage", message: message.to_string(), hint: None }
    }

    /// A key cannot be used; `source` says which one.
    pub(crate) fn key(source: &str, error: &hookseal::Error) -> Self {
        Failure {
            exit: 2,
            code: error.code(),
            message: format!("{source}: {error}"),
            hint: Some(error.hint().into_owned()),
        }
    }

    /// A file cannot be read or written.
    pub(crate) fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Failure::io(format!("cannot {what} {}: {}", path.display(), reason(error)), 2)
    }

    /// Something outside the command failed while it ran.
    pub(crate) fn io(message: impl Into<String>, exit: u8) -> Self {
        Failure { exit, code: "io_error", message: message.into(), hint: None }
    }

    /// A configuration file is not sound: `FILE:LINE:COLUMN: what is wrong`.
    pub(crate) fn config(path: &Path, error: &ConfigError) -> Self {
        let failure = Failure::usage(&format!("{}:{error}", path.display())).with_code("invalid_config");
        Failure { hint: error.hint.clone(), ..failure }
    }

    /// What was asked for is not there, or not so.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Failure { exit: 1, code: "refused", message: message.into(), hint: None }
    }

    /// The same, with the place where it is.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints it, and gives the status to exit with.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        let Failure { exit, code, message, hint } = &self;
        if json {
            let view = FailureView { valid: false, code, message, hint: hint.as_deref() };
            let _ = output::json(&view); // there is nowhere else to tell it
        } else {
            output::message(&format!("{}error:{} {message}", style::ERROR, style::RESET));
            if let Some(hint) = hint {
                output::message(&format!("  {}hint:{} {hint}", style::HINT, style::RESET));
            }
        }
        ExitCode::from(*exit)
    }
}

/// The system's reason without Rust's `(os error 2)`.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = reason.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => text,
    }
}
