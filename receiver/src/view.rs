//! A delivery as JSON: what the API answers and the log prints.

use hookseal_health::Event;
use http::Version;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::delivery::{Delivery, Verdict};
use crate::faults::Fault;
use crate::forward::Forwarded;
use crate::headers::{Headers, latin1};
use crate::schema::SchemaVerdict;

/// A delivery as JSON. What costs time (the body's hash, its event, the schema) is worked out when it is first looked at.
#[derive(Debug, Serialize)]
pub struct DeliveryView<'a> {
    id: Uuid,
    #[serde(serialize_with = "microseconds")]
    received_at: Timestamp,
    method: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    target: &'a str,
    #[serde(serialize_with = "version")]
    http_version: Version,
    peer: String,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "pairs_if_any")]
    headers: Option<&'a Headers>,
    body_size: usize,
    body_sha256: &'a str,
    truncated: bool,
    verdict: Verdict,
    code: Option<&'a str>,
    message: Option<&'a str>,
    hint: Option<&'a str>,
    key: Option<Key>,
    replay: bool,
    schema: SchemaVerdict,
    event: Option<&'a Event>,
    response: Response,
    forward: Option<Forwarded>,
}

#[derive(Debug, Serialize)]
struct Key {
    index: usize,
    format: &'static str,
}

#[derive(Debug, Serialize)]
struct Response {
    status: Option<u16>,
    fault: Option<Fault>,
}

impl<'a> DeliveryView<'a> {
    /// The delivery with its headers.
    pub fn new(delivery: &'a Delivery) -> Self {
        DeliveryView { headers: Some(&delivery.headers), ..Self::without_headers(delivery) }
    }

    /// The delivery in short, for one line of a log.
    pub fn without_headers(delivery: &'a Delivery) -> Self {
        DeliveryView {
            id: delivery.id,
            received_at: delivery.received_at,
            method: delivery.method.as_str(),
            path: delivery.path(),
            query: delivery.query(),
            target: &delivery.target,
            http_version: delivery.http_version,
            peer: delivery.peer.to_string(),
            headers: None,
            body_size: delivery.body.len(),
            body_sha256: delivery.body_sha256(),
            truncated: delivery.truncated,
            verdict: delivery.verdict,
            code: delivery.code.as_deref(),
            message: delivery.message.as_deref(),
            hint: delivery.hint.as_deref(),
            key: delivery.key.map(|key| Key { index: key.index, format: key.format.as_str() }),
            replay: delivery.replay,
            schema: delivery.schema(),
            event: delivery.event(),
            response: Response {
                status: delivery.response.status.map(|status| status.as_u16()),
                fault: delivery.response.fault,
            },
            forward: delivery.forwarded(),
        }
    }
}

pub(crate) fn microseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.6}"))
}

pub(crate) fn version<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{version:?}"))
}

fn pairs_if_any<S: Serializer>(headers: &Option<&Headers>, serializer: S) -> Result<S::Ok, S::Error> {
    match headers {
        Some(headers) => pairs(headers, serializer),
        None => serializer.serialize_none(),
    }
}

/// `[[name, value], …]`: an object would lose duplicates.
pub(crate) fn pairs<S: Serializer>(headers: &Headers, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(headers.iter().map(|(name, value)| (name, latin1(value))))
}
