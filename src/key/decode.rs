//! The strict readings: what does not belong there is an error that names it and its place.

use alloc::vec;
use alloc::vec::Vec;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::error::KeyProblem;

type Octets = Zeroizing<Vec<u8>>;

const UNPADDED: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);

/// The recipe decodes with Python's base64, which does not look at the bits behind the last octet.
const URL_SAFE_ANY_BITS: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, UNPADDED.with_decode_allow_trailing_bits(true));

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, UNPADDED);

/// A JWK's `k`, in either alphabet or both.
pub(super) fn jwk(text: &str) -> Result<Octets, KeyProblem> {
    let symbols = unpadded(text, |character| matches!(character, '-' | '_' | '+' | '/'))?;
    let mut url_safe = Zeroizing::new(symbols.as_bytes().to_vec());
    for octet in url_safe.iter_mut() {
        match octet {
            b'+' => *octet = b'-',
            b'/' => *octet = b'_',
            _ => {}
        }
    }
    decode(&URL_SAFE_ANY_BITS, &url_safe)
}

/// Standard base64.
pub(super) fn base64(text: &str) -> Result<Octets, KeyProblem> {
    let symbols = unpadded(text, |character| matches!(character, '+' | '/'))?;
    decode(&STANDARD, symbols.as_bytes())
}

/// Hexadecimal, upper or lower case.
pub(super) fn hex(text: &str) -> Result<Octets, KeyProblem> {
    let is_foreign = |(_, character): &(usize, char)| !character.is_ascii_hexdigit();
    if let Some((index, character)) = text.chars().enumerate().find(is_foreign) {
        return Err(KeyProblem::Character { character, position: index + 1 });
    }
    let mut octets = Zeroizing::new(vec![0; text.len() / 2]);
    hex::decode_to_slice(text, octets.as_mut_slice()).map_err(|_| KeyProblem::Length { length: text.len() })?;
    Ok(octets)
}

/// The text without its padding, which must be complete or absent, once every other character is known to belong.
fn unpadded(text: &str, is_symbol: fn(char) -> bool) -> Result<&str, KeyProblem> {
    let symbols = text.trim_end_matches('=');
    let is_foreign = |(_, character): &(usize, char)| !(character.is_ascii_alphanumeric() || is_symbol(*character));
    if let Some((index, character)) = symbols.chars().enumerate().find(is_foreign) {
        return Err(match character {
            '=' => KeyProblem::Padding { position: index + 1 },
            _ => KeyProblem::Character { character, position: index + 1 },
        });
    }
    let padding = text.len() - symbols.len();
    let complete = symbols.len().next_multiple_of(4) - symbols.len();
    if padding != 0 && padding != complete {
        return Err(KeyProblem::Padding { position: symbols.len() + 1 });
    }
    Ok(symbols)
}

fn decode(engine: &GeneralPurpose, symbols: &[u8]) -> Result<Octets, KeyProblem> {
    // Of the final length from the start: a vector that grows leaves copies of the key behind.
    let mut octets = Zeroizing::new(vec![0; base64::decoded_len_estimate(symbols.len())]);
    match engine.decode_slice(symbols, octets.as_mut_slice()) {
        Ok(length) => {
            octets.truncate(length);
            Ok(octets)
        }
        Err(base64::DecodeSliceError::DecodeError(base64::DecodeError::InvalidLastSymbol { .. })) => {
            Err(KeyProblem::TrailingBits)
        }
        Err(_) => Err(KeyProblem::Length { length: symbols.len() }),
    }
}
