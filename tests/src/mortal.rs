//! Dying at a named place.

use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Signal, getpid, kill_process};

/// Has this process die by SIGKILL at a place of that name in the notifier, when it passes there for the `times`-th time.
pub fn die_at(place: &str, times: u32) {
    let passed = AtomicU32::new(0);
    let die = move || {
        if passed.fetch_add(1, Ordering::SeqCst) + 1 == times {
            let _ = kill_process(getpid(), Signal::KILL);
            std::thread::park(); // it takes a moment
        }
    };
    fail::cfg_callback(place, die).expect("the place can be named");
}
