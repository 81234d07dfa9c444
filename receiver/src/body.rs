//! Reading a body: all of it, up to the limit, as long as the sender keeps at it.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};

/// How much of a body is read, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    pub(crate) size: usize,
    /// Between two pieces.
    pub(crate) idle: Duration,
    /// For the whole.
    pub(crate) total: Duration,
}

/// What could be read of a body.
pub(crate) struct Body {
    pub(crate) octets: Bytes,
    pub(crate) end: End,
}

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    TooLarge,
    TooSlow,
    HungUp,
}

pub(crate) async fn read(mut body: Incoming, limits: BodyLimits) -> Body {
    let announced = body.size_hint().lower();
    if announced > limits.size as u64 {
        // Not one octet of it is read.
        return Body { octets: Bytes::new(), end: End::TooLarge };
    }
    let mut octets = Vec::with_capacity(announced as usize);
    let deadline = Instant::now() + limits.total;
    let end = loop {
        let wait_until = deadline.min(Instant::now() + limits.idle);
        let data = match timeout_at(wait_until, body.frame()).await {
            Err(_elapsed) => break End::TooSlow,
            Ok(None) => break End::Complete,
            Ok(Some(Err(_))) => break End::HungUp,
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
        // Copied, because a piece holds on to the connection's whole read buffer.
        octets.extend_from_slice(&data);
    };
    octets.shrink_to_fit();
    Body { octets: octets.into(), end }
}
