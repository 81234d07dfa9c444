//! A command for a shell that sends a delivery once more, octet for octet.
//!
//! The command is ASCII but for text in the body, so that it survives being copied: what a terminal or an editor would
//! change is written in octal for `printf`, and a body that is no plain text in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Version;

use crate::delivery::Delivery;

pub(super) const START: &str = "#!/bin/sh\n# Needs curl 7.55 or newer.\n\n";

/// What curl adds by itself unless it is told not to.
const ADDED_BY_CURL: [&str; 4] = ["accept", "content-type", "expect", "user-agent"];

/// A single argument may not be longer everywhere (128 KiB on Linux).
const LONGEST_ARGUMENT: usize = 100_000;

pub(super) fn command(delivery: &Delivery, origin: &str) -> Vec<u8> {
    let body = Body::of(delivery);
    let mut command = notes(delivery);
    if let Body::Encoded = body {
        command.push_str("base64 -d <<'END' | ");
    }
    command.push_str("curl --silent --show-error --path-as-is --globoff");
    command.push_str(if delivery.http_version == Version::HTTP_10 { " --http1.0" } else { " --http1.1" });
    command.push_str(&format!(" --request {}", quoted(delivery.method.as_str().as_bytes())));
    if delivery.method == http::Method::HEAD {
        // Or it would wait for a body that never comes.
        command.push_str(" --head");
    }
    if !delivery.target.bytes().all(is_plain) || !delivery.target.starts_with('/') {
        command.push_str(&format!(" --request-target {}", quoted(delivery.target.as_bytes())));
        command.push_str(&format!(" {}", quoted(origin.as_bytes())));
    } else {
        command.push_str(&format!(" {}", quoted(format!("{origin}{}", delivery.target).as_bytes())));
    }
    for (name, value) in delivery.headers.iter().filter(|(name, _)| *name != "content-length") {
        // curl takes a header without a value for one that is not wanted, unless it ends in a semicolon.
        let line =
            if value.is_empty() { format!("{name};").into_bytes() } else { [name.as_bytes(), b": ", value].concat() };
        command.push_str(&format!(" \\\n  --header {}", quoted(&line)));
    }
    for name in ADDED_BY_CURL.into_iter().filter(|name| delivery.headers.get(name).next().is_none()) {
        command.push_str(&format!(" \\\n  --header '{name}:'"));
    }
    match body {
        Body::None => command.push('\n'),
        Body::Text(text) => command.push_str(&format!(" \\\n  --data-raw {}\n", single_quoted(text))),
        Body::Encoded => {
            command.push_str(" \\\n  --data-binary @-\n");
            let encoded = STANDARD.encode(&delivery.body);
            for line in encoded.as_bytes().chunks(76) {
                command.push_str(&String::from_utf8_lossy(line));
                command.push('\n');
            }
            command.push_str("END\n");
        }
    }
    command.into_bytes()
}

enum Body<'a> {
    /// There was none, and nobody said that there would be one.
    None,
    Text(&'a str),
    Encoded,
}

impl<'a> Body<'a> {
    fn of(delivery: &'a Delivery) -> Self {
        let is_announced =
            ["content-length", "transfer-encoding"].iter().any(|name| delivery.headers.get(name).next().is_some());
        if delivery.body.is_empty() && !is_announced {
            return Body::None;
        }
        match std::str::from_utf8(&delivery.body) {
            Ok(text) if text.len() <= LONGEST_ARGUMENT && !text.chars().any(is_fragile) => Body::Text(text),
            _ => Body::Encoded,
        }
    }
}

/// What a terminal, an editor or a page may not keep as it is.
fn is_fragile(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What stands in a URL that curl passes on as it is.
fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"/-_.~!$&'()*+,;=:@%?".contains(&octet)
}

fn notes(delivery: &Delivery) -> String {
    let code = delivery.code.as_deref().map_or_else(String::new, |code| format!(" ({code})"));
    let mut notes = format!("# {} of {:.6}: {}{code}\n", delivery.id, delivery.received_at, delivery.verdict);
    if delivery.truncated {
        notes.push_str(&format!("# Only the first {} octets of its body are here.\n", delivery.body.len()));
    }
    if delivery.headers.iter().any(|(_, value)| value == crate::headers::REDACTED) {
        notes.push_str(
            "# Values of Authorization and Cookie are not here: the receiver does not keep them unless told.\n",
        );
    }
    notes
}

/// One word of a shell, in ASCII: what is not stands in octal for `printf`.
fn quoted(octets: &[u8]) -> String {
    let mut word = String::new();
    for part in octets.chunk_by(|a, b| is_printable(*a) == is_printable(*b)) {
        match std::str::from_utf8(part) {
            Ok(text) if is_printable(part[0]) => word.push_str(&single_quoted(text)),
            _ => {
                let octal: String = part.iter().map(|octet| format!("\\{octet:03o}")).collect();
                word.push_str(&format!("\"$(printf '{octal}')\""));
            }
        }
    }
    if word.is_empty() { "''".to_owned() } else { word }
}

fn is_printable(octet: u8) -> bool {
    octet == b' ' || octet.is_ascii_graphic()
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_it_was() {
        assert_eq!(quoted(b"a 'b' $c"), r#"'a '\''b'\'' $c'"#);
        assert_eq!(quoted(b"x: \xff\x01."), r#"'x: '"$(printf '\377\001')"'.'"#);
        assert_eq!(quoted(b""), "''");
    }
}
