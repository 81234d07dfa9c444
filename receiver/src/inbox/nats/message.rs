//! A delivery as a NATS message, and back: the body is the payload, octet for octet, and what else is known of it stands in
//! the message's headers.

use std::borrow::Cow;
use std::str::FromStr;

use bytes::Bytes;
use hookseal::MatchedKey;
use hookseal_nats::async_nats::{HeaderMap, HeaderName};
use http::{StatusCode, Version};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as NameError, StrDeserializer};

use crate::delivery::{Answer, Delivery, Facts, Verdict};
use crate::faults::Fault;
use crate::forward::ForwardCell;
use crate::headers::{Headers, latin1};

/// By which the server tells a message that is published twice.
const MESSAGE_ID: &str = "Nats-Msg-Id";
const RECEIVED_AT: &str = "Hookseal-Received-At";
const VERDICT: &str = "Hookseal-Verdict";
const CODE: &str = "Hookseal-Code";
const MESSAGE: &str = "Hookseal-Message";
const HINT: &str = "Hookseal-Hint";
const KEY_INDEX: &str = "Hookseal-Key-Index";
const KEY_FORMAT: &str = "Hookseal-Key-Format";
const REPLAY: &str = "Hookseal-Replay";
const METHOD: &str = "Hookseal-Method";
const TARGET: &str = "Hookseal-Target";
const HTTP_VERSION: &str = "Hookseal-Http-Version";
const PEER: &str = "Hookseal-Peer";
const TRUNCATED: &str = "Hookseal-Truncated";
const STATUS: &str = "Hookseal-Status";
const FAULT: &str = "Hookseal-Fault";
/// The request's headers as the API gives them, `[[name, value], …]`: NATS's own would keep neither every octet nor the order.
const HEADERS: &str = "Hookseal-Headers";

/// A message that no receiver has published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is no delivery of a receiver: its header {header} is missing or means nothing")]
pub struct InvalidMessage {
    /// The header.
    pub header: &'static str,
}

pub(super) fn headers_of(delivery: &Delivery) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut insert = |name, value: &str| headers.insert(HeaderName::from_static(name), value);
    let mut id = uuid::Uuid::encode_buffer();
    insert(MESSAGE_ID, delivery.id.hyphenated().encode_lower(&mut id));
    insert(RECEIVED_AT, format!("{:.6}", delivery.received_at).as_str());
    insert(VERDICT, delivery.verdict.as_str());
    insert(METHOD, delivery.method.as_str());
    insert(TARGET, &delivery.target);
    insert(HTTP_VERSION, format!("{:?}", delivery.http_version).as_str());
    insert(PEER, delivery.peer.to_string().as_str());
    insert(HEADERS, json_of(&delivery.headers).as_str());
    let texts =
        [(CODE, delivery.code.as_deref()), (MESSAGE, delivery.message.as_deref()), (HINT, delivery.hint.as_deref())];
    for (name, text) in texts {
        if let Some(text) = text {
            // A line of its own would be a header of its own.
            insert(name, text.replace(['\r', '\n'], " ").as_str());
        }
    }
    if let Some(key) = delivery.key {
        insert(KEY_INDEX, key.index.to_string().as_str());
        insert(KEY_FORMAT, key.format.as_str());
    }
    for (name, is_set) in [(REPLAY, delivery.replay), (TRUNCATED, delivery.truncated)] {
        if is_set {
            insert(name, "true");
        }
    }
    if let Some(status) = delivery.response.status {
        insert(STATUS, status.as_str());
    }
    if let Some(fault) = delivery.response.fault {
        insert(FAULT, fault.as_str());
    }
    headers
}

/// The delivery that a receiver's inbox has published as this message: what came, exactly, and what that receiver found.
///
/// # Errors
///
/// Where a header that every delivery has is missing or cannot be read.
pub fn delivery_of(headers: &HeaderMap, payload: Bytes) -> Result<Delivery, InvalidMessage> {
    let text = |header: &'static str| headers.get(header).map(|value| value.as_str());
    let key = match (parsed(headers, KEY_INDEX)?, parsed(headers, KEY_FORMAT)?) {
        (Some(index), Some(format)) => Some(MatchedKey::new(index, format)),
        _ => None,
    };
    let status = parsed::<u16>(headers, STATUS)?.map(StatusCode::from_u16).transpose();
    Ok(Delivery {
        id: needed(headers, MESSAGE_ID)?,
        received_at: needed(headers, RECEIVED_AT)?,
        method: needed(headers, METHOD)?,
        target: text(TARGET).ok_or(InvalidMessage { header: TARGET })?.into(),
        http_version: match text(HTTP_VERSION) {
            Some("HTTP/1.0") => Version::HTTP_10,
            Some("HTTP/1.1") => Version::HTTP_11,
            _ => return Err(InvalidMessage { header: HTTP_VERSION }),
        },
        peer: needed(headers, PEER)?,
        headers: text(HEADERS).and_then(headers_from).ok_or(InvalidMessage { header: HEADERS })?,
        body: payload,
        truncated: text(TRUNCATED).is_some(),
        verdict: text(VERDICT).and_then(Verdict::from_name).ok_or(InvalidMessage { header: VERDICT })?,
        code: text(CODE).map(|code| Cow::Owned(code.to_owned())),
        message: text(MESSAGE).map(Into::into),
        hint: text(HINT).map(|hint| Cow::Owned(hint.to_owned())),
        key,
        replay: text(REPLAY).is_some(),
        response: Answer { status: status.map_err(|_| InvalidMessage { header: STATUS })?, fault: fault(text(FAULT))? },
        forward: ForwardCell::default(),
        facts: Facts::default(),
    })
}

fn parsed<T: FromStr>(headers: &HeaderMap, header: &'static str) -> Result<Option<T>, InvalidMessage> {
    let value = headers.get(header).map(|value| value.as_str().parse());
    value.transpose().map_err(|_| InvalidMessage { header })
}

fn needed<T: FromStr>(headers: &HeaderMap, header: &'static str) -> Result<T, InvalidMessage> {
    parsed(headers, header)?.ok_or(InvalidMessage { header })
}

fn fault(name: Option<&str>) -> Result<Option<Fault>, InvalidMessage> {
    let Some(name) = name else { return Ok(None) };
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    Fault::deserialize(name).map(Some).map_err(|_| InvalidMessage { header: FAULT })
}

fn json_of(headers: &Headers) -> String {
    let pairs: Vec<_> = headers.iter().map(|(name, value)| (name, latin1(value))).collect();
    serde_json::to_string(&pairs).unwrap_or_default() // strings always can be written
}

fn headers_from(json: &str) -> Option<Headers> {
    let pairs: Vec<(String, String)> = serde_json::from_str(json).ok()?;
    let mut lines = Vec::with_capacity(json.len());
    for (name, value) in pairs {
        lines.extend_from_slice(name.as_bytes());
        lines.push(b':');
        for character in value.chars() {
            lines.push(u8::try_from(u32::from(character)).ok().filter(|octet| *octet != b'\n')?);
        }
        lines.push(b'\n');
    }
    Some(Headers::from_lines(lines.into()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap as HttpHeaders, HeaderValue};

    use super::*;
    use crate::delivery::tests::delivery;

    #[test]
    fn nothing_is_lost_on_the_way() {
        let mut request = HttpHeaders::new();
        request.append("x-b", HeaderValue::from_bytes(b"2: \xff\t\"; ").unwrap());
        request.append("x-a", HeaderValue::from_static(""));
        request.append("x-b", HeaderValue::from_static("1"));
        let mut sent = delivery("/a?b=%0d", b"\x00\r\n\xff");
        sent.received_at = "2026-11-25T08:00:00.000001Z".parse().unwrap();
        sent.headers = Headers::copy(&request, false);
        sent.refuse(&hookseal::Error::MissingSignature, false);
        sent.message = Some("two\r\nlines".into());
        sent.truncated = true;
        let came = delivery_of(&headers_of(&sent), sent.body.clone()).unwrap();
        assert_eq!((came.id, came.received_at, &came.method), (sent.id, sent.received_at, &sent.method));
        assert_eq!((&came.target, came.peer, came.http_version), (&sent.target, sent.peer, sent.http_version));
        assert_eq!(came.headers, sent.headers);
        assert_eq!((came.body, came.truncated, came.replay), (sent.body, true, false));
        assert_eq!((came.verdict, came.code, came.hint), (sent.verdict, sent.code, sent.hint));
        assert_eq!(came.message.as_deref(), Some("two  lines"));
        assert_eq!(came.response, sent.response);

        let signed =
            Delivery { key: Some(MatchedKey::new(1, hookseal::KeyFormat::Utf8)), replay: true, ..delivery("/", b"") };
        let came = delivery_of(&headers_of(&signed), Bytes::new()).unwrap();
        assert_eq!((came.key, came.replay, came.verdict), (signed.key, true, Verdict::Valid));
    }

    #[test]
    fn a_message_of_somebody_else_is_none() {
        let error = delivery_of(&HeaderMap::new(), Bytes::new()).unwrap_err();
        assert_eq!(error, InvalidMessage { header: "Nats-Msg-Id" });
        for header in [RECEIVED_AT, VERDICT, METHOD, PEER, HEADERS, HTTP_VERSION] {
            let mut headers = headers_of(&delivery("/", b""));
            headers.insert(header, "¿");
            assert_eq!(delivery_of(&headers, Bytes::new()).unwrap_err(), InvalidMessage { header });
        }
    }
}
