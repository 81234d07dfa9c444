//! What the machine has for a measurement.

use std::fs;
use std::thread;
use std::time::Duration;

/// A virtual machine may have a credit of processor time, which comes back while it rests.
pub(super) fn rest() {
    thread::sleep(Duration::from_secs(5));
}

/// Measures something, and says beside it what part of the processors' time the host took meanwhile: none, where nobody tells.
pub(super) fn beside_stolen<T>(measure: impl FnOnce() -> T) -> (T, f64) {
    let before = Times::now();
    let measured = measure();
    let stolen = match (before, Times::now()) {
        (Some(before), Some(after)) if after.all > before.all => {
            (after.stolen - before.stolen) / (after.all - before.all)
        }
        _ => 0.0,
    };
    (measured, stolen)
}

/// Of all processors together, since the machine started.
struct Times {
    all: f64,
    stolen: f64,
}

impl Times {
    /// From the first line of Linux's `/proc/stat`, whose eighth figure is what the host took.
    fn now() -> Option<Self> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let figures: Vec<f64> =
            text.lines().next()?.split_whitespace().skip(1).take(8).filter_map(|figure| figure.parse().ok()).collect();
        Some(Times { all: figures.iter().sum(), stolen: *figures.get(7)? })
    }
}
