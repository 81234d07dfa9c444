//! HTTP Archive 1.2, as browsers' developer tools and proxies read it.
//!
//! The format has text for a request's body and no way to say that it is none. A body that is not UTF-8 is in base64, with
//! the member `_encoding` beside it, as `encoding` is for a response (members of one's own begin with `_`).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::delivery::Delivery;
use crate::headers::latin1;

pub(super) const START: &str = concat!(
    r#"{"log":{"version":"1.2","creator":{"name":"hookseal","version":""#,
    env!("CARGO_PKG_VERSION"),
    "\"},\"entries\":[\n"
);

pub(super) const END: &str = "\n]}}\n";

pub(super) fn entry(delivery: &Delivery, origin: &str) -> serde_json::Result<Vec<u8>> {
    let status = delivery.response.status;
    serde_json::to_vec(&json!({
        "startedDateTime": format!("{:.6}", delivery.received_at),
        "time": 0,
        "request": request(delivery, origin),
        "response": {
            "status": status.map_or(0, |status| status.as_u16()),
            "statusText": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
            "httpVersion": format!("{:?}", delivery.http_version),
            "cookies": [],
            "headers": [],
            "content": { "size": 0, "mimeType": "x-unknown" },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": { "send": 0, "wait": 0, "receive": 0 },
        "_id": delivery.id,
        "_target": &*delivery.target,
        "_peer": delivery.peer.to_string(),
        "_verdict": delivery.verdict,
        "_code": delivery.code,
        "_truncated": delivery.truncated,
    }))
}

fn request(delivery: &Delivery, origin: &str) -> Value {
    let headers: Vec<_> =
        delivery.headers.iter().map(|(name, value)| json!({ "name": name, "value": latin1(value) })).collect();
    let query: Vec<_> = form_urlencoded::parse(delivery.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let host = delivery.headers.get("host").next().filter(|host| host.is_ascii()).map(latin1);
    let origin = host.map_or(origin.to_owned(), |host| format!("http://{host}"));
    let is_url = delivery.target.contains("://") && !delivery.target.starts_with('/');
    let url = if is_url { delivery.target.to_string() } else { format!("{origin}{}", delivery.path_and_query()) };
    let mut request = json!({
        "method": delivery.method.as_str(),
        "url": url,
        "httpVersion": format!("{:?}", delivery.http_version),
        "cookies": [],
        "headers": headers,
        "queryString": query,
        "headersSize": -1,
        "bodySize": delivery.body.len(),
    });
    if !delivery.body.is_empty() {
        request["postData"] = body(delivery);
    }
    request
}

fn body(delivery: &Delivery) -> Value {
    let mime_type = delivery.headers.get("content-type").next().map_or_else(Cow::default, latin1);
    match std::str::from_utf8(&delivery.body) {
        Ok(text) => json!({ "mimeType": mime_type, "text": text }),
        Err(_) => json!({ "mimeType": mime_type, "text": STANDARD.encode(&delivery.body), "_encoding": "base64" }),
    }
}
