use std::sync::Arc;

use hookseal_health::Sample;

/// What a round found out about a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Bytes.
    pub disk: Figures,
    /// Inodes; `None` where none are counted: the file system has no fixed number of them, or the command tells none. When
    /// nothing could be measured they are unknown, also where none are counted.
    pub inodes: Option<Figures>,
}

/// A sample, and why it is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What was measured.
    pub sample: Sample,
    /// Why nothing was, in a line.
    pub reason: Option<Arc<str>>,
}

impl Probed {
    /// Nothing could be measured.
    #[must_use]
    pub fn unknown(reason: impl Into<Arc<str>>) -> Self {
        let figures = Figures { sample: Sample::Unknown, reason: Some(reason.into()) };
        Probed { disk: figures.clone(), inodes: Some(figures) }
    }

    /// Figures as they were measured: `(available, total)` in bytes, and in inodes where those are counted.
    pub(super) fn measured(disk: (u64, u64), inodes: Option<(u64, u64)>) -> Self {
        Probed {
            disk: Figures::measured(disk, "bytes"),
            inodes: inodes.map(|inodes| Figures::measured(inodes, "inodes")),
        }
    }
}

impl Figures {
    fn measured((available, total): (u64, u64), unit: &str) -> Self {
        let sample = Sample::new(available, total);
        let reason = match sample {
            Sample::Known(_) => None,
            Sample::Unknown => Some(format!("{available} of {total} {unit} cannot be true").into()),
        };
        Figures { sample, reason }
    }
}
