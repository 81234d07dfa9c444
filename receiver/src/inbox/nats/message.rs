//! A delivery as a NATS message, and back: the body is the payload, octet for octet, and what else is known of it stands in
//! the message's headers.

use std::borrow::Cow;
use std::net::SocketAddr;

use bytes::Bytes;
use hookseal::MatchedKey;
use hookseal_nats::async_nats::{HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::delivery::{Answer, Delivery, Facts, Verdict};
use crate::faults::Fault;
use crate::forward::ForwardCell;
use crate::headers::Headers;
use crate::view::{microseconds, pairs, version};

const VERDICT: &str = "Hookseal-Verdict";
/// The rest, in one: each header costs the client and the server more than its octets.
const DELIVERY: &str = "Hookseal-Delivery";

/// A message that no receiver has published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is no delivery of a receiver: its header {header} {trouble}")]
pub struct InvalidMessage {
    /// The header.
    pub header: &'static str,
    /// What is wrong with it.
    pub trouble: String,
}

impl InvalidMessage {
    fn new(header: &'static str, trouble: impl Into<String>) -> Self {
        InvalidMessage { header, trouble: trouble.into() }
    }
}

/// What a delivery's message says of it, under the names that it has in the API.
#[derive(Serialize)]
struct Record<'a> {
    id: Uuid,
    #[serde(serialize_with = "microseconds")]
    received_at: Timestamp,
    method: &'a str,
    target: &'a str,
    #[serde(serialize_with = "version")]
    http_version: Version,
    peer: SocketAddr,
    /// NATS's own would keep neither every octet nor the order.
    #[serde(serialize_with = "pairs")]
    headers: &'a Headers,
    truncated: bool,
    code: Option<&'a str>,
    message: Option<&'a str>,
    hint: Option<&'a str>,
    key: Option<Key<'a>>,
    replay: bool,
    response: Response,
}

/// The same as it is read.
#[derive(Deserialize)]
struct Recorded<'a> {
    id: Uuid,
    received_at: Timestamp,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    target: Cow<'a, str>,
    #[serde(borrow)]
    http_version: Cow<'a, str>,
    peer: SocketAddr,
    headers: Vec<(String, String)>,
    truncated: bool,
    code: Option<String>,
    message: Option<Box<str>>,
    hint: Option<String>,
    #[serde(borrow)]
    key: Option<Key<'a>>,
    replay: bool,
    response: Response,
}

#[derive(Serialize, Deserialize)]
struct Key<'a> {
    index: usize,
    format: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Response {
    status: Option<u16>,
    fault: Option<Fault>,
}

pub(super) fn headers_of(delivery: &Delivery) -> HeaderMap {
    let record = Record {
        id: delivery.id,
        received_at: delivery.received_at,
        method: delivery.method.as_str(),
        target: &delivery.target,
        http_version: delivery.http_version,
        peer: delivery.peer,
        headers: &delivery.headers,
        truncated: delivery.truncated,
        code: delivery.code.as_deref(),
        message: delivery.message.as_deref(),
        hint: delivery.hint.as_deref(),
        key: delivery.key.map(|key| Key { index: key.index, format: key.format.as_str().into() }),
        replay: delivery.replay,
        response: Response {
            status: delivery.response.status.map(|status| status.as_u16()),
            fault: delivery.response.fault,
        },
    };
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(VERDICT), delivery.verdict.as_str());
    // Such a record always can be written, on one line.
    let record = serde_json::to_string(&record).unwrap_or_default();
    headers.insert(HeaderName::from_static(DELIVERY), HeaderValue::from(record));
    headers
}

/// The delivery that a receiver's inbox has published as this message: what came, exactly, and what that receiver found.
///
/// # Errors
///
/// Where a header that every delivery has is missing or cannot be read.
pub fn delivery_of(headers: &HeaderMap, payload: Bytes) -> Result<Delivery, InvalidMessage> {
    let text = |header: &'static str| {
        let value = headers.get(header).map(|value| value.as_str());
        value.ok_or_else(|| InvalidMessage::new(header, "is missing"))
    };
    let verdict = Verdict::from_name(text(VERDICT)?).ok_or_else(|| InvalidMessage::new(VERDICT, "is no verdict"))?;
    let invalid = |trouble: &str| InvalidMessage::new(DELIVERY, trouble);
    let record: Recorded<'_> =
        serde_json::from_str(text(DELIVERY)?).map_err(|error| invalid(&format!("cannot be read: {error}")))?;
    let key = record.key.map(|key| match key.format.parse() {
        Ok(format) => Ok(MatchedKey::new(key.index, format)),
        Err(_) => Err(invalid("names no way to read a key")),
    });
    let status = record.response.status.map(StatusCode::from_u16).transpose();
    Ok(Delivery {
        id: record.id,
        received_at: record.received_at,
        method: record.method.parse().map_err(|_| invalid("has no method"))?,
        target: record.target.into(),
        http_version: match &*record.http_version {
            "HTTP/1.0" => Version::HTTP_10,
            "HTTP/1.1" => Version::HTTP_11,
            _ => return Err(invalid("has no version of HTTP that there is")),
        },
        peer: record.peer,
        headers: headers_from(record.headers).ok_or_else(|| invalid("has a header that cannot be one"))?,
        body: payload,
        truncated: record.truncated,
        verdict,
        code: record.code.map(Cow::Owned),
        message: record.message,
        hint: record.hint.map(Cow::Owned),
        key: key.transpose()?,
        replay: record.replay,
        response: Answer {
            status: status.map_err(|_| invalid("has a status that cannot be one"))?,
            fault: record.response.fault,
        },
        forward: ForwardCell::default(),
        facts: Facts::default(),
    })
}

fn headers_from(pairs: Vec<(String, String)>) -> Option<Headers> {
    let mut lines = Vec::new();
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
        assert_eq!(came.message.as_deref(), Some("two\r\nlines"));
        assert_eq!(came.response, sent.response);

        let signed =
            Delivery { key: Some(MatchedKey::new(1, hookseal::KeyFormat::Utf8)), replay: true, ..delivery("/", b"") };
        let came = delivery_of(&headers_of(&signed), Bytes::new()).unwrap();
        assert_eq!((came.key, came.replay, came.verdict), (signed.key, true, Verdict::Valid));
    }

    #[test]
    fn a_message_of_somebody_else_is_none() {
        let error = delivery_of(&HeaderMap::new(), Bytes::new()).unwrap_err();
        assert_eq!(error, InvalidMessage::new("Hookseal-Verdict", "is missing"));
        for header in [VERDICT, DELIVERY] {
            let mut headers = headers_of(&delivery("/", b""));
            headers.insert(header, "¿");
            assert_eq!(delivery_of(&headers, Bytes::new()).unwrap_err().header, header);
        }
    }

    #[test]
    fn what_no_receiver_writes_is_refused_with_the_reason() {
        let sent = headers_of(&delivery("/", b""));
        let written = sent.get(DELIVERY).unwrap().as_str();
        for (right, wrong, why) in [
            ("POST", "P T", "has no method"),
            ("HTTP/1.1", "HTTP/3", "has no version of HTTP that there is"),
            ("\"headers\":[]", "\"headers\":[[\"a\",\"\\n\"]]", "has a header that cannot be one"),
            ("204", "99", "has a status that cannot be one"),
            ("\"peer\":", "\"pier\":", "cannot be read: missing field `peer`"),
        ] {
            let changed = written.replacen(right, wrong, 1);
            assert_ne!(changed, written, "{right}");
            let mut headers = sent.clone();
            headers.insert(DELIVERY, changed.as_str());
            let error = delivery_of(&headers, Bytes::new()).unwrap_err();
            assert!(error.trouble.starts_with(why), "{error}");
        }
    }
}
