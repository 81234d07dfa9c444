//! One look at a JSON document, to know which rewritings would differ at all: a MAC spent on the same octets is wasted.

use super::numbers::Numbers;
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
    /// A number is not spelled as JavaScript spells it.
    pub(super) javascript_differs: bool,
    /// A number is not spelled as PHP spells it.
    pub(super) php_differs: bool,
    /// JavaScript and PHP spell a number differently.
    pub(super) spellings_differ: bool,
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
            Token::Number(number) => {
                let (javascript, php) = (Numbers::JavaScript.respell(number), Numbers::Php.respell(number));
                found.javascript_differs |= javascript.is_some();
                found.php_differs |= php.is_some();
                found.spellings_differ |= javascript != php;
            }
            Token::Open(_) | Token::Close(_) | Token::Literal(_) => {}
        }
    }
    Some(found)
}

fn is_escaped_by_nobody(octet: u8) -> bool {
    !matches!(octet, b'"' | b'\\' | b'/' | b'<' | b'>' | b'&' | 0..0x20 | 0x7f..)
}
