//! The search: every hypothesis alone, then pairs of a key and a change, until one MAC matches or the budget is spent.

use alloc::vec::Vec;
use core::ops::Range;

use hmac::Mac as _;

use super::RuledOut;
use super::bodies::{BodyChange, Source};
use super::budget::{Budget, MOST_DECODED, Stop};
use super::cause::{Cause, Family};
use super::inputs::{self, InputChange};
use super::keys::{KeyHypothesis, Rank};
use super::octets::{Arrived, Bench, Hashed, Mac, Match, Octets};
use crate::compact::Prefix;

/// A change of what was signed: of the body or of what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Body(BodyChange),
    Input(InputChange),
}

impl Change {
    pub(super) fn cause(&self) -> Cause {
        match self {
            Change::Body(change) => change.cause(),
            Change::Input(change) => change.cause(),
        }
    }

    /// How many MACs it takes with one key.
    fn candidates(&self) -> usize {
        if self.with_final_newline().is_some() { 2 } else { 1 }
    }

    fn with_final_newline(&self) -> Option<Self> {
        match self {
            Change::Body(change) => change.with_final_newline().map(Change::Body),
            Change::Input(_) => None,
        }
    }

    fn family(&self) -> Family {
        match self {
            Change::Body(_) => Family::Body,
            Change::Input(_) => Family::Input,
        }
    }
}

/// What is searched for.
pub(super) struct Subject<'a> {
    pub(super) body: &'a [u8],
    /// What the signing input starts with, and its dot.
    pub(super) prefix: Prefix<'a>,
    /// What stands between the dots of the value.
    pub(super) attached: &'a [u8],
    /// The MAC that the value says.
    pub(super) target: &'a Mac,
}

/// What makes the signature match.
pub(super) struct Hit {
    pub(super) key: KeyHypothesis,
    /// Nothing when it is the key alone, or when the signature is valid.
    pub(super) change: Option<Change>,
    /// Where the signed body and the one that arrived part.
    pub(super) parted_at: Option<usize>,
}

/// How a search ended.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) hit: Option<Hit>,
    pub(super) tried: usize,
    pub(super) exhausted: bool,
    pub(super) ruled_out: RuledOut,
}

/// Whether the body is signed as it arrived, with one of these keys.
pub(super) fn is_signed(subject: &Subject<'_>, keys: &[KeyHypothesis], budget: &mut Budget) -> bool {
    keys.iter().any(|key| {
        let affordable = budget.spend_macs(1).is_ok() && budget.spend_octets(subject.body.len()).is_ok();
        let mac = || key.key.mac_after(subject.prefix).chain_update(subject.body).finalize();
        affordable && mac() == *subject.target
    })
}

/// Searches. `others` makes the hypotheses about keys, which nobody wants when a configured key matches at once.
pub(super) fn search(
    subject: &Subject<'_>,
    configured: Vec<KeyHypothesis>,
    others: impl FnOnce() -> Vec<KeyHypothesis>,
    budget: Budget,
) -> Outcome {
    let mut search = Search {
        arrived: Arrived::new(subject.body, subject.prefix, subject.target),
        subject,
        keys: Vec::new(),
        hashed: Vec::new(),
        known: Vec::new(),
        bench: Bench::new(budget),
        exhausted: false,
        ruled_out: RuledOut::default(),
    };
    let hit = match search.run(configured, others) {
        Ok(hit) => hit,
        Err(_spent) => {
            search.exhausted = true;
            None
        }
    };
    let hit = hit.map(|found| search.hit(found));
    Outcome { hit, tried: search.bench.budget.macs_spent(), exhausted: search.exhausted, ruled_out: search.ruled_out }
}

/// The rewritings that come before what is unlikely, by their order: those that keep the order of members and numbers.
const USUAL_REWRITINGS: usize = 24;

struct Search<'a> {
    subject: &'a Subject<'a>,
    arrived: Arrived<'a>,
    /// No two of the same octets, by rank.
    keys: Vec<KeyHypothesis>,
    /// The same keys, with their states.
    hashed: Vec<Hashed>,
    /// What each key makes of no body at all: the same only for the same key.
    known: Vec<Mac>,
    bench: Bench,
    exhausted: bool,
    ruled_out: RuledOut,
}

type Found = (Match, Option<Change>);

impl<'a> Search<'a> {
    fn run(
        &mut self,
        configured: Vec<KeyHypothesis>,
        others: impl FnOnce() -> Vec<KeyHypothesis>,
    ) -> Result<Option<Found>, Stop> {
        for key in configured {
            if let Some(found) = self.verify(key)? {
                return Ok(Some(found));
            }
        }
        let mut others = others();
        others.sort_by_key(|key| key.rank);
        for place in 0..self.keys.len() {
            let key = self.keys[place].key.clone();
            let (_, empty) = self.meet(&key)?;
            if empty {
                return Ok(Some((
                    Match { key: place, parted_at: Some(0), final_newline: false },
                    Some(Change::Body(BodyChange::Empty)),
                )));
            }
        }
        for key in others {
            // Of a large body or of many keys' strings: the other half is for changes.
            if self.bench.budget.is_half_spent() {
                self.exhausted = true;
                break;
            }
            if let Some(found) = self.try_key(key)? {
                return Ok(Some(found));
            }
        }
        self.try_changes()
    }

    /// What a verifier does; it is done however large the body is.
    fn verify(&mut self, key: KeyHypothesis) -> Result<Option<Found>, Stop> {
        self.bench.budget.spend_macs(1)?;
        self.bench.budget.spend_octets_regardless(self.subject.body.len());
        Ok(self.add(key))
    }

    fn try_key(&mut self, key: KeyHypothesis) -> Result<Option<Found>, Stop> {
        let (is_new, empty) = self.meet(&key.key)?;
        if !is_new {
            return Ok(None);
        }
        self.bench.budget.spend_octets(self.subject.body.len())?;
        self.bench.budget.spend_macs(1)?;
        self.ruled_out.keys += 1;
        let found = self.add(key);
        let nothing = Match { key: self.keys.len() - 1, parted_at: Some(0), final_newline: false };
        Ok(found.or_else(|| empty.then_some((nothing, Some(Change::Body(BodyChange::Empty))))))
    }

    /// Whether a key is new, and whether it has signed an empty body: one MAC tells both.
    fn meet(&mut self, key: &crate::Key) -> Result<(bool, bool), Stop> {
        self.bench.budget.spend_macs(1)?;
        let mac = key.mac_after(self.arrived.prefix).finalize();
        if self.known.contains(&mac) {
            return Ok((false, false));
        }
        self.ruled_out.bodies += 1;
        let empty = self.arrived.is_matched_by(&mac);
        self.known.push(mac);
        Ok((true, empty))
    }

    fn add(&mut self, key: KeyHypothesis) -> Option<Found> {
        let hashed = Hashed::new(key.key.clone(), &self.arrived);
        let matches = self.arrived.is_matched_by(&hashed.mac(&self.arrived));
        self.hashed.push(hashed);
        self.keys.push(key);
        matches.then_some((Match { key: self.keys.len() - 1, parted_at: None, final_newline: false }, None))
    }

    fn try_changes(&mut self) -> Result<Option<Found>, Stop> {
        let mut source = Source::new(self.subject.body);
        let mut changes: Vec<Change> = Vec::new();
        let input = |change: &InputChange| Change::Input(*change);
        if !self.subject.attached.is_empty() {
            changes.push(Change::Input(InputChange::Attached));
        }
        changes.extend(source.likely().into_iter().map(Change::Body));
        changes.extend(inputs::LIKELY.iter().map(input));
        let rewritings = source.rewritings();
        let (usual, rare) = rewritings.split_at(rewritings.len().min(USUAL_REWRITINGS));
        changes.extend(usual.iter().cloned().map(Change::Body));
        let likely = changes.len();
        changes.extend(inputs::UNLIKELY.iter().map(input));
        changes.extend(source.unlikely().into_iter().map(Change::Body));
        // The rarest last: they are many, and grow.
        changes.extend(rare.iter().cloned().map(Change::Body));

        for (keys, changes) in self.passes(&changes, likely) {
            for change in changes {
                match self.attempt(change, &mut source, keys.clone()) {
                    Ok(None) | Err(Stop::DoesNotApply) => {}
                    Ok(Some(found)) => {
                        let with_newline = change.with_final_newline().filter(|_| found.final_newline);
                        return Ok(Some((found, Some(with_newline.unwrap_or_else(|| change.clone())))));
                    }
                    Err(Stop::TooLarge) => self.exhausted = true,
                    Err(Stop::Spent) => return Err(Stop::Spent),
                }
            }
        }
        Ok(None)
    }

    /// Which keys are tried with which changes: alone before in pairs. Where the octets do not matter, a candidate is made
    /// once for as many keys as there are MACs for.
    fn passes<'c>(&self, changes: &'c [Change], likely: usize) -> Vec<(Range<usize>, &'c [Change])> {
        let up_to = |rank: Rank| self.keys.iter().filter(|key| key.rank <= rank).count();
        let (configured, probable, all) = (up_to(Rank::Configured), up_to(Rank::Likely), self.keys.len());
        let candidates: usize = changes.iter().map(Change::candidates).sum();
        let affordable = self.bench.budget.macs_left() / candidates.max(1);
        let at_once = affordable.clamp(configured, all);
        let octets = self.subject.body.len().saturating_mul(2 * changes.len()).saturating_mul(1 + at_once);
        let alone = if octets <= self.bench.budget.octets_left() { at_once } else { configured };
        let (likely, unlikely) = (&changes[..likely], &changes[likely..]);
        let (second, third) = (alone..probable.max(alone), probable.max(alone)..all);
        let passes = [(0..alone, changes), (second, changes), (third.clone(), likely), (third, unlikely)];
        passes.into_iter().filter(|(keys, _)| !keys.is_empty()).collect()
    }

    fn attempt(&mut self, change: &Change, source: &mut Source<'_>, keys: Range<usize>) -> Result<Option<Match>, Stop> {
        // The last MACs go to the likeliest keys.
        let left = self.bench.budget.macs_left() / change.candidates();
        let keys = keys.start..keys.end.min(keys.start + left);
        if keys.is_empty() {
            return Err(Stop::Spent);
        }
        let candidates = change.candidates();
        let found = match change {
            Change::Body(change) => {
                source.prepare(change, &mut self.bench.budget)?;
                let limit = if change.decodes() { MOST_DECODED } else { usize::MAX };
                let mut out = Octets::of_body(&self.arrived, &self.hashed, keys.clone(), &mut self.bench, limit);
                source.write(change, &mut out)?;
                if matches!(change, BodyChange::Json(_)) && out.differs_at_the_end_only() {
                    return Err(Stop::DoesNotApply);
                }
                out.finish(candidates > 1)?
            }
            Change::Input(change) => {
                let own = match self.subject.prefix {
                    Prefix::Fixed => crate::compact::FIXED_PREFIX.as_bytes(),
                    Prefix::Other(prefix) => prefix,
                };
                let prefix = change.prefix(own)?;
                let prefix = Prefix::Other(&prefix);
                let mut out = Octets::of_input(&self.arrived, &self.hashed, keys.clone(), &mut self.bench, prefix);
                change.write(self.subject.body, self.subject.attached, &mut out)?;
                out.finish(false)?
            }
        };
        self.count(change.family(), keys, candidates);
        Ok(found)
    }

    fn count(&mut self, family: Family, keys: Range<usize>, candidates: usize) {
        let configured = self.keys[keys.clone()].iter().filter(|key| key.rank == Rank::Configured).count();
        let (alone, all) = (configured * candidates, keys.len() * candidates);
        match family {
            Family::Input => self.ruled_out.inputs += alone,
            _ => self.ruled_out.bodies += alone,
        }
        self.ruled_out.pairs += all - alone;
    }

    fn hit(&mut self, (found, change): Found) -> Hit {
        let key = self.keys.swap_remove(found.key);
        Hit { key, change, parted_at: found.parted_at }
    }
}
