//! A body as it comes in, up to the limit.

use bytes::{Bytes, BytesMut};
use hookseal::Error;

/// The octets so far.
pub(crate) struct Collector {
    octets: Octets,
    limit: usize,
}

enum Octets {
    /// What came in one piece is handed on without a copy.
    Piece(Bytes),
    /// Several pieces are copied together: each costs more than it holds when a stranger sends single octets.
    Copied(BytesMut),
}

impl Octets {
    fn len(&self) -> usize {
        match self {
            Octets::Piece(piece) => piece.len(),
            Octets::Copied(octets) => octets.len(),
        }
    }
}

impl Collector {
    pub(crate) fn new(limit: usize) -> Self {
        Collector { octets: Octets::Piece(Bytes::new()), limit }
    }

    pub(crate) fn push(&mut self, piece: Bytes) -> Result<(), Error> {
        if piece.len() > self.limit.saturating_sub(self.octets.len()) {
            return Err(Error::BodyTooLarge { limit: self.limit as u64 });
        }
        match &mut self.octets {
            Octets::Piece(first) if first.is_empty() => *first = piece,
            // It doubles its room, so what has come bounds what is taken.
            Octets::Copied(octets) => octets.extend_from_slice(&piece),
            Octets::Piece(_) if piece.is_empty() => {}
            Octets::Piece(first) => {
                let mut octets = BytesMut::with_capacity(first.len() + piece.len());
                octets.extend_from_slice(first);
                octets.extend_from_slice(&piece);
                self.octets = Octets::Copied(octets);
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Bytes {
        match self.octets {
            Octets::Piece(piece) => piece,
            Octets::Copied(octets) => octets.freeze(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_is_not_copied() {
        let piece = Bytes::from(vec![7; 100]);
        let mut collector = Collector::new(100);
        for piece in [Bytes::new(), piece.clone(), Bytes::new()] {
            collector.push(piece).unwrap();
        }
        assert_eq!(collector.finish().as_ptr(), piece.as_ptr());
    }

    #[test]
    fn the_limit_is_exact() {
        let mut collector = Collector::new(3);
        for piece in ["a", "", "bc", ""] {
            collector.push(piece.into()).unwrap();
        }
        assert_eq!(collector.push("d".into()).unwrap_err().code(), "body_too_large");
        assert_eq!(collector.finish(), "abc");
    }

    #[test]
    fn a_limit_of_nothing_lets_nothing_pass() {
        let mut collector = Collector::new(0);
        collector.push(Bytes::new()).unwrap();
        assert!(collector.push("a".into()).is_err());
        assert_eq!(collector.finish(), "");
    }
}
