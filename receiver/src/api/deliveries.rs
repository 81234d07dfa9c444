//! `GET deliveries`, `GET deliveries/{id}` and its body.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::json;
use uuid::Uuid;

use super::query::Parameters;
use super::{Api, Problem};
use crate::delivery::Delivery;
use crate::view::DeliveryView;

/// `{"deliveries":[…],"next":CURSOR|null}`, newest first.
pub(super) async fn list(State(api): State<Api>, mut query: Parameters) -> Result<Response, Problem> {
    let (filter, limit, before) = (query.filter()?, query.limit()?, query.cursor()?);
    query.finish()?;
    let mut found = api.inbox.before(before, &filter, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(position, _)| position.0.to_string());
    let deliveries: Vec<_> = found.iter().map(|(_, delivery)| DeliveryView::new(delivery)).collect();
    Ok(Json(json!({ "deliveries": deliveries, "next": next })).into_response())
}

pub(super) async fn show(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let delivery = find(&api, &id).await?;
    Ok(Json(DeliveryView::new(&delivery)).into_response())
}

/// The raw octets, as a download of no known type whatever the sender called them.
pub(super) async fn body(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let delivery = find(&api, &id).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.bin\"", delivery.id)),
    ];
    Ok((headers, delivery.body.clone()).into_response())
}

async fn find(api: &Api, id: &str) -> Result<Arc<Delivery>, Problem> {
    let found = match Uuid::try_parse(id) {
        Ok(id) => api.inbox.get(id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is no delivery with this id, or it made room for newer ones.",
        )
    })
}
