use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::spelling::spelling;
use crate::{Line, Reading, Resource};

/// Which rule says where the two lines are.
///
/// | | warning | critical | source |
/// | --- | --- | --- | --- |
/// | `percent` | 20 % | 10 % | OVHcloud Web PaaS, *Health notifications*, 25 May 2021 |
/// | `percent-or-bytes` | 20 % or 4 GB | 10 % or 2 GB | Upsun, *Health notifications* |
///
/// Of a percentage and a size the smaller counts, so `percent-or-bytes` is never the stricter
/// rule. A size is of disk only: for inodes the two rules are one. GB are 10⁹ bytes.
///
/// ```
/// use hookseal_health::{Line, Resource, Thresholds};
///
/// let rule: Thresholds = "percent-or-bytes".parse()?;
/// assert_eq!(rule.line(Resource::Disk, Line::Warning, 10_000_000_000).available, 2_000_000_000);
/// assert_eq!(rule.line(Resource::Disk, Line::Warning, 500_000_000_000).available, 4_000_000_000);
/// assert_eq!(Thresholds::default(), Thresholds::Percent);
/// # Ok::<_, hookseal_health::UnknownWord>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Thresholds {
    /// Shares of the total alone.
    #[default]
    Percent,
    /// Shares of the total or sizes on disk, whichever is smaller.
    PercentOrBytes,
}

spelling!(Thresholds is a "thresholds": Percent => "percent", PercentOrBytes => "percent-or-bytes");

impl Thresholds {
    /// Where a line is, given how much there is in all (bytes or inodes).
    #[must_use]
    pub fn line(self, resource: Resource, line: Line, total: u64) -> Threshold {
        let hundredths = self.hundredths(resource, line, total);
        Threshold {
            line,
            percent: line.percent(),
            available: hundredths.div_ceil(100) as u64, // at most `total`
            bytes: self.bytes(resource, line),
        }
    }

    /// Where a reading is, seen from a line.
    pub(crate) fn compare(self, resource: Resource, reading: Reading, line: Line) -> Ordering {
        let available = u128::from(reading.available()) * 100;
        available.cmp(&self.hundredths(resource, line, reading.total()))
    }

    /// A line in hundredths of a byte or inode: 20 % of a total need not be a whole number of
    /// them, but it is a whole number of hundredths.
    fn hundredths(self, resource: Resource, line: Line, total: u64) -> u128 {
        let share = u128::from(total) * u128::from(line.percent());
        match self.bytes(resource, line) {
            Some(bytes) => share.min(u128::from(bytes) * 100),
            None => share,
        }
    }

    fn bytes(self, resource: Resource, line: Line) -> Option<u64> {
        match (self, resource) {
            (Self::PercentOrBytes, Resource::Disk) => Some(line.bytes()),
            (Self::PercentOrBytes, Resource::Inodes) | (Self::Percent, _) => None,
        }
    }
}

impl Line {
    const fn percent(self) -> u8 {
        match self {
            Self::Warning => 20,
            Self::Critical => 10,
        }
    }

    const fn bytes(self) -> u64 {
        match self {
            Self::Warning => 4_000_000_000,
            Self::Critical => 2_000_000_000,
        }
    }
}

/// A line as it lies for one total: the `threshold` of a notification.
///
/// ```
/// use hookseal_health::{Line, Resource, Thresholds};
///
/// let line = Thresholds::PercentOrBytes.line(Resource::Disk, Line::Critical, 10_000_000_001);
/// assert_eq!(
///     serde_json::to_string(&line)?,
///     r#"{"severity":"critical","percent":10,"available":1000000001,"bytes":2000000000}"#,
/// );
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Threshold {
    /// Which line it is: `severity` in JSON.
    #[serde(rename = "severity")]
    pub line: Line,
    /// The line as a share of the total, in percent.
    pub percent: u8,
    /// The line in bytes or inodes, rounded up to a whole one: fewer than this is below the line.
    pub available: u64,
    /// The line as a size in bytes. Only where sizes count, that is on disk by
    /// [`Thresholds::PercentOrBytes`]; `available` is then the smaller of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn available(thresholds: Thresholds, resource: Resource, total: u64) -> [u64; 2] {
        [Line::Warning, Line::Critical].map(|line| thresholds.line(resource, line, total).available)
    }

    #[test]
    fn the_smaller_of_share_and_size_is_the_line() {
        let lines = |total| available(Thresholds::PercentOrBytes, Resource::Disk, total);
        assert_eq!(lines(5 * GB), [GB, GB / 2]);
        assert_eq!(lines(20 * GB), [4 * GB, 2 * GB]);
        assert_eq!(lines(20 * GB - 5), [4 * GB - 1, 2 * GB], "2 GB - 0.5 is shown rounded up");
        assert_eq!(lines(20 * GB + 5), [4 * GB, 2 * GB]);
        assert_eq!(lines(u64::MAX), [4 * GB, 2 * GB]);
    }

    #[test]
    fn sizes_count_on_disk_by_percent_or_bytes_only() {
        for total in [1, 7, GB, 100 * GB, u64::MAX] {
            let percent = available(Thresholds::Percent, Resource::Disk, total);
            assert_eq!(percent, available(Thresholds::Percent, Resource::Inodes, total));
            assert_eq!(percent, available(Thresholds::PercentOrBytes, Resource::Inodes, total));
        }
        let bytes = |thresholds: Thresholds, resource| thresholds.line(resource, Line::Warning, GB).bytes;
        assert_eq!(bytes(Thresholds::PercentOrBytes, Resource::Disk), Some(4 * GB));
        assert_eq!(bytes(Thresholds::PercentOrBytes, Resource::Inodes), None);
        assert_eq!(bytes(Thresholds::Percent, Resource::Disk), None);
    }

    #[test]
    fn a_fractional_line_is_compared_exactly_and_shown_rounded_up() {
        let side = |available, total| {
            let reading = Reading::new(available, total).unwrap();
            Thresholds::Percent.compare(Resource::Disk, reading, Line::Warning)
        };
        assert_eq!([side(0, 7), side(1, 7), side(2, 7)], [Ordering::Less, Ordering::Less, Ordering::Greater]);
        assert_eq!([side(1, 10), side(2, 10), side(3, 10)], [Ordering::Less, Ordering::Equal, Ordering::Greater]);
        // 2⁶⁴ - 1 is divisible by 5; as doubles these three are one number.
        let fifth = u64::MAX / 5;
        assert_eq!(
            [fifth - 1, fifth, fifth + 1].map(|available| side(available, u64::MAX)),
            [Ordering::Less, Ordering::Equal, Ordering::Greater],
        );
        assert_eq!(available(Thresholds::Percent, Resource::Disk, 7), [2, 1]);
        assert_eq!(available(Thresholds::Percent, Resource::Disk, u64::MAX), [fifth, u64::MAX / 10 + 1]);
    }
}
