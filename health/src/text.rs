use std::fmt;

use crate::{Resource, Severity, State, Threshold, Transition};

/// The notification in one sentence, for channels and people that read no JSON.
pub(crate) fn sentence(service: &str, transition: &Transition) -> String {
    let Transition { severity, previous, resource, reading, threshold } = *transition;
    let (subject, is) = match resource {
        Resource::Disk => ("Disk space", "is"),
        Resource::Inodes => ("Inodes", "are"),
    };
    let low = match (severity, previous) {
        (Severity::Warning, State::Warning) => "still low",
        (Severity::Warning, _) => "low",
        (Severity::Critical, State::Critical) => "still critically low",
        (Severity::Critical, _) => "critically low",
        (Severity::AllClear, _) => "back to normal",
    };
    let side = match severity {
        Severity::AllClear => "above",
        // A state can outlast the fall by samples that lie on the line.
        Severity::Warning | Severity::Critical if reading.available() >= threshold.available => "on",
        Severity::Warning | Severity::Critical => "below",
    };
    format!(
        "{subject} on {service} {is} {low}: {available} of {total} free ({percent} %), \
         {side} the {line} line of {limit}.",
        available = Amount(resource, reading.available()),
        total = Amount(resource, reading.total()),
        percent = reading.percent(),
        line = threshold.line,
        limit = Limit(threshold, reading.total()),
    )
}

/// A line as the rule puts it: as a size where that is the smaller, else as a share.
struct Limit(Threshold, u64);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Threshold { percent, bytes, .. }, total) = *self;
        match bytes {
            Some(bytes) if u128::from(bytes) * 100 < u128::from(total) * u128::from(percent) => {
                Amount(Resource::Disk, bytes).fmt(f)
            }
            _ => write!(f, "{percent} %"),
        }
    }
}

/// An amount for people, as notifications put it: bytes in the largest decimal unit with one
/// decimal, cut and not rounded, so that what is below a line is not shown as being on it; inodes
/// in full, with their thousands apart.
///
/// ```
/// use hookseal_health::{Amount, Resource};
///
/// assert_eq!(Amount(Resource::Disk, 1_999_999_999).to_string(), "1.9 GB");
/// assert_eq!(Amount(Resource::Inodes, 655_360).to_string(), "655,360");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(
    /// What it is an amount of.
    pub Resource,
    /// In bytes or inodes.
    pub u64,
);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self(Resource::Disk, bytes) => write_bytes(f, bytes),
            Self(Resource::Inodes, inodes) => write_grouped(f, inodes),
        }
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    const UNITS: [(u64, &str); 6] = [
        (1_000_000_000_000_000_000, "EB"),
        (1_000_000_000_000_000, "PB"),
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    let Some((size, unit)) = UNITS.into_iter().find(|&(size, _)| bytes >= size) else {
        return write!(f, "{bytes} B");
    };
    match (bytes / size, bytes % size / (size / 10)) {
        (whole, 0) => write!(f, "{whole} {unit}"),
        (whole, tenths) => write!(f, "{whole}.{tenths} {unit}"),
    }
}

fn write_grouped(f: &mut fmt::Formatter<'_>, number: u64) -> fmt::Result {
    if number < 1_000 {
        return write!(f, "{number}");
    }
    write_grouped(f, number / 1_000)?;
    write!(f, ",{:03}", number % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, Reading, Sample, Thresholds};

    const GB: u64 = 1_000_000_000;

    fn told(check: Check, state: State, available: u64, total: u64) -> String {
        let (_, transition) = check.transition(state, Sample::new(available, total));
        sentence("app", &transition.unwrap())
    }

    #[test]
    fn falls_and_the_all_clear() {
        let disk = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };
        assert_eq!(
            told(disk, State::Ok, 1_900_000_000, 10 * GB),
            "Disk space on app is low: 1.9 GB of 10 GB free (19 %), below the warning line of 20 %.",
        );
        assert_eq!(
            told(disk, State::Warning, 999_999_999, 10 * GB),
            "Disk space on app is critically low: 999.9 MB of 10 GB free (9.99 %), \
             below the critical line of 10 %.",
        );
        assert_eq!(
            told(disk, State::Critical, 5 * GB, 10 * GB),
            "Disk space on app is back to normal: 5 GB of 10 GB free (50 %), \
             above the warning line of 20 %.",
        );
        let inodes = Check { resource: Resource::Inodes, ..disk };
        assert_eq!(
            told(inodes, State::Ok, 124_518, 655_360),
            "Inodes on app are low: 124,518 of 655,360 free (18.99 %), \
             below the warning line of 20 %.",
        );
    }

    #[test]
    fn the_line_is_named_as_the_size_only_where_that_is_the_smaller() {
        let check = Check { resource: Resource::Disk, thresholds: Thresholds::PercentOrBytes };
        let limit = |total| told(check, State::Ok, 0, total).rsplit_once(" line of ").unwrap().1.to_owned();
        assert_eq!(limit(10 * GB), "10 %.");
        assert_eq!(limit(20 * GB), "10 %.");
        assert_eq!(limit(20 * GB + 1), "2 GB.");
        assert_eq!(limit(u64::MAX), "2 GB.");
    }

    #[test]
    fn a_reminder_says_that_it_lasts() {
        let check = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };
        let reminder = |state, available| {
            let reading = Reading::new(available, 10 * GB).unwrap();
            sentence("db", &check.reminder(state, reading).unwrap())
        };
        assert_eq!(
            reminder(State::Warning, 1_500_000_000),
            "Disk space on db is still low: 1.5 GB of 10 GB free (15 %), \
             below the warning line of 20 %.",
        );
        assert_eq!(
            reminder(State::Critical, GB),
            "Disk space on db is still critically low: 1 GB of 10 GB free (10 %), \
             on the critical line of 10 %.",
        );
    }

    #[test]
    fn amounts_are_cut_to_what_can_be_read() {
        let bytes = |n| Amount(Resource::Disk, n).to_string();
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1 kB");
        assert_eq!(bytes(1_999_999), "1.9 MB");
        assert_eq!(bytes(512_000_000_000), "512 GB");
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        let inodes = |n| Amount(Resource::Inodes, n).to_string();
        assert_eq!(inodes(0), "0");
        assert_eq!(inodes(999), "999");
        assert_eq!(inodes(1_000), "1,000");
        assert_eq!(inodes(10_020_003), "10,020,003");
        assert_eq!(inodes(u64::MAX), "18,446,744,073,709,551,615");
    }
}
