use std::ops::Range;

use super::ConfigError;

/// A configuration's text: says where in it something is wrong, and what may have been meant.
#[derive(Clone, Copy, Debug)]
pub struct ConfigText<'a>(pub &'a str);

impl ConfigText<'_> {
    /// What is wrong at a place in the text, given in octets.
    #[must_use]
    pub fn error(&self, at: Range<usize>, message: impl Into<String>) -> ConfigError {
        let (line, column) = self.place(at.start);
        ConfigError { line, column, message: message.into(), hint: None }
    }

    /// A name that there is not, with the known one that it is most like.
    #[must_use]
    pub fn unknown<'k>(&self, at: Range<usize>, name: &str, known: impl IntoIterator<Item = &'k str>) -> ConfigError {
        let known: Vec<_> = known.into_iter().collect();
        let hint = match closest(name, &known) {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => format!("Keys here are {}.", known.join(", ")),
        };
        self.error(at, format!("unknown key {name:?}")).with_hint(hint)
    }

    /// What TOML's reader says, in our words; `otherwise` is the place of what it was reading.
    #[must_use]
    pub fn read_error(&self, otherwise: Range<usize>, error: &toml::de::Error) -> ConfigError {
        let at = error.span().unwrap_or(otherwise);
        match unknown_field(error.message()) {
            Some((name, known)) => self.unknown(at, name, known),
            None => self.error(at, error.message().lines().next().unwrap_or_default()),
        }
    }

    /// Line and column, both counted from 1; columns in characters.
    #[must_use]
    pub fn place(&self, at: usize) -> (usize, usize) {
        let before = self.0.get(..at).unwrap_or(self.0);
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
        let text = ConfigText("a = 1\né = \"ü\" # x\n");
        assert_eq!(text.place(0), (1, 1));
        assert_eq!(text.place(text.0.find('#').unwrap()), (2, 9));
        assert_eq!(text.place(9_999), (3, 1));
    }
}
