//! `POST deliveries/{id}/replay`.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use super::{Api, Problem, deliveries};
use crate::replay::{ReplayError, Target};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    to: Option<String>,
}

/// Sends a delivery again and answers what came back. The body is `{"to":URL}`, `{"to":"forward"}`, or nothing for the
/// same path of this receiver.
pub(super) async fn replay(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let invalid = |rejection: &JsonRejection| Problem::invalid_body("invalid_replay", rejection);
    let octets = Bytes::from_request(request, &())
        .await
        .map_err(|rejection| Problem::new(rejection.status(), "invalid_replay", rejection.body_text()))?;
    let Wanted { to } = match &*octets {
        b"" => Wanted::default(),
        json => Json::from_bytes(json).map_err(|rejection| invalid(&rejection))?.0,
    };
    let target = Target::read(to.as_deref())?;
    let delivery = deliveries::find(&api, id).await?;
    let replayed = tokio::select! {
        replayed = api.replayer.replay(&delivery, target) => replayed?,
        () = api.stopping.cancelled() => {
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The receiver is stopping."));
        }
    };
    Ok(Json(replayed).into_response())
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        let status = match &error {
            ReplayError::BadTarget(_) | ReplayError::TargetCredentials => StatusCode::BAD_REQUEST,
            ReplayError::Truncated | ReplayError::NoForward => StatusCode::CONFLICT,
            ReplayError::Unreachable { .. } => StatusCode::BAD_GATEWAY,
        };
        Problem::new(status, error.code(), error.to_string())
    }
}
