//! One HTTP exchange: bounded in time and in what is read of the answer. Redirects are not followed, and the environment's
//! proxies are not asked.

mod connector;
mod failure;
mod proxy;
mod retry_after;
mod stream;
mod tls;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::PROXY_AUTHORIZATION;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use connector::Connector;
use failure::in_words;
use proxy::Proxy;

pub(super) use failure::{one_line, root_cause};
pub(super) use retry_after::retry_after;

use super::{ChannelError, ChannelOptions, NetworkGuard};

/// More of an answer is not read.
const MAX_ANSWER: usize = 1024 * 1024;

/// A connection is kept for less than the five seconds after which Node.js closes it: one that is closed just as a
/// request goes out costs a retry.
const IDLE: Duration = Duration::from_secs(4);

pub(super) const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("hookseal/", env!("CARGO_PKG_VERSION")));

type Client = legacy::Client<HttpsConnector<Connector>, Full<Bytes>>;

/// A client that keeps connections for the next exchange.
pub(super) struct HttpClient {
    /// For what users name: behind the guard.
    guarded: Client,
    /// For what the operator names.
    open: Client,
    proxy_authorization: Option<HeaderValue>,
    timeout: Duration,
}

/// Whose URL it is.
#[derive(Clone, Copy)]
pub(super) enum NamedBy {
    /// Whoever may add an integration.
    User,
    /// Whoever writes the configuration.
    Operator,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// What was read of it.
    pub(super) body: Bytes,
    /// Whether that is all; if not, why.
    pub(super) end: Result<(), String>,
}

impl HttpClient {
    pub(super) fn new(options: &ChannelOptions) -> Result<Self, ChannelError> {
        let tls = tls::client_config()?;
        let proxy = options.proxy.as_ref().map(Proxy::new).transpose()?;
        let client = |guard: Option<NetworkGuard>| -> Client {
            let connector = Connector::new(guard, proxy.clone(), options.timeout);
            let connector = HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone())
                .https_or_http()
                .enable_http1()
                .wrap_connector(connector);
            legacy::Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .build(connector)
        };
        Ok(HttpClient {
            guarded: client(Some(options.network.clone())),
            open: client(None),
            proxy_authorization: proxy.as_ref().and_then(|proxy| proxy.authorization().cloned()),
            timeout: options.timeout,
        })
    }

    /// Sends a request and reads the answer; an error in words when there is none in time.
    pub(super) async fn exchange(
        &self,
        named_by: NamedBy,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Answer, String> {
        // Through a tunnel the proxy sees no header of the request, and must not: it is the server's.
        if let Some(authorization) = &self.proxy_authorization
            && request.uri().scheme() == Some(&Scheme::HTTP)
        {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        let client = match named_by {
            NamedBy::User => &self.guarded,
            NamedBy::Operator => &self.open,
        };
        let deadline = Instant::now() + self.timeout;
        let response = match timeout_at(deadline, client.request(request)).await {
            Ok(response) => response.map_err(|error| in_words(&error))?,
            Err(_elapsed) => return Err(self.too_late()),
        };
        let (head, incoming) = response.into_parts();
        // Nobody has asked to switch protocols, and no other interim response (RFC 9110 §15.2) ends an exchange.
        if head.status.is_informational() {
            return Err(format!("answered {}, which is no final status", head.status.as_u16()));
        }
        let (body, end) = self.read(incoming, deadline).await;
        Ok(Answer { status: head.status, headers: head.headers, body, end })
    }

    async fn read(&self, mut incoming: Incoming, deadline: Instant) -> (Bytes, Result<(), String>) {
        let mut body = BytesMut::new();
        loop {
            let frame = match timeout_at(deadline, incoming.frame()).await {
                Ok(None) => return (body.freeze(), Ok(())),
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return (body.freeze(), Err(in_words(&error))),
                Err(_elapsed) => return (body.freeze(), Err(self.too_late())),
            };
            let Ok(data) = frame.into_data() else { continue };
            let room = MAX_ANSWER - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return (body.freeze(), Err(format!("the answer is longer than {MAX_ANSWER} octets")));
            }
        }
    }

    fn too_late(&self) -> String {
        format!("no answer within {:?}", self.timeout)
    }
}
