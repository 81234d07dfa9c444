//! What an explanation may cost. There is no clock, so work is counted instead of time.

/// The most MACs that are computed.
pub(super) const MOST_MACS: usize = 512;

/// The most octets that are hashed, rewritten or decoded, all together.
pub(super) const MOST_OCTETS: usize = 64 << 20;

/// Of what is not decoded, the most octets for each octet of the body, and a start for small ones. Nearly all searches take
/// less; only those are cut by it whose many rewritings grow much.
const MOST_TIMES: usize = 420;
const START: usize = 160 << 10;

/// The most octets that one body is decoded to.
pub(super) const MOST_DECODED: usize = 8 << 20;

/// Why a hypothesis was left before its MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It does not apply: what should be decoded is not so encoded, or nothing would change.
    DoesNotApply,
    /// It would decode to more than [`MOST_DECODED`].
    TooLarge,
    /// Nothing is left to spend, on this hypothesis or any other.
    Spent,
}

/// What is left to spend.
#[derive(Debug)]
pub(super) struct Budget {
    macs: usize,
    octets: usize,
    /// Of these, what is left for octets that are not decoded.
    in_proportion: usize,
}

impl Budget {
    /// For a body of this length.
    pub(super) fn new(length: usize) -> Self {
        let in_proportion = length.saturating_mul(MOST_TIMES).saturating_add(START);
        Budget { macs: MOST_MACS, octets: MOST_OCTETS, in_proportion }
    }

    pub(super) fn spend_octets(&mut self, count: usize) -> Result<(), Stop> {
        self.in_proportion = self.in_proportion.checked_sub(count).ok_or(Stop::Spent)?;
        self.spend_decoded(count)
    }

    /// Of a body that grows when it is decoded: its own length says nothing.
    pub(super) fn spend_decoded(&mut self, count: usize) -> Result<(), Stop> {
        self.octets = self.octets.checked_sub(count).ok_or(Stop::Spent)?;
        Ok(())
    }

    pub(super) fn spend_macs(&mut self, count: usize) -> Result<(), Stop> {
        self.macs = self.macs.checked_sub(count).ok_or(Stop::Spent)?;
        Ok(())
    }

    /// For what has to be done at any cost: verifying itself.
    pub(super) fn spend_octets_regardless(&mut self, count: usize) {
        self.octets = self.octets.saturating_sub(count);
    }

    pub(super) fn is_half_spent(&self) -> bool {
        self.macs < MOST_MACS / 2 || self.octets < MOST_OCTETS / 2
    }

    pub(super) fn macs_left(&self) -> usize {
        self.macs
    }

    pub(super) fn octets_left(&self) -> usize {
        self.octets
    }

    pub(super) fn macs_spent(&self) -> usize {
        MOST_MACS - self.macs
    }
}
