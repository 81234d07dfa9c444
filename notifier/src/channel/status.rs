//! What an HTTP status means for a delivery.

use std::time::SystemTime;

use http::StatusCode;
use http::header::LOCATION;

use super::Outcome;
use super::http::{Answer, one_line, retry_after};

/// Whether a message has arrived. The table is Alertmanager's, and its exceptions are those statuses of the 4xx that say
/// "later" by themselves:
///
/// | status | outcome | concerns the whole endpoint |
/// | --- | --- | --- |
/// | 2xx | delivered | |
/// | 408 Request Timeout, 425 Too Early | retry | no |
/// | 407 Proxy Authentication Required | retry: the configuration can give the proxy other credentials | yes |
/// | 429 Too Many Requests | retry, after `Retry-After` | yes |
/// | 500 Internal Server Error | retry, after `Retry-After` | no: the one message may be what it stumbles over |
/// | other 5xx | retry, after `Retry-After` | yes |
/// | 3xx | refused: redirects are not followed | |
/// | other 4xx, 410 Gone among them | refused | |
pub(super) fn outcome(answer: &Answer) -> Outcome {
    let status = answer.status;
    let after = retry_after(&answer.headers, SystemTime::now());
    match status {
        _ if status.is_success() => Outcome::Delivered,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::INTERNAL_SERVER_ERROR => {
            Outcome::Retry { after, endpoint: false }
        }
        StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::TOO_MANY_REQUESTS => {
            Outcome::Retry { after, endpoint: true }
        }
        _ if status.is_server_error() => Outcome::Retry { after, endpoint: true },
        _ => Outcome::Refused,
    }
}

/// The status in words; for a redirect, where to.
pub(super) fn in_words(answer: &Answer) -> String {
    let status = answer.status;
    let reason = status.canonical_reason().map(|reason| format!(" {reason}")).unwrap_or_default();
    let redirect = match answer.headers.get(LOCATION) {
        Some(to) if status.is_redirection() => {
            format!(" (to {}); redirects are not followed", one_line(&String::from_utf8_lossy(to.as_bytes())))
        }
        _ => String::new(),
    };
    format!("answered {}{reason}{redirect}", status.as_u16())
}
