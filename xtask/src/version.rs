//! Version numbers, as manifests and `rustc --version` spell them.

use std::fmt::{self, Display, Formatter};

/// `1.95` and `1.95.0` are the same version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads `1.95`, `1.95.0` or `1.97.0-nightly`; a pre-release counts as its release.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let release = text.split(['-', '+']).next()?;
        let mut parts = release.split('.').map(|part| part.parse().ok());
        let version = Self {
            major: parts.next()??,
            minor: parts.next().unwrap_or(Some(0))?,
            patch: parts.next().unwrap_or(Some(0))?,
        };
        parts.next().is_none().then_some(version)
    }

    /// Reads the line that `rustc --version` prints.
    pub(crate) fn of_rustc(line: &str) -> Option<Self> {
        Self::parse(line.strip_prefix("rustc ")?.split_whitespace().next()?)
    }
}

impl Display for Version {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_part_is_zero() {
        assert_eq!(Version::parse("1.95"), Version::parse("1.95.0"));
        assert_eq!(Version::parse("2"), Version::parse("2.0.0"));
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(Version::parse("1.100") > Version::parse("1.95.3"));
        assert!(Version::parse("1.95.1") > Version::parse("1.95"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "one", "1.", "1.x", "1.2.3.4"] {
            assert_eq!(Version::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn rustc_says_its_version() {
        let version = Version::of_rustc("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\n");
        assert_eq!(version, Version::parse("1.96"));
        assert_eq!(Version::of_rustc("rustc 1.97.0-nightly (abc 2026-01-01)"), Version::parse("1.97.0"));
    }
}
