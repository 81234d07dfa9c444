//! Everything that can go wrong, grouped by who can mend it, each with its stable code and a hint.

mod detail;
mod hint;

use alloc::boxed::Box;
use alloc::string::String;

pub use detail::{Base64Problem, CompactPart, DroppedReading, KeyError, KeyProblem};
use detail::{NoKey, NotMatched, OrMissing, Quoted};

/// Why a key, a header value or a delivery was refused.
///
/// [`code`](Error::code) is the stable name that every hookseal package, the command's `--json` and the receiver share.
/// The text never holds a key, an expected MAC or a raw control character; what it quotes of a stranger's value is
/// escaped and cut short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // The sender, or whatever stands between the sender and you.
    /// There is no `X-JWS-Signature`, or its value is empty.
    #[error("there is no X-JWS-Signature: the delivery is not signed")]
    MissingSignature,
    /// There is more than one `X-JWS-Signature`, as several headers or joined by commas.
    #[error("there are {count} signatures where exactly one is expected")]
    MultipleSignatures {
        /// How many values there are.
        count: usize,
    },
    /// The value is not three parts with dots between them (RFC 7515 §7.1).
    #[error(
        "the value has {parts} dot-separated part{} where a JWS in Compact Serialization has 3",
        if *.parts == 1 { "" } else { "s" }
    )]
    MalformedCompact {
        /// How many parts there are.
        parts: usize,
    },
    /// There is something between the two dots; a detached JWS has nothing there (RFC 7515 appendix F).
    #[error("there are {length} octets between the two dots where a detached payload leaves nothing")]
    PayloadNotDetached {
        /// The length of the payload part, in octets.
        length: usize,
    },
    /// A part is not strict base64url (RFC 7515 §2).
    #[error("the {part} is not base64url: {problem} (octet {offset} of the value, counted from 0)")]
    InvalidBase64Url {
        /// Which part of the value.
        part: CompactPart,
        /// What is wrong with it.
        problem: Base64Problem,
        /// Where, in octets from the start of the value.
        offset: usize,
    },
    /// The protected header is not a JSON object (RFC 7515 §4).
    #[error("the protected header is not a JSON object: {problem} (octet {offset} of the decoded header)")]
    InvalidHeaderJson {
        /// What is wrong with it.
        problem: &'static str,
        /// Where, in octets from the start of the decoded header.
        offset: usize,
    },
    /// A header parameter stands there twice (RFC 7515 §4 forbids it: parsers disagree on which one counts).
    #[error("the protected header has {} more than once", Quoted(name))]
    DuplicateHeaderParameter {
        /// The parameter's name.
        name: String,
    },
    /// `alg` is not `HS256`.
    #[error("the protected header's alg is {}, not HS256", OrMissing(alg))]
    UnsupportedAlg {
        /// What `alg` says, as JSON; `None` when it is missing.
        alg: Option<String>,
    },
    /// `b64` is not `false` (RFC 7797 §3).
    #[error("the protected header's b64 is {}, not false", OrMissing(b64))]
    B64NotFalse {
        /// What `b64` says, as JSON; `None` when it is missing.
        b64: Option<String>,
    },
    /// `crit` does not list `b64` (RFC 7797 §6).
    #[error("the protected header's crit is {}, which does not list \"b64\"", OrMissing(crit))]
    CritMissingB64 {
        /// What `crit` says, as JSON; `None` when it is missing.
        crit: Option<String>,
    },
    /// `crit` lists something else besides one `b64` (RFC 7515 §4.1.11).
    #[error("the protected header's crit is {}, where only [\"b64\"] is understood", Quoted(crit))]
    UnsupportedCrit {
        /// What `crit` says, as JSON.
        crit: String,
    },
    /// The header is a sound RFC 7797 header, but not the fixed one that [`Policy::Fixed`](crate::Policy::Fixed) asks for.
    #[error("the protected header differs from the fixed one: {}", Quoted(header))]
    HeaderNotAllowed {
        /// The header as it came.
        header: String,
    },
    /// The signature part is not 43 characters long.
    #[error("the signature has {length} characters where HMAC-SHA256 has 43")]
    InvalidSignatureLength {
        /// How many characters there are.
        length: usize,
    },
    /// The value is well formed, but no key gives this signature for this body.
    #[error("the signature {}", NotMatched(*.tried))]
    SignatureMismatch {
        /// How many keys, or readings of keys, were tried.
        tried: usize,
        /// The readings of the shared keys that could not be tried.
        dropped: Box<[DroppedReading]>,
    },
    /// The body is larger than the receiver accepts.
    #[error("the body is larger than {limit} octets")]
    BodyTooLarge {
        /// The limit, in octets.
        limit: u64,
    },

    // The key's owner.
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No reading of the shared key gives a key that can be used.
    #[error("{}", NoKey(dropped))]
    NoUsableKey {
        /// What is wrong with each reading.
        dropped: Box<[DroppedReading]>,
    },
}

impl Error {
    /// The stable name of this error, the same in every language.
    ///
    /// ```
    /// use hookseal::{Key, Verifier};
    /// let verifier = Verifier::new(Key::from_bytes([7; 32])?);
    /// assert_eq!(verifier.verify(b"{}", "").unwrap_err().code(), "missing_signature");
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Error::MissingSignature => "missing_signature",
            Error::MultipleSignatures { .. } => "multiple_signatures",
            Error::MalformedCompact { .. } => "malformed_compact",
            Error::PayloadNotDetached { .. } => "payload_not_detached",
            Error::InvalidBase64Url { .. } => "invalid_base64url",
            Error::InvalidHeaderJson { .. } => "invalid_header_json",
            Error::DuplicateHeaderParameter { .. } => "duplicate_header_parameter",
            Error::UnsupportedAlg { .. } => "unsupported_alg",
            Error::B64NotFalse { .. } => "b64_not_false",
            Error::CritMissingB64 { .. } => "crit_missing_b64",
            Error::UnsupportedCrit { .. } => "unsupported_crit",
            Error::HeaderNotAllowed { .. } => "header_not_allowed",
            Error::InvalidSignatureLength { .. } => "invalid_signature_length",
            Error::SignatureMismatch { .. } => "signature_mismatch",
            Error::BodyTooLarge { .. } => "body_too_large",
            Error::Key(error) => error.code(),
            Error::NoUsableKey { .. } => "no_usable_key",
        }
    }

    /// The HTTP status a receiver answers with: 401 where the sender is not proved, 400 where the value is malformed,
    /// 413 where the body is too large, 500 where the receiver's own key is at fault.
    pub fn http_status(&self) -> u16 {
        match self {
            Error::MissingSignature
            | Error::UnsupportedAlg { .. }
            | Error::B64NotFalse { .. }
            | Error::CritMissingB64 { .. }
            | Error::UnsupportedCrit { .. }
            | Error::HeaderNotAllowed { .. }
            | Error::SignatureMismatch { .. } => 401,
            Error::MultipleSignatures { .. }
            | Error::MalformedCompact { .. }
            | Error::PayloadNotDetached { .. }
            | Error::InvalidBase64Url { .. }
            | Error::InvalidHeaderJson { .. }
            | Error::DuplicateHeaderParameter { .. }
            | Error::InvalidSignatureLength { .. } => 400,
            Error::BodyTooLarge { .. } => 413,
            Error::Key(_) | Error::NoUsableKey { .. } => 500,
        }
    }
}
