//! `GET faults` and `PUT faults`.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use http::StatusCode;

use super::{Api, Problem};
use crate::faults::{FaultRules, FaultsView};

/// `{"rules":[…]}`, each with how often it has struck.
pub(super) async fn show(State(api): State<Api>) -> Json<FaultsView> {
    Json(api.active.faults.view())
}

/// Takes `{"rules":[…]}` in place of the rules in force, and answers as [`show`].
pub(super) async fn set(
    State(api): State<Api>,
    rules: Result<Json<FaultRules>, JsonRejection>,
) -> Result<Json<FaultsView>, Problem> {
    let Json(FaultRules { rules }) = rules.map_err(|rejection| Problem::invalid_body("invalid_faults", &rejection))?;
    let invalid =
        |error: crate::InvalidRule| Problem::new(StatusCode::BAD_REQUEST, "invalid_faults", error.to_string());
    api.active.faults.set(rules).map_err(invalid)?;
    Ok(Json(api.active.faults.view()))
}
