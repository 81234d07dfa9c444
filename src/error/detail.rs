//! The details that errors carry, and how they read.

use alloc::string::String;
use core::fmt;

use crate::key::{KeyFormat, MIN_KEY_LENGTH};

/// A part of a JWS in Compact Serialization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompactPart {
    /// The first part: the protected header.
    ProtectedHeader,
    /// The last part: the signature.
    Signature,
}

impl fmt::Display for CompactPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CompactPart::ProtectedHeader => "protected header",
            CompactPart::Signature => "signature",
        })
    }
}

/// What keeps a text from being base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base64Problem {
    /// An octet that is not in the alphabet.
    Octet(u8),
    /// A length that no octets encode to.
    Length(usize),
    /// The last character holds bits that are not zero.
    TrailingBits,
}

impl fmt::Display for Base64Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base64Problem::Octet(octet) if matches!(octet, b' '..=b'~') => {
                write!(f, "{:?} is not in its alphabet", char::from(*octet))
            }
            Base64Problem::Octet(octet) => write!(f, "the octet 0x{octet:02X} is not in its alphabet"),
            Base64Problem::Length(length) => write!(f, "no octets encode to {length} characters"),
            Base64Problem::TrailingBits => f.write_str("the last character holds bits that must be zero"),
        }
    }
}

/// Why a shared key cannot be used when it is read in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key is shorter than HS256 allows (RFC 7518 §3.2).
    #[error("the key read as {format} has {length} octets where HS256 asks for at least {MIN_KEY_LENGTH}")]
    Weak {
        /// How the key was read.
        format: KeyFormat,
        /// Its length, in octets.
        length: usize,
    },
    /// The string cannot be read as a key in this format.
    #[error("the key cannot be read as {format}: {problem}")]
    Invalid {
        /// How the key was to be read.
        format: KeyFormat,
        /// What is wrong with it.
        problem: KeyProblem,
    },
}

impl KeyError {
    /// The stable name of this error; see [`Error::code`](crate::Error::code).
    pub fn code(self) -> &'static str {
        match self {
            KeyError::Weak { .. } => "weak_key",
            KeyError::Invalid { .. } => "invalid_key",
        }
    }
}

/// What keeps a string from being read as a key.
///
/// A wrong character is named with its place (that one character only), since nothing else finds the stray newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyProblem {
    /// There is no key at all. Allowing weak keys does not allow this.
    Empty,
    /// A character that the format does not have.
    Character {
        /// The character.
        character: char,
        /// Its place, counted in characters from 1.
        position: usize,
    },
    /// The key is not text: these octets are not UTF-8.
    NotUtf8 {
        /// The place of the first wrong octet, counted from 1.
        position: usize,
    },
    /// A length that no octets encode to.
    Length {
        /// The number of characters.
        length: usize,
    },
    /// The last group of four characters is not complete, and jwk-lenient does not let that pass.
    IncompleteGroup,
    /// Padding that is neither absent nor complete, or that is followed by more.
    Padding {
        /// The place of the first `=`, counted in characters from 1.
        position: usize,
    },
    /// The last character holds bits that are not zero.
    TrailingBits,
}

impl fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyProblem::Empty => f.write_str("it is empty"),
            KeyProblem::Character { character, position } => {
                write!(f, "character {position} is {character:?}, which does not belong there")
            }
            KeyProblem::NotUtf8 { position } => write!(f, "octet {position} is not UTF-8"),
            KeyProblem::Length { length } => write!(f, "no octets encode to {length} characters"),
            KeyProblem::IncompleteGroup => f.write_str("its last group of four characters is not complete"),
            KeyProblem::Padding { position } => {
                write!(f, "the padding at character {position} is incomplete or misplaced")
            }
            KeyProblem::TrailingBits => f.write_str("the last character holds bits that must be zero"),
        }
    }
}

/// A reading of a shared key that cannot be used, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedReading {
    /// Which of the configured shared keys, counted from 0.
    pub index: usize,
    /// The reading.
    pub format: KeyFormat,
    /// What is wrong with it.
    pub error: KeyError,
}

pub(super) struct Dropped<'a>(pub(super) &'a [DroppedReading]);

impl fmt::Display for Dropped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, dropped) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{}", dropped.error)?;
        }
        Ok(())
    }
}

pub(super) struct NoKey<'a>(pub(super) &'a [DroppedReading]);

impl fmt::Display for NoKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("no key is configured, so the signature was not checked"),
            dropped => write!(f, "the shared key gives no usable key: {}", Dropped(dropped)),
        }
    }
}

pub(super) struct NotMatched(pub(super) usize);

impl fmt::Display for NotMatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("does not match the key"),
            tried => write!(f, "matches none of the {tried} readings of the keys"),
        }
    }
}

/// A stranger's text, escaped and cut short.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 80;
        f.write_str("`")?;
        for character in self.0.chars().take(SHOWN) {
            match character {
                '"' | '\'' => write!(f, "{character}")?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        f.write_str(if self.0.chars().nth(SHOWN).is_some() { "…`" } else { "`" })
    }
}

pub(super) struct OrMissing<'a>(pub(super) &'a Option<String>);

impl fmt::Display for OrMissing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("missing"),
            Some(json) => Quoted(json).fmt(f),
        }
    }
}
