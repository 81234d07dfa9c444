//! A body that was form-encoded on the way: `payload=%7B%22a%22%3A1%7D`.

use alloc::vec::Vec;
use core::ops::Range;

use super::cause;
use crate::explain::budget::Stop;
use crate::explain::cause::{Cause, Detail};
use crate::explain::octets::Sink;

/// How many of a form's parameters are looked at.
const PARAMETERS: usize = 4;

/// Which part of the body is percent-decoded to what was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::explain) struct Form {
    part: Range<usize>,
    is_parameter: bool,
    /// `+` stands for a space.
    plus: bool,
}

pub(super) fn candidates(text: Option<&str>) -> Vec<Form> {
    let mut forms = Vec::new();
    let Some(text) = text else { return forms };
    // A form's encoder leaves none of these.
    if text.is_empty() || text.trim_end().bytes().any(|octet| matches!(octet, b' ' | b'"' | b'{' | b'<' | 0x80..)) {
        return forms;
    }
    let end = text.trim_end().len();
    let mut add = |part: Range<usize>, is_parameter: bool| {
        let value = &text[part.clone()];
        if value.contains('+') {
            forms.push(Form { part: part.clone(), is_parameter, plus: true });
        }
        if value.contains('%') || is_parameter {
            forms.push(Form { part, is_parameter, plus: false });
        }
    };
    let mut start = 0;
    for parameter in text[..end].split('&').take(PARAMETERS) {
        let behind = start + parameter.len();
        match parameter.split_once('=') {
            Some((name, value)) if !value.is_empty() && name.len() <= 64 => add(behind - value.len()..behind, true),
            _ => {}
        }
        start = behind + 1;
    }
    // The whole body as one name without a value, as parsers make of JSON that says it is a form.
    add(0..end, false);
    if text[..end].ends_with('=') {
        add(0..end - 1, false);
    }
    forms
}

impl Form {
    pub(super) fn write(&self, body: &[u8], out: &mut impl Sink) -> Result<(), Stop> {
        let mut rest = body.get(self.part.clone()).ok_or(Stop::DoesNotApply)?;
        while let Some(plain) = rest.iter().position(|octet| *octet == b'%' || (self.plus && *octet == b'+')) {
            out.push(&rest[..plain])?;
            rest = &rest[plain..];
            rest = match rest {
                [b'+', behind @ ..] => {
                    out.push(b" ")?;
                    behind
                }
                [_, high, low, behind @ ..] => {
                    let mut octet = [0];
                    hex::decode_to_slice([*high, *low], &mut octet).map_err(|_| Stop::DoesNotApply)?;
                    out.push(&octet)?;
                    behind
                }
                _ => return Err(Stop::DoesNotApply),
            };
        }
        out.push(rest)
    }

    pub(super) fn cause(&self) -> Cause {
        let found = if self.is_parameter {
            "The signature matches if the value of the form's parameter is taken out and percent-decoded."
        } else {
            "The signature matches if the body is percent-decoded first."
        };
        let detail = Detail::default()
            .with("part", if self.is_parameter { "parameter" } else { "body" })
            .with("plus", if self.plus { "space" } else { "kept" });
        cause(
            "body.form_encoded",
            found,
            "Something sent the JSON on as a form (application/x-www-form-urlencoded): curl -d without a content type, a \
             proxy, a test client. Have it pass the body on as it is, or decode before verifying.",
            detail,
        )
    }
}
