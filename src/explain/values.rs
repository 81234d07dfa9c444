//! What a header value that is not sound may have been before something was done to it.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::budget::Budget;
use super::cause::{Cause, Detail, Family};
use super::keys::KeyHypothesis;
use super::octets::Mac;
use super::search::{Subject, is_signed};
use crate::compact::{Compact, FIXED_PREFIX, Prefix, SIGNATURE_LENGTH};
use crate::header::Policy;

/// A value with everything undone that can be undone without a MAC. Whether rightly so, the MAC says.
pub(super) struct Value {
    /// What the signing input starts with: the protected part and its dot.
    pub(super) prefix: Vec<u8>,
    /// What stands between the dots.
    pub(super) attached: Vec<u8>,
    pub(super) target: Mac,
    pub(super) causes: Vec<Cause>,
}

impl Value {
    pub(super) fn subject<'a>(&'a self, body: &'a [u8]) -> Subject<'a> {
        let is_fixed = self.prefix == FIXED_PREFIX.as_bytes();
        let prefix = if is_fixed { Prefix::Fixed } else { Prefix::Other(&self.prefix) };
        Subject { body, prefix, attached: &self.attached, target: &self.target }
    }

    fn is_like(&self, other: &Value) -> bool {
        self.prefix == other.prefix && self.attached == other.attached && self.target == other.target
    }
}

/// A sound value.
impl From<Compact<'_>> for Value {
    fn from(compact: Compact<'_>) -> Self {
        let prefix = match compact.prefix {
            Prefix::Fixed => FIXED_PREFIX.into(),
            Prefix::Other(prefix) => prefix.to_vec(),
        };
        let target = Mac::new(compact.signature.into());
        Value { prefix, attached: Vec::new(), target, causes: Vec::new() }
    }
}

/// Several values that stand behind one another, joined by commas.
pub(super) struct List<'a> {
    /// Each with its offset.
    values: Vec<(usize, &'a [u8])>,
}

impl<'a> List<'a> {
    /// Nothing where the commas are another scheme's or stand behind a prefix.
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let mut values = Vec::new();
        let mut start = 0;
        for part in value.split(|octet| *octet == b',') {
            let text = part.trim_ascii_start();
            if !text.trim_ascii_end().is_empty() {
                values.push((start + part.len() - text.len(), text.trim_ascii_end()));
            }
            start += part.len() + 1;
        }
        let has_two_dots = |value: &[u8]| value.iter().filter(|octet| **octet == b'.').count() == 2;
        let is_jws = |value: &[u8]| has_two_dots(value) && value.starts_with(b"eyJ");
        let may_be_mac = |value: &[u8]| core::str::from_utf8(value).is_ok_and(is_like_value);
        let all = |is: &dyn Fn(&[u8]) -> bool| values.iter().all(|(_, value)| is(value));
        let is_list = all(&has_two_dots) || all(&may_be_mac) && values.iter().any(|(_, value)| is_jws(value));
        (values.len() > 1 && is_list).then_some(List { values })
    }

    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// Where the second begins.
    pub(super) fn second(&self) -> usize {
        self.values.get(1).map_or(0, |(offset, _)| *offset)
    }

    /// The one that verifies with a configured key, or else the first of those that came best.
    pub(super) fn chosen(
        &self,
        body: &[u8],
        policy: Policy,
        configured: &[KeyHypothesis],
        budget: &mut Budget,
    ) -> Option<Value> {
        /// A stranger's list may be long.
        const MOST: usize = 4;
        let mut read: Vec<Value> = Vec::new();
        for (place, (offset, text)) in self.values.iter().take(MOST).enumerate() {
            let value = Compact::parse(text, policy).map(Value::from).ok().or_else(|| self::read(text));
            let is_new = |value: &Value| read.iter().all(|other| !other.is_like(value));
            if let Some(mut value) = value.filter(is_new) {
                value.causes.insert(0, self.alone(place, *offset));
                read.push(value);
            }
        }
        if read.len() > 1 {
            let verifies = |value: &Value| is_signed(&value.subject(body), configured, budget);
            if let Some(place) = read.iter().position(verifies) {
                return Some(read.swap_remove(place));
            }
        }
        read.into_iter().min_by_key(|value| value.causes.len())
    }

    fn alone(&self, place: usize, offset: usize) -> Cause {
        let count = self.count();
        Cause {
            id: "value.multiple",
            family: Family::Value,
            found: alloc::format!("The signature matches if value {} of the {count} that came is taken alone.", place + 1)
                .into(),
            fix: "Several values came, as lines of their own or joined by commas: a proxy or a test added X-JWS-Signature to \
                  a request that had one. Send exactly one."
                .into(),
            detail: Detail::default().with("count", count).with("index", place).with("offset", offset),
        }
    }
}

/// How many things may be wrapped around a value.
const LAYERS: usize = 8;

/// Reads a value as kindly as possible; `None` where there is no HMAC-SHA256 in it.
pub(super) fn read(value: &[u8]) -> Option<Value> {
    let mut reading = Reading { causes: Vec::new() };
    let text = core::str::from_utf8(value).ok()?;
    let mut text = text;
    for _ in 0..LAYERS {
        match reading.unwrapped(text) {
            Some(inner) => text = inner,
            None => break,
        }
    }
    let text = reading.without_white_space(text);
    let parts: Vec<&str> = text.split('.').collect();
    let (protected, attached, signature) = match parts.as_slice() {
        [signature] => (None, "", *signature),
        [protected, signature] => (Some(*protected), "", *signature),
        // An attached payload that is not encoded may have dots too.
        [protected, .., signature] => {
            let length = text.len() - protected.len() - signature.len();
            (Some(*protected), text.get(protected.len() + 1..protected.len() + length - 1)?, *signature)
        }
        [] => return None,
    };
    let target = reading.mac(signature, protected.is_none())?;
    if !attached.is_empty() {
        reading.found(
            "value.attached_payload",
            "what is between the two dots is left out",
            "The payload of a detached JWS travels in the body. Have nothing between the dots.",
            Detail::default().with("offset", protected.map_or(0, str::len) + 1),
        );
    }
    let prefix = match protected {
        None | Some("") => FIXED_PREFIX.to_string(),
        Some(protected) => reading.base64url(protected) + ".",
    };
    Some(Value { prefix: prefix.into_bytes(), attached: attached.into(), target, causes: reading.causes })
}

struct Reading {
    causes: Vec<Cause>,
}

impl Reading {
    fn found(&mut self, id: &'static str, condition: &str, fix: &'static str, detail: Detail) {
        if self.causes.iter().all(|cause| cause.id != id) {
            let found = alloc::format!("The signature matches if {condition}.").into();
            self.causes.push(Cause { id, family: Family::Value, found, fix: fix.into(), detail });
        }
    }

    fn unwrapped<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let trimmed = text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
        if trimmed != text {
            self.white_space(if text.starts_with(trimmed) { trimmed.len() } else { 0 });
            return Some(trimmed);
        }
        if let Some(inner) = unquoted(text) {
            self.found(
                "value.quoted",
                "the quotes around the value are left out",
                "The quotes became part of the value. Pass the header's value exactly as it came.",
                Detail::default().with("offset", 0),
            );
            return Some(inner);
        }
        let inner = behind_prefix(text)?;
        self.found(
            "value.prefix",
            "the prefix of the value is left out",
            "X-JWS-Signature has the JWS alone: no name, no scheme and no sha256= before it.",
            Detail::default().with("offset", 0).with("length", text.len() - inner.len()),
        );
        Some(inner)
    }

    fn white_space(&mut self, offset: usize) {
        self.found(
            "value.whitespace",
            "the white space in or around the value is left out",
            "The value came with white space (a copy, a folded line, a newline from a file). Pass it exactly as it came.",
            Detail::default().with("offset", offset),
        );
    }

    fn without_white_space(&mut self, text: &str) -> String {
        if let Some(offset) = text.find(char::is_whitespace) {
            self.white_space(offset);
        }
        text.split_whitespace().collect()
    }

    /// The MAC that a signature part says, in any of the ways people write one.
    fn mac(&mut self, text: &str, alone: bool) -> Option<Mac> {
        let mut mac = [0; SIGNATURE_LENGTH];
        if text.len() == 2 * SIGNATURE_LENGTH && hex::decode_to_slice(text, &mut mac).is_ok() {
            let detail = Detail::default().with("header", if alone { "missing" } else { "present" });
            self.found(
                "value.hex",
                "the MAC is read as hexadecimal",
                "The signer writes the MAC in hexadecimal. The last part of the value is base64url, 43 characters.",
                detail,
            );
            return Some(Mac::new(mac.into()));
        }
        let symbols = text.trim_end_matches('=');
        if alone && symbols.len() == 43 {
            self.standard_base64(Detail::default().with("header", "missing"));
        }
        let url_safe = self.base64url(text);
        let length = URL_SAFE_NO_PAD.decode_slice(&url_safe, &mut mac).ok()?;
        (length == SIGNATURE_LENGTH).then(|| Mac::new(mac.into()))
    }

    /// Base64 of any kind, as base64url without padding.
    fn base64url(&mut self, text: &str) -> String {
        let symbols = text.trim_end_matches('=');
        if symbols.contains(['+', '/']) {
            self.standard_base64(Detail::default());
        } else if symbols.len() < text.len() && self.causes.iter().all(|cause| cause.id != "value.base64") {
            self.found(
                "value.padding",
                "the padding (=) is left out",
                "base64url has no padding in a JWS. Strip the equals signs where the value is made.",
                Detail::default(),
            );
        }
        symbols
            .chars()
            .map(|symbol| {
                if symbol == '+' {
                    '-'
                } else if symbol == '/' {
                    '_'
                } else {
                    symbol
                }
            })
            .collect()
    }

    fn standard_base64(&mut self, detail: Detail) {
        self.found(
            "value.base64",
            "the value's base64 is read in the standard alphabet",
            "The signer writes standard base64. A JWS has base64url ('-' and '_', no '='), a header, two dots and the MAC.",
            detail,
        );
    }
}

fn unquoted(text: &str) -> Option<&str> {
    const QUOTES: &[(&str, &str)] = &[("\\\"", "\\\""), ("\"", "\""), ("'", "'"), ("`", "`"), ("“", "”"), ("<", ">")];
    QUOTES.iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
}

/// What follows `sha256=`, `X-JWS-Signature:`, `Bearer ` and the like, where that looks like a value.
fn behind_prefix(text: &str) -> Option<&str> {
    let at = text.find([':', '=', ' ', ','])?;
    let (name, rest) = text.split_at(at);
    let is_name = (1..=40).contains(&name.len())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
    let rest = rest[1..].trim_start();
    let is_value = rest.starts_with(['"', '\'']) || is_like_value(rest);
    (is_name && is_value).then_some(rest)
}

/// Whether that is a JWS or a MAC, or one of them behind a prefix.
fn is_like_value(text: &str) -> bool {
    let is_symbol = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'-' | b'_' | b'=');
    let text = text.trim_end();
    let is_mac = matches!(text.len(), 43 | 44 | 64) && text.bytes().all(is_symbol);
    text.starts_with("eyJ") || is_mac || behind_prefix(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: &str = "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
    const HEADER: &str = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19";
    const HEX: &str = "0397717f6b3deBF9f914bb9e56e5b567fbe1d7ad45c17642e182cf7dfe9d9836";

    #[test]
    fn every_disguise_is_seen_through() {
        let sound = [HEADER, "..", MAC].concat();
        let standard = MAC.replace('-', "+").replace('_', "/");
        for (value, ids) in [
            (sound.clone(), &[][..]),
            (["\"", &sound, "\""].concat(), &["value.quoted"]),
            (["sha256=", &sound].concat(), &["value.prefix"]),
            (["X-JWS-Signature: ", &sound].concat(), &["value.prefix"]),
            (["Bearer ", &sound].concat(), &["value.prefix"]),
            (["jws=\"", &sound, "\""].concat(), &["value.prefix", "value.quoted"]),
            ([&sound, "\r\n"].concat(), &["value.whitespace"]),
            ([HEADER, "..\r\n ", MAC].concat(), &["value.whitespace"]),
            ([&sound, "="].concat(), &["value.padding"]),
            ([HEADER, "==..", MAC].concat(), &["value.padding"]),
            ([HEADER, "..", &standard, "="].concat(), &["value.base64"]),
            ([HEADER, "..", &standard].concat(), &["value.base64"]),
            ([HEADER, "..", HEX].concat(), &["value.hex"]),
            (HEX.into(), &["value.hex"]),
            (["sha256=", HEX].concat(), &["value.prefix", "value.hex"]),
            ([&standard, "="].concat(), &["value.base64"]),
            (MAC.into(), &["value.base64"]),
            ([HEADER, ".eyJhIjoxfQ.", MAC].concat(), &["value.attached_payload"]),
            ([HEADER, ".{\"a\":1.5}.", MAC].concat(), &["value.attached_payload"]),
        ] {
            let read = read(value.as_bytes()).unwrap_or_else(|| panic!("{value}"));
            let found: Vec<_> = read.causes.iter().map(|cause| cause.id).collect();
            assert_eq!(found, ids, "{value}");
            assert_eq!(read.prefix, FIXED_PREFIX.as_bytes(), "{value}");
            let mac = hex::decode(HEX).unwrap();
            assert!(read.target == Mac::new(mac.as_slice().try_into().unwrap()), "{value}");
        }
    }

    #[test]
    fn what_has_no_mac_in_it_is_left_alone() {
        for value in
            ["", " ", ".", "..", "...", "\"", "a..b", "t=1700000000,v1=0ae8", "sha256=", "=", "eyJ..=", "\u{feff}"]
        {
            assert!(read(value.as_bytes()).is_none(), "{value:?}");
        }
        assert!(read(b"\xff").is_none());
    }
}
