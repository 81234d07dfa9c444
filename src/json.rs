//! A strict JSON reader (RFC 8259) that keeps what a parser into values throws away: the members' order, the ones that
//! stand there twice, and each value's own text.

use alloc::string::String;
use alloc::vec::Vec;

/// Deeper nesting is refused, so that a stranger's header cannot exhaust the stack.
const MAX_DEPTH: usize = 32;

pub(crate) struct Member<'a> {
    /// Unescaped, since `"\u0061lg"` is the name `alg` too.
    pub(crate) name: String,
    /// The value's JSON text.
    pub(crate) value: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) problem: &'static str,
    pub(crate) offset: usize,
}

type Result<T> = core::result::Result<T, JsonError>;

/// The members of the object that `text` is.
pub(crate) fn object(text: &str) -> Result<Vec<Member<'_>>> {
    let mut reader = Reader { text, at: 0 };
    reader.white_space();
    let mut members = Vec::new();
    reader.each_of(&OBJECT, 0, &mut |name, value| {
        // The text was checked on the way, so it is a string and unescapes.
        if let Some(name) = string(name) {
            members.push(Member { name, value });
        }
    })?;
    reader.white_space();
    match reader.peek() {
        None => Ok(members),
        Some(_) => Err(reader.error("something follows the object")),
    }
}

/// Whether `text` is one JSON value of any kind, nested no deeper than a header may be.
#[cfg(feature = "explain")]
pub(crate) fn check(text: &str) -> Result<()> {
    let mut reader = Reader { text, at: 0 };
    reader.white_space();
    reader.value(0)?;
    reader.white_space();
    match reader.peek() {
        None => Ok(()),
        Some(_) => Err(reader.error("something follows the value")),
    }
}

/// The elements of a checked value, when it is an array.
pub(crate) fn array(text: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    let mut reader = Reader { text, at: 0 };
    reader.each_of(&ARRAY, 0, &mut |_, element| elements.push(element)).ok()?;
    Some(elements)
}

/// What a checked value says, when it is a string.
pub(crate) fn string(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut unescaped = String::with_capacity(rest.len());
    while let Some(plain) = rest.bytes().position(|octet| octet == b'\\') {
        unescaped.push_str(rest.get(..plain)?);
        let kind = *rest.as_bytes().get(plain + 1)?;
        rest = rest.get(plain + 2..)?;
        unescaped.push(match kind {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (character, length) = unicode_escape(rest)?;
                rest = rest.get(length..)?;
                character
            }
            other => char::from(other),
        });
    }
    unescaped.push_str(rest);
    Some(unescaped)
}

/// The character that the text behind a `\u` stands for, and how long that text is: one code unit or a surrogate pair.
pub(crate) fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let first = unit(text)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 4));
    }
    let second = unit(text.get(4..)?.strip_prefix("\\u")?)?;
    // RFC 8259 §7: a high surrogate, then a low one.
    let (high, low) = (first.checked_sub(0xd800)?, second.checked_sub(0xdc00)?);
    if high >= 0x400 || low >= 0x400 {
        return None;
    }
    Some((char::from_u32(0x10000 + (high << 10) + low)?, 10))
}

/// The UTF-16 code unit that four hexadecimal digits stand for.
fn unit(text: &str) -> Option<u32> {
    let digits = text.as_bytes().get(..4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// What the two kinds of values that hold others differ in.
struct Kind {
    opening: u8,
    closing: u8,
    has_names: bool,
    expected: &'static str,
    expected_next: &'static str,
}

const OBJECT: Kind = Kind {
    opening: b'{',
    closing: b'}',
    has_names: true,
    expected: "an object is expected",
    expected_next: "a comma or a closing brace is expected",
};

const ARRAY: Kind = Kind {
    opening: b'[',
    closing: b']',
    has_names: false,
    expected: "an array is expected",
    expected_next: "a comma or a closing bracket is expected",
};

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<&'a str> {
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.each_of(&OBJECT, depth + 1, &mut |_, _| {})?,
            Some(b'[') => self.each_of(&ARRAY, depth + 1, &mut |_, _| {})?,
            Some(b'"') => self.quoted()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal("true")?,
            Some(b'f') => self.literal("false")?,
            Some(b'n') => self.literal("null")?,
            Some(_) => return Err(self.error("a value is expected")),
            None => return Err(self.error("it ends too early")),
        }
        Ok(&self.text[start..self.at])
    }

    /// Reads an object or an array, and calls with each name (of an element: none) and value.
    fn each_of(&mut self, kind: &Kind, depth: usize, each: &mut dyn FnMut(&'a str, &'a str)) -> Result<()> {
        if depth >= MAX_DEPTH {
            return Err(self.error("it is nested too deeply"));
        }
        self.expect(kind.opening, kind.expected)?;
        self.white_space();
        if self.take(kind.closing) {
            return Ok(());
        }
        loop {
            let start = self.at;
            if kind.has_names {
                self.quoted()?;
            }
            let name = &self.text[start..self.at];
            if kind.has_names {
                self.white_space();
                self.expect(b':', "a colon is expected")?;
                self.white_space();
            }
            each(name, self.value(depth)?);
            self.white_space();
            if self.take(kind.closing) {
                return Ok(());
            }
            self.expect(b',', kind.expected_next)?;
            self.white_space();
        }
    }

    fn quoted(&mut self) -> Result<()> {
        self.expect(b'"', "a string is expected")?;
        loop {
            match self.peek() {
                None => return Err(self.error("a string does not end")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0..0x20) => return Err(self.error("a string holds a raw control character")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<()> {
        let length = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => match unicode_escape(&self.text[self.at + 2..]) {
                Some((_, length)) => length,
                None => return Err(self.error("a \\u escape stands for no character")),
            },
            _ => return Err(self.error("an unknown escape")),
        };
        self.at += 2 + length;
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.peek().is_some_and(|octet| octet.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.error("a digit is expected"));
        }
        Ok(())
    }

    fn literal(&mut self, literal: &'static str) -> Result<()> {
        if !self.text[self.at..].starts_with(literal) {
            return Err(self.error("a value is expected"));
        }
        self.at += literal.len();
        Ok(())
    }

    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, octet: u8) -> bool {
        let taken = self.peek() == Some(octet);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, octet: u8, problem: &'static str) -> Result<()> {
        if self.take(octet) { Ok(()) } else { Err(self.error(problem)) }
    }

    fn error(&self, problem: &'static str) -> JsonError {
        JsonError { problem, offset: self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn problem(text: &str) -> &'static str {
        object(text).map(|_| ()).unwrap_err().problem
    }

    #[test]
    fn keeps_order_duplicates_and_spelling() {
        let members = object(" {\"b\" : 1.0e+2 ,\"a\":[1, 2],\"b\":\"\\u0061\"} ").unwrap();
        let seen: Vec<_> = members.iter().map(|m| (m.name.as_str(), m.value)).collect();
        assert_eq!(seen, [("b", "1.0e+2"), ("a", "[1, 2]"), ("b", "\"\\u0061\"")]);
    }

    #[test]
    fn unescapes_names_and_strings() {
        assert_eq!(object(r#"{"\u0061lg":1}"#).unwrap()[0].name, "alg");
        assert_eq!(string(r#""\"\\\/\b\f\n\r\t\ud83d\ude00é""#).unwrap(), "\"\\/\u{8}\u{c}\n\r\t😀é");
        assert_eq!(string("1"), None);
    }

    #[test]
    fn refuses_what_is_not_json() {
        assert_eq!(problem(""), "an object is expected");
        assert_eq!(problem("[]"), "an object is expected");
        assert_eq!(problem("{\"a\":1,}"), "a string is expected");
        assert_eq!(problem("{\"a\":01}"), "a comma or a closing brace is expected");
        assert_eq!(problem("{\"a\":1.}"), "a digit is expected");
        assert_eq!(problem("{\"a\":NaN}"), "a value is expected");
        assert_eq!(problem("{\"a\":\"\u{1}\"}"), "a string holds a raw control character");
        assert_eq!(problem(r#"{"a":"\ud800"}"#), "a \\u escape stands for no character");
        assert_eq!(problem(r#"{"a":"\ud800\u0041"}"#), "a \\u escape stands for no character");
        assert_eq!(problem(r#"{"a":"\u+123"}"#), "a \\u escape stands for no character");
        assert_eq!(problem(r#"{"a":"\x"}"#), "an unknown escape");
        assert_eq!(problem(r#"{"a":"b"#), "a string does not end");
        assert_eq!(problem("{} {}"), "something follows the object");
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(object(&nested(MAX_DEPTH - 1)).is_ok());
        assert_eq!(problem(&nested(MAX_DEPTH)), "it is nested too deeply");
        assert_eq!(problem(&nested(100_000)), "it is nested too deeply");
    }
}
