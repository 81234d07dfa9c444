//! `Retry-After` (RFC 9110 §10.2.3).

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Whoever asks for longer is tried after this.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How long the other side asks to wait: seconds, or until a date. `None` when it does not say, or says now.
pub(in crate::channel) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit()) {
        // More digits than fit are a long time all the same.
        value.parse().map_or(LONGEST, Duration::from_secs)
    } else {
        httpdate::parse_http_date(value).ok()?.duration_since(now).ok()?
    };
    (!asked.is_zero()).then(|| asked.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_capped() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let asked = |value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(asked("2"), Some(2));
        assert_eq!(asked(" 120 "), Some(120));
        assert_eq!(asked("3601"), Some(3600));
        assert_eq!(asked("99999999999999999999999999"), Some(3600));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(asked("Sunday, 06-Nov-94 08:50:37 GMT"), Some(60));
        assert_eq!(asked("Sun Nov  6 08:50:37 1994"), Some(60));
        assert_eq!(asked("Sun, 06 Nov 2044 08:49:37 GMT"), Some(3600));
        for none in ["0", "", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:36 GMT"] {
            assert_eq!(asked(none), None, "{none:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
