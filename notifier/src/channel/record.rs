//! What an attempt leaves behind for people: bounded, and without secrets.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, PROXY_AUTHORIZATION};
use http_body_util::Full;

use super::http::Answer;
use super::{Exchange, Outcome, Sent, status};
use crate::Secret;

/// More of an answer is not kept.
const MAX_ANSWER: usize = 4096;

const REDACTED: &str = "[REDACTED]";

/// A request as it is sent, with `body` in its body's place.
pub(super) fn request(request: &Request<Full<Bytes>>, body: &[u8]) -> String {
    let mut text = String::with_capacity(512 + body.len());
    let _ = writeln!(text, "{} {} HTTP/1.1", request.method(), request.uri());
    for (name, value) in request.headers() {
        let value = match *name {
            AUTHORIZATION | PROXY_AUTHORIZATION => Cow::Borrowed(REDACTED),
            _ => String::from_utf8_lossy(value.as_bytes()),
        };
        text.extend([name.as_str(), ": ", &value, "\n"]);
    }
    text.push('\n');
    match std::str::from_utf8(body) {
        Ok(body) => text.push_str(body),
        Err(_) => text.push_str(&String::from_utf8_lossy(body)),
    }
    text
}

/// An answer's body as text. A server may repeat what it was sent.
pub(super) fn answer(body: &[u8], secret: Option<&Secret>) -> String {
    let mut text = redact(String::from_utf8_lossy(body).into_owned(), secret);
    if text.len() > MAX_ANSWER {
        let end = (0..=MAX_ANSWER).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

pub(super) fn redact(text: String, secret: Option<&Secret>) -> String {
    match secret.map(Secret::expose) {
        Some(secret) if !secret.is_empty() && text.contains(secret) => text.replace(secret, REDACTED),
        _ => text,
    }
}

/// What came of a request whose status says it all.
pub(super) fn by_status(request: String, answered: Result<Answer, String>, secret: Option<&Secret>) -> Sent {
    match answered {
        Ok(answer) => {
            let outcome = status::outcome(&answer);
            let error = (outcome != Outcome::Delivered).then(|| status::in_words(&answer));
            answered_with(request, &answer, outcome, error, secret)
        }
        Err(error) => unanswered(request, error),
    }
}

pub(super) fn answered_with(
    request: String,
    answered: &Answer,
    outcome: Outcome,
    error: Option<String>,
    secret: Option<&Secret>,
) -> Sent {
    let status = Some(answered.status.as_u16());
    let answer = answer(&answered.body, secret);
    let error = error.map(|error| redact(error, secret));
    Sent { outcome, exchange: Exchange { request, status, answer, error, ..Exchange::default() } }
}

/// Nobody has answered.
pub(super) fn unanswered(request: String, error: String) -> Sent {
    let outcome = Outcome::Retry { after: None, endpoint: true };
    Sent { outcome, exchange: Exchange { request, error: Some(error), ..Exchange::default() } }
}

/// What can never be sent.
pub(super) fn refused(error: String) -> Sent {
    Sent { outcome: Outcome::Refused, exchange: Exchange { error: Some(error), ..Exchange::default() } }
}
