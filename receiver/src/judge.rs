//! What a delivery's signature proves, and whether it was there before.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use hookseal::{Error, HEADER_NAME, MatchedKey, Verifier, single_signature};
use http::HeaderMap;

use crate::body::{Body, End};

pub(crate) struct Judge {
    verifier: Option<Verifier>,
    max_body: u64,
    seen: Mutex<Seen>,
}

/// A valid signature.
pub(crate) struct Proof {
    pub(crate) key: MatchedKey,
    pub(crate) replay: bool,
}

impl Judge {
    pub(crate) fn new(verifier: Option<Verifier>, max_body: u64) -> Self {
        Judge { verifier, max_body, seen: Mutex::new(Seen::default()) }
    }

    pub(crate) fn judge(&self, headers: &HeaderMap, body: &Body) -> Result<Proof, Error> {
        if body.end == End::TooLarge {
            return Err(Error::BodyTooLarge { limit: self.max_body });
        }
        let values = headers.get_all(HEADER_NAME);
        let signature = single_signature(values)?.as_bytes();
        let Some(verifier) = &self.verifier else {
            return match signature {
                b"" => Err(Error::MissingSignature),
                _ => Err(Error::NoUsableKey { dropped: Box::default() }),
            };
        };
        let verified = verifier.verify(&body.octets, signature)?;
        if body.end != End::Complete {
            // The octets that came are signed, but the sender said that there would be more.
            return Err(Error::SignatureMismatch { tried: 1, dropped: Box::default() });
        }
        Ok(Proof { key: verified.key, replay: self.was_seen(signature, &body.octets) })
    }

    /// Whether a verified delivery had this signature or this notification's id; from now on one has.
    fn was_seen(&self, signature: &[u8], body: &[u8]) -> bool {
        let id = hookseal_health::notification_id(body).filter(|id| !id.is_empty());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let same_signature = seen.insert(("signature", signature));
        let same_id = id.is_some_and(|id| seen.insert(("id", id.as_bytes())));
        same_signature || same_id
    }
}

/// The latest signatures and ids, as keyed hashes: a sender without the key gets nothing in here, and one with it cannot
/// make it grow.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    hashes: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    const MOST: usize = 200_000;

    fn insert(&mut self, mark: (&str, &[u8])) -> bool {
        let hash = self.hasher.hash_one(mark);
        if !self.hashes.insert(hash) {
            return true;
        }
        self.order.push_back(hash);
        if self.order.len() > Self::MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_bounded() {
        let mut seen = Seen::default();
        for number in 0..=Seen::MOST {
            assert!(!seen.insert(("id", &number.to_le_bytes())));
        }
        assert!(seen.insert(("id", &Seen::MOST.to_le_bytes())));
        assert!(!seen.insert(("id", &0_usize.to_le_bytes())), "the oldest is forgotten");
        assert_eq!(seen.hashes.len(), Seen::MOST);
    }
}
