//! What an integration is called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const LENGTH: usize = 13;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// An integration's id: 13 characters of `a` to `z` and `2` to `7`, as the vendor's are. It is random and no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IntegrationId(String);

impl IntegrationId {
    /// A new one. The error is the operating system's, when it gives no random numbers.
    pub fn random() -> std::io::Result<Self> {
        let mut octets = [0; LENGTH];
        getrandom::fill(&mut octets).map_err(std::io::Error::other)?;
        Ok(IntegrationId(octets.iter().map(|octet| char::from(ALPHABET[usize::from(octet % 32)])).collect()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IntegrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for IntegrationId {
    type Err = UnusableId;

    fn from_str(text: &str) -> Result<Self, UnusableId> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for IntegrationId {
    type Error = UnusableId;

    fn try_from(text: String) -> Result<Self, UnusableId> {
        if text.len() == LENGTH && text.bytes().all(|octet| ALPHABET.contains(&octet)) {
            Ok(IntegrationId(text))
        } else {
            Err(UnusableId { text })
        }
    }
}

impl From<IntegrationId> for String {
    fn from(id: IntegrationId) -> Self {
        id.0
    }
}

/// This is no integration's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no integration's id: those have 13 characters of a to z and 2 to 7")]
pub struct UnusableId {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_and_read_as_they_print() {
        let [one, other] = [(); 2].map(|()| IntegrationId::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.to_string().parse(), Ok(one));
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in ["", "abcdefghijk2", "abcdefghijk234", "Abcdefghijk23", "abcdefghijk21", "abcdefghijké"] {
            assert!(text.parse::<IntegrationId>().is_err(), "{text}");
        }
    }
}
