//! The service that a layer makes.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Either, Full};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::BoxError;
use crate::check::Check;
use crate::layer::Config;

/// The answer's body: the service's own, or that of a refusal.
pub type Answer<B> = Either<B, Full<<B as Body>::Data>>;

/// Verifies each delivery, and hands on to `S` those whose signature is valid: the head as it came with
/// [`Verified`](hookseal::Verified) in its extensions, and the body as it came, as one [`Full<Bytes>`](Full).
///
/// It is made by [`VerifyLayer`](crate::VerifyLayer). It is ready when `S` is, and the very `S` that said so takes the
/// delivery: what it reserved for it (a permit of a concurrency limit) is released when the delivery is refused.
#[derive(Clone)]
pub struct Verify<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> Verify<S> {
    pub(crate) fn new(inner: S, config: Arc<Config>) -> Self {
        Verify { inner, config }
    }
}

impl<S: fmt::Debug> fmt::Debug for Verify<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verify").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for Verify<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone,
    B: Body,
    B::Error: Into<BoxError>,
    R: Body,
    R::Data: From<Bytes>,
{
    type Response = Response<Answer<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<S, B> {
        let next = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, next);
        ResponseFuture { state: State::Checking { check: Check::new(self.config.clone(), request), service: ready } }
    }
}

pin_project! {
    /// The future of [`Verify`].
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<Full<Bytes>>>,
    {
        #[pin]
        state: State<S, B, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B, F> {
        Checking { #[pin] check: Check<B>, service: S },
        Answering { #[pin] answer: F },
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>>,
    B: Body,
    B::Error: Into<BoxError>,
    R: Body,
    R::Data: From<Bytes>,
{
    type Output = Result<Response<Answer<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let answer = match state.as_mut().project() {
                StateProjection::Checking { check, service } => match ready!(check.poll(cx)) {
                    Err(refusal) => return Poll::Ready(Ok(refusal.response().map(Either::Right))),
                    Ok(delivery) => service.call(delivery.into_request(Full::new)),
                },
                StateProjection::Answering { answer } => {
                    return answer.poll(cx).map_ok(|response| response.map(Either::Left));
                }
            };
            state.set(State::Answering { answer });
        }
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
