//! Which headers go on.

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::headers::{Headers, REDACTED};

/// Headers about one connection only (RFC 9110 §7.6.1), and those that the client writes anew.
const HOP_BY_HOP: [HeaderName; 12] = [
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What goes on to another connection: all but the hop-by-hop headers and those that `Connection` names.
pub(crate) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let mut passed = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !HOP_BY_HOP.contains(name) && !named.contains(name) {
            passed.append(name, value.clone());
        }
    }
    passed
}

/// The headers of a kept delivery, and the names of those that cannot be sent again because their values were redacted.
pub(crate) fn restored(headers: &Headers) -> (HeaderMap, Vec<&'static str>) {
    let mut map = HeaderMap::new();
    let mut omitted = Vec::new();
    for (name, value) in headers.iter() {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value)) else {
            continue; // it was one when it came
        };
        let credential =
            [(AUTHORIZATION, "authorization"), (COOKIE, "cookie")].into_iter().find(|(own, _)| *own == name);
        match credential {
            Some((_, own)) if value.as_bytes() == REDACTED => omitted.push(own),
            _ => drop(map.append(name, value)),
        }
    }
    (map, omitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_one_connection_stays_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Mine"),
            ("x-mine", "1"),
            ("transfer-encoding", "chunked"),
            ("host", "a"),
            ("x-twice", "1"),
            ("x-twice", "2"),
            ("authorization", "Bearer s3cret"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let passed = end_to_end(&headers);
        assert_eq!(passed.get_all("x-twice").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(passed.len(), 3, "{passed:?}");
    }

    #[test]
    fn what_was_redacted_is_not_sent() {
        let mut headers = HeaderMap::new();
        headers.append("authorization", HeaderValue::from_static("Bearer s3cret"));
        headers.append("x-a", HeaderValue::from_bytes(b"\xff").unwrap());
        let (map, omitted) = restored(&Headers::copy(&headers, false));
        assert_eq!((map.len(), omitted), (1, vec!["authorization"]));
        assert_eq!(map["x-a"].as_bytes(), b"\xff");
        assert!(restored(&Headers::copy(&headers, true)).1.is_empty());
    }
}
