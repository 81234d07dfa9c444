//! `/_hookseal/healthz` and `/_hookseal/metrics`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hookseal_web::Problem;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde_json::json;

use super::Api;
use super::snapshot::Snapshot;

/// 200 while checks come as they should and what happens is written down; 503 otherwise. Anybody learns that, and
/// whoever may use the API why not.
pub(super) async fn healthz(State(api): State<Api>, request: Parts) -> Response {
    let access = api.access.clone();
    let now = super::ask(move || api.snapshot()).await.ok();
    let is_well = now.as_ref().is_some_and(|now| now.trouble.is_none());
    let (code, status) = if is_well { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "trouble") };
    let mut answer = json!({ "status": status });
    if access.is_attempt(&request) {
        match access.admit(&request) {
            Ok(()) => {
                answer["version"] = json!(env!("CARGO_PKG_VERSION"));
                answer["last_round_at"] = json!(now.as_ref().and_then(|now| Some(now.round?.at)));
                answer["next_round_at"] = json!(now.as_ref().and_then(Snapshot::next_round_at));
                answer["trouble"] = json!(now.map_or(Some("the store cannot be read".to_owned()), |now| now.trouble));
            }
            // Who guesses tokens is not to be told by another answer.
            Err(refusal) if refusal.status() == StatusCode::TOO_MANY_REQUESTS => return refusal,
            Err(_) => {}
        }
    }
    (code, Json(answer)).into_response()
}

/// In the OpenMetrics text format, which Prometheus reads.
pub(super) async fn metrics(State(api): State<Api>) -> Result<Response, Problem> {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let missing = || Problem::new(StatusCode::NOT_FOUND, "not_found", "Only a notifier that runs has metrics.");
    let live = api.live.ok_or_else(missing)?;
    let text = live.metrics().map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
