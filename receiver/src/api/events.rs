//! `GET events`: what happens, as it happens (Server-Sent Events).
//!
//! A client that is slow costs nothing: its place in the inbox is all that is kept of it, and what comes next is read from
//! there once it has taken what came before. Too far behind, it is told to list anew.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use hookseal_web::{Parameters, Peer};
use http::HeaderMap;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

use super::notices::Notice;
use super::query::Query as _;
use super::{Api, Problem};
use crate::delivery::Delivery;
use crate::filter::Filter;
use crate::headers::latin1;
use crate::inbox::{Inbox, Position};
use crate::view::DeliveryView;

/// A comment goes out so often when nothing else does, so that proxies and clients know that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Deliveries that a client may be behind before it is told to list anew.
const MOST_BEHIND: u64 = 1_000;

/// Deliveries that are on their way to a client at a time.
const BATCH: usize = 16;

/// Starts at the place that `Last-Event-ID` (or, for a first connection, `after`) names, else at the newest delivery.
pub(super) async fn events(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let (filter, after) = (query.filter()?, query.text("after"));
    query.finish()?;
    let place = api.wait_place()?;
    let last_seen = headers.get("last-event-id").map(|id| latin1(id.as_bytes()).into_owned()).or(after);
    let feed = Feed::new(api, filter, last_seen.as_deref(), peer, place);
    let events = stream::unfold(feed, |mut feed| async move { feed.next().await.map(|event| (event, feed)) });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}

/// The name of a place in an inbox: an event's id, and the `events` of a list. Only this inbox understands it.
pub(super) fn place_of(inbox: &dyn Inbox, position: Position) -> String {
    format!("{}-{}", inbox.incarnation().simple(), position.0)
}

/// The place of this name; none when it is another inbox's, or one that no delivery has had.
fn position_of(inbox: &dyn Inbox, place: &str, latest: Position) -> Option<Position> {
    let (incarnation, position) = place.rsplit_once('-')?;
    let position = Position(position.parse().ok()?);
    (incarnation == inbox.incarnation().simple().to_string() && position <= latest).then_some(position)
}

/// One client's stream.
struct Feed {
    api: Api,
    filter: Filter,
    peer: Peer,
    position: Position,
    latest: watch::Receiver<Position>,
    notices: broadcast::Receiver<Notice>,
    ready: VecDeque<Event>,
    _place: OwnedSemaphorePermit,
}

/// Why a client should list anew.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Reset {
    /// It named a place that this inbox does not know: the receiver began anew.
    Unknown,
    /// It is too far behind.
    Behind,
    /// Many deliveries were removed.
    Removed,
}

impl Feed {
    fn new(api: Api, filter: Filter, last_seen: Option<&str>, peer: Peer, place: OwnedSemaphorePermit) -> Self {
        let (latest, notices) = (api.inbox.latest(), api.notices.listen());
        let newest = *latest.borrow();
        let ready = VecDeque::new();
        let mut feed = Feed { api, filter, peer, position: newest, latest, notices, ready, _place: place };
        match last_seen.map(|place| position_of(&*feed.api.inbox, place, newest)) {
            None => feed.push("hello", &serde_json::json!({})),
            Some(None) => feed.reset(Reset::Unknown),
            Some(Some(position)) => {
                feed.position = position;
                feed.push("hello", &serde_json::json!({}));
            }
        }
        feed
    }

    async fn next(&mut self) -> Option<Result<Event, Infallible>> {
        while self.ready.is_empty() {
            self.look().await?;
        }
        self.ready.pop_front().map(Ok)
    }

    /// Looks for what is new, or waits until something may be; none when the stream is at its end.
    async fn look(&mut self) -> Option<()> {
        let newest = *self.latest.borrow_and_update();
        if newest.0.saturating_sub(self.position.0) > MOST_BEHIND {
            self.position = newest;
            self.reset(Reset::Behind);
            return Some(());
        }
        if newest > self.position {
            return self.take(newest).await;
        }
        tokio::select! {
            changed = self.latest.changed() => changed.ok(),
            notice = self.notices.recv() => self.notice(notice),
            () = self.api.stopping.cancelled() => None,
            () = self.peer.gone() => None,
        }
    }

    async fn take(&mut self, newest: Position) -> Option<()> {
        let new = self.api.inbox.after(self.position, BATCH).await.ok()?;
        // What is not there any more has been removed.
        self.position = new.last().map_or(newest, |(position, _)| *position);
        let meant: Vec<_> = new.into_iter().filter(|(_, delivery)| self.filter.matches(delivery)).collect();
        let inbox = self.api.inbox.clone();
        let events = tokio::task::spawn_blocking(move || {
            meant.iter().filter_map(|(position, delivery)| event_of(&*inbox, *position, delivery)).collect::<Vec<_>>()
        });
        self.ready.extend(events.await.ok()?);
        Some(())
    }

    fn notice(&mut self, notice: Result<Notice, RecvError>) -> Option<()> {
        match notice {
            Ok(Notice::Removed(id)) => self.push("removed", &serde_json::json!({ "id": id })),
            Ok(Notice::ManyRemoved) => self.reset(Reset::Removed),
            Err(RecvError::Lagged(_)) => self.reset(Reset::Behind),
            Err(RecvError::Closed) => return None,
        }
        Some(())
    }

    fn reset(&mut self, reason: Reset) {
        self.push("reset", &serde_json::json!({ "reason": reason }));
    }

    fn push(&mut self, name: &str, data: &serde_json::Value) {
        let place = place_of(&*self.api.inbox, self.position);
        self.ready.push_back(Event::default().event(name).id(place).data(data.to_string()));
    }
}

fn event_of(inbox: &dyn Inbox, position: Position, delivery: &Arc<Delivery>) -> Option<Event> {
    let json = serde_json::to_string(&DeliveryView::new(delivery)).ok()?;
    Some(Event::default().event("delivery").id(place_of(inbox, position)).data(json))
}
