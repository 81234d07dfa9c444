//! The running receiver.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hookseal_web::{Access, Counters, Guard, Peer, PeerLimiter, retry_after};
use http::{Request, Response, StatusCode};
use http_body_util::Either;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::answer::{self, AnswerBody};
use crate::api::{self, Api};
use crate::builder::Builder;
use crate::capture::Capture;
use crate::expected::{Expected, Times};
use crate::explain::{Background, Explainer};
use crate::forward::Forwarder;
use crate::inbox::Inbox;
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::replay::Replayer;
use crate::rules::{Active, InvalidRule, Rules};
use crate::wait::Expectation;

/// A running receiver. It stops when it is dropped; [`shutdown`](Receiver::shutdown) lets requests under way finish first.
pub struct Receiver {
    address: SocketAddr,
    admin_address: SocketAddr,
    is_encrypted: bool,
    api_is_closed: bool,
    inbox: Arc<dyn Inbox>,
    active: Arc<Active>,
    forwarder: Arc<Forwarder>,
    drain: Duration,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

/// The receiver could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// A rule cannot be meant.
    #[error(transparent)]
    Rule(#[from] InvalidRule),
}

impl Receiver {
    /// Sets up a receiver that listens on a free port of 127.0.0.1 and keeps what comes in memory.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn spawn(
        builder: Builder,
        listener: TcpListener,
        admin: Option<TcpListener>,
        inbox: Arc<dyn Inbox>,
        active: Active,
    ) -> Result<Self, StartError> {
        let address = local_address(&listener)?;
        let admin_address = admin.as_ref().map(local_address).transpose()?.unwrap_or(address);
        let active = Arc::new(active);
        let (counters, admin_counters) = (Arc::new(Counters::default()), Arc::new(Counters::default()));
        let stop = CancellationToken::new();
        let guard = Guard::new(admin_address, builder.token.clone());
        let api_is_closed = guard.is_closed();
        let explainer = Arc::new(Explainer::new(active.clone()));
        let background = builder
            .explanation_observer
            .clone()
            .and_then(|observer| Background::start(explainer.clone(), address, observer, stop.clone()));
        let queued = Arc::default();
        let servers = vec![counters.clone(), admin_counters.clone()];
        let metrics = Arc::new(Metrics::new(&inbox, servers, Arc::clone(&queued)));
        let (limits, tls) = (builder.limits, builder.tls.clone());
        let is_encrypted = tls.is_some();
        let forwarder = Arc::new(Forwarder::new(&builder, inbox.clone(), metrics.clone(), queued));
        let limiter = builder.rate_limit.map(|limit| Arc::new(PeerLimiter::new(limit)));
        let readiness = Arc::new(Readiness::new(inbox.clone()));
        let capture = Arc::new(Capture::new(
            builder,
            active.clone(),
            forwarder.clone(),
            metrics.clone(),
            readiness.clone(),
            background,
            stop.clone(),
        ));
        let access = Access::new(guard);
        tokio::spawn(stop.clone().run_until_cancelled_owned(tidy(limiter.clone(), access.clone())));
        if inbox.stats().held > 0 {
            // Before anything new can come.
            let end = *inbox.latest().borrow();
            tokio::spawn(stop.clone().run_until_cancelled_owned(capture.clone().recall(end)));
        }
        let api = api::router(Api {
            inbox: inbox.clone(),
            explainer,
            counters: counters.clone(),
            access,
            waits: Arc::new(Semaphore::new(api::MOST_WAITS)),
            stopping: stop.clone(),
            active: active.clone(),
            replayer: Replayer::new(capture.clone(), active.clone()),
            metrics: metrics.clone(),
            notices: api::Notices::default(),
            readiness,
            deliveries_url: admin.is_some().then(|| format!("{}://{address}", scheme(is_encrypted)).into()),
        });
        let front = Front { capture, limiter, metrics, api: api.clone(), has_admin: admin.is_none() };
        let front = move |peer: Peer, request: Request<Incoming>| front.clone().answer(peer, request);
        let stopped = stop.clone().cancelled_owned();
        let server = hookseal_web::serve(listener, limits, tls.clone(), counters, front, stopped);
        let server = match admin {
            None => tokio::spawn(server),
            Some(listener) => {
                let back = move |peer: Peer, request: Request<Incoming>| back(api.clone(), peer, request);
                let stopped = stop.clone().cancelled_owned();
                let admin = hookseal_web::serve(listener, limits, tls, admin_counters, back, stopped);
                tokio::spawn(async move {
                    tokio::join!(server, admin);
                })
            }
        };
        Ok(Receiver {
            address,
            admin_address,
            is_encrypted,
            api_is_closed,
            inbox,
            active,
            forwarder,
            drain: limits.drain,
            stop,
            server,
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that the control API is on.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// `http://ADDRESS`, or `https://` with TLS, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.address)
    }

    /// The control API's, without a slash at the end: below it there is `/_hookseal/`.
    pub fn admin_url(&self) -> String {
        format!("{}://{}", self.scheme(), self.admin_address)
    }

    fn scheme(&self) -> &'static str {
        scheme(self.is_encrypted)
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

    /// Expects so many deliveries (a number, or a range such as `1..`) by the time the returned value is dropped, and panics
    /// there when another number has come.
    ///
    /// ```no_run
    /// # async fn example(receiver: hookseal_receiver::Receiver) {
    /// let _warning = receiver.expect(1).valid().path("/health").named("one warning");
    /// let _nothing_else = receiver.expect(0).path("/billing/*");
    /// // … what is tested sends its deliveries, and the end of the scope verifies them.
    /// # }
    /// ```
    pub fn expect(&self, times: impl Into<Times>) -> Expected<'_> {
        Expected::new(&*self.inbox, times.into())
    }

    /// Treats deliveries that come from now on by other rules: keys, answers, faults, apps. When one of them is invalid,
    /// nothing changes.
    pub fn reload(&self, rules: Rules) -> Result<(), InvalidRule> {
        self.active.replace(rules)
    }

    /// Accepts no more connections and returns once the requests under way, and then the deliveries on their way to an
    /// app, are done or out of time ([`Limits::drain`](hookseal_web::Limits) for each). Says how many deliveries their app
    /// has not got; they are in the inbox.
    pub async fn shutdown(mut self) -> usize {
        self.stop.cancel();
        let _ = (&mut self.server).await;
        self.forwarder.drain(self.drain).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.cancel();
        self.server.abort();
        self.forwarder.stop();
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("address", &self.address).finish_non_exhaustive()
    }
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    let unknown = (Ipv4Addr::UNSPECIFIED, 0).into();
    listener.local_addr().map_err(|source| StartError::Listen { address: unknown, source })
}

fn scheme(is_encrypted: bool) -> &'static str {
    if is_encrypted { "https" } else { "http" }
}

/// Forgets peers that have gone.
async fn tidy(limiter: Option<Arc<PeerLimiter>>, access: Access) {
    const EVERY: Duration = Duration::from_secs(30);
    loop {
        tokio::time::sleep(EVERY).await;
        limiter.iter().for_each(|limiter| limiter.tidy());
        access.tidy();
    }
}

/// What answers on the address that deliveries come to.
#[derive(Clone)]
struct Front {
    capture: Arc<Capture>,
    limiter: Option<Arc<PeerLimiter>>,
    metrics: Arc<Metrics>,
    api: Router,
    /// Whether the control API is here too.
    has_admin: bool,
}

type Body = Either<AnswerBody, axum::body::Body>;

impl Front {
    async fn answer(self, peer: Peer, request: Request<Incoming>) -> Response<Body> {
        if is_control(request.uri().path()) {
            if self.has_admin {
                return control(self.api, peer, request).await;
            }
            return not_here();
        }
        if let Some(Err(wait)) = self.limiter.as_ref().map(|limiter| limiter.check(peer.address)) {
            self.metrics.rate_limited();
            return answer::whole(answer::slow_down(retry_after(wait))).map(Either::Left);
        }
        self.capture.take(&peer, request).await.map(Either::Left)
    }
}

/// What answers on the control API's own address.
async fn back(api: Router, peer: Peer, request: Request<Incoming>) -> Response<Body> {
    if is_control(request.uri().path()) { control(api, peer, request).await } else { not_here() }
}

fn not_here() -> Response<Body> {
    answer::whole(answer::plain(StatusCode::NOT_FOUND, Some("not_found"))).map(Either::Left)
}

async fn control(api: Router, peer: Peer, request: Request<Incoming>) -> Response<Body> {
    hookseal_web::answer(api, peer, request).await.map(Either::Right)
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
