use hookseal_health::Threshold;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn silence(severity: Option<Line>, until: Timestamp) -> Silence {
    Silence { id: "s".to_owned(), service: Some("db".to_owned()), severity, until, created_at: at(0) }
}

fn known(available: u64) -> Figures {
    Figures { sample: Sample::new(available, 10_000), reason: None }
}

fn unknown() -> Figures {
    Figures { sample: Sample::Unknown, reason: Some("it hangs".into()) }
}

/// One service's disk of 10,000, checked every minute.
struct Walk {
    track: Track,
    second: i64,
    silences: Vec<Silence>,
}

impl Walk {
    fn new() -> Self {
        Walk { track: Track::new(at(0)), second: 0, silences: Vec::new() }
    }

    fn step(&mut self, figures: &Figures) -> Step {
        self.second += 60;
        let circumstances =
            Circumstances { now: at(self.second), thresholds: Thresholds::Percent, silences: &self.silences };
        self.track.step("db", Resource::Disk, figures, &circumstances)
    }

    /// What is told after a round with so much of 10,000.
    fn tells(&mut self, available: u64) -> Option<Severity> {
        self.step(&known(available)).tell.map(|told| told.severity)
    }

    fn tells_unknown(&mut self) -> Option<Severity> {
        self.step(&unknown()).tell.map(|told| told.severity)
    }
}

const WARNING: Option<Severity> = Some(Severity::Warning);
const CRITICAL: Option<Severity> = Some(Severity::Critical);
const ALL_CLEAR: Option<Severity> = Some(Severity::AllClear);

#[test]
fn a_silence_keeps_back_a_problem_and_its_end_tells() {
    let mut walk = Walk::new();
    walk.silences = vec![silence(None, at(200))];
    assert_eq!([walk.tells(1_500), walk.tells(500), walk.tells(600)], [None, None, None]);
    assert_eq!(walk.track.announced, State::Ok);
    let told = walk.step(&unknown()).tell.unwrap();
    assert_eq!((told.severity, told.previous), (Severity::Critical, State::Critical), "it is told as still open");
    assert_eq!(told.reading.available(), 600, "with the last known figures");
    assert_eq!([walk.tells(600), walk.tells(5_000), walk.tells(5_000)], [None, ALL_CLEAR, None]);
}

#[test]
fn what_a_silence_kept_back_altogether_is_not_cleared() {
    let mut walk = Walk::new();
    walk.silences = vec![silence(None, at(1_000))];
    assert_eq!([walk.tells(500), walk.tells(5_000)], [None, None]);
}

#[test]
fn a_silence_never_keeps_back_the_all_clear() {
    let mut walk = Walk::new();
    assert_eq!(walk.tells(1_500), WARNING);
    walk.silences = vec![silence(None, at(1_000))];
    assert_eq!([walk.tells(500), walk.tells(5_000)], [None, ALL_CLEAR]);
}

#[test]
fn a_silence_of_warnings_lets_critical_through() {
    let mut walk = Walk::new();
    walk.silences = vec![silence(Some(Line::Warning), at(10_000))];
    assert_eq!([walk.tells(1_500), walk.tells(500), walk.tells(5_000)], [None, CRITICAL, ALL_CLEAR]);
    walk.silences = vec![silence(Some(Line::Critical), at(10_000))];
    assert_eq!(walk.tells(500), None);
    let told = walk.step(&known(1_500)).tell.unwrap();
    assert_eq!((told.severity, told.previous), (Severity::Warning, State::Warning), "warnings are not silenced");
}

#[test]
fn a_second_fall_that_a_silence_kept_back_is_told_at_its_end() {
    let mut walk = Walk::new();
    assert_eq!([walk.tells(500), walk.tells(1_500)], [CRITICAL, None]);
    walk.silences = vec![silence(Some(Line::Critical), at(10_000))];
    assert_eq!(walk.tells(500), None);
    walk.silences.clear();
    assert_eq!([walk.tells(500), walk.tells(500), walk.tells(5_000)], [CRITICAL, None, ALL_CLEAR]);
}

#[test]
fn another_services_silence_is_no_matter() {
    let mut walk = Walk::new();
    walk.silences = vec![Silence { service: Some("app".to_owned()), ..silence(None, at(10_000)) }];
    assert_eq!(walk.tells(1_500), WARNING);
}

#[test]
fn the_unknown_is_counted_and_changes_nothing() {
    let mut walk = Walk::new();
    assert_eq!([walk.tells(500), walk.tells_unknown(), walk.tells_unknown()], [CRITICAL, None, None]);
    assert_eq!((walk.track.unknown_rounds, walk.track.state), (2, State::Critical));
    assert_eq!(walk.track.unknown_reason.as_deref(), Some("it hangs"));
    assert_eq!(walk.tells(500), None);
    assert_eq!((walk.track.unknown_rounds, walk.track.unknown_reason.as_deref()), (0, None));
    assert_eq!(walk.tells(5_000), ALL_CLEAR);
}

#[test]
fn the_history_has_what_differs_and_one_point_an_hour() {
    let mut walk = Walk::new();
    let mut drawn = Vec::new();
    for minute in 0..=125 {
        let available = match minute {
            70.. => 5_010,
            5.. => 5_009,
            _ => 5_000,
        };
        let step = walk.step(&known(available));
        assert_eq!(step.store, step.draw);
        if step.draw {
            drawn.push(minute);
        }
    }
    assert_eq!(drawn, [0, 60, 120]);
    walk.second -= 86_400;
    assert!(walk.step(&known(5_009)).draw, "the clock stepped back");
    assert!(walk.step(&known(5_019)).draw, "a thousandth of the total");
    assert!(walk.step(&Figures { sample: Sample::new(5_019, 9_999), reason: None }).draw, "another total");
}

#[test]
fn a_clock_that_steps_back_clears_nothing_and_loses_nothing() {
    let mut walk = Walk::new();
    assert_eq!(walk.tells(500), CRITICAL);
    walk.second -= 86_400;
    assert_eq!([walk.tells(500), walk.tells(5_000), walk.tells(500)], [None, ALL_CLEAR, CRITICAL]);
}

/// What happens in one minute.
#[derive(Clone, Debug)]
enum Happening {
    Measured(u64),
    Unknown,
    Silence(Option<Line>, i64),
    EndSilences,
    Newcomer,
    Clock(i64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let lines = || select(vec![None, Some(Line::Warning), Some(Line::Critical)]);
    let measured =
        prop_oneof![select(vec![0, 500, 999, 1_000, 1_001, 1_500, 1_999, 2_000, 2_001, 5_000]), 0..=10_000_u64];
    let one = prop_oneof![
        10 => measured.prop_map(Happening::Measured),
        2 => Just(Happening::Unknown),
        2 => (lines(), 1..600_i64).prop_map(|(line, seconds)| Happening::Silence(line, seconds)),
        1 => Just(Happening::EndSilences),
        1 => Just(Happening::Newcomer),
        1 => (-100_000..100_000_i64).prop_map(Happening::Clock),
    ];
    prop::collection::vec(one, 0..60)
}

/// What one integration believes, from what it was told.
#[derive(Clone, Copy, Default)]
struct Listener {
    believes: State,
}

impl Listener {
    fn hear(&mut self, told: &Transition) {
        match told.severity {
            Severity::Warning => self.believes = State::Warning,
            Severity::Critical => self.believes = State::Critical,
            Severity::AllClear => {
                assert_ne!(self.believes, State::Ok, "an all-clear of what was never told");
                self.believes = State::Ok;
            }
        }
        let Threshold { available, .. } = told.threshold;
        let on_the_right_side = match told.severity {
            Severity::AllClear => told.reading.available() > available,
            _ => told.reading.available() <= available,
        };
        assert!(on_the_right_side, "{told:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn everybody_believes_what_is_true(happenings in happenings()) {
        let mut walk = Walk::new();
        // The model: the state machine of `health` alone, without silences or memory of what was told.
        let check = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };
        let mut state = State::Ok;
        let mut listeners = vec![Listener::default()];
        for happening in happenings {
            let figures = match happening {
                Happening::Measured(available) => known(available),
                Happening::Unknown => unknown(),
                Happening::Silence(line, seconds) => {
                    walk.silences.push(silence(line, at(walk.second + seconds)));
                    continue;
                }
                Happening::EndSilences => {
                    walk.silences.clear();
                    continue;
                }
                Happening::Newcomer => {
                    let mut listener = Listener::default();
                    if let Some(told) = walk.track.remind(Resource::Disk, Thresholds::Percent) {
                        prop_assert_ne!(told.severity, Severity::AllClear);
                        listener.hear(&told);
                    }
                    listeners.push(listener);
                    continue;
                }
                Happening::Clock(seconds) => {
                    walk.second += seconds;
                    continue;
                }
            };
            let step = walk.step(&figures);
            let transition;
            (state, transition) = check.transition(state, figures.sample);
            prop_assert_eq!(walk.track.state, state, "silences do not change what is");
            if let Some(told) = &step.tell {
                let is_unknown = figures.sample == Sample::Unknown;
                prop_assert!(!is_unknown || told.severity != Severity::AllClear, "the unknown clears nothing");
                prop_assert!(step.store, "what is told is remembered");
                listeners.iter_mut().for_each(|listener| listener.hear(told));
            }
            let now = at(walk.second);
            let silenced = |line| walk.silences.iter().any(|silence| silence.covers("db", line, now));
            let line = if state == State::Critical { Line::Critical } else { Line::Warning };
            for listener in &listeners {
                if state == State::Ok {
                    prop_assert_eq!(listener.believes, State::Ok, "no all-clear is lost");
                } else if !silenced(line) {
                    prop_assert!(listener.believes >= state, "nothing bad stays untold");
                }
            }
            if walk.silences.is_empty() && let Some(transition) = transition {
                let told = step.tell.map(|told| told.severity);
                let expected = Some(transition.severity);
                // The all-clear of what a silence kept back is not told.
                prop_assert!(told == expected || (told.is_none() && expected == ALL_CLEAR));
            }
        }
    }
}
