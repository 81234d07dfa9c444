//! What no MAC proves and is still worth saying: whose scheme a value is, and what cannot be undone.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use super::cause::{Detail, Note};
use super::values::List;
use crate::error::{DroppedReading, Error, KeyError};
use crate::json;

fn note(id: &'static str, found: impl Into<Cow<'static, str>>, fix: &'static str, detail: Detail) -> Note {
    Note { id, found: found.into(), fix: fix.into(), detail }
}

fn at(offset: usize) -> Detail {
    Detail::default().with("offset", offset)
}

/// What the body shows.
pub(super) fn of_body(body: &[u8]) -> Option<Note> {
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    if body.is_empty() {
        return Some(note(
            "damage.empty_body",
            "The body is empty.",
            "If the sender sent one, something read it before (a body parser, a logger): a stream gives its octets once. Take \
             the raw octets first.",
            Detail::default(),
        ));
    }
    let is_replacement = |window: &[u8]| window == REPLACEMENT;
    let first = body.windows(REPLACEMENT.len()).position(is_replacement)?;
    let count = body.windows(REPLACEMENT.len()).filter(|window| is_replacement(window)).count();
    Some(note(
        "damage.replacement_character",
        "The body has U+FFFD in it, which decoders put in the place of what is not UTF-8. What was there cannot be restored.",
        "Something decoded the body's octets as text. Verify the raw octets, before anything decodes them.",
        at(first).with("count", count),
    ))
}

/// Of a body that the caller knows to be cut.
pub(super) fn truncated_body() -> Note {
    note(
        "damage.truncated_body",
        "The body that is here is not all of it: it was over the limit, or the sender stopped half-way.",
        "Raise the limit if such bodies are expected, or have the sender send it again. What is missing was signed too, so \
         the key and the header's value can be judged only when it is whole.",
        Detail::default(),
    )
}

/// What the malformed value seems to be.
pub(super) fn of_value(value: &[u8], error: &Error, list: Option<&List<'_>>) -> Option<Note> {
    if let Some(list) = list {
        return Some(note(
            "value.multiple",
            format!("{} values stand behind one another, joined by commas.", list.count()),
            "A proxy or a test added a second X-JWS-Signature. Send exactly one.",
            at(list.second()).with("count", list.count()),
        ));
    }
    let text = core::str::from_utf8(value).ok()?.trim();
    match error {
        Error::MissingSignature | Error::SignatureMismatch { .. } => None,
        Error::UnsupportedAlg { alg } => Some(other_algorithm(alg.as_deref())),
        _ => other_scheme(text).or_else(|| of_error(value, error)),
    }
}

fn other_algorithm(alg: Option<&str>) -> Note {
    let name = alg.and_then(json::string).unwrap_or_default();
    let is_asymmetric = matches!(
        name.as_str(),
        "RS256"
            | "RS384"
            | "RS512"
            | "PS256"
            | "PS384"
            | "PS512"
            | "ES256"
            | "ES256K"
            | "ES384"
            | "ES512"
            | "EdDSA"
            | "Ed25519"
    );
    // A stranger's name is shown only where it is a known one.
    let detail = at(0);
    if is_asymmetric {
        return note(
            "scheme.asymmetric",
            format!("This is a JWS signed with {name}: a private key signs, and a public key verifies."),
            "Open banking's APIs use the header X-JWS-Signature with RS256 and PS256. Verify it with the sender's public key; \
             a shared key has no part in it.",
            detail.with("alg", name),
        );
    }
    match name.as_str() {
        "HS384" | "HS512" => note(
            "scheme.other_hmac",
            format!("This is a JWS signed with {name}."),
            "Have the sender use HS256.",
            detail.with("alg", name),
        ),
        "none" => note(
            "scheme.unsigned",
            "The protected header says that the JWS is not signed.",
            "Never accept alg none: anybody can make such a value.",
            detail.with("alg", name),
        ),
        _ => note(
            "scheme.unknown_alg",
            "The protected header names no algorithm that JWS knows.",
            "Web PaaS, Platform.sh and Upsun always send HS256. Check what the sender is.",
            detail,
        ),
    }
}

/// Values of other webhook schemes, by their looks.
fn other_scheme(text: &str) -> Option<Note> {
    let is_hex = |text: &str| text.len() >= 32 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    if let Some((name, digest)) = text.split_once('=')
        && matches!(name, "sha1" | "sha256" | "sha512" | "SHA256" | "hmac" | "hmac-sha256" | "v0" | "v1")
        && is_hex(digest)
    {
        return Some(note(
            "scheme.prefixed_hex",
            "This is a digest in hexadecimal behind the name of its algorithm, as GitHub's X-Hub-Signature-256 and Slack's are.",
            "Verify it as that scheme says, or have the sender sign with X-JWS-Signature.",
            at(0).with("digest_offset", name.len() + 1),
        ));
    }
    let fields: Vec<&str> = text.split(',').map(|field| field.trim().split('=').next().unwrap_or_default()).collect();
    if fields.contains(&"t") && fields.iter().any(|field| field.starts_with('v')) {
        return Some(note(
            "scheme.timestamped",
            "This is a timestamp and digests (t=…,v1=…), as Stripe-Signature has them.",
            "Verify it as that scheme says: the HMAC is of the timestamp, a dot and the body.",
            at(0),
        ));
    }
    if text.starts_with("v1,") {
        return Some(note(
            "scheme.standard_webhooks",
            "This is a value of Standard Webhooks (v1,…), as webhook-signature has it.",
            "Verify it as that specification says: the HMAC is of the id, the timestamp and the body.",
            at(0),
        ));
    }
    if text.contains("keyId=") || text.contains("signature=") {
        return Some(note(
            "scheme.http_signature",
            "This is a value of HTTP signatures (keyId=…, signature=…).",
            "Verify it as that specification says, or have the sender sign with X-JWS-Signature.",
            at(0),
        ));
    }
    if text.starts_with('{') {
        return Some(note(
            "scheme.jws_json",
            "This is JSON, as the JSON Serialization of a JWS is.",
            "X-JWS-Signature has the Compact Serialization: HEADER..SIGNATURE.",
            at(0),
        ));
    }
    if text.starts_with("-----BEGIN") {
        return Some(note("scheme.pem", "This is PEM, not a signature.", "Pass the header's value.", at(0)));
    }
    if is_hex(text) {
        return Some(note(
            "scheme.bare_hex",
            "This is a digest in hexadecimal alone.",
            "A value is HEADER..SIGNATURE in base64url. Check that this is the header X-JWS-Signature.",
            at(0),
        ));
    }
    None
}

/// What the error itself tells of a value that is nobody else's either.
fn of_error(value: &[u8], error: &Error) -> Option<Note> {
    let parts = || value.split(|octet| *octet == b'.');
    match error {
        Error::PayloadNotDetached { length } => {
            let protected = parts().next().map_or(0, <[u8]>::len);
            let detail = at(protected + 1).with("length", *length);
            Some(note(
                "scheme.jwt",
                "This is a JWS with its payload attached, as a JSON Web Token is.",
                "X-JWS-Signature has nothing between its dots. If this is a token (Authorization: Bearer), it is the wrong \
                 header's value; if it is a signature, have the sender detach the payload.",
                detail,
            ))
        }
        Error::MalformedCompact { parts } => Some(note(
            "value.not_compact",
            "The value is not HEADER..SIGNATURE.",
            "Check that the whole value of X-JWS-Signature arrived, with both of its dots.",
            at(0).with("parts", *parts),
        )),
        Error::InvalidSignatureLength { length } => Some(note(
            "value.cut",
            if *length < 43 { "The signature is too short: the value was cut." } else { "The signature is too long." },
            "Check that the whole value arrived and nothing was appended (a column's width, a copy, a log line).",
            at(value.len() - length.min(&value.len())).with("length", *length),
        )),
        Error::InvalidBase64Url { part, offset, .. } => Some(note(
            "value.not_base64url",
            format!("The {part} is not base64url."),
            "Pass the header's value exactly as it came: A-Z a-z 0-9 - _ and two dots.",
            at(*offset),
        )),
        _ => None,
    }
}

/// What keeps a shared key from being used as it is configured. Errors name the wrong character of a key; an explanation
/// holds none of them.
pub(super) fn of_key(dropped: &DroppedReading) -> Note {
    let DroppedReading { index, format, error } = dropped;
    let problem = match error {
        KeyError::Weak { length, .. } => format!("it gives {length} octets"),
        _ => "it is malformed or empty".into(),
    };
    let found = format!("The shared key cannot be used as {format}: {problem}.");
    let detail = Detail::default().with("key", *index).with("reading", format.as_str()).with("code", error.code());
    Note { id: "key.unusable", found: found.into(), fix: Error::from(*error).hint(), detail }
}
