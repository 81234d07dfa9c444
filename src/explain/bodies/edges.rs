//! White space and byte order marks at the body's ends.

use alloc::format;

use super::{PASS_RAW_BODY, cause};
use crate::explain::budget::Stop;
use crate::explain::cause::{Cause, Detail};
use crate::explain::octets::Sink;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Something at the ends that is there and was not signed, or was signed and is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Edge {
    /// These octets were signed with the others.
    Lost(Lost),
    /// These many octets at the start and the end were not signed.
    Added { id: &'static str, before: usize, after: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) struct Lost {
    id: &'static str,
    before: &'static [u8],
    after: &'static [u8],
}

const fn lost(id: &'static str, before: &'static [u8], after: &'static [u8]) -> Lost {
    Lost { id, before, after }
}

const LIKELY: &[Lost] = &[
    lost("body.newline_removed", b"", b"\n"),
    lost("body.newline_removed", b"", b"\r\n"),
    lost("body.bom_removed", BOM, b""),
    lost("body.trimmed", b"", b" "),
    lost("body.trimmed", b"\n", b"\n"),
    lost("body.trimmed", b"\n", b""),
];

const UNLIKELY: &[Lost] = &[
    lost("body.trimmed", b" ", b""),
    lost("body.trimmed", b"", b"\n\n"),
    lost("body.trimmed", b"\r\n", b"\r\n"),
    lost("body.trimmed", b" ", b" "),
    lost("body.trimmed", b"  ", b""),
    lost("body.trimmed", b"", b"  "),
    lost("body.trimmed", b"", b"\t"),
    lost("body.trimmed", b"\r\n", b""),
    lost("body.trimmed", b"", b" \n"),
    lost("body.trimmed", b"", b"\r\n\r\n"),
    lost("body.trimmed", b" ", b"\n"),
    lost("body.trimmed", b"\t", b""),
];

/// The ends that are there, then those that may be gone.
pub(super) fn likely(body: &[u8]) -> impl Iterator<Item = Edge> {
    let added = |id, before, after| (before + after > 0).then_some(Edge::Added { id, before, after });
    let newline = if body.ends_with(b"\r\n") { 2 } else { usize::from(body.ends_with(b"\n")) };
    let after = body.len() - body.trim_ascii_end().len();
    let before = body.len() - body.trim_ascii_start().len();
    let all_blank = after == body.len();
    [
        added("body.newline_added", 0, newline),
        added("body.newline_added", 0, after).filter(|_| after > newline),
        added("body.newline_added", before, after).filter(|_| before > 0 && !all_blank),
        added("body.newline_added", before, 0).filter(|_| after > 0 && !all_blank),
        added("body.bom_added", if body.starts_with(BOM) { BOM.len() } else { 0 }, 0),
    ]
    .into_iter()
    .flatten()
    .chain(possible(LIKELY, body))
}

pub(super) fn unlikely(body: &[u8]) -> impl Iterator<Item = Edge> {
    possible(UNLIKELY, body)
}

/// What was trimmed leaves an end with nothing to trim; a BOM is not put before another.
fn possible(table: &'static [Lost], body: &[u8]) -> impl Iterator<Item = Edge> {
    let starts_blank = body.first().is_none_or(u8::is_ascii_whitespace);
    let ends_blank = body.last().is_none_or(u8::is_ascii_whitespace);
    let has_bom = body.starts_with(BOM);
    let is_possible = move |lost: &&Lost| match lost.id {
        "body.trimmed" => (!starts_blank || lost.before.is_empty()) && (!ends_blank || lost.after.is_empty()),
        "body.bom_removed" => !has_bom,
        _ => true,
    };
    table.iter().filter(is_possible).map(|lost| Edge::Lost(*lost))
}

impl Edge {
    pub(super) fn write(&self, body: &[u8], out: &mut impl Sink) -> Result<(), Stop> {
        match self {
            Edge::Lost(Lost { before, after, .. }) => {
                out.push(before)?;
                out.push(body)?;
                out.push(after)
            }
            Edge::Added { before, after, .. } => {
                out.push(body.get(*before..body.len() - after).ok_or(Stop::DoesNotApply)?)
            }
        }
    }

    pub(super) fn cause(&self) -> Cause {
        match self {
            Edge::Lost(lost) => lost.cause(),
            Edge::Added { id: "body.bom_added", .. } => cause(
                "body.bom_added",
                "The signature matches if the byte order mark (EF BB BF) at the start of the body is left out.",
                "Something wrote a byte order mark before the body, as editors and some UTF-8 encoders do. Verify the body \
                 without it.",
                Detail::default(),
            ),
            Edge::Added { id, before, after } => cause(
                id,
                format!(
                    "The signature matches if the white space around the body is left out: {before} octets at its start, {after} at its end."
                ),
                "A newline was added to the body after it was signed (an editor, echo, a here-document, a template). Verify \
                 the octets that came, or write them to a file without a final newline.",
                Detail::default().with("before", *before).with("after", *after),
            ),
        }
    }
}

impl Lost {
    fn cause(&self) -> Cause {
        let Lost { id, before, after } = self;
        let detail = Detail::default().with("before", name(before)).with("after", name(after));
        match *id {
            "body.newline_removed" => cause(
                id,
                format!("The signature matches if {} is put at the end of the body.", name(after)),
                "The newline at the body's end was signed and is gone: something trimmed it (a shell's $(…), a read line by \
                 line, strip() or trim()). Keep the raw octets.",
                detail,
            ),
            "body.bom_removed" => cause(
                id,
                "The signature matches if a byte order mark (EF BB BF) is put before the body.",
                "The sender signs a byte order mark, and something removed it while decoding. Keep the raw octets.",
                Detail::default(),
            ),
            _ => cause(
                id,
                "The signature matches if white space is put around the body: it was signed and is gone.",
                PASS_RAW_BODY,
                detail,
            ),
        }
    }
}

/// White space by its name: control characters do not go into an answer.
fn name(octets: &[u8]) -> &'static str {
    match octets {
        b"" => "nothing",
        b"\n" => "LF",
        b"\r\n" => "CR LF",
        b"\n\n" => "LF LF",
        b"\r\n\r\n" => "CR LF CR LF",
        b" " => "a space",
        b"  " => "two spaces",
        b" \n" => "a space and LF",
        b"\t" => "a tab",
        _ => "white space",
    }
}
