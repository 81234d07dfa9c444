//! Properties of the transition function over whole sequences of samples, and a model of it that
//! shares nothing with it but the rule.

mod strategies;

use std::cmp::Ordering;

use hookseal_health::{Check, Reading, Resource, Sample, Severity, State, Thresholds, Transition};
use proptest::prelude::*;

use strategies::{Figures, checks, rounds};

/// The states and the events of a sequence, from the initial state on.
fn run(check: Check, rounds: &[Figures]) -> Vec<(State, Option<Transition>)> {
    let mut state = State::default();
    rounds
        .iter()
        .map(|&(available, total)| {
            let (next, transition) = check.transition(state, Sample::new(available, total));
            state = next;
            (next, transition)
        })
        .collect()
}

fn severities(run: &[(State, Option<Transition>)]) -> Vec<Severity> {
    run.iter().filter_map(|(_, transition)| Some((*transition)?.severity)).collect()
}

/// A fraction, compared by cross multiplication.
#[derive(Clone, Copy)]
struct Fraction(u128, u128);

impl Fraction {
    fn compare(self, other: Self) -> Ordering {
        (self.0 * other.1).cmp(&(other.0 * self.1))
    }

    fn min(self, other: Self) -> Self {
        if self.compare(other).is_lt() { self } else { other }
    }
}

/// The rule as two latches: one per line, set below it, reset above it, kept on it. A latch that
/// sets is a fall, the upper one resetting is the all-clear.
#[derive(Default)]
struct Latches {
    warning: bool,
    critical: bool,
}

impl Latches {
    fn feed(&mut self, check: Check, (available, total): Figures) -> Option<Severity> {
        if total == 0 || available > total {
            return None;
        }
        let line = |percent: u128, gigabytes: u128| {
            let share = Fraction(u128::from(total) * percent, 100);
            let size = Fraction(gigabytes * 1_000_000_000, 1);
            match check {
                Check { resource: Resource::Disk, thresholds: Thresholds::PercentOrBytes } => share.min(size),
                _ => share,
            }
        };
        let latch = |was, line| match Fraction(available.into(), 1).compare(line) {
            Ordering::Less => true,
            Ordering::Equal => was,
            Ordering::Greater => false,
        };
        let before = (self.warning, self.critical);
        self.warning = latch(self.warning, line(20, 4));
        self.critical = latch(self.critical, line(10, 2));
        match (before, (self.warning, self.critical)) {
            ((_, false), (_, true)) => Some(Severity::Critical),
            ((false, _), (true, _)) => Some(Severity::Warning),
            ((true, _), (false, _)) => Some(Severity::AllClear),
            _ => None,
        }
    }

    fn state(&self) -> State {
        match (self.warning, self.critical) {
            (_, true) => State::Critical,
            (true, false) => State::Warning,
            (false, false) => State::Ok,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model(check in checks(), rounds in rounds()) {
        let mut model = Latches::default();
        for ((state, transition), &figures) in run(check, &rounds).into_iter().zip(&rounds) {
            let severity = model.feed(check, figures);
            prop_assert_eq!(state, model.state(), "after {:?}", figures);
            prop_assert_eq!(transition.map(|transition| transition.severity), severity, "after {:?}", figures);
        }
    }

    #[test]
    fn tells_exactly_of_falls_and_of_the_return_to_ok(check in checks(), rounds in rounds()) {
        let mut previous = State::default();
        for (state, transition) in run(check, &rounds) {
            let expected = match state.cmp(&previous) {
                Ordering::Greater if state == State::Critical => Some(Severity::Critical),
                Ordering::Greater => Some(Severity::Warning),
                Ordering::Less if state == State::Ok => Some(Severity::AllClear),
                Ordering::Less | Ordering::Equal => None,
            };
            prop_assert_eq!(transition.map(|transition| transition.severity), expected);
            prop_assert!(transition.is_none_or(|transition| transition.previous == previous));
            previous = state;
        }
    }

    #[test]
    fn says_nothing_twice_without_a_change_between(check in checks(), rounds in rounds()) {
        let mut told = None;
        for (state, transition) in run(check, &rounds) {
            if let Some(Transition { severity, .. }) = transition {
                prop_assert_ne!(told, Some(severity));
                told = Some(severity);
            } else if state == State::Warning && told == Some(Severity::Critical) {
                told = None; // the silent rise, after which critical may come again
            }
        }
    }

    #[test]
    fn the_same_sample_again_changes_nothing(check in checks(), rounds in rounds()) {
        let doubled: Vec<_> = rounds.iter().flat_map(|&figures| [figures, figures]).collect();
        let run = run(check, &doubled);
        for pair in run.chunks(2) {
            prop_assert_eq!(pair[1], (pair[0].0, None));
        }
    }

    #[test]
    fn unknown_samples_anywhere_leave_the_events_as_they_are(
        check in checks(),
        rounds in rounds(),
        unknown in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just((0, 0)), Just((2, 1))]), 0..20),
    ) {
        let mut holed = rounds.clone();
        for (index, figures) in unknown {
            holed.insert(index.index(holed.len() + 1), figures);
        }
        let [told, told_with_holes] = [&rounds, &holed]
            .map(|rounds| run(check, rounds).into_iter().filter_map(|(_, told)| told).collect::<Vec<_>>());
        prop_assert_eq!(told_with_holes, told);
    }

    #[test]
    fn percent_or_bytes_is_never_the_stricter(check in checks(), rounds in rounds()) {
        let by = |thresholds| run(Check { thresholds, ..check }, &rounds);
        let (percent, percent_or_bytes) = (by(Thresholds::Percent), by(Thresholds::PercentOrBytes));
        for ((strict, _), (lax, _)) in percent.iter().zip(&percent_or_bytes) {
            prop_assert!(lax <= strict);
        }
        if check.resource == Resource::Inodes {
            prop_assert_eq!(severities(&percent), severities(&percent_or_bytes));
        }
    }

    #[test]
    fn the_line_that_is_shown_separates_like_the_one_that_is_compared(check in checks(), rounds in rounds()) {
        for (_, transition) in run(check, &rounds) {
            let Some(Transition { severity, reading, threshold, .. }) = transition else { continue };
            prop_assert!(threshold.available <= reading.total());
            match severity {
                Severity::Warning | Severity::Critical => prop_assert!(reading.available() < threshold.available),
                // Rounded up, it may be the first value above the line.
                Severity::AllClear => prop_assert!(reading.available() >= threshold.available),
            }
        }
    }

    #[test]
    fn less_space_is_never_the_better_state(
        check in checks(),
        state in prop::sample::select(State::ALL),
        (a, b, total) in (any::<u64>(), any::<u64>(), 1..=u64::MAX).prop_map(|(a, b, total)| (a % total, b % total, total)),
    ) {
        let after = |available| check.transition(state, Sample::new(available, total)).0;
        prop_assert!(after(a.min(b)) >= after(a.max(b)));
    }

    #[test]
    fn percent_is_the_share_cut_to_two_decimals(total in 1..=u64::MAX, available in any::<u64>()) {
        let available = available % total;
        let percent = Reading::new(available, total).map(|reading| u128::from(reading.percent().hundredths()));
        let shown = percent.unwrap_or(u128::MAX);
        let (share, total) = (u128::from(available) * 10_000, u128::from(total));
        prop_assert!(shown * total <= share && share < (shown + 1) * total);
    }
}
