//! Where a candidate's octets go: into the MAC of every key at once, as they are made, so that none is ever held.

use alloc::vec::Vec;
use core::ops::Range;

use hmac::Mac as _;
use hmac::digest::CtOutput;

use super::budget::{Budget, Stop};
use crate::compact::Prefix;
use crate::key::{HmacSha256, Key};

/// Takes octets in pieces.
pub(super) trait Sink {
    fn push(&mut self, octets: &[u8]) -> Result<(), Stop>;

    /// Accounts for work on octets that are not pushed.
    fn charge(&mut self, _count: usize) -> Result<(), Stop> {
        Ok(())
    }
}

impl Sink for Vec<u8> {
    fn push(&mut self, octets: &[u8]) -> Result<(), Stop> {
        self.extend_from_slice(octets);
        Ok(())
    }
}

pub(super) type Mac = CtOutput<HmacSha256>;

/// What arrived, and what has been hashed of it already.
pub(super) struct Arrived<'a> {
    body: &'a [u8],
    /// What the signing input starts with.
    pub(super) prefix: Prefix<'a>,
    /// The MAC that the header's value says.
    target: &'a Mac,
    /// The body without the white space at its end: candidates that differ only there start behind it.
    trunk: usize,
}

impl<'a> Arrived<'a> {
    pub(super) fn new(body: &'a [u8], prefix: Prefix<'a>, target: &'a Mac) -> Self {
        Arrived { body, prefix, target, trunk: body.trim_ascii_end().len() }
    }

    /// In constant time, as every comparison with what a MAC should be.
    pub(super) fn is_matched_by(&self, mac: &Mac) -> bool {
        self.target == mac
    }
}

/// A key with its MAC's state behind the body's trunk.
pub(super) struct Hashed {
    key: Key,
    behind_trunk: HmacSha256,
}

impl Hashed {
    pub(super) fn new(key: Key, arrived: &Arrived<'_>) -> Self {
        let behind_trunk = key.mac_after(arrived.prefix).chain_update(&arrived.body[..arrived.trunk]);
        Hashed { key, behind_trunk }
    }

    /// The MAC of the body as it arrived.
    pub(super) fn mac(&self, arrived: &Arrived<'_>) -> Mac {
        self.mac_of_first(arrived, arrived.body.len()).finalize()
    }

    fn mac_of_first(&self, arrived: &Arrived<'_>, length: usize) -> HmacSha256 {
        match length.checked_sub(arrived.trunk) {
            Some(_) => self.behind_trunk.clone().chain_update(&arrived.body[arrived.trunk..length]),
            None => self.key.mac_after(arrived.prefix).chain_update(&arrived.body[..length]),
        }
    }
}

/// What is spent on candidates and used again for the next.
pub(super) struct Bench {
    pub(super) budget: Budget,
    macs: Vec<HmacSha256>,
    buffer: Vec<u8>,
}

impl Bench {
    const BUFFER: usize = 4096;

    pub(super) fn new(budget: Budget) -> Self {
        Bench { budget, macs: Vec::new(), buffer: Vec::new() }
    }
}

/// A match: which of the keys, and where the candidate and the body part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) key: usize,
    pub(super) parted_at: Option<usize>,
    /// With a newline behind the candidate.
    pub(super) final_newline: bool,
}

/// One candidate in the making.
pub(super) struct Octets<'w> {
    arrived: &'w Arrived<'w>,
    keys: &'w [Hashed],
    range: Range<usize>,
    bench: &'w mut Bench,
    progress: Progress,
    parted_at: Option<usize>,
    /// How many octets were hashed since it parted, and how many may be.
    length: usize,
    limit: usize,
}

enum Progress {
    /// So far it is what arrived, up to here. Nothing has been hashed: if it stays so, there is nothing to try.
    Following(usize),
    /// It is something else: `parted_at` says from where on, and `macs` and `buffer` are in use.
    Parted,
}

impl<'w> Octets<'w> {
    /// A candidate for the body.
    pub(super) fn of_body(
        arrived: &'w Arrived<'w>,
        keys: &'w [Hashed],
        range: Range<usize>,
        bench: &'w mut Bench,
        limit: usize,
    ) -> Self {
        bench.buffer.clear();
        Octets { arrived, keys, range, bench, progress: Progress::Following(0), parted_at: None, length: 0, limit }
    }

    /// A candidate for the signing input, from behind `prefix` on.
    pub(super) fn of_input(
        arrived: &'w Arrived<'w>,
        keys: &'w [Hashed],
        range: Range<usize>,
        bench: &'w mut Bench,
        prefix: Prefix<'_>,
    ) -> Self {
        bench.buffer.clear();
        bench.macs.clear();
        bench.macs.extend(keys[range.clone()].iter().map(|hashed| hashed.key.mac_after(prefix)));
        let progress = Progress::Parted;
        Octets { arrived, keys, range, bench, progress, parted_at: Some(0), length: 0, limit: usize::MAX }
    }

    /// Whether it is the body, less or more of its end, which other hypotheses are about.
    pub(super) fn differs_at_the_end_only(&self) -> bool {
        match self.progress {
            Progress::Following(_) => true,
            Progress::Parted => self.parted_at == Some(self.arrived.body.len()),
        }
    }

    /// Compares the candidate's MACs with the target, and those with a newline behind it where that is asked for.
    /// `DoesNotApply` when it is the body itself.
    pub(super) fn finish(mut self, try_final_newline: bool) -> Result<Option<Match>, Stop> {
        match self.progress {
            Progress::Following(length) if length == self.arrived.body.len() => return Err(Stop::DoesNotApply),
            Progress::Following(length) => self.part(length)?,
            Progress::Parted => {}
        }
        self.flush()?;
        self.bench.budget.spend_macs(self.bench.macs.len() * if try_final_newline { 2 } else { 1 })?;
        for (place, mac) in self.bench.macs.drain(..).enumerate() {
            let found = |final_newline| {
                Ok(Some(Match { key: self.range.start + place, parted_at: self.parted_at, final_newline }))
            };
            if try_final_newline && self.arrived.is_matched_by(&mac.clone().chain_update(b"\n").finalize()) {
                return found(true);
            }
            if self.arrived.is_matched_by(&mac.finalize()) {
                return found(false);
            }
        }
        Ok(None)
    }

    /// From octet `at` on the candidate is not what arrived.
    fn part(&mut self, at: usize) -> Result<(), Stop> {
        let hashed_again = at.checked_sub(self.arrived.trunk).unwrap_or(at);
        self.bench.budget.spend_octets(at + hashed_again * self.range.len())?;
        self.bench.macs.clear();
        let keys = &self.keys[self.range.clone()];
        self.bench.macs.extend(keys.iter().map(|hashed| hashed.mac_of_first(self.arrived, at)));
        self.progress = Progress::Parted;
        self.parted_at = Some(at);
        Ok(())
    }

    /// While it still is what arrived, and where the buffer is full.
    fn push_rarely(&mut self, mut octets: &[u8]) -> Result<(), Stop> {
        if let Progress::Following(length) = self.progress {
            let expected = &self.arrived.body[length..];
            if expected.starts_with(octets) {
                self.progress = Progress::Following(length + octets.len());
                return Ok(());
            }
            let same = octets.iter().zip(expected).take_while(|(left, right)| left == right).count();
            self.part(length + same)?;
            octets = &octets[same..];
        }
        for piece in octets.chunks(Bench::BUFFER) {
            if self.bench.buffer.len() + piece.len() > Bench::BUFFER {
                self.flush()?;
            }
            self.bench.buffer.extend_from_slice(piece);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        self.length += self.bench.buffer.len();
        if self.length > self.limit {
            return Err(Stop::TooLarge);
        }
        let Bench { budget, macs, buffer } = &mut *self.bench;
        // Making the octets counts as much as hashing them for one key.
        let work = buffer.len().saturating_mul(1 + macs.len());
        if self.limit == usize::MAX { budget.spend_octets(work) } else { budget.spend_decoded(work) }?;
        macs.iter_mut().for_each(|mac| mac.update(buffer));
        buffer.clear();
        Ok(())
    }
}

impl Sink for Octets<'_> {
    #[inline]
    fn push(&mut self, octets: &[u8]) -> Result<(), Stop> {
        if self.parted_at.is_some() && self.bench.buffer.len() + octets.len() <= Bench::BUFFER {
            self.bench.buffer.extend_from_slice(octets);
            return Ok(());
        }
        self.push_rarely(octets)
    }

    fn charge(&mut self, count: usize) -> Result<(), Stop> {
        self.bench.budget.spend_octets(count)
    }
}
