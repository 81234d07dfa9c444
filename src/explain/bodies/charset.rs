//! Text that was decoded and encoded again with another character set.

use core::iter;

use super::cause;
use crate::explain::budget::Stop;
use crate::explain::cause::{Cause, Detail};
use crate::explain::octets::Sink;

/// What was signed, seen from what arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Charset {
    /// The octets that the characters are in a single-octet set: UTF-8 was read as that set and written as UTF-8 again.
    Octets(Single),
    /// The UTF-8 of the characters that the octets are in a single-octet set: the other way around.
    Characters(Single),
    /// The UTF-8 of the text that arrived as UTF-16.
    FromUtf16(Order),
    /// The UTF-16 of the text that arrived as UTF-8.
    ToUtf16(Order, Mark),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Single {
    Latin1,
    Windows1252,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Order {
    LittleEndian,
    BigEndian,
}

/// Whether a byte order mark was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Mark {
    Absent,
    Present,
}

pub(super) fn likely(body: &[u8], text: Option<&str>) -> impl Iterator<Item = Charset> {
    let (latin1, windows) = match text {
        Some(text) if !text.is_ascii() => {
            (single_octets(text, Single::Latin1), single_octets(text, Single::Windows1252))
        }
        _ => (false, false),
    };
    let beyond_text = |single| (text.is_none() && utf16_order(body).is_none()).then_some(Charset::Characters(single));
    [
        latin1.then_some(Charset::Octets(Single::Latin1)),
        // Where both work they are the same: the sets differ only in 0x80 to 0x9F.
        (windows && !latin1).then_some(Charset::Octets(Single::Windows1252)),
        utf16_order(body).map(Charset::FromUtf16),
        beyond_text(Single::Latin1),
        beyond_text(Single::Windows1252).filter(|_| body.iter().any(|octet| matches!(octet, 0x80..0xa0))),
    ]
    .into_iter()
    .flatten()
}

pub(super) fn unlikely(body: &[u8], text: Option<&str>) -> impl Iterator<Item = Charset> {
    use {Mark::*, Order::*};
    let is_text = text.is_some_and(|text| !text.is_empty() && !text.contains('\0'));
    let utf16 = [(LittleEndian, Absent), (LittleEndian, Present), (BigEndian, Absent), (BigEndian, Present)];
    let utf16 = utf16.into_iter().filter(move |_| is_text).map(|(order, mark)| Charset::ToUtf16(order, mark));
    let garbled = (is_text && !body.is_ascii()).then_some([Single::Latin1, Single::Windows1252]);
    let has_c1 = body.iter().any(|octet| matches!(octet, 0x80..0xa0));
    let garbled = garbled.into_iter().flatten().filter(move |single| has_c1 || *single == Single::Latin1);
    garbled.map(Charset::Characters).chain(utf16)
}

fn single_octets(text: &str, single: Single) -> bool {
    text.chars().all(|character| single.octet(character).is_some())
}

/// The order of what looks like UTF-16: by its mark, or by the zeros that ASCII has there.
fn utf16_order(body: &[u8]) -> Option<Order> {
    match body {
        _ if !body.len().is_multiple_of(2) => None,
        [0xff, 0xfe, ..] => Some(Order::LittleEndian),
        [0xfe, 0xff, ..] => Some(Order::BigEndian),
        [1..0x80, 0, ..] => Some(Order::LittleEndian),
        [0, 1..0x80, ..] => Some(Order::BigEndian),
        _ => None,
    }
}

impl Charset {
    pub(super) fn write(self, body: &[u8], text: Option<&str>, out: &mut impl Sink) -> Result<(), Stop> {
        let text = text.ok_or(Stop::DoesNotApply);
        match self {
            Charset::Octets(single) => text?
                .chars()
                .try_for_each(|character| out.push(&[single.octet(character).ok_or(Stop::DoesNotApply)?])),
            Charset::Characters(single) => {
                body.iter().try_for_each(|octet| push_character(single.character(*octet), out))
            }
            Charset::FromUtf16(order) => {
                let units = body.chunks_exact(2).map(|pair| order.unit([pair[0], pair[1]]));
                let mut characters = char::decode_utf16(units).peekable();
                characters.next_if(|first| *first == Ok('\u{feff}'));
                characters.try_for_each(|character| push_character(character.map_err(|_| Stop::DoesNotApply)?, out))
            }
            Charset::ToUtf16(order, mark) => {
                let mark = (mark == Mark::Present).then_some(0xfeff);
                let units = iter::chain(mark, text?.encode_utf16());
                units.into_iter().try_for_each(|unit| out.push(&order.octets(unit)))
            }
        }
    }

    pub(super) fn cause(self) -> Cause {
        match self {
            Charset::Octets(single) => cause(
                "body.latin1",
                "The signature matches if the body's characters are taken for single octets: UTF-8 was decoded as Latin-1 and \
                 encoded as UTF-8 again.",
                "Something decoded the body with the wrong character set (a missing charset=utf-8, a servlet's default \
                 encoding). Verify the raw octets.",
                Detail::default().with("charset", single.name()).with("signed", "octets"),
            ),
            Charset::Characters(single) => cause(
                "body.latin1",
                "The signature matches if the body's octets are taken for Latin-1 characters and encoded as UTF-8.",
                "Something encoded the body as Latin-1 after it was signed as UTF-8. Verify the raw octets.",
                Detail::default().with("charset", single.name()).with("signed", "characters"),
            ),
            Charset::FromUtf16(order) => cause(
                "body.utf16",
                "The signature matches if the body is converted from UTF-16 to UTF-8.",
                "Something encoded the body as UTF-16 after it was signed as UTF-8 (Windows tools, .NET's Encoding.Unicode). \
                 Verify the raw octets.",
                Detail::default().with("charset", order.name()).with("signed", "utf-8"),
            ),
            Charset::ToUtf16(order, mark) => cause(
                "body.utf16",
                "The signature matches if the body is converted from UTF-8 to UTF-16.",
                "The sender signs the body as UTF-16 and sends it as UTF-8. Have it sign the octets that it sends (.NET: \
                 Encoding.UTF8 where it has Encoding.Unicode).",
                Detail::default()
                    .with("charset", order.name())
                    .with("signed", "utf-16")
                    .with("byte_order_mark", if mark == Mark::Present { "signed" } else { "absent" }),
            ),
        }
    }
}

fn push_character(character: char, out: &mut impl Sink) -> Result<(), Stop> {
    out.push(character.encode_utf8(&mut [0; 4]).as_bytes())
}

impl Order {
    fn name(self) -> &'static str {
        match self {
            Order::LittleEndian => "utf-16le",
            Order::BigEndian => "utf-16be",
        }
    }

    fn unit(self, pair: [u8; 2]) -> u16 {
        match self {
            Order::LittleEndian => u16::from_le_bytes(pair),
            Order::BigEndian => u16::from_be_bytes(pair),
        }
    }

    fn octets(self, unit: u16) -> [u8; 2] {
        match self {
            Order::LittleEndian => unit.to_le_bytes(),
            Order::BigEndian => unit.to_be_bytes(),
        }
    }
}

/// The characters of windows-1252 from 0x80 on; Latin-1 has the control characters of the same numbers there, and so
/// has windows-1252 in the five places that it leaves open (WHATWG Encoding).
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', //
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Single {
    fn name(self) -> &'static str {
        match self {
            Single::Latin1 => "iso-8859-1",
            Single::Windows1252 => "windows-1252",
        }
    }

    fn octet(self, character: char) -> Option<u8> {
        match (self, character) {
            (Single::Windows1252, _) if let Some(place) = WINDOWS_1252.iter().position(|known| *known == character) => {
                u8::try_from(0x80 + place).ok()
            }
            (Single::Windows1252, '\u{80}'..'\u{a0}') => None,
            _ => u8::try_from(character).ok(),
        }
    }

    fn character(self, octet: u8) -> char {
        match (self, octet) {
            (Single::Windows1252, 0x80..0xa0) => WINDOWS_1252[usize::from(octet - 0x80)],
            _ => char::from(octet),
        }
    }
}
