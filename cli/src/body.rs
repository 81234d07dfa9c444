//! A body from a file or from standard input, hashed as it is read.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::{Failure, reason};
use crate::output;

/// Reading fewer octets than this takes no time that anybody would notice.
const WORTH_A_PROGRESS_BAR: u64 = 256 << 20;

const FROM_TERMINAL: &str = "Reading the body from the terminal; Ctrl-D ends it.";

/// Where a body is.
#[derive(clap::Args)]
pub(crate) struct BodySource {
    /// The file with the raw body; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

impl BodySource {
    /// The whole body, for who has to look at it more than once.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        if is_stdin(&self.file) && io::stdin().is_terminal() {
            output::message(FROM_TERMINAL);
        }
        read_whole(&self.file)
    }

    /// Feeds the whole body to `sink` and returns its size.
    pub(crate) fn feed(&self, sink: &mut impl Write) -> Result<u64, Failure> {
        if is_stdin(&self.file) {
            let stdin = io::stdin();
            if stdin.is_terminal() {
                output::message(FROM_TERMINAL);
            }
            return io::copy(&mut stdin.lock(), sink)
                .map_err(|error| Failure::io(format!("cannot read standard input: {}", reason(&error)), 2));
        }
        let failed = |error: io::Error| unreadable(&self.file, &error);
        let file = File::open(&self.file).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let progress = progress_bar(size);
        let copied = io::copy(&mut progress.wrap_read(file), sink).map_err(failed);
        progress.finish_and_clear();
        copied
    }
}

/// A whole body in memory, as it has to be to be sent.
pub(crate) fn read_whole(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let read = if is_stdin(path) {
        io::stdin().lock().read_to_end(&mut body)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut body))
    };
    read.map_err(|error| unreadable(path, &error))?;
    Ok(body)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::file("read the body from", path, error).with_hint("Name a file, or - for standard input.")
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// On a terminal only; indicatif sees to that.
fn progress_bar(size: u64) -> ProgressBar {
    if size < WORTH_A_PROGRESS_BAR {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(size);
    match ProgressStyle::with_template("{bar:40} {binary_bytes} of {binary_total_bytes}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
