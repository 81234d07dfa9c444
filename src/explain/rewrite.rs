//! JSON written anew, token by token: another layout and other escapes, the same members in the same order.

use alloc::string::String;
use alloc::vec::Vec;

use super::budget::Stop;
use super::numbers::Numbers;
use super::octets::Sink;
use super::tokens::{Piece, Token, Tokens, unescaped};

/// Characters that some writers escape in strings and others do not. A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Escapes(u8);

impl Escapes {
    /// Only what JSON asks for: `"`, `\` and control characters.
    pub(super) const NONE: Self = Escapes(0);
    /// `/`, as `\/`.
    pub(super) const SLASH: Self = Escapes(1);
    /// `<`, `>` and `&`, as `\u003c` and so on.
    pub(super) const HTML: Self = Escapes(1 << 1);
    /// U+2028 and U+2029, which end a line in JavaScript.
    pub(super) const LINE_ENDS: Self = Escapes(1 << 2);
    /// Everything else beyond ASCII.
    pub(super) const NON_ASCII: Self = Escapes(1 << 3);
    /// U+007F.
    pub(super) const DELETE: Self = Escapes(1 << 4);

    pub(super) const fn and(self, other: Self) -> Self {
        Escapes(self.0 | other.0)
    }

    /// What of it matters to a document in which only `present` characters occur.
    pub(super) const fn among(self, present: Self) -> Self {
        Escapes(self.0 & present.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The flag that decides whether `character` is escaped, or none.
    pub(super) fn of(character: char) -> Self {
        match character {
            '/' => Self::SLASH,
            '<' | '>' | '&' => Self::HTML,
            '\u{7f}' => Self::DELETE,
            '\u{2028}' | '\u{2029}' => Self::LINE_ENDS,
            '\0'..='\u{7f}' => Self::NONE,
            _ => Self::NON_ASCII,
        }
    }

    /// For every octet whether a character that is escaped may begin with it: a table is many times faster than asking each
    /// time.
    fn table(self) -> &'static [bool; 256] {
        const TABLES: [[bool; 256]; 32] = {
            let mut tables = [[false; 256]; 32];
            let mut place = 0;
            while place < 32 * 256 {
                let (escapes, octet) = (place / 256, place % 256);
                tables[escapes][octet] = Escapes(escapes as u8).may_begin_with(octet as u8);
                place += 1;
            }
            tables
        };
        static MAY_BEGIN: [[bool; 256]; 32] = TABLES;
        &MAY_BEGIN[usize::from(self.0 & 31)]
    }

    const fn may_begin_with(self, octet: u8) -> bool {
        match octet {
            b'/' => self.has(Self::SLASH),
            b'<' | b'>' | b'&' => self.has(Self::HTML),
            0x7f => self.has(Self::DELETE),
            // How U+2028 and U+2029 begin.
            0xe2 => self.has(Self::LINE_ENDS) || self.has(Self::NON_ASCII),
            0x80.. => self.has(Self::NON_ASCII),
            _ => false,
        }
    }
}

/// Where white space goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Nowhere.
    Compact,
    /// Behind commas and colons: Python's default.
    Spaced,
    /// A line for each element, indented by this for each level, and a space behind colons.
    Indented(&'static str),
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) layout: Layout,
    pub(super) escapes: Escapes,
    /// Ends with a newline, as Go's `Encoder` and jq do.
    pub(super) final_newline: bool,
}

/// A checked JSON text without white space, with only the escapes that JSON asks for, and numbers in one spelling: what every
/// style is made of.
pub(super) fn canonical(text: &str, numbers: Numbers) -> Result<String, Stop> {
    let mut canonical = Vec::with_capacity(text.len());
    for token in Tokens::new(text) {
        // Numbers may grow, and what nobody would sign is not worth the memory.
        if canonical.len() > 2 * text.len() {
            return Err(Stop::TooLarge);
        }
        match token {
            Token::Open(octet) | Token::Close(octet) => canonical.push(octet),
            Token::Comma => canonical.push(b','),
            Token::Colon => canonical.push(b':'),
            Token::String(raw) => string(raw, &mut canonical)?,
            Token::Number(number) => match numbers.respell(number) {
                Some(spelled) => canonical.extend_from_slice(spelled.as_str().as_bytes()),
                None => canonical.extend_from_slice(number.as_bytes()),
            },
            Token::Literal(literal) => canonical.extend_from_slice(literal.as_bytes()),
        }
    }
    String::from_utf8(canonical).map_err(|_| Stop::DoesNotApply)
}

fn string(raw: &str, out: &mut Vec<u8>) -> Result<(), Stop> {
    out.push(b'"');
    if raw.as_bytes().contains(&b'\\') {
        unescaped(
            raw,
            |octet| octet != b'\\',
            |piece| match piece {
                Piece::Text(text) => Sink::push(out, text.as_bytes()),
                Piece::Character(character) => minimal(character, out),
            },
        )?;
    } else {
        out.extend_from_slice(raw.as_bytes());
    }
    out.push(b'"');
    Ok(())
}

/// A character of a string, escaped only where it must be.
fn minimal(character: char, out: &mut impl Sink) -> Result<(), Stop> {
    match character {
        '"' => out.push(b"\\\""),
        '\\' => out.push(b"\\\\"),
        '\u{8}' => out.push(b"\\b"),
        '\u{c}' => out.push(b"\\f"),
        '\n' => out.push(b"\\n"),
        '\r' => out.push(b"\\r"),
        '\t' => out.push(b"\\t"),
        '\0'..' ' => out.push(&unicode_escape(character as u16)),
        _ => out.push(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Writes a canonical text in a style.
pub(super) fn rewrite(canonical: &str, style: Style, out: &mut impl Sink) -> Result<(), Stop> {
    match style.layout {
        // Outside of strings there is nothing to escape.
        Layout::Compact => escaped(canonical, style.escapes, out)?,
        layout => laid_out(canonical, layout, style.escapes, out)?,
    }
    if style.final_newline { out.push(b"\n") } else { Ok(()) }
}

fn laid_out(text: &str, layout: Layout, escapes: Escapes, out: &mut impl Sink) -> Result<(), Stop> {
    let octets = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(octet) = octets.get(at) {
        at += 1;
        match octet {
            b'{' | b'[' => match octets.get(at) {
                // Everybody writes an empty container as {} or [], indented or not.
                Some(b'}' | b']') => {
                    out.push(&octets[at - 1..=at])?;
                    at += 1;
                }
                _ => {
                    out.push(&[*octet])?;
                    depth += 1;
                    new_line(layout, depth, out)?;
                }
            },
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(layout, depth, out)?;
                out.push(&[*octet])?;
            }
            b',' if layout == Layout::Spaced => out.push(b", ")?,
            b',' => {
                out.push(b",")?;
                new_line(layout, depth, out)?;
            }
            b':' => out.push(b": ")?,
            b'"' => {
                let end = end_of_string(octets, at);
                escaped(text.get(at - 1..end).ok_or(Stop::DoesNotApply)?, escapes, out)?;
                at = end;
            }
            _ => {
                let is_end = |octet: &u8| matches!(octet, b',' | b'}' | b']');
                let end = octets[at..].iter().position(is_end).map_or(octets.len(), |length| at + length);
                out.push(&octets[at - 1..end])?;
                at = end;
            }
        }
    }
    Ok(())
}

/// Behind the closing quote of a string whose text starts at `at`.
fn end_of_string(octets: &[u8], mut at: usize) -> usize {
    while let Some(octet) = octets.get(at) {
        match octet {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    octets.len()
}

fn new_line(layout: Layout, depth: usize, out: &mut impl Sink) -> Result<(), Stop> {
    const SPACES: &[u8] = b"\n                                ";
    const TABS: &[u8] = b"\n\t\t\t\t\t\t\t\t";
    let Layout::Indented(indent) = layout else { return Ok(()) };
    let ready = if indent == "\t" { TABS } else { SPACES };
    let width = depth * indent.len();
    if let Some(line) = ready.get(..=width) {
        return out.push(line);
    }
    out.push(b"\n")?;
    (0..depth).try_for_each(|_| out.push(indent.as_bytes()))
}

/// Writes a part of a canonical text with more escapes.
fn escaped(text: &str, escapes: Escapes, out: &mut impl Sink) -> Result<(), Stop> {
    if escapes == Escapes::NONE {
        return out.push(text.as_bytes());
    }
    let (table, octets) = (escapes.table(), text.as_bytes());
    let (mut written, mut at) = (0, 0);
    while let Some(length) = octets[at..].iter().position(|octet| table[usize::from(*octet)]) {
        at += length;
        // The octet begins a character, since none that may follow in one is in the table before its first.
        let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            return Err(Stop::DoesNotApply);
        };
        let behind = at + character.len_utf8();
        if escapes.has(Escapes::of(character)) {
            out.push(&octets[written..at])?;
            match character {
                '/' => out.push(b"\\/")?,
                _ => {
                    let mut units = [0; 2];
                    let units = character.encode_utf16(&mut units).iter();
                    units.copied().try_for_each(|unit| out.push(&unicode_escape(unit)))?;
                }
            }
            written = behind;
        }
        at = behind;
    }
    out.push(&octets[written..])
}

fn unicode_escape(unit: u16) -> [u8; 6] {
    let digit = |shift: u32| b"0123456789abcdef"[usize::from(unit >> shift & 0xf)];
    [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]
}
