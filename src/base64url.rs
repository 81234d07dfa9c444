//! Strict base64url (RFC 4648 §5, RFC 7515 §2): no padding, no foreign character, zero trailing bits.
//!
//! The decoder is the crate's own: keys are decoded by it in ways that no library offers (`jwk`, `jwk-lenient`), and it is
//! a tenth of what a library's would add to the module of WebAssembly.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::error::{Base64Problem, CompactPart, Error};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Marks an octet that stands for six bits in the standard alphabet alone (RFC 4648 §4).
const STANDARD: u8 = 0x40;

/// Marks an octet of neither alphabet.
const FOREIGN: u8 = 0x80;

/// What each octet stands for.
static SYMBOLS: [u8; 256] = {
    let mut symbols = [FOREIGN; 256];
    let mut bits = 0;
    while bits < 64 {
        symbols[ALPHABET[bits] as usize] = bits as u8;
        bits += 1;
    }
    symbols[b'+' as usize] = STANDARD | symbols[b'-' as usize];
    symbols[b'/' as usize] = STANDARD | symbols[b'_' as usize];
    symbols
};

/// The six bits that a symbol of either alphabet stands for.
pub(crate) fn bits_of(octet: u8) -> Option<u8> {
    let symbol = SYMBOLS[usize::from(octet)];
    (symbol & FOREIGN == 0).then_some(symbol & 0x3f)
}

/// How many octets are encoded by so many symbols.
pub(crate) const fn decoded_length(symbols: usize) -> usize {
    symbols / 4 * 3 + symbols % 4 * 3 / 4
}

/// What there was besides whole octets.
pub(crate) struct Rest {
    /// Whether there was an octet that is not base64url's.
    is_foreign: bool,
    /// Whether a single symbol is left over, which no octet is encoded by.
    pub(crate) is_incomplete: bool,
    /// Whether there are bits behind the last octet that are not zero.
    pub(crate) has_bits: bool,
}

/// Decodes symbols of either alphabet, three octets from every four; `octets` are as many as they stand for.
pub(crate) fn decode_into(text: &[u8], octets: &mut [u8]) -> Rest {
    let mut seen = 0;
    let mut last = [0; 4];
    for (symbols, octets) in text.chunks(4).zip(octets.chunks_mut(3)) {
        let mut group: u32 = 0;
        for (place, octet) in symbols.iter().enumerate() {
            let symbol = SYMBOLS[usize::from(*octet)];
            seen |= symbol;
            group |= u32::from(symbol & 0x3f) << (26 - 6 * place);
        }
        last = group.to_be_bytes();
        octets.copy_from_slice(&last[..octets.len()]);
    }
    Rest {
        is_foreign: seen & (STANDARD | FOREIGN) != 0,
        is_incomplete: text.len() % 4 == 1,
        has_bits: !octets.len().is_multiple_of(3) && last[octets.len() % 3] != 0,
    }
}

/// Decodes `text`, which stands at octet `start` of the header's value.
pub(crate) fn decode(text: &[u8], part: CompactPart, start: usize) -> Result<Vec<u8>, Error> {
    let mut octets = vec![0; decoded_length(text.len())];
    decode_slice(text, &mut octets, part, start)?;
    Ok(octets)
}

/// As [`decode`], into an array of the exact length; `None` when the length is another one.
pub(crate) fn decode_array<const N: usize>(
    text: &[u8],
    part: CompactPart,
    start: usize,
) -> Result<Option<[u8; N]>, Error> {
    let mut array = [0; N];
    if text.len() == (N * 8).div_ceil(6) {
        decode_slice(text, &mut array, part, start)?;
        return Ok(Some(array));
    }
    check_alphabet(text, part, start)?;
    Ok(None)
}

pub(crate) fn encode_into(octets: &[u8], out: &mut String) {
    for octets in octets.chunks(3) {
        let mut group = [0; 4];
        group[..octets.len()].copy_from_slice(octets);
        let group = u32::from_be_bytes(group);
        for place in 0..=octets.len() {
            out.push(char::from(ALPHABET[(group >> (26 - 6 * place)) as usize & 0x3f]));
        }
    }
}

fn decode_slice(text: &[u8], octets: &mut [u8], part: CompactPart, start: usize) -> Result<(), Error> {
    let rest = decode_into(text, octets);
    if rest.is_foreign || rest.is_incomplete || rest.has_bits {
        Err(malformed(&rest, text, part, start))
    } else {
        Ok(())
    }
}

/// What went wrong is worked out only when something did.
#[cold]
fn malformed(rest: &Rest, text: &[u8], part: CompactPart, start: usize) -> Error {
    if let Err(foreign) = check_alphabet(text, part, start) {
        return foreign;
    }
    let problem = if rest.is_incomplete { Base64Problem::Length(text.len()) } else { Base64Problem::TrailingBits };
    Error::InvalidBase64Url { part, problem, offset: start + text.len().saturating_sub(1) }
}

fn check_alphabet(text: &[u8], part: CompactPart, start: usize) -> Result<(), Error> {
    match text.iter().position(|octet| SYMBOLS[usize::from(*octet)] & (STANDARD | FOREIGN) != 0) {
        None => Ok(()),
        Some(index) => {
            Err(Error::InvalidBase64Url { part, problem: Base64Problem::Octet(text[index]), offset: start + index })
        }
    }
}
