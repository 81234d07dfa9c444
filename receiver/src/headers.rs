//! The headers of a delivery, kept in one piece of memory of their own.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HeaderName};

/// Header lines as hyper gives them: names in lower case, values exact, those of one name in their order.
///
/// A `HeaderMap` would hold on to the connection's whole read buffer for as long as the delivery is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Headers {
    /// `name:value\n` for each; neither may hold a newline, and a name has no colon.
    lines: Box<[u8]>,
}

/// Values that let whoever reads them act as somebody else.
const CREDENTIALS: [HeaderName; 2] = [AUTHORIZATION, COOKIE];

pub(crate) const REDACTED: &[u8] = b"[REDACTED]";

impl Headers {
    /// Copies the headers, without the values of `Authorization` and `Cookie` unless they are asked for.
    pub fn copy(map: &HeaderMap, keep_credentials: bool) -> Self {
        let length = map.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
        let mut lines = Vec::with_capacity(length);
        for (name, value) in map {
            let redacted = !keep_credentials && CREDENTIALS.contains(name);
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.push(b':');
            lines.extend_from_slice(if redacted { REDACTED } else { value.as_bytes() });
            lines.push(b'\n');
        }
        Headers { lines: lines.into() }
    }

    /// As [`as_lines`](Self::as_lines) gave them.
    pub(crate) fn from_lines(lines: Box<[u8]>) -> Self {
        Headers { lines }
    }

    /// `name:value\n` for each.
    pub(crate) fn as_lines(&self) -> &[u8] {
        &self.lines
    }

    /// Each name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.lines.split(|octet| *octet == b'\n').filter_map(|line| {
            let colon = line.iter().position(|octet| *octet == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]))
        })
    }

    /// The values of one header, whose name is given in lower case.
    pub fn get<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value)
    }

    pub(crate) fn footprint(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn contains(&self, octets: &[u8]) -> bool {
        memchr::memmem::find(&self.lines, octets).is_some()
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, value)| (name, value.escape_ascii().to_string()))).finish()
    }
}

/// A value as a string in which each character is one octet (ISO-8859-1, as in the Fetch API), so that nothing is lost.
pub(crate) fn latin1(octets: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(octets) {
        Ok(text) if text.is_ascii() => text.into(),
        _ => octets.iter().map(|octet| char::from(*octet)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn values_are_exact_and_duplicates_stay_in_order() {
        let mut map = HeaderMap::new();
        map.append("x-b", HeaderValue::from_bytes(b"2: \xff;").unwrap());
        map.append("X-A", HeaderValue::from_static("one"));
        map.append("x-b", HeaderValue::from_static(""));
        let headers = Headers::copy(&map, false);
        assert_eq!(headers.get("x-b").collect::<Vec<_>>(), [&b"2: \xff;"[..], b""]);
        assert_eq!(headers.iter().count(), 3);
        assert_eq!(latin1(b"\xff"), "ÿ");
    }

    #[test]
    fn credentials_are_kept_only_when_asked_for() {
        let mut map = HeaderMap::new();
        map.insert(AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
        map.insert(COOKIE, HeaderValue::from_static("s3cret"));
        assert!(!Headers::copy(&map, false).contains(b"s3cret"));
        assert_eq!(Headers::copy(&map, true).get("cookie").next(), Some(&b"s3cret"[..]));
    }
}
