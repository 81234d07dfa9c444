//! When to try again, and when to give up.

use std::time::Duration;

/// How deliveries are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// The longest wait after the first failure; it doubles with each further one. 5 s unless told.
    pub first_delay: Duration,
    /// The longest wait of all. 5 min unless told.
    pub longest_delay: Duration,
    /// How long a delivery is tried for. 2 days unless told.
    pub give_up: Duration,
    /// How long an integration may fail without a single success until it is paused. 5 days unless told.
    pub pause_after: Duration,
    /// Deliveries per second to an integration that has just come back, until its queue is empty. 200 unless told.
    pub recovery_rate: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Schedule {
            first_delay: Duration::from_secs(5),
            longest_delay: Duration::from_secs(5 * 60),
            give_up: Duration::from_secs(2 * DAY),
            pause_after: Duration::from_secs(5 * DAY),
            recovery_rate: 200,
        }
    }
}

/// No delay is shorter, so that a run of luck does not become a run of requests.
const SHORTEST: Duration = Duration::from_millis(100);

impl Schedule {
    /// The wait after so many failures in a row, at least one: exponential with full jitter, so that those who failed
    /// together do not come back together. `luck` is from 0 to 1.
    pub(super) fn delay(&self, failures: u32, luck: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let longest = self.first_delay.saturating_mul(1 << doublings).min(self.longest_delay);
        longest.mul_f64(luck.clamp(0.0, 1.0)).max(SHORTEST.min(self.first_delay))
    }

    /// Between two deliveries to an integration that has just come back.
    pub(super) fn recovery_gap(&self) -> Duration {
        Duration::from_secs(1) / self.recovery_rate.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let schedule = Schedule::default();
        let longest: Vec<u64> = (1..=9).map(|failures| schedule.delay(failures, 1.0).as_secs()).collect();
        assert_eq!(longest, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(schedule.delay(u32::MAX, 1.0).as_secs(), 300);
        assert_eq!(schedule.delay(3, 0.5).as_secs(), 10);
        assert_eq!(schedule.delay(9, 0.0), SHORTEST);
    }

    #[test]
    fn a_schedule_for_tests_may_be_quicker_than_the_shortest() {
        let schedule = Schedule { first_delay: Duration::from_millis(2), ..Schedule::default() };
        assert_eq!(schedule.delay(1, 0.0), Duration::from_millis(2));
    }
}
