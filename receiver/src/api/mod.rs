//! The control API under `/_hookseal/`.

mod deliveries;
mod events;
mod export;
mod faults;
mod login;
mod metrics;
mod notices;
mod page;
mod query;
mod replay;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hookseal_web::{Counters, Guard, Peer};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::explain::Explainer;
use crate::inbox::{Inbox, InboxError};
use crate::metrics::Metrics;
use crate::rate::{PeerLimiter, seconds};
use crate::readiness::Readiness;
use crate::replay::Replayer;
use crate::rules::Active;

pub(crate) use notices::Notices;

#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) inbox: Arc<dyn Inbox>,
    /// Nothing where the keys are not known as they are written.
    pub(crate) explainer: Arc<Explainer>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) guard: Guard,
    /// Places for requests that take their time, each of which holds a connection.
    pub(crate) waits: Arc<Semaphore>,
    pub(crate) stopping: CancellationToken,
    pub(crate) active: Arc<Active>,
    pub(crate) replayer: Replayer,
    pub(crate) metrics: Arc<Metrics>,
    /// What each peer may try.
    pub(crate) logins: Arc<PeerLimiter>,
    pub(crate) notices: Notices,
    pub(crate) readiness: Arc<Readiness>,
    /// Where deliveries go, when that is not where the API is.
    pub(crate) deliveries_url: Option<Arc<str>>,
}

impl Api {
    fn wait_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.waits.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_waits",
                "Too many requests wait already; let one of them end first.",
            )
        })
    }
}

/// Requests that may wait at a time.
pub(crate) const MOST_WAITS: usize = 256;

pub(crate) fn router(api: Api) -> Router {
    let guarded = Router::new()
        .route("/_hookseal/api/deliveries", get(deliveries::list).delete(deliveries::delete))
        .route("/_hookseal/api/deliveries/{id}", get(deliveries::show).delete(deliveries::delete_one))
        .route("/_hookseal/api/deliveries/{id}/body", get(deliveries::body))
        .route("/_hookseal/api/deliveries/{id}/explain", get(deliveries::explain))
        .route("/_hookseal/api/deliveries/{id}/replay", post(replay::replay))
        .route("/_hookseal/api/faults", get(faults::show).put(faults::set))
        .route("/_hookseal/api/deliveries/{id}/export", get(export::one))
        .route("/_hookseal/api/events", get(events::events))
        .route("/_hookseal/api/export", get(export::all))
        .route("/_hookseal/api/openapi.json", get(openapi))
        .route("/_hookseal/api/wait", get(wait::wait))
        .route("/_hookseal/metrics", get(metrics::metrics))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such endpoint.") })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(api.clone(), guard));
    // Whoever keeps the receiver running asks this, token or not.
    let open = Router::new()
        .route("/_hookseal/healthz", get(healthz))
        .route("/_hookseal/api/login", post(login::login))
        .route("/_hookseal/api/logout", post(login::logout))
        .merge(page::router())
        .method_not_allowed_fallback(method_not_allowed);
    open.merge(guarded).layer(middleware::from_fn(harden)).with_state(api)
}

/// Described by hand, in the order of the documentation; a test holds it against the router.
const OPENAPI: &str = include_str!("openapi.json");

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This endpoint does not take that method.")
}

/// Anybody learns whether the receiver does its work, and whoever may use the API how much it has done.
async fn healthz(State(api): State<Api>, request: Parts) -> Response {
    let is_ready = api.readiness.is_ready().await;
    let (status, word) =
        if is_ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "inbox_unavailable") };
    let mut answer = json!({ "status": word });
    if api.guard.is_attempt(&request.headers) || !api.guard.has_token() {
        match admitted(&api, &request) {
            Ok(()) => {
                answer["version"] = json!(env!("CARGO_PKG_VERSION"));
                answer["inbox"] = json!(api.inbox.stats());
                answer["refused"] = json!(api.counters.refused());
                answer["deliveries_url"] = json!(api.deliveries_url.as_deref());
            }
            // Who guesses tokens is not to be told by another answer.
            Err(refusal) if refusal.status() == StatusCode::TOO_MANY_REQUESTS => return refusal,
            Err(_) => {}
        }
    }
    (status, Json(answer)).into_response()
}

async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match admitted(&api, &parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal,
    }
}

/// Lets those pass who may use the API.
#[allow(clippy::result_large_err, reason = "it is the answer, and moved once")]
fn admitted(api: &Api, request: &Parts) -> Result<(), Response> {
    api.guard.check(request).map_err(|refusal| {
        // A wrong token is an attempt like a wrong login; the right one is never counted.
        if refusal.status == StatusCode::UNAUTHORIZED
            && api.guard.is_attempt(&request.headers)
            && let Some(peer) = request.extensions.get::<Peer>()
            && let Err(wait) = api.logins.check(peer.address)
        {
            return too_many_attempts(wait);
        }
        Problem::new(refusal.status, refusal.code, refusal.message).into_response()
    })
}

fn too_many_attempts(wait: Duration) -> Response {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many attempts; wait a while.");
    ([(RETRY_AFTER, seconds(wait).to_string())], problem).into_response()
}

/// What was captured is a stranger's: nothing here may be taken for a page or be kept by a cache.
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

/// An answer of JSON that is made on a thread of its own: what a stranger sent may take its time to be looked at.
async fn json_of(
    status: StatusCode,
    make: impl FnOnce() -> serde_json::Result<Vec<u8>> + Send + 'static,
) -> Result<Response, Problem> {
    let failed = |error: &dyn std::error::Error| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", error.to_string())
    };
    let made = tokio::task::spawn_blocking(make).await.map_err(|error| failed(&error))?;
    let json = made.map_err(|error| failed(&error))?;
    Ok((status, [(CONTENT_TYPE, "application/json")], json).into_response())
}

/// An answer that is an error: `{"code":…,"message":…}`.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Problem { status, code, message: message.into() }
    }

    /// A body that is not the JSON it should be; the rejection says where.
    pub(crate) fn invalid_body(code: &'static str, rejection: &JsonRejection) -> Self {
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            status => status,
        };
        Problem::new(status, code, rejection.body_text())
    }

    pub(crate) fn invalid_query(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_query", message)
    }
}

impl From<InboxError> for Problem {
    fn from(error: InboxError) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "inbox_unavailable", error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "code": self.code, "message": self.message }))).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Which methods each takes, a black-box test tries (`tests/control_api.rs`).
    #[test]
    fn every_route_is_described_and_nothing_else() {
        let description: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let described: BTreeSet<_> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let source = include_str!("mod.rs").split("#[cfg(test)]").next().unwrap();
        let routes = source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        assert_eq!(described, routes.collect::<BTreeSet<_>>());
    }
}
