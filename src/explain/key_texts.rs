//! What else a shared key's string may have been meant to be: what people paste along with it.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::json;

/// Another string, and what was done to get it.
pub(super) struct KeyText {
    pub(super) id: &'static str,
    /// Of the user's string, never its characters.
    pub(super) what: &'static str,
    pub(super) text: Zeroizing<String>,
    pub(super) meant: Meant,
}

/// Which readings of a text are worth trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// All of them, since the text is likely to be the key.
    Likely,
    /// As its own octets only: the other readings do not see the difference, or nothing speaks for it.
    Utf8,
}

/// How many things may be wrapped around a key.
const LAYERS: usize = 4;

/// Takes off what is around the key, layer by layer, and returns the text after each.
pub(super) fn texts(shared_key: &str) -> Vec<KeyText> {
    let mut found: Vec<KeyText> = Vec::new();
    for _ in 0..LAYERS {
        let current: &str = found.last().map_or(shared_key, |last| last.text.as_str());
        let Some(inner) = unwrapped(current) else { break };
        found.push(inner);
    }
    let innermost: &str = found.last().map_or(shared_key, |last| last.text.as_str());
    let others: Vec<KeyText> = other_case(innermost).into_iter().chain(lost_ends(shared_key)).collect();
    found.extend(others);
    found
}

fn unwrapped(text: &str) -> Option<KeyText> {
    let inner = |id, what, text: &str| {
        let text = Zeroizing::new(String::from(text));
        (!text.is_empty()).then_some(KeyText { id, what, text, meant: Meant::Likely })
    };
    let trimmed = text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character));
    if trimmed != text {
        return inner("key.surrounding_whitespace", "white space around it", trimmed);
    }
    if let Some(quoted) = without_quotes(text) {
        return inner("key.quotes", "quotes around it", quoted);
    }
    if let Some(k) = jwk_member(text) {
        return inner("key.jwk_json", "a JWK as JSON", &k);
    }
    if let Some(behind) = PREFIXES.iter().find_map(|prefix| strip_prefix_ignoring_case(text, prefix)) {
        return inner("key.prefix", "a prefix before it", behind);
    }
    if let Some(value) = assigned(text) {
        return inner("key.assignment", "a name and an equals sign before it", value);
    }
    if let Some(decoded) = percent_decoded(text) {
        return inner("key.percent_encoded", "percent-encoding", &decoded);
    }
    None
}

/// Longer ones first: `v1,whsec_` is one prefix behind another.
const PREFIXES: &[&str] = &[
    "whsec_",
    "whsec-",
    "base64url:",
    "base64:",
    "hex:",
    "utf8:",
    "jwk:",
    "sha256=",
    "hs256:",
    "secret:",
    "bearer ",
    "key:",
    "key=",
    "v1,",
    "v1=",
    "k=",
    "0x",
];

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Characters that nobody sees and editors leave behind.
fn is_invisible(character: char) -> bool {
    matches!(character, '\0' | '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

fn without_quotes(text: &str) -> Option<&str> {
    const QUOTES: &[(&str, &str)] =
        &[("\\\"", "\\\""), ("\"", "\""), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"), ("«", "»"), ("<", ">")];
    QUOTES.iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
}

/// The `k` of a JWK, or of the first in a set.
fn jwk_member(text: &str) -> Option<Zeroizing<String>> {
    let members = json::object(text).ok()?;
    let value = |name: &str| members.iter().find(|member| member.name == name).map(|member| member.value);
    if let Some(k) = value("k") {
        return json::string(k).map(Zeroizing::new);
    }
    jwk_member(json::array(value("keys")?)?.first()?)
}

/// What stands behind `NAME=`, `export NAME=` or `NAME: `. A base64 string's padding is no value.
fn assigned(text: &str) -> Option<&str> {
    let text = text.strip_prefix("export ").unwrap_or(text).trim_start();
    let at = text.find(['=', ':'])?;
    let (name, value) = text.split_at(at);
    let name = name.trim_matches(['"', '\'', ' ']);
    let is_name = !name.is_empty()
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b'.'));
    let value = value[1..].trim_start().trim_end_matches([';', ',']);
    (is_name && !value.trim_matches('=').is_empty()).then_some(value)
}

fn percent_decoded(text: &str) -> Option<Zeroizing<String>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    let mut changed = false;
    while let Some((first, behind)) = rest.split_first() {
        let decoded = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                let mut octet = [0];
                hex::decode_to_slice([*high, *low], &mut octet).ok().map(|()| (octet[0], behind))
            }
            _ => None,
        };
        changed |= decoded.is_some();
        let (octet, behind) = decoded.unwrap_or((*first, behind));
        octets.push(octet);
        rest = behind;
    }
    let text = core::str::from_utf8(&octets).ok().filter(|_| changed)?;
    Some(Zeroizing::new(String::from(text)))
}

/// A hexadecimal string in the other case, for signers that take its characters for the key.
fn other_case(text: &str) -> Vec<KeyText> {
    let is_hex = |octet: u8| octet.is_ascii_hexdigit() || octet == b'-';
    if text.len() < 16 || !text.bytes().all(is_hex) {
        return Vec::new();
    }
    [("upper case", text.to_ascii_lowercase()), ("lower case", text.to_ascii_uppercase())]
        .into_iter()
        .map(|(what, other)| (what, Zeroizing::new(other)))
        .filter(|(_, other)| other.as_str() != text)
        .map(|(what, text)| KeyText { id: "key.case", what, text, meant: Meant::Utf8 })
        .collect()
}

/// The signer's string may have what was taken off here.
fn lost_ends(text: &str) -> Vec<KeyText> {
    const ENDS: &[(&str, &str, &str, &str)] = &[
        ("key.surrounding_whitespace", "the signer's has a newline at its end", "", "\n"),
        ("key.surrounding_whitespace", "the signer's has CR LF at its end", "", "\r\n"),
        ("key.surrounding_whitespace", "the signer's has a space at its end", "", " "),
        ("key.quotes", "the signer's has quotes around it", "\"", "\""),
    ];
    ENDS.iter()
        .map(|(id, what, before, after)| {
            let text = Zeroizing::new([before, text, after].concat());
            KeyText { id, what, text, meant: Meant::Utf8 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn what_is_around_a_key_is_taken_off() {
        const KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMko-_a==";
        for (text, id) in [
            (format!("{KEY}\n"), "key.surrounding_whitespace"),
            (format!("\u{feff}{KEY}"), "key.surrounding_whitespace"),
            (format!(" {KEY}\r\n"), "key.surrounding_whitespace"),
            (format!("\"{KEY}\""), "key.quotes"),
            (format!("'{KEY}'"), "key.quotes"),
            (format!("“{KEY}”"), "key.quotes"),
            (format!("{{\"kty\":\"oct\", \"k\":\"{KEY}\"}}"), "key.jwk_json"),
            (format!("{{\"keys\":[{{\"k\":\"{KEY}\"}}]}}"), "key.jwk_json"),
            (format!("SHARED_KEY={KEY}"), "key.assignment"),
            (format!("export SHARED_KEY={KEY}"), "key.assignment"),
            (format!("shared_key: {KEY}"), "key.assignment"),
            (format!("whsec_{KEY}"), "key.prefix"),
            (format!("base64:{KEY}"), "key.prefix"),
            (format!("k={KEY}"), "key.prefix"),
            (KEY.replace('=', "%3D"), "key.percent_encoded"),
        ] {
            let found = texts(&text);
            let first = found.first().map(|found| (found.id, found.text.as_str()));
            assert_eq!(first, Some((id, KEY)), "{text:?}");
        }
    }

    #[test]
    fn layers_come_off_one_after_the_other() {
        let found = texts("export KEY='whsec_c2VjcmV0IG9mIHNvbWUgbGVuZ3Ro'\n");
        let ids: Vec<_> = found.iter().filter(|text| text.meant == Meant::Likely).map(|text| text.id).collect();
        assert_eq!(ids, ["key.surrounding_whitespace", "key.assignment", "key.quotes", "key.prefix"]);
        assert_eq!(found[3].text.as_str(), "c2VjcmV0IG9mIHNvbWUgbGVuZ3Ro");
    }

    #[test]
    fn a_plain_key_is_left_alone() {
        for text in ["", "AyM1SysPpbyDfgZld3umj1qzKOb_-A==", "correct horse battery staple", "=", "a=", "%", "%zz"] {
            assert!(texts(text).iter().all(|text| text.meant == Meant::Utf8), "{text:?}");
        }
    }
}
