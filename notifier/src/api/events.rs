//! `GET events`: that something changed, as it does (Server-Sent Events). What it is, the other endpoints say.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use hookseal_web::{Parameters, Peer, Problem};
use http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::Api;
use super::changes::Subscription;

/// A comment goes out so often when nothing else does, so that proxies and clients know that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Between two events. What changes meanwhile is in the later one.
const PAUSE: Duration = Duration::from_millis(300);

pub(super) async fn events(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    query: Parameters,
) -> Result<Response, Problem> {
    query.finish()?;
    let place = api.looks.clone().try_acquire_owned().map_err(|_| {
        let message = "Too many pages look on already; close one of them first.";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_waits", message)
    })?;
    let changes = api.changes.clone();
    let store = tokio::task::spawn_blocking(move || changes.subscribe()).await.map_err(Problem::internal)?;
    let unreadable = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "The store cannot be read.");
    let feed = Feed { is_new: true, store: store.ok_or_else(unreadable)?, peer, stopping: api.stopping, _place: place };
    let events = stream::unfold(feed, |mut feed| async move { feed.next().await.map(|event| (event, feed)) });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}

/// One client's stream.
struct Feed {
    is_new: bool,
    store: Subscription,
    peer: Peer,
    stopping: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Feed {
    async fn next(&mut self) -> Option<Result<Event, Infallible>> {
        if std::mem::take(&mut self.is_new) {
            return Some(Ok(Event::default().event("hello").data("{}")));
        }
        tokio::select! {
            () = self.store.changed() => {}
            () = self.stopping.cancelled() => return None,
            () = self.peer.gone() => return None,
        }
        tokio::time::sleep(PAUSE).await;
        Some(Ok(Event::default().event("changed").data("{}")))
    }
}
