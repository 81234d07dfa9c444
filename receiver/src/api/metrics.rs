//! `/_hookseal/metrics`.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::{Api, Problem};
use crate::metrics;

pub(super) async fn metrics(State(api): State<Api>) -> Result<Response, Problem> {
    let text = api
        .metrics
        .encode()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", error.to_string()))?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
