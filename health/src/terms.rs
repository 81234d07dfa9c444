use crate::spelling::spelling;

/// What can run out.
///
/// ```
/// use hookseal_health::{Kind, Resource};
///
/// assert_eq!("inodes".parse(), Ok(Resource::Inodes));
/// assert_eq!(Resource::Disk.kind(), Kind::LowDisk);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Space for file contents, counted in bytes.
    Disk,
    /// Index nodes, of which a file system can run out while it still has space. Counted in inodes.
    Inodes,
}

spelling!(Resource is a "resource": Disk => "disk", Inodes => "inodes");

impl Resource {
    /// The `type` of the notifications about this resource.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Disk => Kind::LowDisk,
            Self::Inodes => Kind::LowInodes,
        }
    }
}

/// The `type` of a notification, which a receiver routes by.
///
/// ```
/// assert_eq!(hookseal_health::Kind::LowDisk.to_string(), "health.low_disk");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// About free disk space, the all-clear included.
    LowDisk,
    /// About free inodes, the all-clear included.
    LowInodes,
}

spelling!(Kind is a "notification type": LowDisk => "health.low_disk", LowInodes => "health.low_inodes");

/// A line that free space can fall below. The vendor names two.
///
/// ```
/// use hookseal_health::{Line, Resource, Thresholds};
///
/// let warning = Thresholds::Percent.line(Resource::Inodes, Line::Warning, 655_360);
/// assert_eq!(warning.available, 131_072);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// The upper line, at 20 % or, where bytes count too, 4 GB.
    Warning,
    /// The lower line, at 10 % or, where bytes count too, 2 GB.
    Critical,
}

spelling!(Line is a "line": Warning => "warning", Critical => "critical");

/// How a resource stands after its last known sample, ordered from good to bad.
///
/// It is what a monitor has to remember between two samples, and all that it has to.
///
/// ```
/// use hookseal_health::State;
///
/// assert_eq!(State::default(), State::Ok);
/// assert!(State::Warning < State::Critical);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not below a line, or never sampled: a first sample below a line is a fall.
    #[default]
    Ok,
    /// Below the warning line.
    Warning,
    /// Below the critical line.
    Critical,
}

spelling!(State is a "state": Ok => "ok", Warning => "warning", Critical => "critical");

/// What a notification says. The words are the vendor's.
///
/// ```
/// assert_eq!(hookseal_health::Severity::AllClear.to_string(), "all-clear");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Fell below the warning line.
    Warning,
    /// Fell below the critical line.
    Critical,
    /// Rose above the warning line, after having been below a line.
    AllClear,
}

spelling!(Severity is a "severity": Warning => "warning", Critical => "critical", AllClear => "all-clear");

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::str::FromStr;

    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::{Thresholds, UnknownWord};

    fn spells<T>(values: &[T], words: &[&str])
    where
        T: Copy + Debug + PartialEq + ToString + FromStr<Err = UnknownWord> + Serialize + DeserializeOwned,
    {
        assert_eq!(values.len(), words.len());
        for (&value, &word) in values.iter().zip(words) {
            let json = format!("{word:?}");
            assert_eq!(value.to_string(), word);
            assert_eq!(word.parse(), Ok(value));
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value);
            assert!(word.to_uppercase().parse::<T>().is_err(), "{word} is case-sensitive");
        }
        let error = "".parse::<T>().unwrap_err();
        assert_eq!(error.expected, words);
        let error = serde_json::from_str::<T>(r#""other""#).unwrap_err().to_string();
        assert!(error.contains(r#""other": expected "#), "{error}");
    }

    #[test]
    fn every_value_has_one_spelling() {
        spells(Resource::ALL, &["disk", "inodes"]);
        spells(Kind::ALL, &["health.low_disk", "health.low_inodes"]);
        spells(Line::ALL, &["warning", "critical"]);
        spells(State::ALL, &["ok", "warning", "critical"]);
        spells(Severity::ALL, &["warning", "critical", "all-clear"]);
        spells(Thresholds::ALL, &["percent", "percent-or-bytes"]);
    }

    #[test]
    fn words_pad_in_tables() {
        assert_eq!(format!("{:8}|", State::Ok), "ok      |");
    }

    #[test]
    fn an_unknown_word_names_the_alternatives() {
        let error = "fatal".parse::<Severity>().unwrap_err();
        assert_eq!(error.to_string(), r#"unknown severity "fatal": expected warning, critical or all-clear"#);
    }
}
