//! `health.webhook`: the event's JSON, posted as it is stored and signed when there is a shared key.
//!
//! What the answer means stands in the table of [`status::outcome`](super::status::outcome). No answer is a retry, an
//! address that the guard closes too: once `allow_network` opens it, what waits is delivered.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use uuid::Uuid;

use super::http::{self as client, HttpClient, NamedBy};
use super::{Sent, record};
use crate::{Message, SharedKey, WebhookUrl};

const EVENT_ID: HeaderName = HeaderName::from_static("x-hookseal-event-id");
const SIGNATURE: HeaderName = HeaderName::from_static("x-jws-signature");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) async fn send(
    client: &HttpClient,
    url: &WebhookUrl,
    shared_key: Option<&SharedKey>,
    message: &Message,
) -> Sent {
    let (request, record) = compose(url, shared_key, message);
    record::by_status(record, client.exchange(NamedBy::User, request).await, None)
}

/// The request, and what it leaves behind for people.
pub(super) fn compose(
    url: &WebhookUrl,
    shared_key: Option<&SharedKey>,
    message: &Message,
) -> (Request<Full<Bytes>>, String) {
    let mut request = Request::new(Full::new(message.body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.uri().clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(USER_AGENT, client::USER_AGENT);
    if let Ok(id) = HeaderValue::from_str(message.id.hyphenated().encode_lower(&mut Uuid::encode_buffer())) {
        headers.insert(EVENT_ID, id);
    }
    if let Some(key) = shared_key
        && let Ok(signature) = HeaderValue::try_from(key.signer().sign(&message.body))
    {
        headers.insert(SIGNATURE, signature);
    }
    let record = record::request(&request, &message.body);
    (request, record)
}
