//! What a sender is told: a status, a code at the most, and whatever a fault makes of that.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use hookseal_web::Peer;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use tokio_util::sync::CancellationToken;

use crate::faults::{FaultKind, Strike, has_no_body};

/// The body of an answer: whole, or made bad on its way.
pub(crate) type AnswerBody = Either<Full<Bytes>, Channel<Bytes, io::Error>>;

/// A status, and a code when there is one.
pub(crate) fn plain(status: StatusCode, code: Option<&str>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    if let Some(code) = code {
        *response.body_mut() = format!("{{\"code\":\"{code}\"}}\n").into();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110 §11.6.1 asks for a challenge with every 401.
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("X-JWS-Signature"));
    }
    response
}

/// Nothing was kept.
pub(crate) fn try_again(code: &'static str) -> Response<Bytes> {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, Some(code));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The peer has sent too much.
pub(crate) fn slow_down(seconds: u64) -> Response<Bytes> {
    let mut response = plain(StatusCode::TOO_MANY_REQUESTS, Some("rate_limited"));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Waits on purpose, and not longer than the receiver goes on.
pub(crate) async fn pause(time: Duration, stopping: &CancellationToken) {
    let _ = stopping.run_until_cancelled(tokio::time::sleep(time)).await;
}

pub(crate) fn whole(response: Response<Bytes>) -> Response<AnswerBody> {
    response.map(|body| Either::Left(Full::new(body)))
}

/// Answers as a fault wants it: late, wrong, half, or not at all.
pub(crate) async fn badly(
    mut response: Response<Bytes>,
    strike: Strike,
    peer: &Peer,
    stopping: &CancellationToken,
) -> Response<AnswerBody> {
    if strike.kind != FaultKind::SlowBody && !strike.delay.is_zero() {
        pause(strike.delay, stopping).await;
    }
    let status = strike.status_instead_of(response.status());
    if status != response.status() {
        response = plain(status, None);
    }
    if let Some(seconds) = strike.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    match strike.kind {
        FaultKind::None => whole(response),
        FaultKind::Reset => {
            peer.reset();
            std::future::pending().await
        }
        FaultKind::Empty => {
            peer.hang_up();
            std::future::pending().await
        }
        FaultKind::Garbage => whole(with_body(response, Bytes::from_static(NOISE))),
        FaultKind::Truncate => with_some_body(response).map(|body| Either::Right(half(body))),
        FaultKind::SlowBody => {
            with_some_body(response).map(|body| Either::Right(slow(body, strike.delay, stopping.clone())))
        }
    }
}

/// No JSON, no UTF-8, and a terminal's escape in between.
const NOISE: &[u8] = b"{\"ok\":\xff\xfe\x00\x1b[2J\x80\xc3\x28}{[\"\xf0\x9f\x92";

/// What can be cut or drawn out where the answer itself has no body.
const SOME_BODY: &[u8] = b"{\"status\":\"received\"}\n";

fn with_some_body(response: Response<Bytes>) -> Response<Bytes> {
    if response.body().is_empty() || has_no_body(response.status().as_u16()) {
        return with_body(response, Bytes::from_static(SOME_BODY));
    }
    let length = HeaderValue::from(response.body().len());
    let mut response = response;
    response.headers_mut().insert(http::header::CONTENT_LENGTH, length);
    response
}

fn with_body(mut response: Response<Bytes>, body: Bytes) -> Response<Bytes> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = body;
    response
}

/// The first half of a body whose whole length was announced.
fn half(body: Bytes) -> Channel<Bytes, io::Error> {
    /// For the half to be on its way before the connection ends.
    const MEANWHILE: Duration = Duration::from_millis(20);
    let (mut sender, channel) = Channel::new(1);
    tokio::spawn(async move {
        let sent = sender.send_data(body.slice(..body.len() / 2)).await;
        tokio::time::sleep(MEANWHILE).await;
        if sent.is_ok() {
            sender.abort(io::Error::other("the answer is cut on purpose"));
        }
    });
    channel
}

/// A body octet by octet, spread over a time.
fn slow(body: Bytes, time: Duration, stopping: CancellationToken) -> Channel<Bytes, io::Error> {
    let (mut sender, channel) = Channel::new(1);
    let pause = time / u32::try_from(body.len()).unwrap_or(u32::MAX).max(1);
    tokio::spawn(async move {
        for index in 0..body.len() {
            self::pause(pause, &stopping).await;
            // The peer may have had enough.
            if sender.send_data(body.slice(index..=index)).await.is_err() {
                return;
            }
        }
    });
    channel
}
