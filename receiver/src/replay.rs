//! Sending a delivery that came before once more: the same octets, the same signature.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hookseal_web::Peer;
use http::header::HOST;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;

use crate::capture::Capture;
use crate::delivery::Delivery;
use crate::forward::has_credentials;
use crate::headers::latin1;
use crate::outgoing::{Client, Exchange, end_to_end, restored, root_cause, within};
use crate::rules::Active;

/// For the answer to a replayed delivery.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Of the answer's body, in octets.
const MOST_BODY: usize = 16 * 1024;

#[derive(Clone)]
pub(crate) struct Replayer {
    capture: Arc<Capture>,
    active: Arc<Active>,
    client: Client,
}

/// Where a delivery is sent again.
pub(crate) enum Target {
    /// To its own path of this receiver.
    Here,
    /// To the app that deliveries to its path go on to.
    Forward,
    /// To exactly this URL.
    There(Uri),
}

/// What came back.
#[derive(Debug, Serialize)]
pub(crate) struct Replayed {
    to: String,
    status: u16,
    took_ms: f64,
    headers: Vec<(String, String)>,
    body: String,
    /// Whether the body went on.
    truncated: bool,
    /// Headers that were not sent because their values are not kept.
    omitted: Vec<&'static str>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error(
        "{0:?} is no URL to send to; give it whole, such as http://127.0.0.1:3000/hooks, `forward`, or leave `to` out."
    )]
    BadTarget(String),
    #[error(
        "The URL to send to has a user name or a password before its host; deliveries carry no credentials of a URL."
    )]
    TargetCredentials,
    #[error("The delivery is not whole, so that it cannot be sent again as it was.")]
    Truncated,
    #[error("Deliveries to this path are not forwarded: there is no app to send it to.")]
    NoForward,
    #[error("{to} does not answer: {reason}.")]
    Unreachable { to: String, reason: String },
}

impl ReplayError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            ReplayError::BadTarget(_) | ReplayError::TargetCredentials => "invalid_replay",
            ReplayError::Truncated => "truncated",
            ReplayError::NoForward => "no_forward",
            ReplayError::Unreachable { .. } => "unreachable",
        }
    }
}

impl Target {
    pub(crate) fn read(to: Option<&str>) -> Result<Self, ReplayError> {
        let to = match to {
            None => return Ok(Target::Here),
            Some("forward") => return Ok(Target::Forward),
            Some(to) => to,
        };
        if has_credentials(to) {
            return Err(ReplayError::TargetCredentials);
        }
        let url = to.parse::<Uri>().ok().filter(|url| {
            matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
        });
        url.map(Target::There).ok_or_else(|| ReplayError::BadTarget(to.to_owned()))
    }
}

impl Replayer {
    pub(crate) fn new(capture: Arc<Capture>, active: Arc<Active>) -> Self {
        Replayer { capture, active, client: Client::new() }
    }

    pub(crate) async fn replay(&self, delivery: &Delivery, target: Target) -> Result<Replayed, ReplayError> {
        if delivery.truncated {
            return Err(ReplayError::Truncated);
        }
        let (headers, omitted) = restored(&delivery.headers);
        let url = match target {
            Target::Here => None,
            Target::There(url) => Some(url),
            Target::Forward => {
                let rules = self.active.current();
                let forward = rules.treatment(delivery.path()).forward.as_ref().ok_or(ReplayError::NoForward)?;
                Some(forward.url(delivery.path_and_query()))
            }
        };
        let (to, outcome) = match url {
            None => {
                let host = headers.get(HOST).cloned();
                let mut request = request(delivery, Uri::default(), &headers);
                // CONNECT's own form is no other method's.
                let is_connect = delivery.method == Method::CONNECT;
                let target = if is_connect { delivery.path_and_query() } else { &*delivery.target };
                *request.uri_mut() = target.parse().unwrap_or_default();
                host.map(|host| request.headers_mut().insert(HOST, host));
                (delivery.target.to_string(), within(TIMEOUT, self.deliver(delivery, request)).await)
            }
            Some(url) => {
                let request = request(delivery, url.clone(), &headers);
                (url.to_string(), self.client.send(request, TIMEOUT, MOST_BODY).await)
            }
        };
        match outcome {
            Ok(exchange) => Ok(Replayed::new(to, exchange, omitted)),
            Err(reason) => Err(ReplayError::Unreachable { to, reason }),
        }
    }

    /// Through HTTP as any other delivery, but without a socket: whatever address this receiver listens on, with TLS or
    /// without, it can reach itself.
    async fn deliver(&self, delivery: &Delivery, request: Request<Full<Bytes>>) -> Result<Exchange, String> {
        const BUFFER: usize = 64 * 1024;
        let started = Instant::now();
        let (near, far) = tokio::io::duplex(BUFFER);
        let (peer, hung_up) = Peer::inside(delivery.peer);
        let capture = self.capture.clone();
        let server = tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let (capture, peer) = (capture.clone(), peer.clone());
                async move { Ok::<_, std::convert::Infallible>(capture.take(&peer, request).await) }
            });
            tokio::select! {
                served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service) => drop(served),
                () = hung_up.cancelled() => {}
            }
        });
        let _stop = AbortOnDrop(server);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(near)).await.map_err(|error| root_cause(&error))?;
        let _connection = AbortOnDrop(tokio::spawn(async move { drop(connection.await) }));
        let response = sender.send_request(request).await.map_err(|error| root_cause(&error))?;
        Exchange::read(response, started, MOST_BODY).await
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The delivery as a request of our own: its method, its end-to-end headers, its octets.
pub(crate) fn request(delivery: &Delivery, url: Uri, headers: &HeaderMap) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(delivery.body.clone()));
    *request.method_mut() = if delivery.method == Method::CONNECT { Method::POST } else { delivery.method.clone() };
    *request.uri_mut() = url;
    *request.headers_mut() = end_to_end(headers);
    request
}

impl Replayed {
    fn new(to: String, exchange: Exchange, omitted: Vec<&'static str>) -> Self {
        let headers = exchange.headers.iter();
        Replayed {
            to,
            status: exchange.status.as_u16(),
            took_ms: milliseconds(exchange.took),
            headers: headers.map(|(name, value)| (name.to_string(), latin1(value.as_bytes()).into_owned())).collect(),
            body: String::from_utf8_lossy(&exchange.body).into_owned(),
            truncated: exchange.truncated,
            omitted,
        }
    }
}

/// To the microsecond.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1_000.0
}
