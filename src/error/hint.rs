//! What to do about each error: the likely culprit, in the words of whoever has to mend it.

use alloc::borrow::Cow;
use alloc::format;

use super::Error;
use super::detail::{Dropped, DroppedReading, KeyError, KeyProblem};

impl Error {
    /// The likely culprit and what to do about it. Meant for whoever runs the receiver, never for the sender.
    pub fn hint(&self) -> Cow<'static, str> {
        let hint = match self {
            Error::MissingSignature => {
                "Set a shared key on the integration, and check that no proxy drops the X-JWS-Signature header."
            }
            Error::MultipleSignatures { .. } => {
                "A proxy or a test added a second X-JWS-Signature, or joined two of them with a comma. Pass exactly one."
            }
            Error::MalformedCompact { .. } => {
                "The value looks like HEADER..SIGNATURE. Other schemes (sha256=…, t=…,v1=…) are not this one; \
                 check that the whole header value arrived."
            }
            Error::PayloadNotDetached { .. } => {
                "The payload of a detached JWS travels in the body. Pass the header's value as it came, \
                 without putting the body between the dots."
            }
            Error::InvalidBase64Url { .. } => {
                "base64url has A-Z a-z 0-9 - _ and nothing else: no '=', no '+' or '/', no white space. \
                 Pass the header's value exactly as it came."
            }
            Error::InvalidHeaderJson { .. } | Error::DuplicateHeaderParameter { .. } => {
                "No sound JWS library writes such a header. Treat the delivery as forged, or mend the sender."
            }
            Error::UnsupportedAlg { .. } => {
                "Other schemes use the header name X-JWS-Signature too (open banking: RS256, PS256). \
                 Web PaaS, Platform.sh and Upsun always send HS256."
            }
            Error::B64NotFalse { .. } | Error::CritMissingB64 { .. } => {
                "The sender signs by RFC 7515 alone, without RFC 7797's unencoded payload. \
                 The protected header must hold \"b64\":false and \"crit\":[\"b64\"]."
            }
            Error::UnsupportedCrit { .. } => {
                "crit names extensions that a verifier must understand; only b64 is defined for this scheme."
            }
            Error::HeaderNotAllowed { .. } => {
                "The platform's header is always {\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}. \
                 If your sender adds kid or typ or orders it otherwise, choose the policy rfc7797."
            }
            Error::InvalidSignatureLength { .. } => {
                "The value was cut, or the signature is not an HMAC-SHA256. Check that the whole header value arrived."
            }
            Error::SignatureMismatch { dropped, .. } => return mismatch_hint(dropped),
            Error::BodyTooLarge { .. } => "Raise the limit if such bodies are expected.",
            Error::Key(KeyError::Weak { .. }) => {
                "Use 32 random octets or more (`hookseal keygen` makes such a key), or allow a weak key by name."
            }
            Error::Key(KeyError::Invalid { problem, .. }) => return Cow::Borrowed(problem.hint()),
            Error::NoUsableKey { dropped } if dropped.is_empty() => {
                "Give the receiver the shared key that the integration was set up with."
            }
            Error::NoUsableKey { .. } => {
                "Use a key of 32 random octets or more (`hookseal keygen` makes one), name its format, \
                 or allow a weak key by name."
            }
        };
        Cow::Borrowed(hint)
    }
}

fn mismatch_hint(dropped: &[DroppedReading]) -> Cow<'static, str> {
    const HINT: &str = "Either the body is not the raw octets that were sent (re-serialised, trimmed, decoded), \
                        or the sender has another key or reads it otherwise.";
    if dropped.is_empty() {
        return Cow::Borrowed(HINT);
    }
    Cow::Owned(format!("{HINT} Not tried: {}.", Dropped(dropped)))
}

impl KeyProblem {
    fn hint(self) -> &'static str {
        match self {
            KeyProblem::Empty => "The variable, flag or file that should hold the key is empty.",
            KeyProblem::Character { character, .. } if character.is_whitespace() => {
                "White space came along with the key (a newline at the end of a file or variable is the usual one). Remove it."
            }
            KeyProblem::Character { character: '"' | '\'', .. } => {
                "The quotes around the key became part of it. Remove them."
            }
            KeyProblem::Character { .. } => {
                "If the key is plain text rather than an encoding, read it as utf8; \
                 if the sender decodes such strings leniently, as the vendor's recipe does, as jwk-lenient."
            }
            KeyProblem::NotUtf8 { .. } => "Pass raw octets as bytes, or the key's text in UTF-8.",
            KeyProblem::Length { .. }
            | KeyProblem::IncompleteGroup
            | KeyProblem::Padding { .. }
            | KeyProblem::TrailingBits => {
                "Check that the whole key was copied. If it is plain text rather than an encoding, read it as utf8."
            }
        }
    }
}
