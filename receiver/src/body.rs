//! Reading a body: all of it, up to the limit, as long as the sender keeps at it.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// How much of a body is read, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    pub(crate) size: usize,
    /// Between two pieces.
    pub(crate) idle: Duration,
    /// For the whole.
    pub(crate) total: Duration,
    /// Octets of all bodies that are being read at a time.
    pub(crate) together: usize,
}

/// What could be read of a body.
pub(crate) struct Body {
    pub(crate) octets: Bytes,
    pub(crate) end: End,
    /// Its share of what all bodies may take together, until the inbox accounts for it.
    pub(crate) share: Option<OwnedSemaphorePermit>,
}

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    TooLarge,
    TooSlow,
    HungUp,
    /// Its chunks are not as HTTP has them.
    Malformed,
    /// All bodies together are too large at the moment.
    Crowded,
}

impl End {
    fn of(error: &hyper::Error) -> Self {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        match cause.map(io::Error::kind) {
            Some(ErrorKind::InvalidInput | ErrorKind::InvalidData) => End::Malformed,
            _ => End::HungUp,
        }
    }
}

/// Reads bodies within limits for each and for all.
pub(crate) struct BodyReader {
    limits: BodyLimits,
    /// A permit for each octet. Only what has come counts: announcing much must not cost us more than a stranger.
    together: Arc<Semaphore>,
}

impl BodyReader {
    pub(crate) fn new(limits: BodyLimits) -> Self {
        let together = Arc::new(Semaphore::new(limits.together.max(limits.size).min(Semaphore::MAX_PERMITS)));
        BodyReader { limits, together }
    }

    pub(crate) async fn read(&self, mut body: Incoming) -> Body {
        /// Reserved for what is announced; more only once it has come.
        const TRUSTED: u64 = 64 * 1024;
        let limits = self.limits;
        let announced = body.size_hint().lower();
        if announced > limits.size as u64 {
            // Not one octet of it is read.
            return Body { octets: Bytes::new(), end: End::TooLarge, share: None };
        }
        let mut octets = Vec::with_capacity(announced.min(TRUSTED) as usize);
        let mut share: Option<OwnedSemaphorePermit> = None;
        let deadline = Instant::now() + limits.total;
        let end = loop {
            let wait_until = deadline.min(Instant::now() + limits.idle);
            let data = match timeout_at(wait_until, body.frame()).await {
                Err(_elapsed) => break End::TooSlow,
                Ok(None) => break End::Complete,
                Ok(Some(Err(error))) => break End::of(&error),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_trailers) => continue,
                },
            };
            let room = limits.size - octets.len();
            if data.len() > room {
                octets.extend_from_slice(&data[..room]);
                break End::TooLarge;
            }
            let Some(more) = self.take(data.len()) else { break End::Crowded };
            match &mut share {
                None => share = Some(more),
                Some(share) => share.merge(more),
            }
            // Copied, because a piece holds on to the connection's whole read buffer.
            octets.extend_from_slice(&data);
        };
        octets.shrink_to_fit();
        Body { octets: octets.into(), end, share }
    }

    fn take(&self, octets: usize) -> Option<OwnedSemaphorePermit> {
        self.together.clone().try_acquire_many_owned(u32::try_from(octets).ok()?).ok()
    }
}
