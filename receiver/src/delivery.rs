//! A delivery: what came, exactly, and what was made of it.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::OnceLock;

use bytes::Bytes;
use hookseal::{Error, MatchedKey};
use hookseal_health::Event;
use http::{Method, StatusCode, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::faults::Fault;
use crate::forward::{ForwardCell, Forwarded};
use crate::headers::Headers;
use crate::schema::{self, SchemaVerdict};

/// One request to a path outside `/_hookseal/`, as it was on the wire.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// A UUID of version 7: later deliveries have larger ids.
    pub id: Uuid,
    /// When its headers had arrived.
    pub received_at: Timestamp,
    /// The request's method.
    pub method: Method,
    /// The request target (RFC 9112 §3.2), undecoded: a path and, behind a `?`, a query, as a rule; a whole URL from a client that
    /// takes the receiver for a proxy; `*`; or a host and a port from CONNECT.
    pub target: Box<str>,
    /// HTTP/1.0 or HTTP/1.1.
    pub http_version: Version,
    /// Where the connection came from.
    pub peer: SocketAddr,
    /// The headers.
    pub headers: Headers,
    /// The raw octets of the body, with chunked framing and nothing else taken off.
    pub body: Bytes,
    /// Whether the body went on: it was over the limit, or the sender stopped half-way.
    pub truncated: bool,
    /// What the signature proves.
    pub verdict: Verdict,
    /// Why it is not valid: a code of [`hookseal::Error::code`].
    pub code: Option<Cow<'static, str>>,
    /// The same in words, for whoever runs the receiver.
    pub message: Option<Box<str>>,
    /// What to do about it, for whoever runs the receiver.
    pub hint: Option<Cow<'static, str>>,
    /// The key that signed.
    pub key: Option<MatchedKey>,
    /// Whether a verified delivery with the same signature or the same notification id came before.
    pub replay: bool,
    /// What the sender was told.
    pub response: Answer,
    pub(crate) forward: ForwardCell,
    pub(crate) facts: Facts,
}

/// What takes its time to find out about a body, and is found out once at the most: when somebody looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    sha256: OnceLock<String>,
    event: OnceLock<Option<Event>>,
    schema: OnceLock<SchemaVerdict>,
}

/// Larger bodies are not looked into: no notification comes near.
const MAX_NOTIFICATION: usize = 128 * 1024;

/// What a delivery's signature proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was signed with one of the keys, and nothing changed on the way.
    Valid,
    /// There is a signature, and it proves nothing.
    Invalid,
    /// There is no signature.
    Unsigned,
}

/// What the sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The status; `None` when there was no answer: the sender had hung up, or a fault wanted it so.
    pub status: Option<StatusCode>,
    /// What was wrong with the answer because a fault wanted it so.
    pub fault: Option<Fault>,
}

impl Delivery {
    /// The path, undecoded; `/` where the target has none.
    pub fn path(&self) -> &str {
        let target = self.path_and_query();
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    /// What stands behind the first `?`, undecoded.
    pub fn query(&self) -> Option<&str> {
        self.path_and_query().split_once('?').map(|(_, query)| query)
    }

    /// The target without the URL's beginning that it may have.
    pub(crate) fn path_and_query(&self) -> &str {
        if self.target.starts_with('/') || &*self.target == "*" {
            return &self.target;
        }
        let behind_scheme = self.target.split_once("://").map(|(_, rest)| rest);
        behind_scheme.and_then(|rest| rest.find('/').map(|path| &rest[path..])).unwrap_or("/")
    }

    /// What the body says, when it is a notification (of up to 128 KiB).
    pub fn event(&self) -> Option<&Event> {
        let read = || self.notification().and_then(Event::read);
        self.facts.event.get_or_init(read).as_ref()
    }

    /// What hookseal's schema of health notifications says of the body.
    pub fn schema(&self) -> SchemaVerdict {
        let kind = self.event().and_then(|event| event.kind.as_deref());
        *self.facts.schema.get_or_init(|| schema::check(kind, &self.body))
    }

    /// What has become of it, when it goes on to an app.
    pub fn forwarded(&self) -> Option<Forwarded> {
        self.forward.get()
    }

    /// The body's SHA-256 in hexadecimal.
    pub fn body_sha256(&self) -> &str {
        self.facts.sha256.get_or_init(|| hex::encode(Sha256::digest(&self.body)))
    }

    fn notification(&self) -> Option<&[u8]> {
        (self.body.len() <= MAX_NOTIFICATION).then_some(&*self.body)
    }

    /// The memory that the delivery takes, in octets.
    pub(crate) fn footprint(&self) -> usize {
        size_of::<Self>() + self.target.len() + self.headers.footprint() + self.body.len()
    }

    pub(crate) fn refuse(&mut self, error: &Error, is_signed: bool) {
        self.verdict = if is_signed { Verdict::Invalid } else { Verdict::Unsigned };
        self.code = Some(Cow::Borrowed(error.code()));
        self.message = Some(error.to_string().into());
        self.hint = Some(error.hint());
        self.key = None;
    }
}

impl Verdict {
    /// `valid`, `invalid` or `unsigned`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
            Verdict::Unsigned => "unsigned",
        }
    }

    /// The verdict of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Verdict::Valid, Verdict::Invalid, Verdict::Unsigned].into_iter().find(|verdict| verdict.as_str() == name)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn delivery(target: &str, body: &'static [u8]) -> Delivery {
        Delivery {
            id: Uuid::now_v7(),
            received_at: Timestamp::now(),
            method: Method::POST,
            target: target.into(),
            http_version: Version::HTTP_11,
            peer: ([127, 0, 0, 1], 40_000).into(),
            headers: Headers::copy(&http::HeaderMap::new(), false),
            body: Bytes::from_static(body),
            truncated: false,
            verdict: Verdict::Valid,
            code: None,
            message: None,
            hint: None,
            key: None,
            replay: false,
            response: Answer { status: Some(StatusCode::NO_CONTENT), fault: None },
            forward: ForwardCell::default(),
            facts: Facts::default(),
        }
    }

    #[test]
    fn the_target_is_a_path_and_a_query() {
        let delivery = delivery("/a?b=1?c", b"");
        assert_eq!((delivery.path(), delivery.query()), ("/a", Some("b=1?c")));
    }

    #[test]
    fn other_forms_of_a_target_have_a_path_too() {
        for (target, path, query) in [
            ("http://host:1/a/b?c=/", "/a/b", Some("c=/")),
            ("https://host/", "/", None),
            ("host:443", "/", None),
            ("*", "*", None),
            ("/http://host/a?b://c/d", "/http://host/a", Some("b://c/d")),
        ] {
            let delivery = delivery(target, b"");
            assert_eq!((delivery.path(), delivery.query()), (path, query), "{target}");
        }
    }
}
