//! `GET integrations`: who is told, and how well that goes. No secret is even read for it.

use axum::Json;
use axum::extract::State;
use hookseal_web::{Parameters, Problem};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Api, ask};
use crate::integration::{IntegrationId, IntegrationType};
use crate::store::{EndpointHealth, Outstanding, Overview};

#[derive(Serialize)]
pub(super) struct List {
    integrations: Vec<View>,
}

#[derive(Serialize)]
struct View {
    id: IntegrationId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(rename = "type")]
    kind: IntegrationType,
    /// Under the vendor's names.
    settings: Map<String, Value>,
    health: Health,
    deliveries: Outstanding,
}

#[derive(Serialize)]
struct Health {
    state: &'static str,
    failing_since: Option<Timestamp>,
    failures: u64,
    succeeded_at: Option<Timestamp>,
    last_error: Option<String>,
    paused_at: Option<Timestamp>,
}

pub(super) async fn list(State(api): State<Api>, query: Parameters) -> Result<Json<List>, Problem> {
    query.finish()?;
    let overviews = ask(move || api.store.overviews()).await?;
    Ok(Json(List { integrations: overviews.into_iter().map(View::of).collect() }))
}

impl View {
    fn of(Overview { id, created_at, updated_at, kind, settings, health, outstanding }: Overview) -> Self {
        let deliveries = outstanding;
        View { id, created_at, updated_at, kind, settings, health: Health::of(health), deliveries }
    }
}

impl Health {
    fn of(health: EndpointHealth) -> Self {
        let EndpointHealth { failing_since, failures, succeeded_at, last_error, paused_at } = health;
        let state = match (paused_at, failing_since, succeeded_at) {
            (Some(_), ..) => "paused",
            (_, Some(_), _) => "failing",
            (_, _, Some(_)) => "ok",
            _ => "untried",
        };
        Health { state, failing_since, failures, succeeded_at, last_error, paused_at }
    }
}
