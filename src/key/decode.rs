//! The strict readings: what does not belong there is an error that names it and its place.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::base64url;
use crate::error::KeyProblem;

type Octets = Zeroizing<Vec<u8>>;

/// A JWK's `k`, in either alphabet or both, whatever the bits behind the last octet are: the recipe decodes with Python's
/// base64, which does not look at them.
pub(super) fn jwk(text: &str) -> Result<Octets, KeyProblem> {
    decode(unpadded(text, &['-', '_', '+', '/'])?, true)
}

/// Standard base64.
pub(super) fn base64(text: &str) -> Result<Octets, KeyProblem> {
    decode(unpadded(text, &['+', '/'])?, false)
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
fn unpadded<'t>(text: &'t str, besides: &[char]) -> Result<&'t str, KeyProblem> {
    let symbols = text.trim_end_matches('=');
    let is_foreign =
        |(_, character): &(usize, char)| !(character.is_ascii_alphanumeric() || besides.contains(character));
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

fn decode(symbols: &str, any_bits: bool) -> Result<Octets, KeyProblem> {
    // Of the final length from the start: a vector that grows leaves copies of the key behind.
    let mut octets = Zeroizing::new(vec![0; base64url::decoded_length(symbols.len())]);
    let rest = base64url::decode_into(symbols.as_bytes(), &mut octets);
    if rest.is_incomplete {
        return Err(KeyProblem::Length { length: symbols.len() });
    }
    if rest.has_bits && !any_bits {
        return Err(KeyProblem::TrailingBits);
    }
    Ok(octets)
}
