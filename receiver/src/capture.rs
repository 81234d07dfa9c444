//! From a request to a delivery in the inbox and an answer.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hookseal::Error;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use jiff::Timestamp;
use uuid::Uuid;

use crate::body::{self, Body, BodyLimits, End};
use crate::builder::{Builder, Observer};
use crate::delivery::{Answer, Delivery, Verdict};
use crate::headers::Headers;
use crate::inbox::{Inbox, InboxError};
use crate::judge::Judge;

pub(crate) struct Capture {
    judge: Judge,
    accept_all: bool,
    keep_credentials: bool,
    body_limits: BodyLimits,
    inbox: Arc<dyn Inbox>,
    observer: Option<Observer>,
}

impl Capture {
    pub(crate) fn new(builder: Builder, inbox: Arc<dyn Inbox>) -> Self {
        Capture {
            judge: Judge::new(builder.verifier, builder.body_limits.size as u64),
            accept_all: builder.accept_all,
            keep_credentials: builder.keep_credentials,
            body_limits: builder.body_limits,
            inbox,
            observer: builder.observer,
        }
    }

    /// Takes one delivery. The answer tells the sender a code at the most, never why.
    pub(crate) async fn take(self: Arc<Self>, peer: SocketAddr, request: Request<Incoming>) -> Response<Bytes> {
        let received_at = Timestamp::now();
        let (parts, incoming) = request.into_parts();
        let body = body::read(incoming, self.body_limits).await;
        let end = body.end;
        let (delivery, code) = self.judged(received_at, peer, &parts, body);
        let status = delivery.response.status;
        let kept = match end {
            // hyper drops this future as soon as it has seen that the sender is gone.
            End::HungUp => {
                let capture = self.clone();
                let keeping = tokio::spawn(async move { capture.keep(delivery).await });
                keeping.await.unwrap_or_else(|panicked| Err(InboxError(panicked.into())))
            }
            _ => self.keep(delivery).await,
        };
        let mut response = match kept {
            Ok(()) => answer(status.unwrap_or(StatusCode::BAD_REQUEST), code),
            // The sender has to try again: nothing was kept.
            Err(_) => answer(StatusCode::SERVICE_UNAVAILABLE, Some("inbox_unavailable")),
        };
        if end != End::Complete {
            // What is left of the body is not the next request.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn judged(
        &self,
        received_at: Timestamp,
        peer: SocketAddr,
        parts: &Parts,
        body: Body,
    ) -> (Delivery, Option<&'static str>) {
        let judgement = self.judge.judge(&parts.headers, &body);
        let mut delivery = Delivery {
            id: Uuid::now_v7(),
            received_at,
            method: parts.method.clone(),
            target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).into(),
            http_version: parts.version,
            peer,
            headers: Headers::copy(&parts.headers, self.keep_credentials),
            truncated: body.end != End::Complete,
            body: body.octets,
            verdict: Verdict::Valid,
            code: None,
            message: None,
            hint: None,
            key: None,
            replay: false,
            response: Answer { status: None },
        };
        let refusal = match judgement {
            Ok(proof) => {
                delivery.key = Some(proof.key);
                delivery.replay = proof.replay;
                None
            }
            Err(error) => {
                delivery.refuse(&error);
                Some(error)
            }
        };
        delivery.note_end(body.end);
        let code = match (body.end, self.accept_all, &refusal) {
            (End::Complete, true, _) => None,
            (_, _, refusal) => refusal.as_ref().map(Error::code),
        };
        delivery.response.status = match (body.end, refusal) {
            (End::HungUp, _) => None,
            (End::TooSlow, _) => Some(StatusCode::REQUEST_TIMEOUT),
            (End::TooLarge, _) => Some(StatusCode::PAYLOAD_TOO_LARGE),
            (End::Complete, Some(error)) if !self.accept_all => Some(status_of(&error)),
            (End::Complete, _) => Some(StatusCode::NO_CONTENT),
        };
        (delivery, code)
    }

    async fn keep(&self, delivery: Delivery) -> Result<(), InboxError> {
        let delivery = self.inbox.append(delivery).await?;
        if let Some(observer) = &self.observer {
            observer(&delivery);
        }
        Ok(())
    }
}

impl Delivery {
    /// A body that stopped half-way is the likely reason for whatever else is wrong.
    fn note_end(&mut self, end: End) {
        let what = match end {
            End::HungUp => "hung up",
            End::TooSlow => "took too long",
            End::Complete | End::TooLarge => return,
        };
        self.message = Some(format!("the sender {what} after {} octets of the body", self.body.len()).into());
        self.hint = Some("The delivery is not whole; the sender should send it again.".into());
    }
}

fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn answer(status: StatusCode, code: Option<&str>) -> Response<Bytes> {
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
