//! What a delivery's signature proves, and whether it was there before.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hookseal::{Error, HEADER_NAME, MatchedKey, Verifier, single_signature};
use http::HeaderMap;

use crate::body::{Body, End};
use crate::delivery::{Delivery, Verdict};

pub(crate) struct Judge {
    max_body: u64,
    seen: Mutex<Seen>,
}

/// A valid signature.
pub(crate) struct Proof {
    pub(crate) key: MatchedKey,
    pub(crate) replay: bool,
    /// What was not seen before.
    pub(crate) new_marks: Vec<u64>,
}

impl Judge {
    pub(crate) fn new(max_body: u64) -> Self {
        Judge { max_body, seen: Mutex::new(Seen::default()) }
    }

    pub(crate) fn judge(&self, verifier: Option<&Verifier>, headers: &HeaderMap, body: &Body) -> Result<Proof, Error> {
        if body.end == End::TooLarge {
            return Err(Error::BodyTooLarge { limit: self.max_body });
        }
        let values = headers.get_all(HEADER_NAME);
        let signature = single_signature(values)?.as_bytes();
        let Some(verifier) = verifier else {
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
        let (replay, new_marks) = self.mark(signature, &body.octets);
        Ok(Proof { key: verified.key, replay, new_marks })
    }

    /// Whether a verified delivery had this signature or this notification's id; from now on one has.
    fn mark(&self, signature: &[u8], body: &[u8]) -> (bool, Vec<u64>) {
        let id = hookseal_health::notification_id(body);
        let marks = [Some(("signature", signature)), id.as_deref().map(|id| ("id", id.as_bytes()))];
        let mut seen = self.seen();
        let mut new_marks = Vec::new();
        let mut replay = false;
        for mark in marks.into_iter().flatten() {
            match seen.insert(mark) {
                Some(hash) => new_marks.push(hash),
                None => replay = true,
            }
        }
        (replay, new_marks)
    }

    /// Knows a verified delivery of an earlier process when it comes again.
    pub(crate) fn remember(&self, delivery: &Delivery) {
        let name = HEADER_NAME.to_ascii_lowercase();
        let mut values = delivery.headers.get(&name);
        if let (Verdict::Valid, Some(signature)) = (delivery.verdict, values.next()) {
            self.mark(signature, &delivery.body);
        }
    }

    /// Forgets a delivery that could not be kept: when it is sent again, it is no replay.
    pub(crate) fn unmark(&self, marks: &[u64]) {
        let mut seen = self.seen();
        marks.iter().for_each(|hash| seen.remove(*hash));
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The mark's hash when it is new.
    fn insert(&mut self, mark: (&str, &[u8])) -> Option<u64> {
        let hash = self.hasher.hash_one(mark);
        if !self.hashes.insert(hash) {
            return None;
        }
        self.order.push_back(hash);
        if self.order.len() > Self::MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
        Some(hash)
    }

    fn remove(&mut self, hash: u64) {
        self.hashes.remove(&hash);
        // It is among the latest.
        if let Some(index) = self.order.iter().rposition(|other| *other == hash) {
            self.order.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_bounded() {
        let mut seen = Seen::default();
        for number in 0..=Seen::MOST {
            assert!(seen.insert(("id", &number.to_le_bytes())).is_some());
        }
        assert!(seen.insert(("id", &Seen::MOST.to_le_bytes())).is_none());
        assert!(seen.insert(("id", &0_usize.to_le_bytes())).is_some(), "the oldest is forgotten");
        assert_eq!(seen.hashes.len(), Seen::MOST);
    }

    #[test]
    fn what_was_not_kept_is_no_replay_when_it_comes_again() {
        let judge = Judge::new(0);
        let (replay, marks) = judge.mark(b"signature", br#"{"id":"1"}"#);
        assert!(!replay && marks.len() == 2);
        judge.unmark(&marks);
        assert!(!judge.mark(b"signature", br#"{"id":"1"}"#).0);
        assert!(judge.mark(b"another", br#"{"id":"1"}"#).0);
    }
}
