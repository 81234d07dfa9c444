//! What the operating system lets the process have.

/// Lets the process have as many connections as it may: the soft limit on open files is often 1,024.
#[cfg(unix)]
pub(super) fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where that fails, the limit stays what it was, and further connections wait.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

#[cfg(not(unix))]
pub(super) fn raise_open_files() {}
