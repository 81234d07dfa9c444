//! `GET wait`: a long poll until so many deliveries have come.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::query::Parameters;
use super::{Api, Problem};
use crate::view::DeliveryView;
use crate::wait::Expectation;

/// `{"deliveries":[…]}`, oldest first; after the time-out 408 with what came instead.
pub(super) async fn wait(State(api): State<Api>, mut query: Parameters) -> Result<Response, Problem> {
    let (filter, count, timeout) = (query.filter()?, query.count()?, query.timeout()?);
    query.finish()?;
    let expectation = Expectation::new(&*api.inbox, count).matching(filter);
    let unmet = match expectation.within(timeout).await {
        Ok(deliveries) => {
            let deliveries: Vec<_> = deliveries.iter().map(|delivery| DeliveryView::new(delivery)).collect();
            return Ok(Json(json!({ "deliveries": deliveries })).into_response());
        }
        Err(unmet) => unmet,
    };
    let message = unmet.to_string();
    if let Some(error) = unmet.error {
        return Err(error.into());
    }
    let matched: Vec<_> = unmet.matched.iter().map(|delivery| DeliveryView::new(delivery)).collect();
    let near_misses: Vec<_> = unmet
        .near_misses
        .iter()
        .map(|miss| json!({ "delivery": DeliveryView::new(&miss.delivery), "reasons": miss.reasons }))
        .collect();
    let answer = json!({
        "code": "timeout",
        "message": message,
        "wanted": unmet.wanted,
        "deliveries": matched,
        "near_misses": near_misses,
    });
    Ok((StatusCode::REQUEST_TIMEOUT, Json(answer)).into_response())
}
