//! Strict base64url (RFC 4648 §5, RFC 7515 §2): no padding, no foreign character, zero trailing bits.

use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Base64Problem, CompactPart, Error};

/// Decodes `text`, which stands at octet `start` of the header's value.
pub(crate) fn decode(text: &[u8], part: CompactPart, start: usize) -> Result<Vec<u8>, Error> {
    check_alphabet(text, part, start)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|error| malformed(error, text, part, start))
}

/// As [`decode`], into an array of the exact length; `None` when the length is another one.
#[inline]
pub(crate) fn decode_array<const N: usize>(
    text: &[u8],
    part: CompactPart,
    start: usize,
) -> Result<Option<[u8; N]>, Error> {
    let mut array = [0; N];
    if text.len() == (N * 8).div_ceil(6) {
        // The usual case, in one pass; what went wrong is worked out only when something did.
        match URL_SAFE_NO_PAD.decode_slice(text, &mut array) {
            Ok(_) => return Ok(Some(array)),
            Err(base64::DecodeSliceError::DecodeError(error)) => {
                check_alphabet(text, part, start)?;
                return Err(malformed(error, text, part, start));
            }
            Err(base64::DecodeSliceError::OutputSliceTooSmall) => {}
        }
    }
    check_alphabet(text, part, start)?;
    Ok(None)
}

pub(crate) fn encode_into(octets: &[u8], out: &mut alloc::string::String) {
    URL_SAFE_NO_PAD.encode_string(octets, out);
}

fn check_alphabet(text: &[u8], part: CompactPart, start: usize) -> Result<(), Error> {
    let is_foreign = |octet: &u8| !(octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
    match text.iter().position(is_foreign) {
        None => Ok(()),
        Some(index) => {
            Err(Error::InvalidBase64Url { part, problem: Base64Problem::Octet(text[index]), offset: start + index })
        }
    }
}

/// What can still be wrong once every character is one of the alphabet's.
fn malformed(error: base64::DecodeError, text: &[u8], part: CompactPart, start: usize) -> Error {
    let problem = match error {
        base64::DecodeError::InvalidLastSymbol { .. } => Base64Problem::TrailingBits,
        _ => Base64Problem::Length(text.len()),
    };
    let offset = start + text.len().saturating_sub(1);
    Error::InvalidBase64Url { part, problem, offset }
}
