//! Which keys may have signed: what is configured, and what the same strings may be besides.

use alloc::format;
use alloc::vec::Vec;

use super::cause::{Cause, Detail, Family};
use super::key_texts::{KeyText, Meant, texts};
use crate::error::KeyError;
use crate::key::{Key, KeyFormat};

/// A key that may have signed.
pub(super) struct KeyHypothesis {
    /// Which of the shared keys it is made of, counted from 0.
    pub(super) index: usize,
    pub(super) key: Key,
    pub(super) rank: Rank,
    /// What it would mean; nothing for a configured key.
    pub(super) cause: Option<Cause>,
}

/// In the order in which keys are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Configured,
    Likely,
    Unlikely,
}

/// How the caller reads its shared keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Configured {
    /// `None` for auto.
    pub(super) format: Option<KeyFormat>,
    pub(super) allow_weak: bool,
}

const AUTO: &[KeyFormat] = &[KeyFormat::Jwk, KeyFormat::Utf8];

/// By likelihood: where two readings give the same octets, the first names them.
const STRICT: &[KeyFormat] = &[KeyFormat::Jwk, KeyFormat::Utf8, KeyFormat::Hex];
/// A JWK's `k` has neither padding nor these symbols, though decoders let them pass.
const STANDARD_BASE64: &[KeyFormat] = &[KeyFormat::Base64, KeyFormat::Jwk, KeyFormat::Utf8];

/// The lenient reading is left out: a string which it merely repairs is named by what is wrong with it.
fn strict(shared_key: &[u8]) -> &'static [KeyFormat] {
    let is_standard = shared_key.iter().any(|octet| matches!(octet, b'+' | b'/' | b'='));
    if is_standard { STANDARD_BASE64 } else { STRICT }
}

impl Configured {
    /// The keys that a verifier would have, and why the others cannot be used.
    pub(super) fn keys(self, index: usize, shared_key: &[u8]) -> (Vec<KeyHypothesis>, Vec<(KeyFormat, KeyError)>) {
        let formats = self.format.as_ref().map_or(AUTO, core::slice::from_ref);
        let (mut keys, mut errors) = (Vec::new(), Vec::new());
        for format in formats {
            match Key::read(*format, shared_key, self.allow_weak) {
                Ok(key) => keys.push(KeyHypothesis { index, key, rank: Rank::Configured, cause: None }),
                Err(error) => errors.push((*format, error)),
            }
        }
        (keys, errors)
    }
}

/// What else a shared key may be. Several of them may have the same octets.
pub(super) fn hypotheses(index: usize, shared_key: &[u8]) -> Vec<KeyHypothesis> {
    let mut keys = Vec::new();
    for format in strict(shared_key) {
        keys.extend(as_it_stands(index, *format, shared_key));
    }
    if let Ok(text) = core::str::from_utf8(shared_key) {
        let texts = texts(text);
        let (likely, unlikely): (Vec<&KeyText>, _) = texts.iter().partition(|text| text.meant == Meant::Likely);
        // The innermost text is the likeliest.
        for text in likely.iter().rev() {
            let formats = strict(text.text.as_bytes()).iter();
            keys.extend(formats.filter_map(|format| of_text(index, *format, text)));
        }
        keys.extend(as_it_stands(index, KeyFormat::JwkLenient, shared_key));
        keys.extend(unlikely.iter().filter_map(|text| of_text(index, KeyFormat::Utf8, text)));
        keys.extend(likely.iter().filter_map(|text| of_text(index, KeyFormat::JwkLenient, text)));
    }
    keys
}

fn as_it_stands(index: usize, format: KeyFormat, shared_key: &[u8]) -> Option<KeyHypothesis> {
    let (key, weak) = read(format, shared_key)?;
    let id = match format {
        KeyFormat::Jwk => "key.jwk",
        KeyFormat::JwkLenient => "key.jwk_lenient",
        KeyFormat::Utf8 | KeyFormat::Bytes => "key.utf8",
        KeyFormat::Base64 => "key.base64",
        KeyFormat::Hex => "key.hex",
    };
    let found = format!("The signature matches if the shared key is read as {format}.");
    let fix = match format {
        _ if weak.is_some() => {
            "The sender's key is shorter than the 32 octets that HS256 asks for. Agree on a longer one (`hookseal keygen` \
             makes it), or allow the weak key by name."
        }
        KeyFormat::JwkLenient => {
            "The string is no well-formed base64url, and the sender's decoder lets that pass. Choose the key format \
             jwk-lenient, or better, a new key."
        }
        _ => "Choose this key format.",
    };
    let cause = cause(id, found, fix, detail(index, format, weak));
    Some(KeyHypothesis { index, key, rank: Rank::Likely, cause: Some(cause) })
}

fn of_text(index: usize, format: KeyFormat, text: &KeyText) -> Option<KeyHypothesis> {
    let (key, weak) = read(format, text.text.as_bytes())?;
    let (found, fix) = match (text.id, text.meant) {
        ("key.surrounding_whitespace", Meant::Likely) => (
            "without the white space around it",
            "Remove the white space (usually the newline at the end of a file or variable) from the configured key.",
        ),
        ("key.surrounding_whitespace", _) => (
            "with white space at its end",
            "The sender's configuration has white space that came along with the key. Set the key there again without it.",
        ),
        ("key.quotes", Meant::Likely) => ("without the quotes around it", "Remove the quotes from the configured key."),
        ("key.quotes", _) => (
            "with quotes around it",
            "The sender's configuration has quotes that became part of the key. Set the key there again without them.",
        ),
        ("key.jwk_json", _) => {
            ("as the k of the JWK that it is", "Configure the value of the member k, not the whole JWK.")
        }
        ("key.assignment", _) => (
            "without the name before it",
            "Configure what stands behind the name, not the whole line of the environment file.",
        ),
        ("key.prefix", _) => ("without its prefix", "Remove the prefix from the configured key."),
        ("key.percent_encoded", _) => ("percent-decoded", "Configure the key as it was before it went through a URL."),
        (_, _) => (
            "with its hexadecimal digits in the other case",
            "The sender takes the digits themselves for the key. Configure them in the sender's case, read as utf8.",
        ),
    };
    let found = format!("The signature matches if the shared key is taken {found}, read as {format}.");
    let detail = detail(index, format, weak).with("what", text.what);
    let rank =
        if text.meant == Meant::Likely && format != KeyFormat::JwkLenient { Rank::Likely } else { Rank::Unlikely };
    // A hexadecimal string in the other case is there for a reason: the configured one is hexadecimal.
    let rank = if text.id == "key.case" { Rank::Likely } else { rank };
    Some(KeyHypothesis { index, key, rank, cause: Some(cause(text.id, found, fix, detail)) })
}

/// The key, however short, and its length where it is too short.
fn read(format: KeyFormat, shared_key: &[u8]) -> Option<(Key, Option<usize>)> {
    match Key::read(format, shared_key, false) {
        Ok(key) => Some((key, None)),
        Err(KeyError::Weak { length, .. }) => Some((Key::read(format, shared_key, true).ok()?, Some(length))),
        Err(_) => None,
    }
}

fn detail(index: usize, format: KeyFormat, weak: Option<usize>) -> Detail {
    let detail = Detail::default().with("key", index).with("reading", format.as_str());
    match weak {
        None => detail,
        Some(length) => detail.with("key_length", length),
    }
}

fn cause(id: &'static str, found: alloc::string::String, fix: &'static str, detail: Detail) -> Cause {
    Cause { id, family: Family::Key, found: found.into(), fix: fix.into(), detail }
}
