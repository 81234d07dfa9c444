//! `health.pagerduty`: an alert by the Events API v2, triggered and resolved under one `dedup_key` for each resource.
//!
//! 202 is delivered, 400 refused; 429, 5xx and no answer are retried, and what else may come is read as webhooks' answers
//! are ([`status::outcome`](super::status::outcome)). PagerDuty drops a `resolve` that no open alert has, and a `trigger`
//! after the `resolve` opens another: the order of a resource's messages is its lane's to keep.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use serde::Serialize;
use serde_json::value::RawValue;
use url::Url;
use uuid::Uuid;

use super::http::{self as client, HttpClient, NamedBy};
use super::wording::{Origin, Tone, cut, thread};
use super::{ChannelError, Sent, record};
use crate::{Content, Message, Secret};

/// In the United States. The EU's is `https://events.eu.pagerduty.com/`.
const DEFAULT_API: &str = "https://events.pagerduty.com/";

const MAX_SUMMARY: usize = 1024;
const MAX_DEDUP_KEY: usize = 255;

/// Where events are enqueued.
pub(super) struct PagerDuty {
    enqueue: Uri,
}

impl PagerDuty {
    pub(super) fn new(api_url: Option<&Url>) -> Result<Self, ChannelError> {
        let api = api_url.map_or(DEFAULT_API, Url::as_str);
        let enqueue = match api.trim_end_matches('/') {
            // Somebody has given the method's own URL.
            whole if whole.ends_with("/v2/enqueue") => whole.to_owned(),
            base => format!("{base}/v2/enqueue"),
        };
        let unusable =
            |_| ChannelError::Option { name: "pagerduty.api_url", reason: format!("{enqueue} cannot be requested") };
        Ok(PagerDuty { enqueue: enqueue.parse().map_err(unusable)? })
    }

    pub(super) async fn send(&self, client: &HttpClient, routing_key: &Secret, message: &Message) -> Sent {
        match self.compose(routing_key, message) {
            Ok((request, record)) => {
                record::by_status(record, client.exchange(NamedBy::Operator, request).await, Some(routing_key))
            }
            Err(error) => record::refused(error),
        }
    }

    /// The request, and what it leaves behind for people.
    pub(super) fn compose(
        &self,
        routing_key: &Secret,
        message: &Message,
    ) -> Result<(Request<Full<Bytes>>, String), String> {
        let event = Event::of(message);
        let (Ok(body), Ok(shown)) = (event.with_key(routing_key.expose()), event.with_key("[REDACTED]")) else {
            return Err("the event cannot be written as JSON".to_owned());
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.enqueue.clone();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(USER_AGENT, client::USER_AGENT);
        let record = record::request(&request, &shown);
        Ok((request, record))
    }
}

/// An event but for its routing key.
#[derive(Serialize)]
struct Event<'a> {
    event_action: &'static str,
    dedup_key: String,
    /// A `resolve` has none: it closes what the key opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'static str>,
}

#[derive(Serialize)]
struct Payload<'a> {
    summary: String,
    source: String,
    severity: &'static str,
    timestamp: jiff::Timestamp,
    component: &'a str,
    group: String,
    class: &'static str,
    /// The event as webhooks have it.
    custom_details: Option<&'a RawValue>,
}

impl<'a> Event<'a> {
    fn of(message: &'a Message) -> Self {
        let severity = match Tone::of(message) {
            Tone::Critical => Some("critical"),
            Tone::Warning => Some("warning"),
            // Nobody is woken by a test: a resolve without an alert is dropped, once the routing key is found good.
            Tone::Good | Tone::Neutral => None,
        };
        Event {
            event_action: if severity.is_some() { "trigger" } else { "resolve" },
            dedup_key: dedup_key(message),
            client: severity.map(|_| "hookseal"),
            payload: severity.map(|severity| Payload::of(message, severity)),
        }
    }

    fn with_key(&self, routing_key: &str) -> serde_json::Result<Vec<u8>> {
        #[derive(Serialize)]
        struct WithKey<'a> {
            routing_key: &'a str,
            #[serde(flatten)]
            event: &'a Event<'a>,
        }
        serde_json::to_vec(&WithKey { routing_key, event: self })
    }
}

impl<'a> Payload<'a> {
    fn of(message: &'a Message, severity: &'static str) -> Self {
        let origin = Origin::of(message);
        let component = match &message.content {
            Content::Notification(notification) => &*notification.payload.service,
            Content::Notice(notice) => notice.payload.integration.as_str(),
            Content::Welcome(welcome) => welcome.payload.integration.as_str(),
        };
        Payload {
            summary: cut(message.text(), MAX_SUMMARY),
            source: component.to_owned(),
            severity,
            timestamp: message.created_at,
            component,
            group: format!("{} ({})", origin.project, origin.environment()),
            class: message.kind(),
            custom_details: serde_json::from_slice(&message.body).ok(),
        }
    }
}

/// The same for all that is told of a resource. One that is too long ends in a hash of the whole.
fn dedup_key(message: &Message) -> String {
    let whole = format!("hookseal/{}", thread(message));
    if whole.len() <= MAX_DEDUP_KEY {
        return whole;
    }
    let hash = Uuid::new_v5(&Uuid::NAMESPACE_URL, whole.as_bytes()).to_string();
    let room = MAX_DEDUP_KEY - hash.len() - 1;
    let end = (0..=room).rev().find(|&index| whole.is_char_boundary(index)).unwrap_or(0);
    format!("{}/{hash}", &whole[..end])
}
