//! A body that arrived as a JSON string: serialised once more, or twice.

use alloc::vec::Vec;

use super::cause;
use crate::explain::budget::Stop;
use crate::explain::cause::{Cause, Detail};
use crate::explain::octets::Sink;
use crate::explain::tokens::{Piece, unescaped};
use crate::json;

/// How often the body was serialised, and whether the quotes are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) struct Quoting {
    times: u8,
    quotes: bool,
}

pub(super) fn candidates(text: Option<&str>) -> impl Iterator<Item = Quoting> {
    let text = text.unwrap_or_default().trim_ascii();
    let quoted = text.starts_with('"') && json::check(text).is_ok();
    let once = quoted.then_some(Quoting { times: 1, quotes: true });
    let twice = (quoted && text.starts_with("\"\\\"")).then_some(Quoting { times: 2, quotes: true });
    let bare =
        (!quoted && text.contains("\\\"") && !text.contains("\":\"")).then_some(Quoting { times: 1, quotes: false });
    [once, twice, bare].into_iter().flatten()
}

impl Quoting {
    pub(super) fn write(self, text: &str, out: &mut impl Sink) -> Result<(), Stop> {
        let text = text.trim_ascii();
        let raw = if self.quotes { without_quotes(text)? } else { text };
        if self.times == 1 {
            return unquote(raw, out);
        }
        let mut once = Vec::new();
        out.charge(raw.len())?;
        unquote(raw, &mut once)?;
        let once = core::str::from_utf8(&once).map_err(|_| Stop::DoesNotApply)?;
        unquote(without_quotes(once)?, out)
    }

    pub(super) fn cause(self) -> Cause {
        let detail = Detail::default()
            .with("times", usize::from(self.times))
            .with("quotes", if self.quotes { "present" } else { "stripped" });
        cause(
            "body.json_string",
            "The signature matches if the body is read as a JSON string first: what arrived was serialised once too often.",
            "Something serialised the body again (JSON.stringify or json.dumps of a string, a queue, a gateway). Unwrap the \
             string and verify its octets, or pass the body on as octets.",
            detail,
        )
    }
}

fn without_quotes(text: &str) -> Result<&str, Stop> {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or(Stop::DoesNotApply)
}

fn unquote(raw: &str, out: &mut impl Sink) -> Result<(), Stop> {
    unescaped(
        raw,
        |octet| octet != b'\\',
        |piece| match piece {
            Piece::Text(text) => out.push(text.as_bytes()),
            Piece::Character(character) => out.push(character.encode_utf8(&mut [0; 4]).as_bytes()),
        },
    )
}
