//! From a request to a delivery in the inbox and an answer.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;

use hookseal::{Error, HEADER_NAME};
use hookseal_web::Peer;
use http::header::{CONNECTION, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use jiff::Timestamp;
use uuid::Uuid;

use crate::answer::{self, AnswerBody};
use crate::body::{Body, BodyReader, End};
use crate::builder::{Builder, FailureObserver, Observer};
use crate::delivery::{Answer, Delivery, Facts, Verdict};
use crate::explain::Background;
use crate::faults::{Faults, Strike};
use crate::filter::Filter;
use crate::headers::Headers;
use crate::inbox::{Inbox, InboxError, Position};
use crate::judge::Judge;

pub(crate) struct Capture {
    bodies: BodyReader,
    judge: Judge,
    accept_all: bool,
    keep_credentials: bool,
    inbox: Arc<dyn Inbox>,
    faults: Arc<Faults>,
    observer: Option<Observer>,
    failure_observer: Option<FailureObserver>,
    background: Option<Background>,
}

/// A delivery that is judged but not yet kept.
struct Judged {
    delivery: Delivery,
    /// All that the sender is told besides the status.
    code: Option<&'static str>,
    /// To be forgotten should the delivery not be kept.
    marks: Vec<u64>,
}

impl Capture {
    pub(crate) fn new(
        builder: Builder,
        inbox: Arc<dyn Inbox>,
        faults: Arc<Faults>,
        background: Option<Background>,
    ) -> Self {
        Capture {
            bodies: BodyReader::new(builder.body_limits),
            judge: Judge::new(builder.verifier, builder.body_limits.size as u64),
            accept_all: builder.accept_all,
            keep_credentials: builder.keep_credentials,
            inbox,
            faults,
            observer: builder.observer,
            failure_observer: builder.failure_observer,
            background,
        }
    }

    /// Gets to know what an earlier process has kept, newest first, so that it is a replay when it comes again.
    pub(crate) async fn recall(self: Arc<Self>) {
        /// About as many as are known while the process runs.
        const MOST: usize = 100_000;
        const PAGE: usize = 256;
        let valid = Filter { verdict: Some(Verdict::Valid), ..Filter::default() };
        let mut before = Position(self.inbox.latest().borrow().0.saturating_add(1));
        for _ in 0..MOST / PAGE {
            // What cannot be read now is no replay; the next reader of the inbox is told why.
            let Ok(page) = self.inbox.before(Some(before), &valid, PAGE).await else { return };
            let Some((oldest, _)) = page.last() else { return };
            before = *oldest;
            page.iter().for_each(|(_, delivery)| self.judge.remember(delivery));
            tokio::task::yield_now().await;
        }
    }

    /// Takes one delivery. The answer tells the sender a code at the most, never why.
    pub(crate) async fn take(self: Arc<Self>, peer: &Peer, request: Request<Incoming>) -> Response<AnswerBody> {
        let received_at = now();
        let (parts, incoming) = request.into_parts();
        let body = self.bodies.read(incoming).await;
        let end = body.end;
        if end == End::Crowded {
            return answer::whole(answer::try_again("busy"));
        }
        let Judged { mut delivery, code, marks } = self.judged(received_at, peer.address, &parts, body);
        let status = delivery.response.status.unwrap_or(StatusCode::BAD_REQUEST);
        let strike = delivery.response.status.and_then(|_| self.faults.strike(delivery.path()));
        if let Some(strike) = &strike {
            delivery.response.suffer(strike);
        }
        if let Err(error) = self.clone().keep_whatever_happens(delivery).await {
            if let Some(observer) = &self.failure_observer {
                observer(&error);
            }
            self.judge.unmark(&marks);
            return answer::whole(answer::try_again("inbox_unavailable"));
        }
        let mut response = answer::plain(status, code);
        if end != End::Complete {
            // What is left of the body is not the next request.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        match strike {
            None => answer::whole(response),
            Some(strike) => answer::badly(response, strike, peer).await,
        }
    }

    fn judged(&self, received_at: Timestamp, peer: SocketAddr, parts: &Parts, body: Body) -> Judged {
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
            response: Answer { status: None, fault: None },
            facts: Facts::default(),
        };
        let mut marks = Vec::new();
        let refusal = match judgement {
            Ok(proof) => {
                delivery.key = Some(proof.key);
                delivery.replay = proof.replay;
                marks = proof.new_marks;
                None
            }
            Err(error) => {
                let is_signed = parts.headers.get(HEADER_NAME).is_some_and(|value| !value.is_empty());
                delivery.refuse(&error, is_signed);
                Some(error)
            }
        };
        delivery.note_end(body.end);
        let (status, code) = self.answer_to(body.end, refusal.as_ref());
        delivery.response.status = status;
        Judged { delivery, code, marks }
    }

    fn answer_to(&self, end: End, refusal: Option<&Error>) -> (Option<StatusCode>, Option<&'static str>) {
        let code = refusal.map(Error::code);
        match (end, refusal) {
            (End::HungUp, _) => (None, code),
            (End::Malformed, _) => (Some(StatusCode::BAD_REQUEST), code),
            (End::TooSlow, _) => (Some(StatusCode::REQUEST_TIMEOUT), code),
            (End::TooLarge, _) => (Some(StatusCode::PAYLOAD_TOO_LARGE), code),
            (End::Complete | End::Crowded, Some(error)) if !self.accept_all => (Some(status_of(error)), code),
            (End::Complete | End::Crowded, _) => (Some(StatusCode::NO_CONTENT), None),
        }
    }

    /// hyper drops the answer's future as soon as it has seen that the sender is gone. What has come is kept all the same;
    /// an inbox that is done at once, as the one in memory, needs no task of its own for that.
    async fn keep_whatever_happens(self: Arc<Self>, delivery: Delivery) -> Result<(), InboxError> {
        let mut keeping = Box::pin(self.keep(delivery));
        match poll_fn(|context| Poll::Ready(keeping.as_mut().poll(context))).await {
            Poll::Ready(kept) => kept,
            Poll::Pending => tokio::spawn(keeping).await.unwrap_or_else(|failed| Err(InboxError(failed.into()))),
        }
    }

    async fn keep(self: Arc<Self>, delivery: Delivery) -> Result<(), InboxError> {
        let delivery = self.inbox.append(delivery).await?;
        if let Some(observer) = &self.observer {
            observer(&delivery);
        }
        if let Some(background) = &self.background {
            background.consider(&delivery);
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
            End::Malformed => "broke the framing",
            End::Complete | End::TooLarge | End::Crowded => return,
        };
        self.message = Some(format!("the sender {what} after {} octets of the body", self.body.len()).into());
        self.hint = Some("The delivery is not whole; the sender should send it again.".into());
    }
}

impl Answer {
    /// What a fault makes of it.
    fn suffer(&mut self, strike: &Strike) {
        let Some(status) = self.status else { return };
        self.fault = strike.fault(status);
        self.status = (!strike.is_silent()).then(|| strike.status_instead_of(status));
    }
}

fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// In microseconds, as times are shown and stored: a time read from the API means the same when it is given back.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
