//! The running receiver.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use hookseal_web::{Counters, Guard, Peer};
use http::{Request, Response};
use http_body_util::Either;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::api::{self, Api};
use crate::builder::Builder;
use crate::capture::Capture;
use crate::explain::{Background, Explainer};
use crate::faults::Faults;
use crate::inbox::Inbox;
use crate::replay::Replayer;
use crate::wait::Expectation;

/// A running receiver. It stops when it is dropped; [`shutdown`](Receiver::shutdown) lets requests under way finish first.
pub struct Receiver {
    address: SocketAddr,
    api_is_closed: bool,
    inbox: Arc<dyn Inbox>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

/// The address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct StartError {
    /// The address.
    pub address: SocketAddr,
    /// What the operating system says.
    pub source: io::Error,
}

impl Receiver {
    /// Sets up a receiver that listens on a free port of 127.0.0.1 and keeps what comes in memory.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn spawn(builder: Builder, listener: TcpListener, address: SocketAddr, inbox: Arc<dyn Inbox>) -> Self {
        let counters = Arc::new(Counters::default());
        let stop = CancellationToken::new();
        let guard = Guard::new(address, builder.token.clone());
        let api_is_closed = guard.is_closed();
        let explainer = builder.explain.clone().map(|explain| Arc::new(Explainer::new(explain)));
        let background = explainer.clone().zip(builder.explanation_observer.clone());
        let background =
            background.and_then(|(explainer, observer)| Background::start(explainer, address, observer, stop.clone()));
        let limits = builder.limits;
        let faults = Arc::new(Faults::default());
        let capture = Arc::new(Capture::new(builder, inbox.clone(), faults.clone(), background));
        if inbox.stats().held > 0 {
            let stopping = stop.clone();
            tokio::spawn(stopping.run_until_cancelled_owned(capture.clone().recall()));
        }
        let api = api::router(Api {
            inbox: inbox.clone(),
            explainer,
            counters: counters.clone(),
            guard,
            waits: Arc::new(Semaphore::new(api::MOST_WAITS)),
            stopping: stop.clone(),
            faults,
            replayer: Replayer::new(capture.clone()),
            notices: api::Notices::default(),
        });
        let handler = move |peer: Peer, mut request: Request<Incoming>| {
            let (capture, api) = (capture.clone(), api.clone());
            async move {
                if is_control(request.uri().path()) {
                    request.extensions_mut().insert(peer);
                    let answer: Result<Response<Body>, std::convert::Infallible> =
                        api.oneshot(request.map(Body::new)).await;
                    return answer.unwrap_or_else(|never| match never {}).map(Either::Right);
                }
                capture.take(&peer, request).await.map(Either::Left)
            }
        };
        let stopped = stop.clone().cancelled_owned();
        let server = tokio::spawn(hookseal_web::serve(listener, limits, counters, handler, stopped));
        Receiver { address, api_is_closed, inbox, stop, server }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether nobody can use the control API: the receiver can be reached from elsewhere, and it has no token.
    pub fn api_is_closed(&self) -> bool {
        self.api_is_closed
    }

    /// What has come.
    pub fn inbox(&self) -> &dyn Inbox {
        &*self.inbox
    }

    /// Waits until so many deliveries have come, those that are there already included.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(receiver: hookseal_receiver::Receiver) -> Result<(), hookseal_receiver::Unmet> {
    /// let deliveries = receiver.wait_for(3).valid().path("/health").within(Duration::from_secs(10)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for(&self, count: usize) -> Expectation<'_> {
        Expectation::new(&*self.inbox, count)
    }

    /// Accepts no more connections and returns once the requests under way are done or out of time.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        let _ = (&mut self.server).await;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.cancel();
        self.server.abort();
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Whether a path is the control API's rather than a delivery's.
fn is_control(path: &str) -> bool {
    path.strip_prefix("/_hookseal").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_prefix_is_the_control_api() {
        assert!(is_control("/_hookseal/") && is_control("/_hookseal") && is_control("/_hookseal/api/wait"));
        assert!(!is_control("/") && !is_control("/_hooksealed") && !is_control("/x/_hookseal/"));
    }
}
