//! A document with the members of every object in the order of their names.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::budget::{Budget, Stop};
use super::octets::Sink;
use super::tokens::{Piece, Token, Tokens, unescaped};

/// Sorts a checked document, by code points as Python, Go and jq do, and leaves out the white space. Two members of one
/// name keep their order. `DoesNotApply` when it is in order already.
///
/// Members are found again for every level that they are nested in, which is cheaper than to keep a tree of them.
pub(super) fn sort(text: &str, budget: &mut Budget) -> Result<String, Stop> {
    let mut sorted = Vec::with_capacity(text.len());
    let mut work = Sorting { text, budget, moved: false };
    work.value(0, &mut sorted)?;
    if !work.moved {
        return Err(Stop::DoesNotApply);
    }
    String::from_utf8(sorted).map_err(|_| Stop::DoesNotApply)
}

struct Sorting<'a, 'b> {
    text: &'a str,
    budget: &'b mut Budget,
    moved: bool,
}

/// A member's place in the text: from the opening quote of its name.
#[derive(Clone, Copy)]
struct Member(u32);

impl<'a> Sorting<'a, '_> {
    /// Writes the value that starts at `at` and returns where it ends. Recursion is as deep as a checked text nests.
    fn value(&mut self, at: usize, out: &mut Vec<u8>) -> Result<usize, Stop> {
        let mut tokens = Tokens::starting_at(self.text, at);
        match tokens.next() {
            Some(Token::Open(b'{')) => self.object(tokens.position(), out),
            Some(Token::Open(_)) => self.array(tokens.position(), out),
            Some(token) => {
                write(token, out)?;
                Ok(tokens.position())
            }
            None => Err(Stop::DoesNotApply),
        }
    }

    fn array(&mut self, at: usize, out: &mut Vec<u8>) -> Result<usize, Stop> {
        out.push(b'[');
        let mut tokens = Tokens::starting_at(self.text, at);
        loop {
            let start = tokens.position();
            match tokens.next() {
                Some(Token::Close(bracket)) => {
                    out.push(bracket);
                    return Ok(tokens.position());
                }
                Some(Token::Comma) => out.push(b','),
                Some(_) => tokens = Tokens::starting_at(self.text, self.value(start, out)?),
                None => return Err(Stop::DoesNotApply),
            }
        }
    }

    fn object(&mut self, at: usize, out: &mut Vec<u8>) -> Result<usize, Stop> {
        let (count, end) = self.members(at, |_| {})?;
        // Of the final size from the start: a vector that grows takes up to three times as much.
        let mut members = Vec::with_capacity(count);
        self.members(at, |member| members.push(member))?;

        let by_name =
            |left: &Member, right: &Member| self.name(*left).cmp(&self.name(*right)).then(left.0.cmp(&right.0));
        if !members.is_sorted_by(|left, right| by_name(left, right).is_le()) {
            members.sort_unstable_by(by_name);
            self.moved = true;
        }
        out.push(b'{');
        for (place, member) in members.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let mut tokens = Tokens::starting_at(self.text, member.0 as usize);
            if let (Some(name), Some(Token::Colon)) = (tokens.next(), tokens.next()) {
                write(name, out)?;
                out.push(b':');
                self.value(tokens.position(), out)?;
            }
        }
        out.push(b'}');
        Ok(end)
    }

    /// Finds the members of the object whose brace ends at `at`; their number, and where the object ends.
    fn members(&mut self, at: usize, mut each: impl FnMut(Member)) -> Result<(usize, usize), Stop> {
        let mut tokens = Tokens::starting_at(self.text, at);
        let (mut count, mut depth, mut is_name) = (0, 0_usize, true);
        loop {
            let start = tokens.position();
            match tokens.next() {
                Some(Token::Open(_)) => depth += 1,
                Some(Token::Close(_)) if depth == 0 => break,
                Some(Token::Close(_)) => depth -= 1,
                Some(Token::Comma) if depth == 0 => is_name = true,
                Some(Token::String(_)) if depth == 0 && is_name => {
                    each(Member(u32::try_from(start).map_err(|_| Stop::TooLarge)?));
                    count += 1;
                    is_name = false;
                }
                Some(_) => {}
                None => return Err(Stop::DoesNotApply),
            }
        }
        self.budget.spend_octets(tokens.position() - at)?;
        Ok((count, tokens.position()))
    }

    fn name(&self, member: Member) -> Cow<'a, str> {
        match Tokens::starting_at(self.text, member.0 as usize).next() {
            Some(Token::String(raw)) if raw.contains('\\') => Cow::Owned(plain(raw)),
            Some(Token::String(raw)) => Cow::Borrowed(raw),
            _ => Cow::Borrowed(""),
        }
    }
}

fn plain(raw: &str) -> String {
    let mut name = String::with_capacity(raw.len());
    let _checked = unescaped(
        raw,
        |octet| octet != b'\\',
        |piece| {
            match piece {
                Piece::Text(text) => name.push_str(text),
                Piece::Character(character) => name.push(character),
            }
            Ok(())
        },
    );
    name
}

fn write(token: Token<'_>, out: &mut Vec<u8>) -> Result<(), Stop> {
    match token {
        Token::String(raw) => {
            out.push(b'"');
            out.extend_from_slice(raw.as_bytes());
            out.push(b'"');
            Ok(())
        }
        Token::Number(text) | Token::Literal(text) => Sink::push(out, text.as_bytes()),
        _ => Err(Stop::DoesNotApply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(text: &str) -> Result<String, Stop> {
        sort(text, &mut Budget::new(text.len()))
    }

    #[test]
    fn names_are_in_order_at_every_level() {
        let text = r#" {"b": [{"z":1,"y": {"d":[],"c":{}}}], "a":2, "\u00e9":3, "e":4, "":5, "B":6} "#;
        let expected = r#"{"":5,"B":6,"a":2,"b":[{"y":{"c":{},"d":[]},"z":1}],"e":4,"\u00e9":3}"#;
        assert_eq!(sorted(text).as_deref(), Ok(expected));
    }

    #[test]
    fn duplicates_keep_their_order() {
        assert_eq!(sorted(r#"{"b":1,"a":1,"b":0,"\u0061":0}"#).as_deref(), Ok(r#"{"a":1,"\u0061":0,"b":1,"b":0}"#));
    }

    #[test]
    fn what_is_in_order_is_left_alone() {
        for text in ["1", "[]", r#"["b","a"]"#, r#"{ "a":1, "b":[{"x":0,"y":0}] }"#] {
            assert_eq!(sorted(text), Err(Stop::DoesNotApply), "{text}");
        }
    }
}
