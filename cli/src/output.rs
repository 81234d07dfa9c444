//! Printing. Answers go to stdout, everything else to stderr; a reader that has gone away is no error.

use std::io::{self, ErrorKind, Write as _};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::failure::{self, Failure};

/// A line of the answer.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    written(writeln!(stdout, "{text}").and_then(|()| stdout.flush()))
}

/// The answer as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    // Not through anstream, which would take what looks like a terminal's escape out of strings.
    let mut stdout = io::stdout().lock();
    let text = json_line(value).map_err(|error| Failure::io(format!("cannot write JSON: {error}"), 1))?;
    written(writeln!(stdout, "{text}").and_then(|()| stdout.flush()))
}

/// A line of the answer, and whether somebody is there to read it.
pub(crate) fn line_if_read(text: &str) -> Result<bool, Failure> {
    let mut stdout = anstream::stdout().lock();
    is_read(writeln!(stdout, "{text}").and_then(|()| stdout.flush()))
}

/// The same for JSON, of which nothing may be taken out.
pub(crate) fn raw_line_if_read(text: &str) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    is_read(writeln!(stdout, "{text}").and_then(|()| stdout.flush()))
}

fn is_read(outcome: io::Result<()>) -> Result<bool, Failure> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        outcome => written(outcome).map(|()| true),
    }
}

/// JSON on one line, in which whatever a terminal obeys or a reader cannot see is escaped.
pub(crate) fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(value)?;
    if !text.contains(is_treacherous) {
        return Ok(text);
    }
    // Such characters stand in strings only, and none is outside the Basic Multilingual Plane.
    let escaped = text.chars().map(|character| match character {
        character if is_treacherous(character) => format!("\\u{:04x}", u32::from(character)),
        character => character.to_string(),
    });
    Ok(escaped.collect())
}

/// Control characters that JSON leaves as they are, line separators, and what turns the direction of writing.
fn is_treacherous(character: char) -> bool {
    matches!(character,
        '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A stranger's text for a terminal: without quotes, escaped, cut short.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for character in text.chars().take(most) {
        match character {
            ' '..='[' | ']'..='~' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// A reader that has gone away wants no more; anything else means that the answer is lost.
fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::io(format!("cannot write to standard output: {}", failure::reason(&error)), 1))
        }
        _ => Ok(()),
    }
}

/// A moment in the time zone of whoever reads it.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A length of time in few letters, such as `5m` or `1h 30m`.
pub(crate) fn span(duration: Duration) -> String {
    let whole = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    format!("{whole:#}")
}

/// A line for whoever sits in front of it.
pub(crate) fn message(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{grouped, json_line, shortened};

    #[test]
    fn a_terminal_has_nothing_to_obey() {
        assert_eq!(shortened("a\x1b[2J\n\u{202e}\"é\"", 99), "a\\u{1b}[2J\\n\\u{202e}\"é\"");
        assert_eq!(shortened(&"x".repeat(500), 120).chars().count(), 121);
        assert_eq!(json_line(&"\u{9b}2J\u{7f}é\u{202e}").unwrap(), r#""\u009b2J\u007fé\u202e""#);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
