//! JSON written anew, token by token: another layout and other escapes, the same members in the same order.

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

    /// For every octet whether [`copies`](Self::copies) it: a table is many times faster than asking each time.
    fn table(self) -> &'static [bool; 256] {
        const TABLES: [[bool; 256]; 32] = {
            let mut tables = [[false; 256]; 32];
            let mut place = 0;
            while place < 32 * 256 {
                let (escapes, octet) = (place / 256, place % 256);
                tables[escapes][octet] = Escapes(escapes as u8).copies(octet as u8);
                place += 1;
            }
            tables
        };
        static COPIES: [[bool; 256]; 32] = TABLES;
        &COPIES[usize::from(self.0 & 31)]
    }

    /// Whether an octet of a string's text can be copied as it is.
    const fn copies(self, octet: u8) -> bool {
        match octet {
            b'"' | b'\\' | 0..0x20 => false,
            b'/' => !self.has(Self::SLASH),
            b'<' | b'>' | b'&' => !self.has(Self::HTML),
            0x7f => !self.has(Self::DELETE),
            0x80.. if self.has(Self::NON_ASCII) => false,
            // How U+2028 and U+2029 begin.
            0xe2 => !self.has(Self::LINE_ENDS),
            _ => true,
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
    pub(super) numbers: Numbers,
    /// Ends with a newline, as Go's `Encoder` and jq do.
    pub(super) final_newline: bool,
}

/// Writes a checked JSON text in another style.
pub(super) fn rewrite(text: &str, style: Style, out: &mut impl Sink) -> Result<(), Stop> {
    let mut depth: usize = 0;
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        match token {
            Token::Open(bracket) => {
                out.push(&[bracket])?;
                let mut ahead = tokens.clone();
                if let Some(Token::Close(bracket)) = ahead.next() {
                    // Everybody writes an empty container as {} or [], indented or not.
                    out.push(&[bracket])?;
                    tokens = ahead;
                } else {
                    depth += 1;
                    new_line(style.layout, depth, out)?;
                }
            }
            Token::Close(bracket) => {
                depth = depth.saturating_sub(1);
                new_line(style.layout, depth, out)?;
                out.push(&[bracket])?;
            }
            Token::Comma => {
                out.push(if style.layout == Layout::Spaced { b", " } else { b"," })?;
                new_line(style.layout, depth, out)?;
            }
            Token::Colon => out.push(if style.layout == Layout::Compact { b":" } else { b": " })?,
            Token::String(raw) => string(raw, style.escapes, out)?,
            Token::Number(number) => match style.numbers.respell(number) {
                Some(spelled) => out.push(spelled.as_bytes())?,
                None => out.push(number.as_bytes())?,
            },
            Token::Literal(literal) => out.push(literal.as_bytes())?,
        }
    }
    if style.final_newline { out.push(b"\n") } else { Ok(()) }
}

fn new_line(layout: Layout, depth: usize, out: &mut impl Sink) -> Result<(), Stop> {
    let Layout::Indented(indent) = layout else { return Ok(()) };
    out.push(b"\n")?;
    for _ in 0..depth {
        out.push(indent.as_bytes())?;
    }
    Ok(())
}

fn string(raw: &str, escapes: Escapes, out: &mut impl Sink) -> Result<(), Stop> {
    let copies = escapes.table();
    out.push(b"\"")?;
    unescaped(
        raw,
        |octet| copies[usize::from(octet)],
        |piece| match piece {
            Piece::Text(text) => out.push(text.as_bytes()),
            Piece::Character(character) => escape(character, escapes, out),
        },
    )?;
    out.push(b"\"")
}

fn escape(character: char, escapes: Escapes, out: &mut impl Sink) -> Result<(), Stop> {
    match character {
        '"' => out.push(b"\\\""),
        '\\' => out.push(b"\\\\"),
        '\u{8}' => out.push(b"\\b"),
        '\u{c}' => out.push(b"\\f"),
        '\n' => out.push(b"\\n"),
        '\r' => out.push(b"\\r"),
        '\t' => out.push(b"\\t"),
        '/' if escapes.has(Escapes::SLASH) => out.push(b"\\/"),
        _ if character < ' ' || escapes.has(Escapes::of(character)) => {
            character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| out.push(&unicode_escape(*unit)))
        }
        _ => out.push(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

fn unicode_escape(unit: u16) -> [u8; 6] {
    let digit = |shift: u32| b"0123456789abcdef"[usize::from(unit >> shift & 0xf)];
    [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]
}
