//! `GET fleet`: who is there, and what waits, where the notifier is one of many.

use std::sync::Arc;
#[cfg(feature = "nats")]
use std::time::Duration;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use hookseal_web::{Parameters, Problem};
use serde::Serialize;
use tokio::sync::Mutex;

use super::Api;

/// For so long an answer counts as new: pages that look on ask every second, and a large fleet has many hosts.
#[cfg(feature = "nats")]
const NEW: Duration = Duration::from_secs(5);

/// The last answer, and of when it is.
pub(super) type Known = Arc<Mutex<Option<(Instant, View)>>>;

#[derive(Serialize)]
pub(super) struct Answer {
    /// None where the notifier is for itself.
    fleet: Option<View>,
}

#[derive(Clone, Default, Serialize)]
pub(super) struct View {
    servers: String,
    connected: bool,
    /// Why the figures are missing.
    trouble: Option<String>,
    hosts: u64,
    workers: u64,
    /// Of all hosts.
    warning: u64,
    critical: u64,
    /// Deliveries that wait on hosts to be handed over.
    outbox: u64,
    /// Deliveries that no worker has taken over.
    waiting: u64,
    /// Deliveries that a worker has, or that wait for their next attempt.
    taken: u64,
    dead: u64,
}

#[cfg(not(feature = "nats"))]
pub(super) async fn fleet(State(_): State<Api>, query: Parameters) -> Result<Json<Answer>, Problem> {
    query.finish()?;
    Ok(Json(Answer { fleet: None }))
}

#[cfg(feature = "nats")]
pub(super) async fn fleet(State(api): State<Api>, query: Parameters) -> Result<Json<Answer>, Problem> {
    query.finish()?;
    let Some(fleet) = api.live.as_ref().and_then(|live| live.fleet()) else {
        return Ok(Json(Answer { fleet: None }));
    };
    // Who comes meanwhile waits for the same answer.
    let mut known = api.fleet.lock().await;
    let is_connected = fleet.is_connected();
    if let Some((at, view)) = &*known
        && at.elapsed() < NEW
        && view.connected == is_connected
    {
        return Ok(Json(Answer { fleet: Some(view.clone()) }));
    }
    let empty = View { servers: fleet.options().nats.to_string(), connected: is_connected, ..View::default() };
    let view = match is_connected {
        true => match View::ask(&fleet, empty.clone()).await {
            Ok(view) => view,
            Err(error) => View { trouble: Some(error.to_string()), ..empty },
        },
        false => View { trouble: fleet.trouble(), ..empty },
    };
    *known = Some((Instant::now(), view.clone()));
    Ok(Json(Answer { fleet: Some(view) }))
}

#[cfg(feature = "nats")]
impl View {
    async fn ask(fleet: &crate::Fleet, mut view: View) -> Result<Self, crate::FleetError> {
        for host in fleet.hosts().await? {
            if host.role == "worker" {
                view.workers += 1;
                continue;
            }
            view.hosts += 1;
            view.warning += host.warning;
            view.critical += host.critical;
            view.outbox += host.waiting;
        }
        for lag in fleet.lag().await? {
            view.waiting += lag.waiting;
            view.taken += lag.taken;
        }
        view.dead = fleet.count_dead_letters().await?;
        Ok(view)
    }
}
