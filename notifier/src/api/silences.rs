//! `GET` and `POST silences`, `DELETE silences/{id}`.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use hookseal_health::Line;
use hookseal_web::{Parameters, Problem};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Api, ask};
use crate::store::Silence;

#[derive(Serialize)]
pub(super) struct List {
    silences: Vec<View>,
}

#[derive(Serialize)]
pub(super) struct View {
    id: String,
    service: Option<String>,
    severity: Option<Line>,
    until: Timestamp,
    created_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    service: Option<String>,
    severity: Option<Line>,
    until: Timestamp,
}

pub(super) async fn list(State(api): State<Api>, query: Parameters) -> Result<Json<List>, Problem> {
    query.finish()?;
    let silences = ask(move || api.store.silences()).await?;
    Ok(Json(List { silences: silences.into_iter().map(View::of).collect() }))
}

/// Takes `{"service":…,"severity":…,"until":…}`, of which the first two may be left out.
pub(super) async fn add(
    State(api): State<Api>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<(StatusCode, Json<View>), Problem> {
    let invalid = |message: String| Problem::new(StatusCode::BAD_REQUEST, "invalid_silence", message);
    let Json(Wanted { service, severity, until }) =
        wanted.map_err(|rejection| Problem::invalid_body("invalid_silence", &rejection))?;
    if until <= Timestamp::now() {
        return Err(invalid(format!("until is {until}, which is over.")));
    }
    let name = service.clone();
    let made = ask(move || {
        // One that is misspelt would keep nothing back, when somebody counts on it.
        let is_watched =
            |name: &String| api.snapshot().map(|now| now.resources.iter().any(|known| known.service == *name));
        match &service {
            Some(name) if !is_watched(name)? => Ok(None),
            _ => api.store.silence(service, severity, until).map(Some),
        }
    });
    match made.await? {
        Some(silence) => Ok((StatusCode::CREATED, Json(View::of(silence)))),
        None => Err(invalid(format!("There is no service {:?}.", name.unwrap_or_default()))),
    }
}

/// Ends it now, and answers with what it was.
pub(super) async fn end(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<View>, Problem> {
    let Path(id) = id.map_err(|_| Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such silence."))?;
    let ended = ask(move || api.store.end_silence(&id)).await?;
    Ok(Json(View::of(ended)))
}

impl View {
    fn of(Silence { id, service, severity, until, created_at }: Silence) -> Self {
        View { id, service, severity, until, created_at }
    }
}
