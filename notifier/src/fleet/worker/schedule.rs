//! What becomes of a message: pure, its time given from outside. It is the schedule of a machine without a fleet, but for
//! the memory, which lies in the health bucket.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::DeliverySettings;
use crate::deliver::schedule::delay;
use crate::fleet::record::{HeadRecord, HealthRecord};

/// The failures in a row after which the endpoint is thought to be the cause, whatever it answered.
const SUSPICIOUS: u64 = 3;

/// A due time counts for no longer than this: the clock may have stood elsewhere when it was written down.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The message that a subject begins with, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    /// Its place in the stream.
    pub(super) sequence: u64,
    /// When it came into the stream.
    pub(super) published: Timestamp,
    /// What is remembered of the subject; it may be about an earlier message.
    pub(super) record: Option<&'a HeadRecord>,
    pub(super) health: &'a HealthRecord,
}

/// What to do with a message that has been pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// For the how many-eth time.
    Send { attempt: u32 },
    /// Another attempt is not due before this.
    Wait(Duration),
    /// Its time has passed while its endpoint answered nobody.
    Expired,
}

/// What becomes of a message after an attempt that failed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fate {
    Dead,
    Again { wait: Duration, record: HeadRecord },
}

impl Head<'_> {
    fn record(&self) -> Option<&HeadRecord> {
        self.record.filter(|record| record.sequence == self.sequence)
    }

    pub(super) fn attempts(&self) -> u32 {
        self.record().map_or(0, |record| record.failures)
    }

    pub(super) fn step(&self, settings: &DeliverySettings, now: Timestamp) -> Step {
        let Some(record) = self.record() else {
            let failing_for = self.health.failing_since.map_or(Duration::ZERO, |since| between(since, now));
            let is_old = between(self.published, now) >= settings.give_up_after;
            return match failing_for >= settings.give_up_after && is_old {
                true => Step::Expired,
                false => Step::Send { attempt: 1 },
            };
        };
        let was_woken = self.health.woken_at.is_some_and(|woken| woken > record.failed_at);
        let is_back = record.waits_for_endpoint && !self.health.is_failing();
        let wait = between(now, record.due_at).min(LONGEST_WAIT);
        if was_woken || is_back || wait.is_zero() {
            return Step::Send { attempt: record.failures.saturating_add(1) };
        }
        Step::Wait(wait)
    }

    /// `after` is what the other side asked for; `endpoint` is whether the trouble is not this message's alone.
    pub(super) fn failed(
        &self,
        settings: &DeliverySettings,
        after: Option<Duration>,
        endpoint: bool,
        now: Timestamp,
        mut luck: impl FnMut() -> f64,
    ) -> Fate {
        let failures = self.attempts().saturating_add(1);
        let streak = self.health.failures.saturating_add(1);
        let waits_for_endpoint = endpoint || streak >= SUSPICIOUS;
        let mut wait = after.unwrap_or_else(|| delay(settings, failures, luck()));
        if waits_for_endpoint && after.is_none() {
            wait = wait.max(delay(settings, u32::try_from(streak).unwrap_or(u32::MAX), luck()));
        }
        let first_tried_at = self.record().map_or(now, |record| record.first_tried_at);
        // What waited behind others that failed has waited as long as they.
        let since = self.health.failing_since.map_or(now, |failing| failing.max(self.published));
        if between(first_tried_at.min(since), now) >= settings.give_up_after {
            return Fate::Dead;
        }
        let due_at = SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now);
        let sequence = self.sequence;
        Fate::Again {
            wait,
            record: HeadRecord { sequence, first_tried_at, failures, failed_at: now, due_at, waits_for_endpoint },
        }
    }
}

/// How an endpoint fares after an attempt that failed.
pub(super) fn noted_failure(
    health: &HealthRecord,
    error: Option<&str>,
    settings: &DeliverySettings,
    now: Timestamp,
) -> HealthRecord {
    let failing_since = health.failing_since.unwrap_or(now);
    let is_too_long = between(failing_since, now) >= settings.pause_after;
    HealthRecord {
        failures: health.failures.saturating_add(1),
        failing_since: Some(failing_since),
        last_error: error.map(str::to_owned),
        paused_at: health.paused_at.or_else(|| is_too_long.then_some(now)),
        ..health.clone()
    }
}

/// And after one that succeeded.
pub(super) fn noted_success(health: &HealthRecord, now: Timestamp) -> HealthRecord {
    HealthRecord {
        failures: 0,
        failing_since: None,
        last_error: None,
        paused_at: None,
        succeeded_at: Some(now),
        ..health.clone()
    }
}

/// Nothing where the clock stepped back.
fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;
    const DAY: i64 = 24 * 60 * MINUTE;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn head<'a>(published: i64, record: Option<&'a HeadRecord>, health: &'a HealthRecord) -> Head<'a> {
        Head { sequence: 7, published: at(published), record, health }
    }

    fn record(first: i64, failed: i64, due: i64, waits_for_endpoint: bool) -> HeadRecord {
        HeadRecord {
            sequence: 7,
            first_tried_at: at(first),
            failures: 3,
            failed_at: at(failed),
            due_at: at(due),
            waits_for_endpoint,
        }
    }

    fn failing(since: i64) -> HealthRecord {
        HealthRecord { failures: 3, failing_since: Some(at(since)), ..HealthRecord::default() }
    }

    #[test]
    fn a_message_is_sent_once_it_is_due() {
        let settings = DeliverySettings::default();
        let (well, failing) = (HealthRecord::default(), failing(0));
        assert_eq!(head(0, None, &well).step(&settings, at(0)), Step::Send { attempt: 1 });
        let waits = record(0, 0, 60, true);
        assert_eq!(head(0, Some(&waits), &failing).step(&settings, at(20)), Step::Wait(Duration::from_secs(40)));
        assert_eq!(head(0, Some(&waits), &failing).step(&settings, at(60)), Step::Send { attempt: 4 });
        let other = HeadRecord { sequence: 6, ..waits.clone() };
        assert_eq!(head(0, Some(&other), &failing).step(&settings, at(20)), Step::Send { attempt: 1 });
        let far = record(0, 0, 100 * DAY, true);
        assert_eq!(head(0, Some(&far), &failing).step(&settings, at(0)), Step::Wait(LONGEST_WAIT));
    }

    #[test]
    fn it_is_woken_by_somebody_or_by_the_endpoint() {
        let settings = DeliverySettings::default();
        let waits = record(0, 10, 60, true);
        let woken = HealthRecord { woken_at: Some(at(15)), ..failing(0) };
        assert_eq!(head(0, Some(&waits), &woken).step(&settings, at(20)), Step::Send { attempt: 4 });
        let woken_before = HealthRecord { woken_at: Some(at(5)), ..failing(0) };
        assert_eq!(head(0, Some(&waits), &woken_before).step(&settings, at(20)), Step::Wait(Duration::from_secs(40)));
        let well = HealthRecord::default();
        assert_eq!(head(0, Some(&waits), &well).step(&settings, at(20)), Step::Send { attempt: 4 });
        let by_itself = record(0, 10, 60, false);
        assert_eq!(head(0, Some(&by_itself), &well).step(&settings, at(20)), Step::Wait(Duration::from_secs(40)));
    }

    #[test]
    fn delays_are_those_of_a_machine_without_a_fleet() {
        let settings = DeliverySettings::default();
        let well = HealthRecord::default();
        let wait = |head: Head<'_>, after, endpoint| match head.failed(&settings, after, endpoint, at(100), || 1.0) {
            Fate::Again { wait, record } => (wait.as_secs(), record.failures, record.waits_for_endpoint),
            Fate::Dead => panic!("dead"),
        };
        assert_eq!(wait(head(0, None, &well), None, false), (5, 1, false));
        assert_eq!(wait(head(0, None, &well), None, true), (5, 1, true));
        let tried = record(90, 95, 99, false);
        assert_eq!(wait(head(0, Some(&tried), &failing(90)), None, false), (40, 4, true), "the fourth in a row");
        assert_eq!(wait(head(0, None, &failing(90)), None, true), (40, 1, true), "the endpoint's, not its own");
        assert_eq!(wait(head(0, None, &well), Some(Duration::from_secs(7)), true), (7, 1, true));
    }

    #[test]
    fn after_two_days_it_is_given_up() {
        let settings = DeliverySettings::default();
        let failed = |head: Head<'_>, now| head.failed(&settings, None, true, now, || 1.0) == Fate::Dead;
        let tried = record(0, 0, 0, true);
        assert!(!failed(head(0, Some(&tried), &failing(0)), at(2 * DAY - 1)));
        assert!(failed(head(0, Some(&tried), &failing(0)), at(2 * DAY)));
        // Its neighbours succeed, and it does not.
        assert!(failed(head(0, Some(&tried), &HealthRecord::default()), at(2 * DAY)));
        // What has waited behind it for as long goes too, without an attempt.
        assert_eq!(head(0, None, &failing(0)).step(&settings, at(2 * DAY)), Step::Expired);
        assert_eq!(head(MINUTE, None, &failing(0)).step(&settings, at(2 * DAY)), Step::Send { attempt: 1 });
        // When no worker was there for days, nothing has failed yet.
        assert_eq!(head(0, None, &HealthRecord::default()).step(&settings, at(3 * DAY)), Step::Send { attempt: 1 });
        assert!(!failed(head(0, None, &HealthRecord::default()), at(3 * DAY)));
    }

    #[test]
    fn an_endpoint_that_fails_for_days_is_paused_until_it_is_woken() {
        let settings = DeliverySettings::default();
        let mut health = noted_failure(&HealthRecord::default(), Some("refused"), &settings, at(0));
        assert_eq!((health.failures, health.failing_since, health.paused_at), (1, Some(at(0)), None));
        health = noted_failure(&health, None, &settings, at(5 * DAY));
        assert_eq!((health.failures, health.failing_since, health.paused_at), (2, Some(at(0)), Some(at(5 * DAY))));
        let woken = health.clone().woken(at(6 * DAY));
        assert_eq!((woken.failing_since, woken.paused_at), (Some(at(6 * DAY)), None));
        let well = noted_success(&health, at(6 * DAY));
        assert!(!well.is_failing() && !well.is_paused());
    }
}
