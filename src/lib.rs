#![doc = include_str!("crate.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc, clippy::alloc_instead_of_core)]

extern crate alloc;

mod base64url;
mod compact;
mod error;
#[cfg(feature = "explain")]
mod explain;
mod header;
mod json;
mod key;
mod sign;
mod verify;

#[cfg(test)]
mod properties;

pub use compact::single_signature;
pub use error::{Base64Problem, CompactPart, DroppedReading, Error, KeyError, KeyProblem};
#[cfg(feature = "explain")]
pub use explain::{Cause, Detail, DetailValue, Explain, Explanation, Family, Note, RuledOut, explain};
pub use header::{HeaderParameter, PROTECTED_HEADER, Policy};
pub use key::{Key, KeyFormat, MIN_KEY_LENGTH, UnknownKeyFormat};
pub use sign::{SignStream, Signer};
pub use verify::{MatchedKey, Verified, Verifier, VerifyStream};

/// Runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The name of the HTTP header that carries the signature. Header names are case-insensitive.
pub const HEADER_NAME: &str = "X-JWS-Signature";
