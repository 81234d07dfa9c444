//! Where in a configuration something is wrong, and what may have been meant.

use std::ops::Range;
use std::path::Path;

use crate::failure::Failure;

/// A configuration file's text.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// `FILE:LINE:COLUMN: what is wrong`.
    pub(super) fn error(&self, span: Range<usize>, message: &str) -> Failure {
        Failure::usage(&format!("{}: {message}", self.name(&span))).with_code("invalid_config")
    }

    /// `FILE:LINE:COLUMN`.
    pub(super) fn name(&self, span: &Range<usize>) -> String {
        let (line, column) = self.place(span.start);
        format!("{}:{line}:{column}", self.path.display())
    }

    /// A name that there is not, with what may have been meant.
    pub(super) fn unknown<'k>(
        &self,
        span: Range<usize>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Failure {
        let known: Vec<_> = known.into_iter().collect();
        let failure = self.error(span, &format!("unknown key {name:?}"));
        match closest(name, &known) {
            Some(meant) => failure.with_hint(format!("Did you mean `{meant}`?")),
            None => failure.with_hint(format!("Keys here are {}.", known.join(", "))),
        }
    }

    /// What serde says, in our words.
    pub(super) fn serde(&self, fallback: Range<usize>, error: &toml::de::Error) -> Failure {
        let span = error.span().unwrap_or(fallback);
        match unknown_field(error.message()) {
            Some((name, known)) => self.unknown(span, name, known),
            None => self.error(span, error.message().lines().next().unwrap_or_default()),
        }
    }

    /// Line and column, both counted from 1; columns in characters.
    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }
}

/// serde's "unknown field `a`, expected one of `b`, `c`", taken apart.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let mut quoted = rest.split('`').step_by(2);
    let name = quoted.next()?;
    let known = rest.split('`').skip(2).step_by(2).filter(|text| !text.is_empty());
    Some((name, known.collect()))
}

fn closest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    const ALIKE: f64 = 0.8;
    let name = name.replace('-', "_").to_lowercase();
    let alike = known.iter().map(|other| (strsim::jaro_winkler(&name, other), *other));
    alike
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serdes_message_is_taken_apart() {
        let (name, known) = unknown_field("unknown field `pth`, expected one of `path`, `status`").unwrap();
        assert_eq!((name, known), ("pth", vec!["path", "status"]));
        assert_eq!(unknown_field("unknown field `x`, expected `rules`").unwrap().1, ["rules"]);
        assert_eq!(unknown_field("invalid type"), None);
    }

    #[test]
    fn what_is_alike_is_meant() {
        let known = ["listen", "max_body", "forward_to"];
        assert_eq!(closest("lisen", &known), Some("listen"));
        assert_eq!(closest("max-body", &known), Some("max_body"));
        assert_eq!(closest("colour", &known), None);
    }

    #[test]
    fn places_are_counted_as_an_editor_does() {
        let source = Source { path: Path::new("x.toml"), text: "a = 1\né = \"ü\" # x\n" };
        assert_eq!(source.place(0), (1, 1));
        assert_eq!(source.place(source.text.find('#').unwrap()), (2, 9));
        assert_eq!(source.place(9_999), (3, 1));
    }
}
