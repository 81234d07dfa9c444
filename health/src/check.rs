use std::cmp::Ordering;

use crate::{Line, Reading, Resource, Sample, Severity, State, Threshold, Thresholds};

/// One resource, watched by one rule: the pure function from a state and a sample to the next
/// state and the transition to tell of.
///
/// | available is | from ok | from warning | from critical |
/// | --- | --- | --- | --- |
/// | above the warning line | ok | ok, **all-clear** | ok, **all-clear** |
/// | exactly on the warning line | ok | warning | warning |
/// | between the lines | warning, **warning** | warning | warning |
/// | exactly on the critical line | warning, **warning** | warning | critical |
/// | below the critical line | critical, **critical** | critical, **critical** | critical |
/// | unknown | ok | warning | critical |
///
/// The vendor's page gives the falls and the all-clear. What it leaves open is decided so: below
/// and above are strict, so exactly on a line changes nothing; a fall past both lines tells of the
/// severer one; a rise from critical to between the lines is silent, and a fall after it tells again.
///
/// ```
/// use hookseal_health::{Check, Resource, Sample, Severity, State, Thresholds};
///
/// let check = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };
///
/// let (state, fall) = check.transition(State::Ok, Sample::new(19, 100));
/// assert_eq!(state, State::Warning);
/// assert_eq!(fall.unwrap().severity, Severity::Warning);
///
/// let (state, nothing) = check.transition(state, Sample::new(18, 100));
/// assert_eq!((state, nothing), (State::Warning, None));
///
/// let (state, rise) = check.transition(state, Sample::new(21, 100));
/// assert_eq!(state, State::Ok);
/// assert_eq!(rise.unwrap().severity, Severity::AllClear);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Check {
    /// What is watched.
    pub resource: Resource,
    /// The rule that it is watched by.
    pub thresholds: Thresholds,
}

impl Check {
    /// The state after a sample, and the transition to tell of, if there is one.
    #[must_use]
    pub fn transition(self, state: State, sample: Sample) -> (State, Option<Transition>) {
        let Sample::Known(reading) = sample else {
            return (state, None);
        };
        let next = self.next(state, reading);
        let severity = match (state, next) {
            (State::Ok, State::Warning) => Severity::Warning,
            (State::Ok | State::Warning, State::Critical) => Severity::Critical,
            (State::Warning | State::Critical, State::Ok) => Severity::AllClear,
            (State::Critical, State::Warning)
            | (State::Ok, State::Ok)
            | (State::Warning, State::Warning)
            | (State::Critical, State::Critical) => return (next, None),
        };
        (next, Some(self.tell(severity, state, reading)))
    }

    /// Tells of a state that has not changed, for those who have not heard of it: a new integration,
    /// or everyone at a silence's end. `reading` is the last known one. `None` where all is well.
    ///
    /// ```
    /// use hookseal_health::{Check, Reading, Resource, Severity, State, Thresholds};
    ///
    /// let check = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };
    /// let reading = Reading::new(5, 100).unwrap();
    ///
    /// let open = check.reminder(State::Critical, reading).unwrap();
    /// assert_eq!((open.previous, open.severity), (State::Critical, Severity::Critical));
    /// assert_eq!(check.reminder(State::Ok, reading), None);
    /// ```
    #[must_use]
    pub fn reminder(self, state: State, reading: Reading) -> Option<Transition> {
        let severity = match state {
            State::Ok => return None,
            State::Warning => Severity::Warning,
            State::Critical => Severity::Critical,
        };
        Some(self.tell(severity, state, reading))
    }

    pub(crate) fn tell(self, severity: Severity, previous: State, reading: Reading) -> Transition {
        let line = match severity {
            Severity::Critical => Line::Critical,
            Severity::Warning | Severity::AllClear => Line::Warning,
        };
        let threshold = self.thresholds.line(self.resource, line, reading.total());
        Transition { severity, previous, resource: self.resource, reading, threshold }
    }

    fn next(self, state: State, reading: Reading) -> State {
        let side = |line| self.thresholds.compare(self.resource, reading, line);
        match (side(Line::Critical), side(Line::Warning)) {
            (Ordering::Less, _) => State::Critical,
            (Ordering::Equal, _) if state == State::Critical => State::Critical,
            (_, Ordering::Less) => State::Warning,
            (_, Ordering::Equal) if state != State::Ok => State::Warning,
            (_, Ordering::Equal | Ordering::Greater) => State::Ok,
        }
    }
}

/// What there is to tell of: a fall below a line, the all-clear, or a state that lasts.
///
/// [`Check`] makes it, [`Notification::new`](crate::Notification::new) words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Transition {
    /// What to say.
    pub severity: Severity,
    /// The state before the sample; the state itself in a reminder.
    pub previous: State,
    /// What was sampled.
    pub resource: Resource,
    /// The figures of the sample.
    pub reading: Reading,
    /// The line that was crossed: for the all-clear, the warning line.
    pub threshold: Threshold,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERCENT: Check = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };

    /// The state and severity after `available` of 100.
    fn after(state: State, available: u64) -> (State, Option<Severity>) {
        let (state, transition) = PERCENT.transition(state, Sample::new(available, 100));
        (state, transition.map(|transition| transition.severity))
    }

    #[test]
    fn the_table_holds() {
        use State::{Critical, Ok, Warning};
        let warning = Some(Severity::Warning);
        let critical = Some(Severity::Critical);
        let all_clear = Some(Severity::AllClear);
        for (available, from_ok, from_warning, from_critical) in [
            (100, (Ok, None), (Ok, all_clear), (Ok, all_clear)),
            (21, (Ok, None), (Ok, all_clear), (Ok, all_clear)),
            (20, (Ok, None), (Warning, None), (Warning, None)),
            (19, (Warning, warning), (Warning, None), (Warning, None)),
            (11, (Warning, warning), (Warning, None), (Warning, None)),
            (10, (Warning, warning), (Warning, None), (Critical, None)),
            (9, (Critical, critical), (Critical, critical), (Critical, None)),
            (0, (Critical, critical), (Critical, critical), (Critical, None)),
            (101, (Ok, None), (Warning, None), (Critical, None)),
        ] {
            assert_eq!(after(Ok, available), from_ok, "{available} % from ok");
            assert_eq!(after(Warning, available), from_warning, "{available} % from warning");
            assert_eq!(after(Critical, available), from_critical, "{available} % from critical");
        }
    }

    #[test]
    fn unknown_changes_nothing() {
        for &state in State::ALL {
            assert_eq!(PERCENT.transition(state, Sample::Unknown), (state, None));
            assert_eq!(PERCENT.transition(state, Sample::new(0, 0)), (state, None));
        }
    }

    #[test]
    fn after_a_silent_rise_a_fall_tells_again() {
        let (state, _) = after(State::Ok, 5);
        let (state, silent) = after(state, 15);
        assert_eq!((state, silent), (State::Warning, None));
        assert_eq!(after(state, 5), (State::Critical, Some(Severity::Critical)));
    }

    #[test]
    fn a_transition_carries_what_was_seen_and_the_line_that_was_crossed() {
        let line = |state, available| {
            let (_, transition) = PERCENT.transition(state, Sample::new(available, 100));
            let Transition { previous, resource, reading, threshold, .. } = transition.unwrap();
            assert_eq!((previous, resource, reading.available()), (state, Resource::Disk, available));
            (threshold.line, threshold.available)
        };
        assert_eq!(line(State::Ok, 19), (Line::Warning, 20));
        assert_eq!(line(State::Ok, 9), (Line::Critical, 10));
        assert_eq!(line(State::Warning, 9), (Line::Critical, 10));
        assert_eq!(line(State::Critical, 21), (Line::Warning, 20));
    }

    #[test]
    fn a_disk_of_one_byte_is_full_or_free() {
        let one = |available| PERCENT.transition(State::Ok, Sample::new(available, 1)).0;
        assert_eq!([one(0), one(1)], [State::Critical, State::Ok]);
    }
}
