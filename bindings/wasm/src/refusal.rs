//! Refusals and matches as numbers, which JavaScript puts into words.

use hookseal::{Base64Problem, CompactPart, DroppedReading, Error, KeyError, KeyFormat, KeyProblem, MatchedKey};

/// The answer that says: look into the window.
pub(crate) const REFUSED: i32 = -1;

/// In the order of `FORMATS` in `key-format.js`.
pub(crate) const FORMATS: [KeyFormat; 6] =
    [KeyFormat::Jwk, KeyFormat::JwkLenient, KeyFormat::Utf8, KeyFormat::Base64, KeyFormat::Hex, KeyFormat::Bytes];

/// At least as much of a stranger's text as a message shows (80 characters), and one character more to tell that it was cut.
const SHOWN: usize = 4 * 81;

/// The key that signed: its index, and its format in the last three bits.
pub(crate) fn matched(key: MatchedKey) -> i32 {
    (key.index << 3) as i32 | number(key.format) as i32
}

fn number(format: KeyFormat) -> u32 {
    FORMATS.iter().position(|known| *known == format).unwrap_or_default() as u32
}

/// Writes an error into the window: its number, then what it says more, in the order of `refusal.js`.
pub(crate) fn refused(window: &mut [u8], error: &Error) -> i32 {
    let mut out = Words { window, length: 0 };
    match error {
        Error::MissingSignature => out.words(&[0]),
        Error::MultipleSignatures { count } => out.words(&[1, *count as u32]),
        Error::MalformedCompact { parts } => out.words(&[2, *parts as u32]),
        Error::PayloadNotDetached { length } => out.words(&[3, *length as u32]),
        Error::InvalidBase64Url { part, problem, offset } => {
            let (problem, value) = match problem {
                Base64Problem::Octet(octet) => (0, u32::from(*octet)),
                Base64Problem::Length(length) => (1, *length as u32),
                _ => (2, 0),
            };
            out.words(&[4, u32::from(*part == CompactPart::Signature), problem, value, *offset as u32]);
        }
        Error::InvalidHeaderJson { problem, offset } => {
            out.words(&[5, *offset as u32]);
            out.text(Some(problem));
        }
        Error::DuplicateHeaderParameter { name } => out.worded(6, Some(name)),
        Error::UnsupportedAlg { alg } => out.worded(7, alg.as_deref()),
        Error::B64NotFalse { b64 } => out.worded(8, b64.as_deref()),
        Error::CritMissingB64 { crit } => out.worded(9, crit.as_deref()),
        Error::UnsupportedCrit { crit } => out.worded(10, Some(crit)),
        Error::HeaderNotAllowed { header } => out.worded(11, Some(header)),
        Error::InvalidSignatureLength { length } => out.words(&[12, *length as u32]),
        Error::SignatureMismatch { tried, .. } => out.words(&[13, *tried as u32]),
        Error::NoUsableKey { dropped } => {
            out.words(&[17]);
            out.dropped(dropped);
        }
        Error::Key(error) => out.of_key(error),
        // The body's size is not for this module to judge.
        _ => out.words(&[0]),
    }
    REFUSED
}

/// Writes the readings that were dropped into the window.
pub(crate) fn dropped(window: &mut [u8], readings: &[DroppedReading]) {
    Words { window, length: 0 }.dropped(readings);
}

struct Words<'a> {
    window: &'a mut [u8],
    length: usize,
}

impl Words<'_> {
    fn octets(&mut self, octets: &[u8]) {
        if let Some(free) = self.window.get_mut(self.length..self.length + octets.len()) {
            free.copy_from_slice(octets);
            self.length += octets.len();
        }
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.octets(&word.to_le_bytes());
        }
    }

    fn worded(&mut self, number: u32, text: Option<&str>) {
        self.words(&[number]);
        self.text(text);
    }

    /// A length and so many octets; a length of all ones where there is no text.
    fn text(&mut self, text: Option<&str>) {
        let shown = text.map(|text| &text.as_bytes()[..text.floor_char_boundary(SHOWN)]);
        self.words(&[shown.map_or(u32::MAX, |text| text.len() as u32)]);
        self.octets(shown.unwrap_or_default());
    }

    fn dropped(&mut self, readings: &[DroppedReading]) {
        self.words(&[readings.len() as u32]);
        for reading in readings {
            self.words(&[reading.index as u32]);
            self.of_key(&reading.error);
        }
    }

    /// Always four words, so that several can follow one another.
    fn of_key(&mut self, error: &KeyError) {
        match error {
            KeyError::Weak { format, length } => self.words(&[15, number(*format), *length as u32, 0, 0]),
            KeyError::Invalid { format, problem } => {
                let (problem, place, character) = match problem {
                    KeyProblem::Empty => (0, 0, 0),
                    KeyProblem::Character { character, position } => (1, *position, u32::from(*character)),
                    KeyProblem::NotUtf8 { position } => (2, *position, 0),
                    KeyProblem::Length { length } => (3, *length, 0),
                    KeyProblem::IncompleteGroup => (4, 0, 0),
                    KeyProblem::Padding { position } => (5, *position, 0),
                    _ => (6, 0, 0),
                };
                self.words(&[16, number(*format), problem, place as u32, character]);
            }
        }
    }
}
