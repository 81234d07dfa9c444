//! The control API under `/_hookseal/`.

mod deliveries;
mod events;
mod export;
mod faults;
mod metrics;
mod notices;
mod query;
mod replay;
mod wait;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hookseal_web::{Access, Counters, Problem, RustEmbed, control_api};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::explain::Explainer;
use crate::inbox::{Inbox, InboxError};
use crate::metrics::Metrics;
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
    pub(crate) access: Access,
    /// Places for requests that take their time, each of which holds a connection.
    pub(crate) waits: Arc<Semaphore>,
    pub(crate) stopping: CancellationToken,
    pub(crate) active: Arc<Active>,
    pub(crate) replayer: Replayer,
    pub(crate) metrics: Arc<Metrics>,
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
        .with_state(api.clone());
    // Whoever keeps the receiver running asks this, token or not.
    let open = Router::new().route("/_hookseal/healthz", get(healthz)).with_state(api.clone());
    control_api::<Page>(guarded, open, api.access)
}

/// Static files, which learn everything from the API.
#[derive(RustEmbed)]
#[folder = "page"]
struct Page;

/// Described by hand, in the order of the documentation; a test holds it against the router.
const OPENAPI: &str = include_str!("openapi.json");

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}

/// Anybody learns whether the receiver does its work, and whoever may use the API how much it has done.
async fn healthz(State(api): State<Api>, request: Parts) -> Response {
    let is_ready = api.readiness.is_ready().await;
    let (status, word) =
        if is_ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "inbox_unavailable") };
    let mut answer = json!({ "status": word });
    if api.access.is_attempt(&request) {
        match api.access.admit(&request) {
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

/// An answer of JSON that is made on a thread of its own: what a stranger sent may take its time to be looked at.
async fn json_of(
    status: StatusCode,
    make: impl FnOnce() -> serde_json::Result<Vec<u8>> + Send + 'static,
) -> Result<Response, Problem> {
    let json = tokio::task::spawn_blocking(make).await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    Ok((status, [(CONTENT_TYPE, "application/json")], json).into_response())
}

impl From<InboxError> for Problem {
    fn from(error: InboxError) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "inbox_unavailable", error.to_string())
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
        let sessions = ["/_hookseal/api/login", "/_hookseal/api/logout"];
        assert_eq!(described, routes.chain(sessions).collect::<BTreeSet<_>>());
    }
}
