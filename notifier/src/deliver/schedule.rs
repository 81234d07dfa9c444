//! When to try again.

use std::time::Duration;

use crate::DeliverySettings;

/// No delay is shorter, so that a run of luck does not become a run of requests.
const SHORTEST: Duration = Duration::from_millis(100);

/// The wait after so many failures in a row, at least one: exponential with full jitter, so that those who failed
/// together do not come back together. `luck` is from 0 to 1.
pub(crate) fn delay(settings: &DeliverySettings, failures: u32, luck: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let longest = settings.first_delay.saturating_mul(1 << doublings).min(settings.longest_delay);
    longest.mul_f64(luck.clamp(0.0, 1.0)).max(SHORTEST.min(settings.first_delay))
}

/// Between two deliveries to an integration that has just come back.
pub(crate) fn recovery_gap(settings: &DeliverySettings) -> Duration {
    Duration::from_secs(1) / settings.recovery_rate.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let settings = DeliverySettings::default();
        let longest: Vec<u64> = (1..=9).map(|failures| delay(&settings, failures, 1.0).as_secs()).collect();
        assert_eq!(longest, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(delay(&settings, u32::MAX, 1.0).as_secs(), 300);
        assert_eq!(delay(&settings, 3, 0.5).as_secs(), 10);
        assert_eq!(delay(&settings, 9, 0.0), SHORTEST);
    }

    #[test]
    fn a_schedule_for_tests_may_be_quicker_than_the_shortest() {
        let settings = DeliverySettings { first_delay: Duration::from_millis(2), ..DeliverySettings::default() };
        assert_eq!(delay(&settings, 1, 0.0), Duration::from_millis(2));
    }
}
