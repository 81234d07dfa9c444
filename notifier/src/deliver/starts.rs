//! How many attempts are made at the same time, of all that may be.
//!
//! Where answers come at once, few connections carry as many deliveries as many do, and carry them sooner: each has buffers and
//! a task, on both sides, that no longer fit the processor's caches. Where answers take their time, all have to be under way.
//! So an attempt that lasts counts no more, and the next takes its place.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use foldhash::{HashMap, HashMapExt as _};

/// Young attempts at the same time.
const MOST: usize = 64;

/// An attempt is young for so long.
const YOUNG: Duration = Duration::from_millis(50);

pub(super) struct Starts {
    began: HashMap<i64, Instant>,
    young: BTreeSet<(Instant, i64)>,
}

impl Starts {
    pub(super) fn new() -> Self {
        Starts { began: HashMap::new(), young: BTreeSet::new() }
    }

    /// Whether another attempt may begin.
    pub(super) fn has_room(&mut self, now: Instant) -> bool {
        while self.young.first().is_some_and(|(began, _)| *began + YOUNG <= now) {
            self.young.pop_first();
        }
        self.young.len() < MOST
    }

    /// When there is room at the latest.
    pub(super) fn next_room(&self) -> Option<Instant> {
        self.young.first().map(|(began, _)| *began + YOUNG)
    }

    pub(super) fn begin(&mut self, number: i64, now: Instant) {
        self.began.insert(number, now);
        self.young.insert((now, number));
    }

    pub(super) fn end(&mut self, number: i64) {
        if let Some(began) = self.began.remove(&number) {
            self.young.remove(&(began, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_young_at_a_time_and_those_that_last_make_room() {
        let start = Instant::now();
        let mut starts = Starts::new();
        for number in 0..MOST as i64 {
            assert!(starts.has_room(start));
            starts.begin(number, start);
        }
        assert!(!starts.has_room(start));
        starts.end(0);
        starts.end(0);
        assert!(starts.has_room(start), "one has ended");
        starts.begin(0, start + Duration::from_millis(1));
        assert!(!starts.has_room(start + Duration::from_millis(49)));
        assert_eq!(starts.next_room(), Some(start + YOUNG));
        assert!(starts.has_room(start + YOUNG), "they last");
        assert_eq!(starts.next_room(), Some(start + YOUNG + Duration::from_millis(1)), "but for the last one");
    }
}
