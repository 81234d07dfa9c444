//! Line ends that were converted.

use super::cause;
use crate::explain::budget::Stop;
use crate::explain::cause::{Cause, Detail};
use crate::explain::octets::Sink;

/// Which line ends were signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Lines {
    /// CR LF was signed, and became LF.
    Crlf,
    /// LF was signed, and became CR LF.
    Lf,
}

pub(super) fn candidates(body: &[u8]) -> impl Iterator<Item = Lines> {
    let (mut crlf, mut lf) = (false, false);
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        if line.ends_with(b"\r\n") {
            crlf = true;
        } else {
            lf |= line.ends_with(b"\n");
        }
    }
    [crlf.then_some(Lines::Lf), lf.then_some(Lines::Crlf)].into_iter().flatten()
}

impl Lines {
    pub(super) fn write(self, body: &[u8], out: &mut impl Sink) -> Result<(), Stop> {
        for line in body.split_inclusive(|octet| *octet == b'\n') {
            let (text, end) = match line.strip_suffix(b"\n") {
                Some(text) => (text.strip_suffix(b"\r").unwrap_or(text), true),
                None => (line, false),
            };
            out.push(text)?;
            match self {
                _ if !end => {}
                Lines::Crlf => out.push(b"\r\n")?,
                Lines::Lf => out.push(b"\n")?,
            }
        }
        Ok(())
    }

    pub(super) fn cause(self) -> Cause {
        match self {
            Lines::Crlf => cause(
                "body.crlf_to_lf",
                "The signature matches if every line of the body ends with CR LF: the line ends were signed so and became LF.",
                "Something converted the line ends (a read in text mode, git, a copy through an editor). Read the body in \
                 binary mode.",
                Detail::default(),
            ),
            Lines::Lf => cause(
                "body.lf_to_crlf",
                "The signature matches if every line of the body ends with LF: the line ends were signed so and became CR LF.",
                "Something converted the line ends (a write in text mode on Windows, git, a mail gateway). Read and write \
                 the body in binary mode.",
                Detail::default(),
            ),
        }
    }
}
