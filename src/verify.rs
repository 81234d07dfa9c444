//! Verifying: one body against one header value, with every key that may have signed it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hmac::Mac as _;

use crate::compact::{Compact, SIGNATURE_LENGTH};
use crate::error::{DroppedReading, Error};
use crate::header::{HeaderParameter, Policy};
use crate::key::{HmacSha256, Key, KeyFormat};

/// Verifies `X-JWS-Signature` values.
///
/// Holds one prepared key or several (for rotation, or for the two readings of one shared key). Verifying a body of the
/// platform's allocates nothing.
#[derive(Clone, Debug)]
pub struct Verifier {
    candidates: Vec<Candidate>,
    dropped: Vec<DroppedReading>,
    /// How many configured keys the candidates come from.
    keys: usize,
    policy: Policy,
}

#[derive(Clone, Debug)]
struct Candidate {
    index: usize,
    key: Key,
}

impl Verifier {
    /// A verifier with one key that is read in one known way.
    pub fn new(key: Key) -> Self {
        Verifier {
            candidates: Vec::from([Candidate { index: 0, key }]),
            dropped: Vec::new(),
            keys: 1,
            policy: Policy::default(),
        }
    }

    /// A verifier for a shared key as it stands in a settings page, whichever way the sender reads it: as the `k` of a
    /// JWK, then as UTF-8, each where it gives at least 32 octets. What cannot be used is in [`dropped`](Self::dropped).
    ///
    /// `no_usable_key` when neither can.
    ///
    /// ```
    /// use hookseal::{Key, Signer, Verifier};
    /// let shared_key = "correct horse battery staple, and so on";
    /// let value = Signer::new(Key::from_utf8(shared_key)?).sign(b"{}");
    /// let verified = Verifier::for_shared_key(shared_key)?.verify(b"{}", &value)?;
    /// assert_eq!(verified.key.format.as_str(), "utf8");
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn for_shared_key(shared_key: &str) -> Result<Self, Error> {
        Self::of_readings(shared_key, false)
    }

    /// As [`for_shared_key`](Self::for_shared_key), for a shared key of any length but zero. An attacker can search
    /// through the keys that are shorter than 32 octets.
    pub fn dangerous_for_weak_shared_key(shared_key: &str) -> Result<Self, Error> {
        Self::of_readings(shared_key, true)
    }

    fn of_readings(shared_key: &str, allow_weak: bool) -> Result<Self, Error> {
        let mut candidates = Vec::new();
        let mut dropped = Vec::new();
        for format in [KeyFormat::Jwk, KeyFormat::Utf8] {
            match Key::read(format, shared_key.as_bytes(), allow_weak) {
                Ok(key) => candidates.push(Candidate { index: 0, key }),
                Err(error) => dropped.push(DroppedReading { index: 0, format, error }),
            }
        }
        if candidates.is_empty() {
            return Err(Error::NoUsableKey { dropped: dropped.into() });
        }
        Ok(Verifier { candidates, dropped, keys: 1, policy: Policy::default() })
    }

    /// Accepts what `other` would accept too, under this verifier's policy: how keys are rotated. The keys of `other`
    /// are counted on from this one's.
    ///
    /// ```
    /// use hookseal::{Key, Signer, Verifier};
    /// let (new, old) = (Key::from_bytes([1; 32])?, Key::from_bytes([2; 32])?);
    /// let value = Signer::new(old.clone()).sign(b"{}");
    /// let verifier = Verifier::new(new).or(Verifier::new(old));
    /// assert_eq!(verifier.verify(b"{}", &value)?.key.index, 1);
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    #[must_use]
    pub fn or(mut self, other: Verifier) -> Self {
        let shift = self.keys;
        self.candidates.extend(other.candidates.into_iter().map(|mut candidate| {
            candidate.index += shift;
            candidate
        }));
        self.dropped.extend(other.dropped.into_iter().map(|mut dropped| {
            dropped.index += shift;
            dropped
        }));
        self.keys += other.keys;
        self
    }

    /// Which protected headers are accepted; [`Policy::Fixed`] unless told.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The readings of the shared keys that cannot be used, and why.
    pub fn dropped(&self) -> &[DroppedReading] {
        &self.dropped
    }

    /// Verifies the raw octets of a body against the header's value, in constant time where a secret is compared.
    ///
    /// Under [`Policy::Fixed`] the value is checked from left to right, so the first thing wrong is the one that is named;
    /// a fault of the header that has a code of its own comes before `header_not_allowed`, and that before the signature's.
    pub fn verify(&self, body: &[u8], signature: impl AsRef<[u8]>) -> Result<Verified, Error> {
        let compact = Compact::parse(signature.as_ref(), self.policy)?;
        for candidate in &self.candidates {
            let mac = candidate.key.mac_after(compact.prefix).chain_update(body);
            if mac.verify_slice(&compact.signature).is_ok() {
                return Ok(Verified { key: candidate.into(), header_parameters: compact.header_parameters });
            }
        }
        Err(mismatch(self.candidates.len(), self.dropped.clone()))
    }

    /// Verifies a body that comes in pieces. The header's value is checked here; the signature in
    /// [`finish`](VerifyStream::finish).
    ///
    /// ```
    /// use hookseal::{Key, Signer, Verifier};
    /// let key = Key::from_bytes([7; 32])?;
    /// let value = Signer::new(key.clone()).sign(b"{}");
    /// let mut stream = Verifier::new(key).stream(&value)?;
    /// stream.update(b"{");
    /// stream.update(b"}");
    /// assert!(stream.finish().is_ok());
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn stream(&self, signature: impl AsRef<[u8]>) -> Result<VerifyStream, Error> {
        let compact = Compact::parse(signature.as_ref(), self.policy)?;
        let macs = self.candidates.iter().map(|candidate| (candidate.into(), candidate.key.mac_after(compact.prefix)));
        Ok(VerifyStream {
            macs: macs.collect(),
            signature: compact.signature,
            header_parameters: compact.header_parameters,
            dropped: self.dropped.clone(),
        })
    }
}

fn mismatch(tried: usize, dropped: Vec<DroppedReading>) -> Error {
    Error::SignatureMismatch { tried, dropped: Box::from(dropped) }
}

/// What a valid signature proves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The key that signed.
    pub key: MatchedKey,
    /// The protected header's members besides `alg`, `b64` and `crit`; always empty under [`Policy::Fixed`].
    pub header_parameters: Vec<HeaderParameter>,
}

/// Which of a verifier's keys signed, and how it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchedKey {
    /// The key's place among the configured ones, counted from 0. Two readings of one shared key have the same.
    pub index: usize,
    /// How the key was read.
    pub format: KeyFormat,
}

impl MatchedKey {
    /// The key at this place, read in this way: for whoever stores verdicts and reads them back.
    pub fn new(index: usize, format: KeyFormat) -> Self {
        MatchedKey { index, format }
    }
}

impl From<&Candidate> for MatchedKey {
    fn from(candidate: &Candidate) -> Self {
        MatchedKey { index: candidate.index, format: candidate.key.format() }
    }
}

/// A verification under way; see [`Verifier::stream`].
pub struct VerifyStream {
    macs: Vec<(MatchedKey, HmacSha256)>,
    signature: [u8; SIGNATURE_LENGTH],
    header_parameters: Vec<HeaderParameter>,
    dropped: Vec<DroppedReading>,
}

impl VerifyStream {
    /// Takes the next octets of the body.
    pub fn update(&mut self, chunk: &[u8]) {
        for (_, mac) in &mut self.macs {
            mac.update(chunk);
        }
    }

    /// Compares the signature with that of all that was taken.
    pub fn finish(self) -> Result<Verified, Error> {
        let tried = self.macs.len();
        for (key, mac) in self.macs {
            if mac.verify_slice(&self.signature).is_ok() {
                return Ok(Verified { key, header_parameters: self.header_parameters });
            }
        }
        Err(mismatch(tried, self.dropped))
    }
}

impl core::fmt::Debug for VerifyStream {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("VerifyStream([REDACTED])")
    }
}

/// So that [`std::io::copy`] can feed it.
#[cfg(feature = "std")]
impl std::io::Write for VerifyStream {
    fn write(&mut self, chunk: &[u8]) -> std::io::Result<usize> {
        self.update(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
