//! Where in a configuration something is wrong, and what may have been meant.

use std::ops::Range;
use std::path::Path;

use hookseal_notifier::{ConfigError, ConfigText};

use crate::failure::Failure;

/// A configuration file's text.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// `FILE:LINE:COLUMN: what is wrong`.
    pub(super) fn error(&self, span: Range<usize>, message: &str) -> Failure {
        self.failure(&ConfigText(self.text).error(span, message))
    }

    /// `FILE:LINE:COLUMN`.
    pub(super) fn name(&self, span: &Range<usize>) -> String {
        let (line, column) = ConfigText(self.text).place(span.start);
        format!("{}:{line}:{column}", self.path.display())
    }

    /// A name that there is not, with what may have been meant.
    pub(super) fn unknown<'k>(
        &self,
        span: Range<usize>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Failure {
        self.failure(&ConfigText(self.text).unknown(span, name, known))
    }

    /// What serde says, in our words.
    pub(super) fn serde(&self, fallback: Range<usize>, error: &toml::de::Error) -> Failure {
        self.failure(&ConfigText(self.text).read_error(fallback, error))
    }

    fn failure(&self, error: &ConfigError) -> Failure {
        Failure::config(self.path, error)
    }
}
