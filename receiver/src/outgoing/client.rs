//! One exchange with a server: bounded in time and in what is read of the answer. Redirects are not followed.

use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

/// A client that keeps connections for the next exchange.
#[derive(Clone)]
pub(crate) struct Client {
    plain: legacy::Client<HttpConnector, Full<Bytes>>,
    /// Made when it is first needed: the authorities that the system trusts are many.
    encrypted: Arc<OnceLock<legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>>>,
}

/// What came back.
pub(crate) struct Exchange {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body went on.
    pub(crate) truncated: bool,
    pub(crate) took: Duration,
}

impl Client {
    pub(crate) fn new() -> Self {
        Client { plain: legacy::Client::builder(TokioExecutor::new()).build_http(), encrypted: Arc::default() }
    }

    /// Sends a request and reads at most so much of the answer; an error in words when there is none in time.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        timeout: Duration,
        most: usize,
    ) -> Result<Exchange, String> {
        let started = Instant::now();
        let exchange = async {
            let response = match request.uri().scheme_str() {
                Some("https") => self.encrypted()?.request(request).await,
                _ => self.plain.request(request).await,
            };
            let response = response.map_err(|error| root_cause(&error))?;
            Exchange::read(response, started, most).await
        };
        within(timeout, exchange).await
    }
}

impl Client {
    fn encrypted(&self) -> Result<&legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>, String> {
        if let Some(client) = self.encrypted.get() {
            return Ok(client);
        }
        let tls = hookseal_web::client_tls().map_err(|error| error.to_string())?;
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
        let made = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(self.encrypted.get_or_init(|| made))
    }
}

impl Exchange {
    pub(crate) async fn read(response: Response<Incoming>, started: Instant, most: usize) -> Result<Self, String> {
        let (parts, mut incoming) = response.into_parts();
        // Nobody has asked to switch protocols, and no other interim response (RFC 9110 §15.2) ends an exchange.
        if parts.status.is_informational() {
            return Err(format!("answered {}, which is no final status", parts.status.as_u16()));
        }
        let mut body = Vec::new();
        let mut truncated = false;
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame.map_err(|error| root_cause(&error))?.into_data() else { continue };
            let room = most - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                truncated = true;
                break;
            }
        }
        Ok(Exchange {
            status: parts.status,
            headers: parts.headers,
            body: body.into(),
            truncated,
            took: started.elapsed(),
        })
    }
}

pub(crate) async fn within<T>(
    timeout: Duration,
    exchange: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    match tokio::time::timeout(timeout, exchange).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(format!("no answer within {timeout:?}")),
    }
}

/// The innermost reason, which is the one that says something: `connection refused` rather than `client error (Connect)`.
pub(crate) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
