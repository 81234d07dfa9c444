//! What the property tests draw from.

use hookseal_health::{Check, Line, Resource, Thresholds};
use proptest::prelude::*;
use proptest::sample::select;

/// The figures of one round: `(available, total)`, possible or not.
pub(crate) type Figures = (u64, u64);

pub(crate) fn checks() -> impl Strategy<Value = Check> {
    (select(Resource::ALL), select(Thresholds::ALL)).prop_map(|(resource, thresholds)| Check { resource, thresholds })
}

/// Rounds as a monitor sees them: mostly one total, figures often on a line or next to it.
pub(crate) fn rounds() -> impl Strategy<Value = Vec<Figures>> {
    let steady = total().prop_flat_map(|total| prop::collection::vec(figures(total), 0..40));
    let resized = prop::collection::vec(total().prop_flat_map(figures), 0..40);
    prop_oneof![3 => steady, 1 => resized]
}

fn total() -> impl Strategy<Value = u64> {
    const GB: u64 = 1_000_000_000;
    prop_oneof![
        1 => Just(0),
        4 => 1..200_u64,
        // Around 20 GB the percentages and the sizes of percent-or-bytes meet.
        4 => 20 * GB - 20..20 * GB + 20,
        2 => GB..1_000 * GB,
        2 => any::<u64>(),
        1 => Just(u64::MAX),
    ]
}

fn figures(total: u64) -> impl Strategy<Value = Figures> {
    let line = (select(Thresholds::ALL), select(Line::ALL), 0..=4_u64).prop_map(move |(thresholds, line, offset)| {
        let line = thresholds.line(Resource::Disk, line, total).available;
        (line + offset).saturating_sub(2)
    });
    let share = (0..=100_u8).prop_map(move |percent| total / 100 * u64::from(percent));
    let available = prop_oneof![6 => line, 3 => share, 1 => Just(0), 1 => Just(total), 1 => any::<u64>()];
    available.prop_map(move |available| (available, total))
}
