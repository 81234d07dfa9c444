//! The vendor's recipe hands the shared key to jwcrypto, whose decoder lets malformed strings through in its own way.
//! Whoever signs with such a string has the key that this makes of it.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::base64url::{bits_of, decoded_length};
use crate::error::KeyProblem;

/// What jwcrypto's `base64url_decode` makes of a string: it counts characters, appends the padding that the count asks
/// for, and leaves the rest to `base64.urlsafe_b64decode`.
pub(super) fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyProblem> {
    let length = text.chars().count();
    let padding = match length % 4 {
        0 => "",
        2 => "==",
        3 => "=",
        _ => return Err(KeyProblem::Length { length }),
    };
    let mut padded = Zeroizing::new(String::with_capacity(text.len() + padding.len()));
    padded.push_str(text);
    padded.push_str(padding);
    a2b_base64(padded.as_bytes())
}

/// CPython 3.11's `binascii.a2b_base64` in its non-strict mode: characters of neither alphabet are skipped, decoding
/// ends at a complete padding, and a last group that is not complete is an error.
fn a2b_base64(octets: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyProblem> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(decoded_length(octets.len())));
    let mut symbols = 0; // of the group under way
    let mut carry = 0; // its bits that are not yet an octet
    let mut pads = 0;
    for &octet in octets {
        if octet == b'=' {
            pads += 1;
            if symbols >= 2 && symbols + pads >= 4 {
                return Ok(decoded);
            }
            continue;
        }
        // `urlsafe_b64decode` translates `-_` to `+/` and keeps those.
        let Some(value) = bits_of(octet) else { continue };
        pads = 0;
        match symbols {
            0 => carry = value,
            1 => {
                decoded.push(carry << 2 | value >> 4);
                carry = value & 0x0f;
            }
            2 => {
                decoded.push(carry << 4 | value >> 2);
                carry = value & 0x03;
            }
            _ => decoded.push(carry << 6 | value),
        }
        symbols = (symbols + 1) % 4;
    }
    match symbols {
        0 => Ok(decoded),
        _ => Err(KeyProblem::IncompleteGroup),
    }
}
