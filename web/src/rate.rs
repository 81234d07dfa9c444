//! How much one peer may ask for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// How many requests one address may send; IPv6 addresses of one /64 count as one. Bursts of as many are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    quota: Quota,
}

impl RateLimit {
    /// So many in each second.
    pub fn per_second(requests: NonZeroU32) -> Self {
        RateLimit { quota: Quota::per_second(requests) }
    }

    /// So many in each minute.
    pub fn per_minute(requests: NonZeroU32) -> Self {
        RateLimit { quota: Quota::per_minute(requests) }
    }

    /// So many in each hour.
    pub fn per_hour(requests: NonZeroU32) -> Self {
        RateLimit { quota: Quota::per_hour(requests) }
    }
}

/// Counts what each peer sends.
pub struct PeerLimiter {
    peers: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl PeerLimiter {
    /// A count for each peer, with this limit.
    pub fn new(limit: RateLimit) -> Self {
        PeerLimiter { peers: RateLimiter::keyed(limit.quota), clock: DefaultClock::default() }
    }

    /// How long the peer has to wait, when it has sent too much already.
    pub fn check(&self, peer: SocketAddr) -> Result<(), Duration> {
        self.peers.check_key(&network(peer.ip())).map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Forgets the peers that have sent nothing for a while.
    pub fn tidy(&self) {
        self.peers.retain_recent();
        self.peers.shrink_to_fit();
    }
}

/// Who has one address of a /64 has them all.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// For `Retry-After`: whole seconds, and one at least.
pub fn retry_after(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_has_its_own_share() {
        let limiter = PeerLimiter::new(RateLimit::per_hour(NonZeroU32::new(2).unwrap()));
        let peer = |text: &str| -> SocketAddr { text.parse().unwrap() };
        assert!(limiter.check(peer("192.0.2.1:1")).is_ok() && limiter.check(peer("[::ffff:192.0.2.1]:2")).is_ok());
        let wait = limiter.check(peer("192.0.2.1:3")).unwrap_err();
        assert!((1790..=1800).contains(&retry_after(wait)), "{wait:?}");
        assert!(limiter.check(peer("192.0.2.2:1")).is_ok());
        assert!(limiter.check(peer("[2001:db8::1]:1")).is_ok() && limiter.check(peer("[2001:db8::2]:1")).is_ok());
        assert!(limiter.check(peer("[2001:db8::3]:1")).is_err(), "of the same /64");
        assert!(limiter.check(peer("[2001:db8:0:1::]:1")).is_ok());
        assert_eq!((retry_after(Duration::from_millis(1)), retry_after(Duration::from_secs(2))), (1, 2));
    }
}
