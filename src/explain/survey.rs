//! One look at a JSON document, to know which rewritings would differ at all: a MAC spent on the same octets is wasted.

use super::numbers::{Numbers, is_small_integer};
use super::rewrite::Escapes;
use super::tokens::{Piece, Token, Tokens, unescaped};
use crate::json;

/// What in a document a style can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// The characters that occur in its strings and that some writers escape.
    pub(super) characters: Escapes,
    /// There is a comma or a colon, behind which a space can stand.
    pub(super) has_separators: bool,
    /// There is something in a container, so that it can be indented.
    pub(super) has_elements: bool,
    /// For each way to spell numbers, a hash of them all: where two are alike, so are the documents.
    pub(super) spellings: [u64; Numbers::ALL.len()],
}

impl Survey {
    pub(super) fn spelling(&self, numbers: Numbers) -> u64 {
        self.spellings[numbers as usize]
    }

    fn spell(&mut self, number: &str) {
        for numbers in Numbers::ALL {
            let respelled = numbers.respell(number);
            let hash = &mut self.spellings[numbers as usize];
            // FNV-1a; a comma ends each.
            for octet in respelled.as_ref().map_or(number, |spelling| spelling.as_str()).bytes().chain([b',']) {
                *hash = (*hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
}

/// Looks at a text; `None` when it is not a JSON document.
pub(super) fn survey(text: &str) -> Option<Survey> {
    json::check(text).ok()?;
    let mut found = Survey::default();
    let mut opened = false;
    for token in Tokens::new(text) {
        found.has_elements |= opened && !matches!(token, Token::Close(_));
        opened = matches!(token, Token::Open(_));
        match token {
            Token::Comma | Token::Colon => found.has_separators = true,
            Token::String(raw) => {
                let _checked = unescaped(raw, is_escaped_by_nobody, |piece| {
                    if let Piece::Character(character) = piece {
                        found.characters = found.characters.and(Escapes::of(character));
                    }
                    Ok(())
                });
            }
            // What everybody spells alike makes no difference.
            Token::Number(number) if is_small_integer(number) => {}
            Token::Number(number) => found.spell(number),
            Token::Open(_) | Token::Close(_) | Token::Literal(_) => {}
        }
    }
    Some(found)
}

fn is_escaped_by_nobody(octet: u8) -> bool {
    !matches!(octet, b'"' | b'\\' | b'/' | b'<' | b'>' | b'&' | 0..0x20 | 0x7f..)
}
