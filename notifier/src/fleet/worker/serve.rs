//! `/_hookseal/healthz` and `/_hookseal/metrics` of a worker.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use hookseal_web::{Access, Counters, Guard, Limits, Peer, Problem};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Shared, Worker};
use crate::{Notifier, Secret};

/// Answers who watches over a worker: `/_hookseal/healthz` everybody, `/_hookseal/metrics` whoever has the token.
pub struct WorkerServer {
    shared: Arc<Shared>,
    token: Option<String>,
}

impl Worker {
    /// The endpoints of this worker. Without a token its metrics are for this machine only.
    #[must_use]
    pub fn server(&self, token: Option<&Secret>) -> WorkerServer {
        WorkerServer { shared: self.shared.clone(), token: token.map(|token| token.expose().to_owned()) }
    }
}

impl WorkerServer {
    /// Serves until `shutdown` completes, then lets requests under way finish.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        // An address that cannot be known is taken for one that strangers can reach.
        let address = listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
        let access = Access::new(Guard::new(address, self.token));
        let api = Router::new()
            .route("/_hookseal/healthz", get(healthz))
            .route("/_hookseal/metrics", get(metrics))
            .with_state(Api { shared: self.shared, access });
        let handler = move |peer: Peer, request: Request<Incoming>| hookseal_web::answer(api.clone(), peer, request);
        hookseal_web::serve(listener, Limits::default(), None, Arc::new(Counters::default()), handler, shutdown).await;
    }
}

impl std::fmt::Debug for WorkerServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkerServer").finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Api {
    shared: Arc<Shared>,
    access: Access,
}

/// 200 while it is connected and gets what it asks for; 503 otherwise. Why not is for the log.
async fn healthz(State(api): State<Api>) -> Response {
    match api.shared.health() {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ok" }))).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "trouble" }))).into_response(),
    }
}

async fn metrics(State(api): State<Api>, request: Parts) -> Result<Response, Response> {
    api.access.admit(&request)?;
    let text = api.shared.metrics.encode(&api.shared).map_err(|error| Problem::internal(error).into_response())?;
    Ok(([(CONTENT_TYPE, Notifier::METRICS_TYPE)], text).into_response())
}
