//! What one check changes, and what there is to tell. It has no clock, does no I/O and rolls no dice.
//!
//! Of each resource is remembered how it is, and what integrations were last told of it (`announced`). All rules follow
//! from those two: a silence keeps a fall from being announced, so that `announced` stays behind; once nothing keeps it
//! back any longer, a state that is worse than what was announced is told; and the all-clear is told if and only if
//! something else was announced before.

use std::sync::Arc;

use hookseal_health::{Check, Line, Reading, Resource, Sample, Severity, State, Thresholds, Transition};
use jiff::{SignedDuration, Timestamp};

use crate::probe::Figures;
use crate::store::{ResourceStatus, Silence};

/// What is remembered of one resource from check to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) state: State,
    pub(crate) since: Timestamp,
    /// What integrations were last told.
    pub(crate) announced: State,
    /// The last known figures, and when they were measured.
    pub(crate) known: Option<(Reading, Timestamp)>,
    /// The last figures in the history.
    pub(crate) drawn: Option<(Reading, Timestamp)>,
    pub(crate) unknown_rounds: u32,
    pub(crate) unknown_reason: Option<Arc<str>>,
}

/// What all of one check's resources have in common.
pub(crate) struct Circumstances<'a> {
    pub(crate) now: Timestamp,
    pub(crate) thresholds: Thresholds,
    pub(crate) silences: &'a [Silence],
}

/// What one check means for one resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// To be told to everybody.
    pub(crate) tell: Option<Transition>,
    /// What is stored of it changes.
    pub(crate) store: bool,
    /// The figures belong into the history.
    pub(crate) draw: bool,
}

impl Track {
    pub(crate) fn new(now: Timestamp) -> Self {
        Track {
            state: State::Ok,
            since: now,
            announced: State::Ok,
            known: None,
            drawn: None,
            unknown_rounds: 0,
            unknown_reason: None,
        }
    }

    /// As the last daemon left it.
    pub(crate) fn stored(status: &ResourceStatus) -> Self {
        let known = status.reading.zip(status.sampled_at);
        Track {
            state: status.state,
            since: status.since,
            announced: status.announced,
            known,
            drawn: known,
            unknown_rounds: status.unknown_rounds,
            unknown_reason: status.unknown_reason.as_deref().map(Arc::from),
        }
    }

    /// As it is stored.
    pub(crate) fn status(&self, service: &str, resource: Resource) -> ResourceStatus {
        ResourceStatus {
            service: service.to_owned(),
            resource,
            state: self.state,
            since: self.since,
            announced: self.announced,
            reading: self.known.map(|(reading, _)| reading),
            sampled_at: self.known.map(|(_, at)| at),
            unknown_rounds: self.unknown_rounds,
            unknown_reason: self.unknown_reason.as_deref().map(str::to_owned),
            watched: true,
        }
    }

    /// Moves on by one check.
    pub(crate) fn step(
        &mut self,
        service: &str,
        resource: Resource,
        figures: &Figures,
        circumstances: &Circumstances<'_>,
    ) -> Step {
        let Circumstances { now, thresholds, .. } = *circumstances;
        let check = Check { resource, thresholds };
        let before = (self.state, self.announced, self.unknown_rounds);
        let mut transition = None;
        let mut draw = false;
        match figures.sample {
            Sample::Known(reading) => {
                (self.unknown_rounds, self.unknown_reason) = (0, None);
                self.known = Some((reading, now));
                draw = self.drawn.is_none_or(|drawn| is_news(drawn, reading, now));
                if draw {
                    self.drawn = self.known;
                }
                let (state, told) = check.transition(self.state, figures.sample);
                if state != self.state {
                    (self.state, self.since) = (state, now);
                }
                transition = told;
            }
            Sample::Unknown => {
                self.unknown_rounds = self.unknown_rounds.saturating_add(1);
                self.unknown_reason.clone_from(&figures.reason);
            }
        }
        let tell = self.announce(service, check, transition, circumstances);
        let store = draw || before != (self.state, self.announced, self.unknown_rounds);
        Step { tell, store, draw }
    }

    /// What is told to everybody now.
    fn announce(
        &mut self,
        service: &str,
        check: Check,
        transition: Option<Transition>,
        circumstances: &Circumstances<'_>,
    ) -> Option<Transition> {
        if self.state == State::Ok {
            let all_clear = transition.filter(|_| self.announced != State::Ok);
            self.announced = State::Ok;
            return all_clear;
        }
        // A fall is told even of what was announced before: between the two it was better.
        let fall = transition.filter(|transition| transition.severity != Severity::AllClear);
        if fall.is_none() && self.state <= self.announced {
            return None;
        }
        let line = if self.state == State::Critical { Line::Critical } else { Line::Warning };
        let mut silences = circumstances.silences.iter();
        if silences.any(|silence| silence.covers(service, line, circumstances.now)) {
            // What was announced is no more than what was there before a fall that is kept back.
            self.announced = fall.map_or(self.announced, |fall| self.announced.min(fall.previous));
            return None;
        }
        let told = fall.or_else(|| check.reminder(self.state, self.known?.0))?;
        self.announced = self.state;
        Some(told)
    }

    /// What somebody has to hear who was not there yet: no more than the others know, and no worse than it is.
    pub(crate) fn remind(&self, resource: Resource, thresholds: Thresholds) -> Option<Transition> {
        let (reading, _) = self.known?;
        Check { resource, thresholds }.reminder(self.state.min(self.announced), reading)
    }
}

/// Whether figures belong into the history: they differ from its last ones by a thousandth of the total, or those are an
/// hour old. A clock that stepped back makes them old, too.
fn is_news((drawn, at): (Reading, Timestamp), reading: Reading, now: Timestamp) -> bool {
    const OLD: SignedDuration = SignedDuration::from_hours(1);
    let age = now.duration_since(at);
    reading.total() != drawn.total()
        || u128::from(reading.available().abs_diff(drawn.available())) * 1_000 >= u128::from(reading.total())
        || age >= OLD
        || age < SignedDuration::ZERO
}

#[cfg(test)]
mod tests;
