//! A document of many deliveries, made a page of the inbox at a time while it is sent.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::Format;
use crate::api::Api;
use crate::delivery::Delivery;
use crate::filter::Filter;
use crate::inbox::{InboxError, Position};

/// Deliveries in memory at a time.
const PAGE: usize = 32;

pub(super) struct Document {
    api: Api,
    filter: Filter,
    format: Format,
    origin: Arc<str>,
    after: Position,
    /// The newest delivery when it was asked for: what comes meanwhile would keep it from ever ending.
    until: Position,
    progress: Progress,
    _place: OwnedSemaphorePermit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing has been sent.
    Start,
    /// The start has, and no entry.
    Empty,
    /// An entry has.
    Filled,
    Done,
}

impl Document {
    pub(super) fn new(api: Api, filter: Filter, format: Format, origin: String, place: OwnedSemaphorePermit) -> Self {
        let until = *api.inbox.latest().borrow();
        let (origin, progress) = (origin.into(), Progress::Start);
        Document { api, filter, format, origin, after: Position(0), until, progress, _place: place }
    }

    /// The next piece. An error cuts the connection: half a document must not pass for a whole one.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, InboxError>> {
        match self.progress {
            Progress::Done => None,
            Progress::Start => {
                self.progress = Progress::Empty;
                Some(Ok(Bytes::from_static(self.format.start().as_bytes())))
            }
            Progress::Empty | Progress::Filled => Some(self.page().await),
        }
    }

    async fn page(&mut self) -> Result<Bytes, InboxError> {
        let found = self.api.inbox.after(self.after, PAGE).await?;
        let page: Vec<_> = found.into_iter().filter(|(position, _)| *position <= self.until).collect();
        let Some((last, _)) = page.last() else {
            self.progress = Progress::Done;
            return Ok(Bytes::from_static(self.format.end().as_bytes()));
        };
        self.after = *last;
        let meant = page.into_iter().filter(|(_, delivery)| self.filter.matches(delivery));
        let meant: Vec<_> = meant.map(|(_, delivery)| delivery).collect();
        let (format, origin, first) = (self.format, self.origin.clone(), self.progress == Progress::Empty);
        let made = tokio::task::spawn_blocking(move || entries(format, &meant, &origin, first));
        let piece = made.await.map_err(|failed| InboxError(failed.into()))?;
        if !piece.is_empty() {
            self.progress = Progress::Filled;
        }
        Ok(piece)
    }
}

/// What cannot be had in the format is left out.
fn entries(format: Format, deliveries: &[Arc<Delivery>], origin: &str, mut first: bool) -> Bytes {
    let mut piece = Vec::new();
    for entry in deliveries.iter().filter_map(|delivery| format.entry(delivery, origin).ok()) {
        if !first {
            piece.extend_from_slice(format.between().as_bytes());
        }
        first = false;
        piece.extend_from_slice(&entry);
    }
    piece.into()
}
