use std::fmt;

/// A word that names no value of the enum it was parsed as.
///
/// ```
/// use hookseal_health::Thresholds;
///
/// let error = "bytes".parse::<Thresholds>().unwrap_err();
/// assert_eq!(error.to_string(), r#"unknown thresholds "bytes": expected percent or percent-or-bytes"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {given:?}: expected {}", Alternatives(self.expected))]
pub struct UnknownWord {
    /// What the word should have named, such as `severity`.
    pub what: &'static str,
    /// The word as it was given.
    pub given: String,
    /// The words that there are.
    pub expected: &'static [&'static str],
}

struct Alternatives(&'static [&'static str]);

impl fmt::Display for Alternatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            match index {
                0 => {}
                _ if index + 1 == self.0.len() => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

/// Spells an enum's values in one table for `Display`, `FromStr` and serde, so that JSON,
/// configuration and stored state cannot part.
macro_rules! spelling {
    ($enum:ident is a $what:literal: $($value:ident => $word:literal),+ $(,)?) => {
        impl $enum {
            /// Every value there is, in declaration order.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// The value's word in JSON, in configuration and on the command line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word),+
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $enum {
            type Err = $crate::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$value),)+
                    _ => Err($crate::UnknownWord {
                        what: $what,
                        given: word.to_owned(),
                        expected: &[$($word),+],
                    }),
                }
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use spelling;
