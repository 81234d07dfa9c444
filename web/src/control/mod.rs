//! What the control APIs below `/_hookseal/` have in common: who gets in, what errors look like, how queries are read, and
//! the page beside the API.

mod login;
mod page;
mod problem;
mod query;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Response as HttpResponse, StatusCode};
use hyper::body::Incoming;
use rust_embed::RustEmbed;
use tower::ServiceExt as _;

use crate::guard::Guard;
use crate::peer::Peer;
use crate::rate::{PeerLimiter, RateLimit, retry_after};

pub use problem::Problem;
pub use query::Parameters;

/// Who gets in: the guard, and how often each peer may try a token. Clones share the count.
#[derive(Clone)]
pub struct Access {
    guard: Guard,
    logins: Arc<PeerLimiter>,
}

/// Attempts to log in that each peer has in a minute.
const LOGINS: NonZeroU32 = NonZeroU32::new(10).unwrap();

impl Access {
    /// Those whom the guard lets in, who may be wrong about the token ten times a minute.
    pub fn new(guard: Guard) -> Self {
        Access { guard, logins: Arc::new(PeerLimiter::new(RateLimit::per_minute(LOGINS))) }
    }

    /// Forgets peers that have gone. To be called now and then.
    pub fn tidy(&self) {
        self.logins.tidy();
    }

    /// Whether a request tries to be let in: with a token, or where none is asked for.
    pub fn is_attempt(&self, request: &Parts) -> bool {
        self.guard.is_attempt(&request.headers) || !self.guard.has_token()
    }

    /// Lets a request pass that may use the API; the answer where it may not.
    #[allow(clippy::result_large_err, reason = "it is the answer, and moved once")]
    pub fn admit(&self, request: &Parts) -> Result<(), Response> {
        self.guard.check(request).map_err(|refusal| {
            // A wrong token is an attempt like a wrong login; the right one is never counted.
            if refusal.status == StatusCode::UNAUTHORIZED
                && self.guard.is_attempt(&request.headers)
                && let Some(peer) = request.extensions.get::<Peer>()
                && let Err(wait) = self.attempt(peer.address)
            {
                return too_many_attempts(wait);
            }
            Problem::from(refusal).into_response()
        })
    }

    /// How long the peer has to wait until it may try a token again, where it has to.
    fn attempt(&self, peer: SocketAddr) -> Result<(), Duration> {
        self.logins.check(peer)
    }
}

/// A control API with its page: `guarded` for those who have access, `open` for everybody, and what every such API has:
/// signing in and out, the page's files, and an answer for what is not there.
pub fn control_api<Page: RustEmbed + 'static>(guarded: Router, open: Router, access: Access) -> Router {
    let guarded = guarded
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such endpoint.") })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(access.clone(), guard));
    let sessions = Router::new()
        .route("/_hookseal/api/login", post(login::login))
        .route("/_hookseal/api/logout", post(login::logout))
        .with_state(access);
    open.merge(sessions)
        .merge(page::router::<Page>())
        .method_not_allowed_fallback(method_not_allowed)
        .merge(guarded)
        .layer(middleware::from_fn(harden))
}

/// Answers a request that came to a server with a control API.
pub async fn answer(api: Router, peer: Peer, mut request: http::Request<Incoming>) -> HttpResponse<axum::body::Body> {
    request.extensions_mut().insert(peer);
    let answer: Result<_, std::convert::Infallible> = api.oneshot(request.map(axum::body::Body::new)).await;
    answer.unwrap_or_else(|never| match never {})
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This endpoint does not take that method.")
}

async fn guard(State(access): State<Access>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match access.admit(&parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal,
    }
}

fn too_many_attempts(wait: Duration) -> Response {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many attempts; wait a while.");
    ([(RETRY_AFTER, retry_after(wait).to_string())], problem).into_response()
}

/// What an API shows is a stranger's: nothing here may be taken for a page or be kept by a cache.
async fn harden(request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 3] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
