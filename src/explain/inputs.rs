//! What the signer may have put into the MAC instead of BASE64URL(protected) "." body.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::budget::Stop;
use super::cause::{Cause, Detail, Family};
use super::octets::Sink;

/// One hypothesis about the signing input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputChange {
    /// What is between the dots, as it stands there.
    Attached,
    /// The payload base64url-encoded, as RFC 7515 has it.
    PayloadEncoded,
    BodyOnly,
    MissingDot,
    /// Another protected header than the value shows.
    OtherHeader(OtherHeader),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OtherHeader {
    header: &'static str,
    form: Form,
    payload_encoded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Base64Url,
    /// Not encoded at all.
    Json,
}

pub(super) const LIKELY: &[InputChange] =
    &[InputChange::PayloadEncoded, InputChange::BodyOnly, InputChange::MissingDot];

const fn other(header: &'static str) -> InputChange {
    InputChange::OtherHeader(OtherHeader { header, form: Form::Base64Url, payload_encoded: false })
}

const fn encoded(header: &'static str) -> InputChange {
    InputChange::OtherHeader(OtherHeader { header, form: Form::Base64Url, payload_encoded: true })
}

pub(super) const UNLIKELY: &[InputChange] = &[
    InputChange::OtherHeader(OtherHeader { header: crate::PROTECTED_HEADER, form: Form::Json, payload_encoded: false }),
    other(r#"{"alg":"HS256"}"#),
    encoded(r#"{"alg":"HS256"}"#),
    other(r#"{"alg":"HS256","typ":"JWT"}"#),
    encoded(r#"{"alg":"HS256","typ":"JWT"}"#),
    other(r#"{"typ":"JWT","alg":"HS256"}"#),
    encoded(r#"{"typ":"JWT","alg":"HS256"}"#),
    other(r#"{"alg":"HS256","b64":false}"#),
    other(crate::PROTECTED_HEADER),
    other(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#),
    other(r#"{"b64":false,"alg":"HS256","crit":["b64"]}"#),
    other(r#"{"b64":false,"crit":["b64"],"alg":"HS256"}"#),
    other(r#"{"crit":["b64"],"alg":"HS256","b64":false}"#),
    other(r#"{"crit":["b64"],"b64":false,"alg":"HS256"}"#),
    other(r#"{"alg": "HS256", "b64": false, "crit": ["b64"]}"#),
    other(r#"{"alg": "HS256", "crit": ["b64"], "b64": false}"#),
    other(r#"{"b64": false, "alg": "HS256", "crit": ["b64"]}"#),
    other(r#"{"alg":"HS256","typ":"JWT","b64":false,"crit":["b64"]}"#),
    other(r#"{"typ":"JWT","alg":"HS256","b64":false,"crit":["b64"]}"#),
];

impl InputChange {
    /// What the signing input starts with, where the value's protected part would be `own` with its dot.
    pub(super) fn prefix(self, own: &[u8]) -> Result<Vec<u8>, Stop> {
        let prefix = match self {
            InputChange::BodyOnly => Vec::new(),
            InputChange::MissingDot => own.strip_suffix(b".").unwrap_or(own).to_vec(),
            InputChange::PayloadEncoded | InputChange::Attached => own.to_vec(),
            InputChange::OtherHeader(OtherHeader { header, form, payload_encoded }) => {
                let mut text = String::new();
                match form {
                    Form::Base64Url => URL_SAFE_NO_PAD.encode_string(header, &mut text),
                    Form::Json => text.push_str(header),
                }
                text.push('.');
                if text.as_bytes() == own && !payload_encoded {
                    return Err(Stop::DoesNotApply);
                }
                text.into_bytes()
            }
        };
        Ok(prefix)
    }

    /// Writes the payload part.
    pub(super) fn write(self, body: &[u8], attached: &[u8], out: &mut impl Sink) -> Result<(), Stop> {
        match self {
            InputChange::Attached => out.push(attached),
            InputChange::PayloadEncoded | InputChange::OtherHeader(OtherHeader { payload_encoded: true, .. }) => {
                encode(body, out)
            }
            _ => out.push(body),
        }
    }

    pub(super) fn cause(self) -> Cause {
        let cause = |id, found: &'static str, fix: &'static str, detail| Cause {
            id,
            family: if id == "value.attached_payload" { Family::Value } else { Family::Input },
            found: found.into(),
            fix: fix.into(),
            detail,
        };
        match self {
            InputChange::Attached => cause(
                "value.attached_payload",
                "The signature matches what stands between the dots of the value, not the body that arrived.",
                "The value is a JWS with its payload attached. Have the sender leave out the payload and sign the body, or \
                 verify the payload that is there and ignore the body.",
                Detail::default().with("signed", "the attached payload"),
            ),
            InputChange::PayloadEncoded => cause(
                "input.payload_encoded",
                "The signature matches if the body is base64url-encoded before it is signed, as RFC 7515 has it.",
                "The signer's library does not know \"b64\":false and encodes the payload (the vendor's Node and PHP samples \
                 do). Sign BASE64URL(header) \".\" and the raw body.",
                Detail::default(),
            ),
            InputChange::BodyOnly => cause(
                "input.body_only",
                "The signature matches if the body alone is signed, without the protected header and its dot.",
                "The signer makes a plain HMAC of the body. Sign BASE64URL(header) \".\" and the body.",
                Detail::default(),
            ),
            InputChange::MissingDot => cause(
                "input.missing_dot",
                "The signature matches if there is no dot between the protected header and the body.",
                "The signer leaves out the dot. Sign BASE64URL(header) \".\" and the body.",
                Detail::default(),
            ),
            InputChange::OtherHeader(OtherHeader { header, form, payload_encoded }) => cause(
                "input.other_header",
                "The signature matches if another protected header is signed than the value shows.",
                "The signer serialises the header once for the MAC and once for the value. Sign the very characters that the \
                 value starts with.",
                Detail::default()
                    .with("header", header)
                    .with(
                        "form",
                        match form {
                            Form::Base64Url => "base64url",
                            Form::Json => "json",
                        },
                    )
                    .with("payload", if payload_encoded { "base64url" } else { "raw" }),
            ),
        }
    }
}

/// BASE64URL of any length of octets in a fixed space.
fn encode(body: &[u8], out: &mut impl Sink) -> Result<(), Stop> {
    let mut text = [0; 1024];
    for chunk in body.chunks(text.len() / 4 * 3) {
        let length = URL_SAFE_NO_PAD.encode_slice(chunk, &mut text).map_err(|_| Stop::DoesNotApply)?;
        out.push(&text[..length])?;
    }
    Ok(())
}
