//! `GET deliveries`, `deliveries/{id}`, and having them delivered again.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use hookseal_web::{Parameters, Problem};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Api, ask};
use crate::store::{Activity, ActivityDetail, ActivityFilter, ActivityResult, ActivityState, Redeliver};

#[derive(Serialize)]
pub(super) struct List {
    deliveries: Vec<Activity>,
    next: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Redelivered {
    redelivered: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    state: Dead,
    integration: Option<String>,
}

/// What is delivered again, when many are: what arrived, or is on its way, is not.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Dead {
    Dead,
}

/// `{"deliveries":[…],"next":CURSOR|null}`, newest first.
pub(super) async fn list(State(api): State<Api>, mut query: Parameters) -> Result<Json<List>, Problem> {
    const STATES: &str = "pending, scheduled, in_progress, delivered or dead";
    let integration = query.text("integration");
    let state = query.take("state", STATES, state)?;
    let (limit, before) = (query.limit()?, query.text("cursor"));
    query.finish()?;
    let (state, result) = state.unwrap_or_default();
    ask(move || {
        let integration = integration.map(|id| api.store.integration_id(&id)).transpose()?;
        let filter = ActivityFilter { integration, state, result, before, limit: limit + 1 };
        let mut deliveries = api.store.activities(&filter)?;
        let more = deliveries.len() > limit;
        deliveries.truncate(limit);
        let next = deliveries.last().filter(|_| more).map(|delivery| delivery.id.clone());
        Ok(Json(List { deliveries, next }))
    })
    .await
}

fn state(name: &str) -> Option<(Option<ActivityState>, Option<ActivityResult>)> {
    Some(match name {
        "pending" => (Some(ActivityState::Pending), None),
        "scheduled" => (Some(ActivityState::Scheduled), None),
        "in_progress" => (Some(ActivityState::InProgress), None),
        "delivered" => (None, Some(ActivityResult::Success)),
        "dead" => (None, Some(ActivityResult::Failure)),
        _ => return None,
    })
}

/// A delivery with its attempts: what was sent, without secrets, and what was answered.
pub(super) async fn show(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ActivityDetail>, Problem> {
    let id = read(id)?;
    ask(move || api.store.activity(&id)).await.map(Json)
}

/// Delivers one again, also one that arrived.
pub(super) async fn redeliver_one(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Redelivered>, Problem> {
    let id = read(id)?;
    let redelivered = ask(move || api.store.redeliver(&Redeliver::One(id))).await?;
    if redelivered == 0 {
        let message = "It is on its way already.";
        return Err(Problem::new(StatusCode::CONFLICT, "not_over", message));
    }
    Ok(Json(Redelivered { redelivered }))
}

/// Takes `{"state":"dead"}`, and `"integration"` for those of one.
pub(super) async fn redeliver_many(
    State(api): State<Api>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Redelivered>, Problem> {
    let Json(Wanted { state: Dead::Dead, integration }) =
        wanted.map_err(|rejection| Problem::invalid_body("invalid_redelivery", &rejection))?;
    let redelivered = ask(move || {
        let integration = integration.map(|id| api.store.integration_id(&id)).transpose()?;
        api.store.redeliver(&Redeliver::Dead(integration))
    });
    Ok(Json(Redelivered { redelivered: redelivered.await? }))
}

fn read(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    match id {
        Ok(Path(id)) => Ok(id),
        Err(_) => Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such delivery.")),
    }
}
