//! A JSON text's tokens, and what its strings stand for.

use super::budget::Stop;
use crate::json;

/// A token of a JSON text, as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{` or `[`.
    Open(u8),
    /// `}` or `]`.
    Close(u8),
    Comma,
    Colon,
    /// Without its quotes.
    String(&'a str),
    Number(&'a str),
    /// `true`, `false` or `null`.
    Literal(&'a str),
}

/// The tokens of a text that has been checked to be JSON; of another text, some tokens.
#[derive(Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Tokens { text, at: 0 }
    }

    /// Where the next token is looked for.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn starting_at(text: &'a str, at: usize) -> Self {
        Tokens { text, at }
    }

    fn string(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let octets = self.text.as_bytes();
        loop {
            match octets.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at - 1).map(Token::String)
    }

    /// The octets up to the next that cannot be in a number or literal; one at least.
    fn scalar(&mut self, start: usize) -> Option<&'a str> {
        let is_part = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
        let length = self.text.as_bytes().get(start..)?.iter().position(|octet| !is_part(octet));
        self.at = length.map_or(self.text.len(), |length| start + length.max(1));
        self.text.get(start..self.at)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let octets = self.text.as_bytes();
        let mut first = *octets.get(self.at)?;
        while matches!(first, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
            first = *octets.get(self.at)?;
        }
        let start = self.at;
        self.at += 1;
        match first {
            b'{' | b'[' => Some(Token::Open(first)),
            b'}' | b']' => Some(Token::Close(first)),
            b',' => Some(Token::Comma),
            b':' => Some(Token::Colon),
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.scalar(start).map(Token::Number),
            _ => self.scalar(start).map(Token::Literal),
        }
    }
}

/// What the text of a JSON string consists of.
pub(super) enum Piece<'a> {
    /// Octets that `copies` allows, as they stand there.
    Text(&'a str),
    /// An escape, or a character that `copies` does not allow.
    Character(char),
}

/// Takes a string's raw text apart. An escape that stands for no character ends it with `DoesNotApply`.
pub(super) fn unescaped<'a>(
    raw: &'a str,
    copies: impl Fn(u8) -> bool,
    mut each: impl FnMut(Piece<'a>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut rest = raw;
    while !rest.is_empty() {
        let run = rest.bytes().position(|octet| !copies(octet)).unwrap_or(rest.len());
        // `copies` may stop only where a character begins; get() keeps a wrong one from panicking.
        let (text, special) = (rest.get(..run), rest.get(run..));
        let (Some(text), Some(special)) = (text, special) else { return Err(Stop::DoesNotApply) };
        if !text.is_empty() {
            each(Piece::Text(text))?;
        }
        let Some((character, length)) = first_character(special)? else { break };
        each(Piece::Character(character))?;
        rest = &special[length..];
    }
    Ok(())
}

/// The first character that a raw text stands for and how many octets it takes there.
fn first_character(raw: &str) -> Result<Option<(char, usize)>, Stop> {
    let mut characters = raw.chars();
    let character = match (characters.next(), characters.next()) {
        (None, _) => return Ok(None),
        (Some('\\'), Some(kind)) => match kind {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (character, length) = json::unicode_escape(&raw[2..]).ok_or(Stop::DoesNotApply)?;
                return Ok(Some((character, 2 + length)));
            }
            '"' | '\\' | '/' => kind,
            _ => return Err(Stop::DoesNotApply),
        },
        (Some('\\'), None) => return Err(Stop::DoesNotApply),
        (Some(character), _) => return Ok(Some((character, character.len_utf8()))),
    };
    Ok(Some((character, 2)))
}
