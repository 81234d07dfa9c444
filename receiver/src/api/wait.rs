//! `GET wait`: a long poll until so many deliveries have come.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use hookseal_web::{Parameters, Peer};
use http::StatusCode;
use serde::Serialize;

use super::query::Query as _;
use super::{Api, Problem, json_of};
use crate::view::DeliveryView;
use crate::wait::{Expectation, Unmet};

#[derive(Serialize)]
struct Met<'a> {
    deliveries: Vec<DeliveryView<'a>>,
}

#[derive(Serialize)]
struct TimedOut<'a> {
    code: &'static str,
    message: String,
    wanted: usize,
    matched: usize,
    deliveries: Vec<DeliveryView<'a>>,
    near_misses: Vec<NearMissView<'a>>,
}

#[derive(Serialize)]
struct NearMissView<'a> {
    delivery: DeliveryView<'a>,
    reasons: &'a [String],
}

/// `{"deliveries":[…]}`, oldest first; after the time-out 408 with what came instead.
pub(super) async fn wait(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let (filter, count, timeout) = (query.filter()?, query.count()?, query.timeout()?);
    query.finish()?;
    let _place = api.wait_place()?;
    let expectation = Expectation::new(&*api.inbox, count).matching(filter);
    let outcome = tokio::select! {
        outcome = expectation.within(timeout) => outcome,
        () = api.stopping.cancelled() => return Err(stopping("The receiver is stopping.")),
        () = peer.gone() => return Err(stopping("The peer has closed its side.")),
    };
    match outcome {
        Ok(deliveries) => {
            json_of(StatusCode::OK, move || {
                let deliveries = deliveries.iter().map(|delivery| DeliveryView::new(delivery)).collect();
                serde_json::to_vec(&Met { deliveries })
            })
            .await
        }
        Err(Unmet { error: Some(error), .. }) => Err(error.into()),
        Err(unmet) => json_of(StatusCode::REQUEST_TIMEOUT, move || serde_json::to_vec(&timed_out(&unmet))).await,
    }
}

fn stopping(message: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message)
}

fn timed_out(unmet: &Unmet) -> TimedOut<'_> {
    let near_misses = unmet.near_misses.iter();
    TimedOut {
        code: "timeout",
        message: unmet.to_string(),
        wanted: unmet.wanted,
        matched: unmet.matched_count,
        deliveries: unmet.matched.iter().map(|delivery| DeliveryView::new(delivery)).collect(),
        near_misses: near_misses
            .map(|miss| NearMissView { delivery: DeliveryView::new(&miss.delivery), reasons: &miss.reasons })
            .collect(),
    }
}
