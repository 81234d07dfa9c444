use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

/// What one round of measuring found out about a resource.
///
/// A file system that hangs, fails or counts no inodes has no figures; neither has one whose
/// figures cannot be true. All of that is *unknown*, which never changes a state: a disk that
/// nobody can read must not give the all-clear.
///
/// ```
/// use hookseal_health::Sample;
///
/// assert_ne!(Sample::new(0, 10), Sample::Unknown);
/// // btrfs reports 0 of 0 inodes, CephFS as many free ones as 64 bits hold.
/// assert_eq!(Sample::new(0, 0), Sample::Unknown);
/// assert_eq!(Sample::new(u64::MAX, 4_711), Sample::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sample {
    /// The measured figures.
    Known(Reading),
    /// No figures, or none that can be true.
    Unknown,
}

impl Sample {
    /// A sample of the figures that were measured, `Unknown` where [`Reading::new`] refuses them.
    #[must_use]
    pub const fn new(available: u64, total: u64) -> Self {
        match Reading::new(available, total) {
            Some(reading) => Self::Known(reading),
            None => Self::Unknown,
        }
    }
}

/// Figures that can be true: `0 < total` and `available <= total`.
///
/// ```
/// use hookseal_health::Reading;
///
/// let reading = Reading::new(1_999, 10_000).unwrap();
/// assert_eq!((reading.available(), reading.total()), (1_999, 10_000));
/// assert_eq!(reading.percent().to_string(), "19.99");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    available: u64,
    total: u64,
}

impl Reading {
    /// Takes the figures, in bytes or in inodes, unless `total` is 0 or `available` exceeds it.
    #[must_use]
    pub const fn new(available: u64, total: u64) -> Option<Self> {
        if total == 0 || available > total { None } else { Some(Self { available, total }) }
    }

    /// What an unprivileged user can still take (`f_bavail` · `f_frsize`, or `f_favail`).
    #[must_use]
    pub const fn available(self) -> u64 {
        self.available
    }

    /// What there is in all (`f_blocks` · `f_frsize`, or `f_files`).
    #[must_use]
    pub const fn total(self) -> u64 {
        self.total
    }

    /// The available share.
    #[must_use]
    pub const fn percent(self) -> Percent {
        let hundredths = self.available as u128 * 10_000 / self.total as u128;
        Percent { hundredths: hundredths as u16 } // at most 10,000, as available <= total
    }
}

/// A share from 0 to 100 %, in hundredths of a percent, rounded down.
///
/// Rounded down, so that what is below a line is never shown as being on it: 19.999 % is 19.99.
/// In JSON it is a number, whole where it can be.
///
/// ```
/// use hookseal_health::Reading;
///
/// let shown = |available| serde_json::to_string(&Reading::new(available, 100_000).unwrap().percent()).unwrap();
/// assert_eq!(shown(19_999), "19.99");
/// assert_eq!(shown(19_500), "19.5");
/// assert_eq!(shown(20_000), "20");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    hundredths: u16,
}

impl Percent {
    /// The share in hundredths of a percent, from 0 to 10,000.
    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.hundredths
    }
}

/// The nearest double, for gauges and plots. Compare [`Percent`]s, not these.
impl From<Percent> for f64 {
    fn from(percent: Percent) -> Self {
        Self::from(percent.hundredths) / 100.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.hundredths / 100, self.hundredths % 100);
        match (rest / 10, rest % 10) {
            (0, 0) => write!(f, "{whole}"),
            (tenths, 0) => write!(f, "{whole}.{tenths}"),
            _ => write!(f, "{whole}.{rest:02}"),
        }
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.hundredths.is_multiple_of(100) {
            serializer.serialize_u16(self.hundredths / 100)
        } else {
            // The double nearest to a number of two decimals prints as that number.
            serializer.serialize_f64(f64::from(*self))
        }
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        let percent = Self { hundredths: (number * 100.0).round() as u16 };
        if percent.hundredths <= 10_000 && f64::from(percent) == number {
            Ok(percent)
        } else {
            Err(D::Error::custom(format_args!("{number} is not a percentage from 0 to 100 with at most two decimals")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_cannot_be_true_are_unknown() {
        for (available, total) in [(0, 0), (1, 0), (2, 1), (u64::MAX, 0), (u64::MAX, u64::MAX - 1)] {
            assert_eq!(Sample::new(available, total), Sample::Unknown, "{available} of {total}");
        }
        for (available, total) in [(0, 1), (1, 1), (0, u64::MAX), (u64::MAX, u64::MAX)] {
            assert_ne!(Sample::new(available, total), Sample::Unknown, "{available} of {total}");
        }
    }

    #[test]
    fn percent_is_rounded_down_at_any_size() {
        let percent = |available, total| Reading::new(available, total).unwrap().percent().hundredths();
        assert_eq!(percent(0, 1), 0);
        assert_eq!(percent(1, 1), 10_000);
        assert_eq!(percent(19_999, 100_000), 1_999);
        assert_eq!(percent(2, 3), 6_666);
        assert_eq!(percent(u64::MAX, u64::MAX), 10_000);
        assert_eq!(percent(u64::MAX - 1, u64::MAX), 9_999);
        assert_eq!(percent(u64::MAX / 5, u64::MAX), 2_000);
        assert_eq!(percent(1, u64::MAX), 0);
    }

    #[test]
    fn every_percent_round_trips_and_prints_as_it_displays() {
        for hundredths in 0..=10_000 {
            let percent = Percent { hundredths };
            let json = serde_json::to_string(&percent).unwrap();
            assert_eq!(json, percent.to_string());
            assert_eq!(serde_json::from_str::<Percent>(&json).unwrap(), percent);
        }
    }

    #[test]
    fn what_is_no_percent_is_refused() {
        for json in ["-0.01", "-1", "100.01", "101", "19.999", "700", "1e300", "\"19\"", "null"] {
            assert!(serde_json::from_str::<Percent>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<Percent>("20.0").unwrap().hundredths(), 2_000);
    }
}
