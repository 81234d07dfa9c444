//! `GET` and `DELETE deliveries`, `deliveries/{id}` and its body.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use hookseal_web::Parameters;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use uuid::Uuid;

use super::events::place_of;
use super::notices::Notice;
use super::query::Query as _;
use super::{Api, Problem, json_of};
use crate::delivery::Delivery;
use crate::explain::Unexplained;
use crate::inbox::{FULL_PAGE, Stats};
use crate::view::DeliveryView;

#[derive(Serialize)]
struct List<'a> {
    deliveries: Vec<DeliveryView<'a>>,
    next: Option<String>,
    inbox: Stats,
    /// Where `GET events?after=` goes on from this list.
    events: String,
}

#[derive(Serialize)]
pub(super) struct Deleted {
    deleted: u64,
}

/// `{"deliveries":[…],"next":CURSOR|null,…}`, newest first.
pub(super) async fn list(State(api): State<Api>, mut query: Parameters) -> Result<Response, Problem> {
    let (filter, limit, before) = (query.filter()?, query.limit()?, query.cursor()?);
    query.finish()?;
    let events = place_of(&*api.inbox, *api.inbox.latest().borrow());
    let inbox = api.inbox.stats();
    let mut found = api.inbox.before(before, &filter, limit + 1).await?;
    // A page of large bodies ends early, with more behind it.
    let size: usize = found.iter().map(|(_, delivery)| delivery.footprint()).sum();
    let more = match found.last() {
        Some((last, _)) if found.len() <= limit && size >= FULL_PAGE => {
            !api.inbox.before(Some(*last), &filter, 1).await?.is_empty()
        }
        _ => found.len() > limit,
    };
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(position, _)| position.0.to_string());
    json_of(StatusCode::OK, move || {
        let deliveries = found.iter().map(|(_, delivery)| DeliveryView::new(delivery)).collect();
        serde_json::to_vec(&List { deliveries, next, inbox, events })
    })
    .await
}

pub(super) async fn show(State(api): State<Api>, id: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let delivery = find(&api, id).await?;
    json_of(StatusCode::OK, move || serde_json::to_vec(&DeliveryView::new(&delivery))).await
}

/// The raw octets, as a download of no known type whatever the sender called them.
pub(super) async fn body(State(api): State<Api>, id: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let delivery = find(&api, id).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.bin\"", delivery.id)),
    ];
    Ok((headers, delivery.body.clone()).into_response())
}

/// Why it was refused, proved. For whoever runs the receiver: a sender could search for keys with it.
pub(super) async fn explain(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let delivery = find(&api, id).await?;
    let explanation = api.explainer.explain(delivery).await?;
    json_of(StatusCode::OK, move || serde_json::to_vec(&explanation)).await
}

impl From<Unexplained> for Problem {
    fn from(unexplained: Unexplained) -> Self {
        match unexplained {
            Unexplained::NoKeys => Problem::new(
                StatusCode::CONFLICT,
                "no_usable_key",
                "This receiver has a verifier, and not the shared keys as they are written (Builder::explain_with).",
            ),
            Unexplained::Failed => {
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "The search failed.")
            }
        }
    }
}

/// `{"deleted":N}`: all of them, or those that the filters mean.
pub(super) async fn delete(State(api): State<Api>, mut query: Parameters) -> Result<Json<Deleted>, Problem> {
    let filter = query.filter()?;
    query.finish()?;
    let deleted = api.inbox.remove(&filter).await?;
    if deleted > 0 {
        api.notices.tell(Notice::ManyRemoved);
    }
    Ok(Json(Deleted { deleted }))
}

pub(super) async fn delete_one(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Deleted>, Problem> {
    let id = read(id)?;
    if !api.inbox.remove_one(id).await? {
        return Err(missing());
    }
    api.notices.tell(Notice::Removed(id));
    Ok(Json(Deleted { deleted: 1 }))
}

pub(super) async fn find(api: &Api, id: Result<Path<String>, PathRejection>) -> Result<Arc<Delivery>, Problem> {
    api.inbox.get(read(id)?).await?.ok_or_else(missing)
}

/// What is no id is no delivery's.
fn read(id: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    id.ok().and_then(|Path(id)| Uuid::try_parse(&id).ok()).ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is no delivery with this id, or it made room for newer ones.",
    )
}
