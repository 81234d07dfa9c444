//! What a delivery says about the way that it has come, so that it does not go round in circles (RFC 9110 §7.6.3).

use std::net::SocketAddr;

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue, VIA};
use uuid::Uuid;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The most receivers that a delivery may go through.
const MOST_HOPS: usize = 8;

/// This receiver's name in `Via`, which no other has.
#[derive(Clone, Debug)]
pub(super) struct Pseudonym(String);

impl Pseudonym {
    pub(super) fn new() -> Self {
        Pseudonym(format!("hookseal-{}", Uuid::now_v7().simple()))
    }

    /// Whether a delivery was here before, or has gone through too many receivers.
    pub(super) fn loops(&self, headers: &HeaderMap) -> bool {
        let values = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok());
        let names: Vec<_> = values
            .flat_map(|value| value.split(','))
            .filter_map(|entry| entry.split_whitespace().nth(1))
            .filter(|name| name.starts_with("hookseal-"))
            .collect();
        names.len() >= MOST_HOPS || names.contains(&self.0.as_str())
    }

    /// Says that the delivery came through here, from whom, and under which host's name.
    pub(super) fn sign(&self, headers: &mut HeaderMap, came: &HeaderMap, peer: SocketAddr, encrypted: bool) {
        if let Ok(via) = HeaderValue::try_from(format!("1.1 {}", self.0)) {
            headers.append(VIA, via);
        }
        if let Ok(from) = HeaderValue::try_from(peer.ip().to_canonical().to_string()) {
            headers.append(X_FORWARDED_FOR, from);
        }
        if let Some(host) = came.get(HOST) {
            headers.entry(X_FORWARDED_HOST).or_insert_with(|| host.clone());
        }
        let scheme = if encrypted { "https" } else { "http" };
        headers.entry(X_FORWARDED_PROTO).or_insert(HeaderValue::from_static(scheme));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_and_a_long_way_are_noticed() {
        let (one, other) = (Pseudonym::new(), Pseudonym::new());
        let came = HeaderMap::from_iter([(HOST, HeaderValue::from_static("a.example"))]);
        let mut headers = HeaderMap::from_iter([(VIA, HeaderValue::from_static("1.1 proxy, 2 hookseal-other"))]);
        assert!(!one.loops(&headers));
        one.sign(&mut headers, &came, ([192, 0, 2, 1], 9).into(), false);
        assert!(one.loops(&headers) && !other.loops(&headers));
        assert_eq!(headers[X_FORWARDED_FOR], "192.0.2.1");
        assert_eq!(headers[X_FORWARDED_HOST], "a.example");
        for _ in 0..MOST_HOPS - 2 {
            Pseudonym::new().sign(&mut headers, &came, ([192, 0, 2, 1], 9).into(), false);
        }
        assert!(other.loops(&headers));
    }
}
