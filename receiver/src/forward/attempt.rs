//! One attempt to bring a delivery to its app, and what its outcome means.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use super::{ForwardState, Forwarded};
use crate::outgoing::Exchange;
use crate::replay::milliseconds;

/// Of an answer's body, in octets, beside the delivery.
const EXCERPT: usize = 4 * 1024;

/// The longest `Retry-After` that is heeded.
const MOST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// What is to be done after an attempt.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Nothing,
    /// Try again: after this time if the app has named one.
    Retry(Option<Duration>),
}

impl Forwarded {
    /// Notes an attempt's outcome, and says what comes next.
    pub(super) fn note(&mut self, outcome: &Result<Exchange, String>) -> Next {
        self.attempts += 1;
        match outcome {
            Ok(exchange) => {
                self.status = Some(exchange.status.as_u16());
                self.took_ms = Some(milliseconds(exchange.took));
                self.error = None;
                let excerpt = &exchange.body[..exchange.body.len().min(EXCERPT)];
                self.body = (!excerpt.is_empty()).then(|| String::from_utf8_lossy(excerpt).into_owned());
                self.state = state_after(exchange.status);
                match self.state {
                    ForwardState::Pending => Next::Retry(retry_after(&exchange.headers)),
                    _ => Next::Nothing,
                }
            }
            Err(reason) => {
                (self.status, self.took_ms, self.body) = (None, None, None);
                self.error = Some(reason.clone());
                Next::Retry(None)
            }
        }
    }
}

fn state_after(status: StatusCode) -> ForwardState {
    match status {
        status if status.is_success() => ForwardState::Delivered,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => ForwardState::Pending,
        // It would only go round again.
        StatusCode::LOOP_DETECTED => ForwardState::Refused,
        status if status.is_server_error() => ForwardState::Pending,
        _ => ForwardState::Refused,
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MOST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Uri;

    fn after(status: u16) -> (ForwardState, Next) {
        let mut forwarded = Forwarded::pending(&Uri::from_static("http://app/"));
        let exchange = Exchange {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::from_iter([(RETRY_AFTER, "7".parse().unwrap())]),
            body: vec![b'x'; 10_000].into(),
            truncated: false,
            took: Duration::from_millis(1),
        };
        let next = forwarded.note(&Ok(exchange));
        assert_eq!(forwarded.body.map(|body| body.len()), Some(EXCERPT));
        (forwarded.state, next)
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let again = Next::Retry(Some(Duration::from_secs(7)));
        for status in [500, 502, 503, 504, 429, 408] {
            let (state, next) = after(status);
            assert_eq!((state, &next), (ForwardState::Pending, &again), "{status}");
        }
        for status in [301, 400, 401, 404, 410, 508] {
            assert_eq!(after(status), (ForwardState::Refused, Next::Nothing), "{status}");
        }
        assert_eq!(after(202), (ForwardState::Delivered, Next::Nothing));
    }
}
