//! How much is kept, and for how long.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::delivery::{Delivery, Verdict};

/// How much an inbox keeps, and for how long. The oldest deliveries go first, and a flood of refused ones leaves nine
/// tenths of the room to the valid ones: a stranger cannot push out what was accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Deliveries; without a limit unless told.
    pub deliveries: Option<u64>,
    /// Octets of all that is kept of them; without a limit unless told.
    pub bytes: Option<u64>,
    /// The age at which a delivery goes; without a limit unless told.
    pub age: Option<Duration>,
}

impl Retention {
    /// What a [`MemoryInbox`](super::MemoryInbox) keeps unless told: 10,000 deliveries or 64 MiB.
    pub const IN_MEMORY: Self = Retention { deliveries: Some(10_000), bytes: Some(64 << 20), age: None };

    /// The time of receipt before which deliveries are too old.
    pub(crate) fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        let age = SignedDuration::try_from(self.age?).ok()?;
        now.checked_sub(age).ok()
    }

    /// Whether something has to go, and of which kind. One delivery always stays.
    pub(crate) fn victim(&self, held: &Tally) -> Option<Kind> {
        let total = held.of(Kind::Valid) + held.of(Kind::Refused);
        let refused = held.of(Kind::Refused);
        if total.deliveries <= 1 {
            return None;
        }
        let too_many = self.deliveries.filter(|most| total.deliveries > *most);
        let too_large = self.bytes.filter(|most| total.bytes > *most);
        let refused_goes = too_many.is_some_and(|most| refused.deliveries > most / 10)
            || too_large.is_some_and(|most| refused.bytes > most / 10);
        match (too_many.or(too_large), refused_goes) {
            (None, _) => None,
            (Some(_), true) => Some(Kind::Refused),
            (Some(_), false) if held.of(Kind::Valid).deliveries == 0 => Some(Kind::Refused),
            (Some(_), false) => Some(Kind::Valid),
        }
    }
}

/// The two kinds of deliveries that share the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Valid,
    Refused,
}

impl Kind {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        Kind::of_verdict(delivery.verdict.as_str())
    }

    /// Of a verdict's name, as it is written down.
    pub(crate) fn of_verdict(name: &str) -> Self {
        if name == Verdict::Valid.as_str() { Kind::Valid } else { Kind::Refused }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Kind::Valid => Kind::Refused,
            Kind::Refused => Kind::Valid,
        }
    }
}

/// How many there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) valid: Amount,
    pub(crate) refused: Amount,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) deliveries: u64,
    pub(crate) bytes: u64,
}

impl Tally {
    pub(crate) fn of(&self, kind: Kind) -> Amount {
        match kind {
            Kind::Valid => self.valid,
            Kind::Refused => self.refused,
        }
    }

    pub(crate) fn add(&mut self, kind: Kind, bytes: u64) {
        let amount = self.amount(kind);
        amount.deliveries += 1;
        amount.bytes += bytes;
    }

    pub(crate) fn subtract(&mut self, kind: Kind, bytes: u64) {
        let amount = self.amount(kind);
        amount.deliveries = amount.deliveries.saturating_sub(1);
        amount.bytes = amount.bytes.saturating_sub(bytes);
    }

    pub(crate) fn total(&self) -> Amount {
        self.valid + self.refused
    }

    fn amount(&mut self, kind: Kind) -> &mut Amount {
        match kind {
            Kind::Valid => &mut self.valid,
            Kind::Refused => &mut self.refused,
        }
    }
}

impl std::ops::Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Amount { deliveries: self.deliveries + other.deliveries, bytes: self.bytes + other.bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(valid: (u64, u64), refused: (u64, u64)) -> Tally {
        let amount = |(deliveries, bytes)| Amount { deliveries, bytes };
        Tally { valid: amount(valid), refused: amount(refused) }
    }

    #[test]
    fn refused_deliveries_push_out_valid_ones_to_a_tenth_at_the_most() {
        let by_count = Retention { deliveries: Some(100), ..Retention::default() };
        assert_eq!(by_count.victim(&tally((100, 0), (0, 0))), None);
        assert_eq!(by_count.victim(&tally((101, 0), (0, 0))), Some(Kind::Valid));
        assert_eq!(by_count.victim(&tally((91, 0), (10, 0))), Some(Kind::Valid));
        assert_eq!(by_count.victim(&tally((90, 0), (11, 0))), Some(Kind::Refused));
        assert_eq!(by_count.victim(&tally((0, 0), (101, 0))), Some(Kind::Refused));
        let by_size = Retention { bytes: Some(100), ..Retention::default() };
        assert_eq!(by_size.victim(&tally((9, 95), (1, 10))), Some(Kind::Valid));
        assert_eq!(by_size.victim(&tally((9, 90), (1, 11))), Some(Kind::Refused));
    }

    #[test]
    fn one_stays_whatever_its_size_and_nothing_goes_without_a_limit() {
        let tight = Retention { deliveries: Some(0), bytes: Some(0), age: None };
        assert_eq!(tight.victim(&tally((1, 1_000), (0, 0))), None);
        assert_eq!(Retention::default().victim(&tally((1 << 40, 1 << 50), (0, 0))), None);
    }
}
