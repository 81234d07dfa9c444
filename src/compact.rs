//! The header's value taken apart: `BASE64URL(protected) .. BASE64URL(signature)`.

use alloc::vec::Vec;

use crate::base64url;
use crate::error::{CompactPart, Error};
use crate::header::{self, HeaderParameter, Policy};

/// BASE64URL(PROTECTED_HEADER) and the dot behind it: how every signing input of the platform starts.
pub(crate) const FIXED_PREFIX: &str = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.";

/// The length of an HMAC-SHA256, in octets.
pub(crate) const SIGNATURE_LENGTH: usize = 32;

/// What a signing input starts with: BASE64URL(protected) and its dot.
#[derive(Clone, Copy)]
pub(crate) enum Prefix<'a> {
    /// [`FIXED_PREFIX`], which every key has hashed already.
    Fixed,
    /// Another header, as it came.
    Other(&'a [u8]),
}

/// A header value that is sound but not yet verified.
pub(crate) struct Compact<'a> {
    pub(crate) prefix: Prefix<'a>,
    pub(crate) signature: [u8; SIGNATURE_LENGTH],
    /// The header's members besides alg, b64 and crit.
    pub(crate) header_parameters: Vec<HeaderParameter>,
}

impl<'a> Compact<'a> {
    /// Checks `value` from left to right, so that the first thing wrong is the one that is named.
    #[inline]
    pub(crate) fn parse(value: &'a [u8], policy: Policy) -> Result<Self, Error> {
        if let Some(rest) = value.strip_prefix(FIXED_PREFIX.as_bytes())
            && let Some(signature) = rest.strip_prefix(b".")
            && let Ok(signature) = decode_signature(signature, 0)
        {
            // The platform's own header: nothing to parse, nothing to allocate.
            return Ok(Compact { prefix: Prefix::Fixed, signature, header_parameters: Vec::new() });
        }
        Self::parse_any(value, policy)
    }

    fn parse_any(value: &'a [u8], policy: Policy) -> Result<Self, Error> {
        if value.is_empty() {
            return Err(Error::MissingSignature);
        }
        if let Some(count) = joined_by_commas(value) {
            return Err(Error::MultipleSignatures { count });
        }
        let mut dots = value.iter().enumerate().filter(|(_, octet)| **octet == b'.').map(|(place, _)| place);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(Error::MalformedCompact { parts: 1 + count(value, b'.') });
        };
        if second != first + 1 {
            return Err(Error::PayloadNotDetached { length: second - first - 1 });
        }
        let (prefix, signature) = (&value[..=first], &value[second + 1..]);
        let header = base64url::decode(&value[..first], CompactPart::ProtectedHeader, 0)?;
        let header_parameters = header::check(&header, policy)?;
        Ok(Compact {
            prefix: Prefix::Other(prefix),
            signature: decode_signature(signature, second + 1)?,
            header_parameters,
        })
    }
}

fn decode_signature(text: &[u8], start: usize) -> Result<[u8; SIGNATURE_LENGTH], Error> {
    base64url::decode_array(text, CompactPart::Signature, start)?
        .ok_or(Error::InvalidSignatureLength { length: text.len() })
}

/// The number of values when a proxy (or the Fetch API) joined several header lines into one, as RFC 9110 §5.3 lets it.
///
/// A comma alone does not make a list: other schemes (`t=…,v1=…`) have commas too and are malformed, not multiple.
fn joined_by_commas(value: &[u8]) -> Option<usize> {
    let (mut commas, mut dots) = (0, 0);
    for octet in value {
        match octet {
            b'.' => dots += 1,
            b',' if dots != 2 => return None,
            b',' => (commas, dots) = (commas + 1, 0),
            _ => {}
        }
    }
    (commas > 0 && dots == 2).then_some(commas + 1)
}

fn count(value: &[u8], octet: u8) -> usize {
    value.iter().filter(|other| **other == octet).count()
}

/// The one `X-JWS-Signature` among the values a request came with.
///
/// None at all is `missing_signature`; more than one is `multiple_signatures`, because two verifiers that pick
/// different ones would disagree about the same delivery.
///
/// ```
/// let values: Vec<&[u8]> = vec![b"eyJh..A5dx", b"eyJh..Zm9v"];
/// let error = hookseal::single_signature(values).unwrap_err();
/// assert_eq!(error.code(), "multiple_signatures");
/// ```
pub fn single_signature<V>(values: impl IntoIterator<Item = V>) -> Result<V, Error> {
    let mut values = values.into_iter();
    let first = values.next().ok_or(Error::MissingSignature)?;
    match values.count() {
        0 => Ok(first),
        more => Err(Error::MultipleSignatures { count: 1 + more }),
    }
}
