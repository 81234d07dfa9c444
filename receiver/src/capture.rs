//! From a request to a delivery in the inbox and an answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookseal::{Error, HEADER_NAME};
use hookseal_web::Peer;
use http::header::{CONNECTION, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::answer::{self, AnswerBody};
use crate::body::{Body, BodyReader, End};
use crate::builder::{Builder, FailureObserver, Observer};
use crate::delivery::{Answer, Delivery, Facts, Verdict};
use crate::explain::Background;
use crate::faults::Strike;
use crate::filter::Filter;
use crate::forward::{ForwardCell, ForwardState, Forwarder, Job, Slot};
use crate::headers::Headers;
use crate::inbox::{Inbox, InboxError, Position};
use crate::judge::Judge;
use crate::metrics::Metrics;
use crate::path;
use crate::readiness::Readiness;
use crate::rules::{Active, Treatment};
use crate::unstoppable::Unstoppable;

pub(crate) struct Capture {
    bodies: BodyReader,
    judge: Judge,
    active: Arc<Active>,
    forwarder: Arc<Forwarder>,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    keep_credentials: bool,
    inbox: Arc<dyn Inbox>,
    observer: Option<Observer>,
    failure_observer: Option<FailureObserver>,
    background: Option<Background>,
    /// Nobody is kept waiting on purpose any more.
    stopping: CancellationToken,
}

/// A request to a path that is not the control API's.
struct Arrival<'a> {
    received_at: Timestamp,
    instant: Instant,
    peer: &'a Peer,
    parts: Parts,
}

/// A delivery that is judged but not yet kept.
struct Judged {
    delivery: Delivery,
    end: End,
    /// Whether it is refused for its signature or its body.
    is_refused: bool,
    /// What the sender is told, unless a fault wants it otherwise.
    answer: Response<Bytes>,
    strike: Option<Strike>,
    onward: Onward,
    /// To be forgotten should the delivery not be kept.
    marks: Vec<u64>,
    /// The body's share of what all bodies may take together, until the inbox accounts for it.
    share: Option<OwnedSemaphorePermit>,
}

/// Which way a delivery takes on to an app.
enum Onward {
    Nowhere,
    /// In the background.
    Later(Job, Slot),
    /// While the sender waits for the app's answer.
    Now(Job),
}

impl Capture {
    pub(crate) fn new(
        builder: Builder,
        active: Arc<Active>,
        forwarder: Arc<Forwarder>,
        metrics: Arc<Metrics>,
        readiness: Arc<Readiness>,
        background: Option<Background>,
        stopping: CancellationToken,
    ) -> Self {
        Capture {
            bodies: BodyReader::new(builder.body_limits),
            judge: Judge::new(builder.body_limits.size as u64),
            active,
            forwarder,
            metrics,
            inbox: readiness.inbox().clone(),
            readiness,
            keep_credentials: builder.keep_credentials,
            observer: builder.observer,
            failure_observer: builder.failure_observer,
            background,
            stopping,
        }
    }

    /// Gets to know what an earlier process has kept, newest first: it is a replay when it comes again, and what was still on
    /// its way to an app goes on.
    pub(crate) async fn recall(self: Arc<Self>, end: Position) {
        /// About as many as are known while the process runs.
        const MOST: usize = 100_000;
        const PAGE: usize = 256;
        let all = Filter::default();
        let mut before = Position(end.0.saturating_add(1));
        for _ in 0..MOST / PAGE {
            // What cannot be read now is no replay; the next reader of the inbox is told why.
            let Ok(page) = self.inbox.before(Some(before), &all, PAGE).await else { return };
            let Some((oldest, _)) = page.last() else { return };
            before = *oldest;
            for (_, delivery) in &page {
                self.judge.remember(delivery);
                self.resume(delivery);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Sends a delivery on its way to its app again, if it was on it. There is room, or else it stays pending.
    fn resume(&self, delivery: &Arc<Delivery>) {
        let is_pending = delivery.forwarded().is_some_and(|forwarded| forwarded.state == ForwardState::Pending);
        let rules = self.active.current();
        let Some(forward) = rules.treatment(delivery.path()).forward.as_ref().filter(|_| is_pending) else { return };
        // Counted from its arrival, as ever. What came long ago is tried once.
        let age = Duration::try_from(Timestamp::now().duration_since(delivery.received_at)).unwrap_or_default();
        let now = Instant::now();
        let arrived = now.checked_sub(age).unwrap_or(now);
        let headers = delivery.headers.clone();
        let job = Job { forward: forward.clone(), headers, encrypted: false, arrived };
        if let Some(slot) = self.forwarder.reserve(delivery.body.len() + delivery.headers.footprint()) {
            self.forwarder.start(delivery.clone(), job, slot);
        }
    }

    /// Takes one delivery. The answer tells the sender a code at the most, never why.
    pub(crate) async fn take(self: Arc<Self>, peer: &Peer, request: Request<Incoming>) -> Response<AnswerBody> {
        let (received_at, instant) = (now(), Instant::now());
        let (parts, incoming) = request.into_parts();
        let body = self.bodies.read(incoming).await;
        if body.end == End::Crowded {
            return answer::whole(answer::try_again("busy"));
        }
        let arrival = Arrival { received_at, instant, peer, parts };
        let rules = self.active.current();
        let treatment = rules.treatment(path_of(&arrival.parts));
        let mut judged = self.judged(&arrival, body, treatment);
        let mut delay = Duration::ZERO;
        if let Some(rule) = rules.response(judged.delivery.path()).filter(|_| !judged.is_refused) {
            judged.answer = rule.answer();
            delay = rule.delay();
        }
        if judged.end != End::HungUp {
            judged.strike = self.active.faults.strike(judged.delivery.path());
        }
        self.find_way(&mut judged, &arrival, treatment);
        if matches!(judged.onward, Onward::Now(_)) {
            delay = Duration::ZERO; // the answer is the app's
        }

        let (strike, is_whole) = (judged.strike, judged.end == End::Complete);
        // hyper drops the answer's future as soon as it has seen that the sender is gone. What has come is kept all the same.
        let mut response = match Unstoppable::new(self.clone().keep(judged, instant)).await {
            Ok(response) => response,
            Err(error) => {
                if let Some(observer) = &self.failure_observer {
                    observer(&error);
                }
                if error.is_too_large() {
                    return answer::whole(answer::plain(StatusCode::PAYLOAD_TOO_LARGE, Some("body_too_large")));
                }
                self.readiness.failed();
                return answer::whole(answer::try_again("inbox_unavailable"));
            }
        };
        if !is_whole {
            // What is left of the body is not the next request.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if !delay.is_zero() {
            answer::pause(delay, &self.stopping).await;
        }
        match strike {
            None => answer::whole(response),
            Some(strike) => answer::badly(response, strike, peer, &self.stopping).await,
        }
    }

    fn judged(&self, arrival: &Arrival<'_>, body: Body, treatment: &Treatment) -> Judged {
        let parts = &arrival.parts;
        let end = body.end;
        let judgement = self.judge.judge(treatment.verifier.as_ref(), &parts.headers, &body);
        let mut delivery = Delivery {
            id: Uuid::now_v7(),
            received_at: arrival.received_at,
            method: parts.method.clone(),
            target: target_of(&parts.uri),
            http_version: parts.version,
            peer: arrival.peer.address,
            headers: Headers::copy(&parts.headers, self.keep_credentials),
            truncated: end != End::Complete,
            body: body.octets,
            verdict: Verdict::Valid,
            code: None,
            message: None,
            hint: None,
            key: None,
            replay: false,
            response: Answer { status: None, fault: None },
            forward: ForwardCell::default(),
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
        delivery.note_end(end);
        let answer = answer_to(end, refusal.as_ref(), treatment.accept_all);
        let is_refused = !answer.status().is_success();
        Judged { delivery, end, is_refused, answer, strike: None, onward: Onward::Nowhere, marks, share: body.share }
    }

    /// Finds the way that the delivery takes on to an app. When there is no room on it, the sender is told to try again, so
    /// that nothing is lost.
    fn find_way(&self, judged: &mut Judged, arrival: &Arrival<'_>, treatment: &Treatment) {
        let Some(forward) = &treatment.forward else { return };
        let delivery = &mut judged.delivery;
        if delivery.truncated || !(forward.all || delivery.verdict == Verdict::Valid) {
            return;
        }
        let status = judged.answer.status();
        if !judged.is_refused && judged.strike.is_some_and(|strike| !strike.accepts(status)) {
            return; // the sender will send it again
        }
        if path::has_dot_segments(delivery.path()) {
            // An app would find another path than the one that the rules were looked up for.
            judged.answer = answer::plain(StatusCode::BAD_REQUEST, Some("dot_segments"));
            return;
        }
        let headers = &arrival.parts.headers;
        if self.forwarder.loops(headers) {
            judged.answer = answer::plain(StatusCode::LOOP_DETECTED, Some("loop_detected"));
            return;
        }
        let headers = Headers::copy(headers, true);
        let size = delivery.body.len() + headers.footprint();
        let job =
            Job { forward: forward.clone(), headers, encrypted: arrival.peer.encrypted, arrived: arrival.instant };
        let way = ForwardCell::pending(&forward.url(delivery.path_and_query()));
        if forward.answer && !judged.is_refused {
            delivery.forward = way;
            judged.onward = Onward::Now(job);
        } else if let Some(slot) = self.forwarder.reserve(size) {
            delivery.forward = way;
            judged.onward = Onward::Later(job, slot);
        } else {
            judged.answer = answer::try_again("forward_queue_full");
            self.judge.unmark(&std::mem::take(&mut judged.marks));
        }
    }

    /// Keeps a delivery, sends it on its way, and gives what the sender is told.
    async fn keep(self: Arc<Self>, judged: Judged, arrived: Instant) -> Result<Response<Bytes>, InboxError> {
        let Judged { mut delivery, end, mut answer, strike, onward, marks, share, .. } = judged;
        if let Onward::Now(job) = &onward {
            answer = self.forwarder.ask(&mut delivery, job).await;
        }
        delivery.response.status = (end != End::HungUp).then(|| answer.status());
        if let Some(strike) = &strike {
            delivery.response.suffer(strike);
        }
        let delivery = match self.inbox.append(delivery).await {
            Ok(delivery) => delivery,
            Err(error) => {
                self.judge.unmark(&marks);
                return Err(error);
            }
        };
        drop(share);
        self.readiness.passed();
        self.metrics.delivery(&delivery, arrived.elapsed());
        if let Some(observer) = &self.observer {
            observer(&delivery);
        }
        if let Some(background) = &self.background {
            background.consider(&delivery);
        }
        if let Onward::Later(job, slot) = onward {
            self.forwarder.start(delivery, job, slot);
        }
        Ok(answer)
    }
}

/// What the sender is told, unless a rule or an app has something else to say.
fn answer_to(end: End, refusal: Option<&Error>, accept_all: bool) -> Response<Bytes> {
    let code = refusal.map(Error::code);
    match (end, refusal) {
        (End::HungUp | End::Malformed, _) => answer::plain(StatusCode::BAD_REQUEST, code),
        (End::TooSlow, _) => answer::plain(StatusCode::REQUEST_TIMEOUT, code),
        (End::TooLarge, _) => answer::plain(StatusCode::PAYLOAD_TOO_LARGE, code),
        (End::Complete | End::Crowded, Some(error)) if !accept_all => answer::plain(status_of(error), code),
        (End::Complete | End::Crowded, _) => answer::plain(StatusCode::NO_CONTENT, None),
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

/// As it came, as far as hyper has it: it leaves out a fragment, which no target may have.
fn target_of(uri: &Uri) -> Box<str> {
    match uri.path_and_query() {
        Some(target) if uri.authority().is_none() => target.as_str().into(),
        _ => uri.to_string().into(),
    }
}

/// As [`Delivery::path`], before there is a delivery.
fn path_of(parts: &Parts) -> &str {
    match parts.uri.path() {
        "" => "/",
        path => path,
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::timeout;

    use super::*;
    use crate::forward::Forward;
    use crate::inbox::{MemoryInbox, Retention};
    use crate::server::Receiver;

    #[tokio::test]
    async fn what_has_come_is_kept_though_its_connection_ends_before_it_is() {
        let app = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut forward = Forward::to(&format!("http://{}", app.local_addr().unwrap())).unwrap();
        (forward.all, forward.answer) = (true, true);
        forward.timeout = Duration::from_millis(200);
        let inbox = Arc::new(MemoryInbox::new(Retention::IN_MEMORY));
        let builder = Receiver::builder().inbox(inbox.clone()).accept_all(true).forward(forward);
        let receiver = builder.start().await.unwrap();

        let mut sender = TcpStream::connect(receiver.address()).await.unwrap();
        sender.write_all(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1").await.unwrap();
        let _waited_for = app.accept().await.unwrap();
        let mut latest = inbox.latest();
        drop(receiver); // and every connection with it
        timeout(Duration::from_secs(10), latest.changed()).await.expect("it is kept").unwrap();
        assert_eq!(inbox.before(None, &Filter::default(), 2).await.unwrap()[0].1.path(), "/a");
    }
}
