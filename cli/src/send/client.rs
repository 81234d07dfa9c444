//! One HTTP exchange.

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use hookseal_receiver::client_tls;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use crate::failure::Failure;

/// More of an answer than this is not read.
const MAX_ANSWER: usize = 64 * 1024;

#[derive(Clone)]
pub(crate) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
    timeout: Duration,
}

/// What came of one delivery.
pub(crate) struct Exchange {
    pub(crate) outcome: Result<Answer, String>,
    pub(crate) took: Duration,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) fn new(url: Uri, timeout: Duration) -> Result<Self, Failure> {
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none_or(str::is_empty) {
            let message = format!("{url} is no URL to send to");
            return Err(Failure::usage(&message).with_hint("Give it whole: http://127.0.0.1:8787/health"));
        }
        let tls = client_tls().map_err(|error| Failure::io(format!("cannot use TLS: {error}"), 1))?;
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let http = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Client { http, url, timeout })
    }

    /// Posts a body, once, and reads the answer.
    pub(crate) async fn post(&self, body: Bytes, signature: Option<&str>) -> Exchange {
        let started = Instant::now();
        let outcome = match tokio::time::timeout(self.timeout, self.exchange(body, signature)).await {
            Ok(outcome) => outcome.map_err(|error| root_cause(&*error)),
            Err(_) => Err(format!("no answer within {:?}", self.timeout)),
        };
        Exchange { outcome, took: started.elapsed() }
    }

    async fn exchange(&self, body: Bytes, signature: Option<&str>) -> Result<Answer, Box<dyn StdError + Send + Sync>> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("hookseal/", env!("CARGO_PKG_VERSION")));
        if let Some(signature) = signature {
            request = request.header(hookseal::HEADER_NAME, signature);
        }
        let response = self.http.request(request.body(Full::new(body))?).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await?.to_bytes();
        Ok(Answer { status, body })
    }
}

/// The innermost reason, which is the one that says something: `Connection refused` rather than `client error (Connect)`.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<std::io::Error>() {
        Some(error) => crate::failure::reason(error),
        None => innermost.to_string(),
    }
}
