//! Why a signature did not verify: hypotheses about the key, the body, the signing input and the header's value, each
//! proved by a matching MAC or not mentioned.

mod bodies;
mod budget;
mod cause;
mod inputs;
mod key_texts;
mod keys;
mod notes;
mod numbers;
mod octets;
mod rewrite;
mod search;
#[cfg(feature = "serde")]
mod serialize;
mod sort;
mod survey;
#[cfg(test)]
mod tests;
mod tokens;
mod values;

use alloc::vec::Vec;
use core::{fmt, slice};

use budget::Budget;
pub use cause::{Cause, Detail, DetailValue, Family, Note};
use keys::Configured;
use search::{Change, Hit, search};
use values::{List, Value};
use zeroize::Zeroizing;

use crate::compact::Compact;
use crate::error::{DroppedReading, Error};
use crate::header::Policy;
use crate::key::KeyFormat;
use crate::verify::MatchedKey;

/// Says why a signature does not verify, for a shared key that is read in every way a verifier does.
///
/// ```
/// use hookseal::{Key, Signer, explain};
/// let shared_key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
/// let value = Signer::new(Key::from_jwk_k(shared_key)?).sign(b"{}\n");
///
/// let explanation = explain(shared_key, b"{}", &value);
/// assert!(!explanation.valid);
/// assert_eq!(explanation.causes[0].id, "body.newline_removed");
/// # Ok::<(), hookseal::Error>(())
/// ```
pub fn explain(shared_key: impl AsRef<[u8]>, body: &[u8], signature: impl AsRef<[u8]>) -> Explanation {
    Explain::new(slice::from_ref(&shared_key)).explain(body, signature)
}

/// Finds out why a signature does not verify.
///
/// It takes what a [`Verifier`](crate::Verifier) takes, and keys that none would. It tries what people run into with keys,
/// bodies, signing inputs and header values, alone and in pairs of one key and one other change, and names only what a
/// matching MAC proves. At most 512 MACs and 64 MiB of hashing, rewriting and decoding are spent.
///
/// The answer is for whoever runs the receiver, never for the sender: a stranger could use it to search for keys.
///
/// ```
/// use hookseal::{Explain, Key, KeyFormat, Signer};
/// let (old, new) = ("an old shared key of at least 32 octets", "a new shared key of at least 32 octets!");
/// let value = Signer::new(Key::from_utf8(old)?).sign(b"{\r\n}");
///
/// let explanation = Explain::new(&[new, old]).key_format(KeyFormat::Utf8).explain(b"{\n}", &value);
/// assert_eq!(explanation.causes[0].id, "body.crlf_to_lf");
/// assert_eq!(explanation.key.map(|key| key.index), Some(1));
/// # Ok::<(), hookseal::Error>(())
/// ```
#[derive(Clone)]
pub struct Explain {
    shared_keys: Vec<Zeroizing<Vec<u8>>>,
    configured: Configured,
    policy: Policy,
    truncated: bool,
}

impl Explain {
    /// With the shared keys as they are configured, usable or not: one, or several for rotation. They are copied, and
    /// zeroized when dropped.
    pub fn new<K: AsRef<[u8]>>(shared_keys: &[K]) -> Self {
        let copy = |key: &K| Zeroizing::new(key.as_ref().to_vec());
        Explain {
            shared_keys: shared_keys.iter().map(copy).collect(),
            configured: Configured { format: None, allow_weak: false },
            policy: Policy::default(),
            truncated: false,
        }
    }

    /// The one way in which the keys are read; unless told, both ways of
    /// [`Verifier::for_shared_key`](crate::Verifier::for_shared_key).
    #[must_use]
    pub fn key_format(mut self, format: KeyFormat) -> Self {
        self.configured.format = Some(format);
        self
    }

    /// Keys under 32 octets are used too, as by [`Key::dangerous_allow_weak`](crate::Key::dangerous_allow_weak).
    #[must_use]
    pub fn dangerous_allow_weak(mut self) -> Self {
        self.configured.allow_weak = true;
        self
    }

    /// Which protected headers are accepted; [`Policy::Fixed`] unless told.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The body is not all that was sent: never valid, and the answer says so.
    #[must_use]
    pub fn truncated_body(mut self) -> Self {
        self.truncated = true;
        self
    }

    /// Verifies, and searches for the causes where that fails.
    pub fn explain(&self, body: &[u8], signature: impl AsRef<[u8]>) -> Explanation {
        let value = signature.as_ref();
        let (mut configured, mut dropped) = (Vec::new(), Vec::new());
        for (index, shared_key) in self.shared_keys.iter().enumerate() {
            let (keys, errors) = self.configured.keys(index, shared_key);
            configured.extend(keys);
            dropped.extend(errors.into_iter().map(|(format, error)| DroppedReading { index, format, error }));
        }
        let others = || {
            let keys = self.shared_keys.iter().enumerate();
            keys.flat_map(|(index, shared_key)| keys::hypotheses(index, shared_key)).collect()
        };
        let mut budget = Budget::new(body.len());
        let list = List::read(value);
        let (sound, refusal) = match (Compact::parse(value, self.policy), &list) {
            (Ok(compact), _) => (Some(Value::from(compact)), None),
            (Err(error), Some(list)) => (list.chosen(body, self.policy, &configured, &mut budget), Some(error)),
            (Err(error), None) => (values::read(value), Some(error)),
        };
        let readings = configured.len();
        let outcome =
            sound.as_ref().map(|value| search(&value.subject(body), configured, others, budget)).unwrap_or_default();

        let proved = outcome.hit.is_some();
        let key = outcome.hit.as_ref().map(|hit| MatchedKey { index: hit.key.index, format: hit.key.key.format() });
        let header = refusal.as_ref().filter(|error| is_of_header(error));
        let causes = outcome.hit.map(|hit| causes(hit, sound.map(|value| value.causes), header)).unwrap_or_default();
        if proved && causes.is_empty() && refusal.is_none() && !self.truncated {
            return Explanation { valid: true, key, tried: outcome.tried, ..Explanation::default() };
        }

        let error = match refusal {
            _ if readings == 0 => unusable(&dropped),
            Some(error) => error,
            None => Error::SignatureMismatch { tried: readings, dropped: dropped.clone().into() },
        };
        let mut notes: Vec<Note> =
            notes::of_value(value, &error, list.as_ref()).into_iter().chain(notes::of_body(body)).collect();
        notes.extend(self.truncated.then(notes::truncated_body));
        // What is wrong with the value is proved, then: only another scheme's name says more.
        notes.retain(|note| !(proved && note.id.starts_with("value.")));
        if !proved {
            notes.extend(dropped.iter().map(notes::of_key));
        }
        Explanation {
            valid: false,
            error: Some(error),
            key,
            causes,
            notes,
            tried: outcome.tried,
            exhausted: outcome.exhausted,
            ruled_out: if proved { RuledOut::default() } else { outcome.ruled_out },
        }
    }
}

/// Never shows a key.
impl fmt::Debug for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Explain({} shared keys, {:?})", self.shared_keys.len(), self.policy)
    }
}

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The signature verifies as it is: there is nothing to explain.
    pub valid: bool,
    /// Why it was refused; nothing when it is valid.
    pub error: Option<Error>,
    /// The key that signed, when a MAC matches: which of the shared keys, and how it is read.
    pub key: Option<MatchedKey>,
    /// Together, these make the signature match. Empty when nothing that was tried does.
    pub causes: Vec<Cause>,
    /// What no MAC proves: whose scheme a malformed value is, damage that cannot be undone, keys that cannot be used.
    pub notes: Vec<Note>,
    /// How many MACs were computed, each of one hypothesis or pair.
    pub tried: usize,
    /// The budget ended the search before everything was tried.
    pub exhausted: bool,
    /// When nothing matches: what it is not.
    pub ruled_out: RuledOut,
}

impl Explanation {
    /// The [`code`](Error::code) of the refusal.
    pub fn code(&self) -> Option<&'static str> {
        self.error.as_ref().map(Error::code)
    }
}

/// How many hypotheses of each family a MAC disproved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuledOut {
    /// Other keys with the body as it arrived.
    pub keys: usize,
    /// Changes of the body with the configured keys.
    pub bodies: usize,
    /// Other signing inputs with the configured keys.
    pub inputs: usize,
    /// Another key and another change at once.
    pub pairs: usize,
}

/// All that has to be undone, from the outside in.
fn causes(hit: Hit, of_value: Option<Vec<Cause>>, header: Option<&Error>) -> Vec<Cause> {
    let mut causes = of_value.unwrap_or_default();
    match &hit.change {
        Some(Change::Input(_)) => {}
        _ => causes.extend(header.map(refused_header)),
    }
    causes.extend(hit.key.cause);
    if let Some(change) = hit.change {
        let mut cause = change.cause();
        if let (Family::Body, Some(offset)) = (cause.family, hit.parted_at) {
            cause.detail = cause.detail.with("first_difference", offset);
        }
        // The payload between the dots is named once, by what was signed.
        causes.retain(|other| other.id != cause.id);
        causes.push(cause);
    }
    causes
}

/// A header that the MAC covers and the policy does not allow.
fn refused_header(error: &Error) -> Cause {
    let fix = match error {
        Error::HeaderNotAllowed { .. } => {
            "Choose the policy rfc7797 if your sender may add to the protected header or order it otherwise."
        }
        _ => "Have the sender sign with the protected header {\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}.",
    };
    Cause {
        id: "input.other_header",
        family: Family::Input,
        found: "The signature matches if the value's protected header is allowed.".into(),
        fix: fix.into(),
        detail: Detail::default().with("code", error.code()),
    }
}

fn is_of_header(error: &Error) -> bool {
    matches!(
        error,
        Error::UnsupportedAlg { .. }
            | Error::B64NotFalse { .. }
            | Error::CritMissingB64 { .. }
            | Error::UnsupportedCrit { .. }
            | Error::HeaderNotAllowed { .. }
            | Error::InvalidHeaderJson { .. }
            | Error::DuplicateHeaderParameter { .. }
    )
}

/// Why there is no key to verify with: the one reason, or all of them.
fn unusable(dropped: &[DroppedReading]) -> Error {
    match dropped {
        [only] => only.error.into(),
        _ => Error::NoUsableKey { dropped: dropped.into() },
    }
}
