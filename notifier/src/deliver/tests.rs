use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::queue::{Entry, Next, Queue, Speed, Verdict};
use crate::DeliverySettings;

const MINUTE: Duration = Duration::from_secs(60);
const FAST: Speed = Speed { concurrency: 8, gap: Duration::ZERO };
const DOWN: Verdict = Verdict::Retry { after: None, endpoint: true };
const ALONE: Verdict = Verdict::Retry { after: None, endpoint: false };

fn name(text: &str) -> Arc<str> {
    Arc::from(text)
}

fn entry(number: i64, integration: &str, lane: &str) -> Entry {
    let (integration, lane) = (name(integration), name(lane));
    Entry { number, integration, lane, age: Duration::ZERO, wait: Duration::ZERO, failures: 0 }
}

/// A queue whose clock is turned by hand.
struct Bench {
    queue: Queue,
    now: Instant,
}

impl Bench {
    fn new(speed: Speed, integrations: &[&str]) -> Self {
        let now = Instant::now();
        let settings = DeliverySettings { recovery_rate: 200, ..DeliverySettings::default() };
        let mut queue = Queue::new(settings, fastrand::Rng::with_seed(7));
        for integration in integrations {
            queue.open(&name(integration), speed, None, now);
        }
        Bench { queue, now }
    }

    fn insert(&mut self, number: i64, integration: &str, lane: &str) {
        assert!(self.queue.insert(entry(number, integration, lane), self.now));
    }

    fn take_all(&mut self) -> Vec<i64> {
        std::iter::from_fn(|| self.queue.take(self.now)).collect()
    }

    /// Settles and releases it.
    fn end(&mut self, number: i64, verdict: Verdict) -> Next {
        let settled = self.queue.settle(number, verdict, self.now).unwrap();
        self.queue.release(number, !matches!(settled.next, Next::Again(_)));
        settled.next
    }

    /// Waits until there may be something to take.
    fn sleep(&mut self) {
        self.now = self.now.max(self.queue.next_turn().unwrap());
    }
}

#[test]
fn a_lane_keeps_its_order_and_others_do_not_wait_for_it() {
    let mut bench = Bench::new(FAST, &["a"]);
    for (number, lane) in [(1, "app/disk"), (2, "app/disk"), (3, "db/disk")] {
        bench.insert(number, "a", lane);
    }
    assert_eq!(bench.take_all(), [1, 3]);
    assert!(matches!(bench.end(1, ALONE), Next::Again(_)));
    assert_eq!(bench.end(3, Verdict::Delivered), Next::Delivered);
    assert_eq!(bench.take_all(), [0_i64; 0]);
    bench.sleep();
    assert_eq!(bench.take_all(), [1]);
    bench.end(1, Verdict::Delivered);
    assert_eq!(bench.take_all(), [2]);
}

#[test]
fn a_lane_goes_on_only_after_what_became_of_its_first_was_written() {
    let mut bench = Bench::new(FAST, &["a"]);
    bench.insert(1, "a", "app/disk");
    bench.insert(2, "a", "app/disk");
    assert_eq!(bench.take_all(), [1]);
    bench.queue.settle(1, Verdict::Delivered, bench.now).unwrap();
    assert_eq!(bench.take_all(), [0_i64; 0]);
    bench.queue.release(1, true);
    assert_eq!(bench.take_all(), [2]);
}

#[test]
fn what_is_refused_is_dead_and_the_next_is_sent() {
    let mut bench = Bench::new(FAST, &["a"]);
    bench.insert(1, "a", "app/disk");
    bench.insert(2, "a", "app/disk");
    assert_eq!(bench.take_all(), [1]);
    assert_eq!(bench.end(1, Verdict::Refused), Next::Dead);
    assert_eq!(bench.take_all(), [2]);
}

#[test]
fn a_dead_endpoint_is_tried_by_one_and_holds_up_no_other() {
    let mut bench = Bench::new(FAST, &["a", "b"]);
    for number in 0..100 {
        bench.insert(number, "a", &format!("service {number}/disk"));
    }
    bench.insert(100, "b", "app/disk");
    let first = bench.take_all();
    assert_eq!(first.len(), 9, "eight for one endpoint, one for the other");
    bench.end(100, Verdict::Delivered);
    for number in first.into_iter().filter(|number| *number < 100) {
        bench.end(number, DOWN);
    }
    let start = bench.now;
    let mut tries = 0;
    while bench.now < start + 60 * MINUTE {
        bench.sleep();
        let taken = bench.take_all();
        assert!(taken.len() <= 1, "{taken:?}");
        for number in taken {
            tries += 1;
            bench.end(number, DOWN);
        }
    }
    assert!((12..80).contains(&tries), "{tries} tries in an hour");
    bench.insert(101, "b", "app/disk");
    assert_eq!(bench.take_all(), [101]);
}

#[test]
fn one_success_wakes_the_rest_at_a_limited_rate() {
    let mut bench = Bench::new(FAST, &["a"]);
    let count = 1_000;
    for number in 0..count {
        bench.insert(number, "a", &format!("service {number}/disk"));
    }
    for _ in 0..20 {
        bench.sleep();
        for number in bench.take_all() {
            bench.end(number, DOWN);
        }
    }
    bench.sleep();
    let start = bench.now;
    let mut most = 0;
    let mut delivered = 0;
    while delivered < count {
        let taken = bench.take_all();
        most = most.max(taken.len());
        for number in taken {
            bench.end(number, Verdict::Delivered);
            delivered += 1;
        }
        if delivered < count {
            bench.sleep();
        }
    }
    let took = bench.now - start;
    assert!(most <= 8, "{most} at a time");
    let (slowest, fastest) = (Duration::from_secs(6), Duration::from_millis(4_900));
    assert!(took >= fastest && took < slowest, "1,000 at 200 a second took {took:?}");
}

#[test]
fn a_message_that_always_fails_leaves_its_endpoint_to_the_others() {
    let mut bench = Bench::new(FAST, &["a"]);
    bench.insert(0, "a", "poison/disk");
    let mut delivered = 0;
    let start = bench.now;
    for number in 1..1_000 {
        bench.insert(number, "a", "app/disk");
        for taken in bench.take_all() {
            match taken {
                0 => drop(bench.end(0, ALONE)),
                other => {
                    bench.end(other, Verdict::Delivered);
                    delivered += 1;
                }
            }
        }
        bench.now += Duration::from_secs(1);
    }
    assert_eq!(delivered, 999);
    assert!(bench.now - start < 20 * MINUTE);
    assert_eq!(bench.queue.len(), 1);
}

#[test]
fn retry_after_is_kept() {
    let mut bench = Bench::new(FAST, &["a"]);
    bench.insert(1, "a", "app/disk");
    bench.insert(2, "a", "db/disk");
    assert_eq!(bench.take_all(), [1, 2]);
    let after = Duration::from_secs(30);
    assert_eq!(bench.end(1, Verdict::Retry { after: Some(after), endpoint: true }), Next::Again(after));
    bench.end(2, Verdict::Retry { after: Some(after), endpoint: true });
    assert_eq!(bench.queue.next_turn(), Some(bench.now + after));
    bench.now += after;
    assert_eq!(bench.take_all().len(), 1, "one tries it");
}

#[test]
fn a_gap_is_kept_between_two_starts() {
    let gap = Duration::from_secs(1);
    let mut bench = Bench::new(Speed { concurrency: 4, gap }, &["a"]);
    for number in 0..3 {
        bench.insert(number, "a", &format!("service {number}/disk"));
    }
    assert_eq!(bench.take_all(), [0]);
    assert_eq!(bench.queue.next_turn(), Some(bench.now + gap));
    bench.now += gap;
    assert_eq!(bench.take_all(), [1]);
}

#[test]
fn after_two_days_it_is_given_up_and_after_five_the_endpoint_is_paused() {
    let mut bench = Bench::new(FAST, &["a"]);
    bench.insert(1, "a", "app/disk");
    bench.insert(2, "a", "db/disk");
    let start = bench.now;
    let mut ends = BTreeMap::new();
    let mut number = 2;
    loop {
        bench.sleep();
        let Some(taken) = bench.queue.take(bench.now) else { continue };
        let settled = bench.queue.settle(taken, DOWN, bench.now).unwrap();
        let days = (bench.now - start).as_secs_f64() / 86_400.0;
        let dead = settled.next == Next::Dead;
        ends.extend(settled.expired.iter().copied().chain(dead.then_some(taken)).map(|number| (number, days)));
        bench.queue.release(taken, dead);
        if settled.paused {
            break;
        }
        if bench.queue.len() == 0 {
            number += 1;
            bench.insert(number, "a", "app/disk");
        }
    }
    assert!((ends[&1] - 2.0).abs() < 0.02 && (ends[&2] - 2.0).abs() < 0.02, "{ends:?}");
    let days = (bench.now - start).as_secs_f64() / 86_400.0;
    assert!((days - 5.0).abs() < 0.02, "paused after {days} days");
    bench.insert(100, "a", "cache/disk");
    assert_eq!(bench.queue.next_turn(), None);
    bench.queue.resume(&name("a"), bench.now);
    assert_eq!(bench.take_all().len(), 1);
}

#[test]
fn an_endpoint_that_is_closed_takes_its_deliveries_along() {
    let mut bench = Bench::new(FAST, &["a", "b"]);
    bench.insert(1, "a", "app/disk");
    bench.insert(2, "a", "app/disk");
    bench.insert(3, "b", "app/disk");
    assert_eq!(bench.queue.take(bench.now), Some(1));
    bench.queue.close(&name("a"));
    assert_eq!(bench.queue.settle(1, Verdict::Delivered, bench.now), None);
    bench.queue.release(1, true);
    assert_eq!(bench.take_all(), [3]);
    assert!(!bench.queue.insert(entry(4, "a", "app/disk"), bench.now));
    assert_eq!(bench.queue.len(), 1);
}

proptest! {
    /// Whatever fails and whenever: in each lane one at a time and in order, no more at once than allowed, and in the end
    /// nothing is left.
    #[test]
    fn whatever_happens_order_holds_and_nothing_is_left(
        deliveries in prop::collection::vec((0_u8..3, 0_u8..4), 1..60),
        verdicts in prop::collection::vec((0_u8..10, 0_u8..100), 0..300),
    ) {
        let speed = Speed { concurrency: 2, gap: Duration::from_millis(3) };
        let mut bench = Bench::new(speed, &["0", "1", "2"]);
        let mut lanes: HashMap<(u8, u8), Vec<i64>> = HashMap::new();
        for (number, (integration, lane)) in (0..).zip(&deliveries) {
            bench.insert(number, &integration.to_string(), &lane.to_string());
            lanes.entry((*integration, *lane)).or_default().push(number);
        }
        let mut verdicts = verdicts.into_iter();
        let mut sending: Vec<i64> = Vec::new();
        let mut done: Vec<i64> = Vec::new();
        while bench.queue.len() > 0 {
            if sending.is_empty() {
                bench.sleep();
            }
            sending.extend(bench.take_all());
            for integration in 0..3 {
                let at_once = sending.iter().filter(|number| deliveries[**number as usize].0 == integration);
                prop_assert!(at_once.count() <= speed.concurrency);
            }
            for (lane, numbers) in &lanes {
                let in_lane: Vec<_> = sending.iter().filter(|number| numbers.contains(number)).collect();
                prop_assert!(in_lane.len() <= 1, "{lane:?}: {in_lane:?}");
            }
            if sending.is_empty() {
                continue;
            }
            let (choice, place) = verdicts.next().unwrap_or((0, 0));
            let number = sending.swap_remove(usize::from(place) % sending.len());
            let verdict = match choice {
                0..=4 => Verdict::Delivered,
                5 => Verdict::Refused,
                6 | 7 => ALONE,
                8 => Verdict::Retry { after: Some(MINUTE), endpoint: true },
                _ => DOWN,
            };
            if !matches!(bench.end(number, verdict), Next::Again(_)) {
                done.push(number);
            }
        }
        for (lane, numbers) in &lanes {
            let ended: Vec<_> = done.iter().filter(|number| numbers.contains(number)).copied().collect();
            prop_assert_eq!(&ended, numbers, "lane {:?}", lane);
        }
    }
}
