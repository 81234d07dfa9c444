//! A disk that fills up and is cleared again, looked at every five minutes.

use hookseal_health::{Check, Notification, Origin, Resource, Sample, State, Thresholds};
use jiff::Timestamp;
use uuid::Uuid;

const TOTAL: u64 = 10_000_000_000;

/// What is free at each look, in tenths of a gigabyte.
const FREE: [u64; 9] = [45, 24, 19, 13, 8, 6, 15, 52, 51];

/// One look at the disk.
pub(super) struct Look {
    /// Since the beginning.
    pub(super) minute: usize,
    pub(super) percent: u64,
    pub(super) state: State,
    /// What there is to tell.
    pub(super) notification: Option<Notification>,
}

/// The whole story of the disk.
pub(super) fn looks() -> impl Iterator<Item = Look> {
    let check = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };
    let mut state = State::default();
    FREE.into_iter().enumerate().map(move |(number, tenths)| {
        let sample = Sample::new(tenths * 100_000_000, TOTAL);
        let (next, transition) = check.transition(state, sample);
        state = next;
        let notification =
            transition.map(|transition| Notification::new(transition, Uuid::new_v4(), Timestamp::now(), origin()));
        Look { minute: number * 5, percent: tenths, state, notification }
    })
}

fn origin() -> Origin {
    Origin { project: "demo".to_owned(), environments: vec!["main".to_owned()], service: "app".to_owned() }
}
