//! Which addresses deliveries may reach: the guard against server-side request forgery.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::Host;

use crate::WebhookUrl;

/// Which addresses a webhook may reach: public ones, and what the operator opens.
///
/// Whoever may add an integration chooses a URL, and the notifier requests it from inside the network that it runs in.
/// So the ranges that are not the internet's are closed: private, loopback, link-local, multicast and the other
/// special-purpose ones of the IANA registries. A URL's literal address is checked when it is added, and every address
/// that a name resolves to when a connection is made, which then goes to the very address that was checked.
///
/// ```
/// use hookseal_notifier::NetworkGuard;
///
/// let closed = NetworkGuard::default();
/// assert!(closed.check("93.184.215.14".parse()?).is_ok());
/// assert_eq!(
///     closed.check("::ffff:169.254.169.254".parse()?).unwrap_err().to_string(),
///     "169.254.169.254 is a link-local address, which webhooks may not reach unless allow_network (--allow-network) opens it",
/// );
///
/// let open = NetworkGuard::new(vec!["169.254.169.0/24".parse()?]);
/// assert!(open.check("169.254.169.254".parse()?).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct NetworkGuard {
    opened: Arc<[IpNet]>,
}

impl NetworkGuard {
    /// A guard that lets through to these networks too.
    pub fn new(opened: Vec<IpNet>) -> Self {
        NetworkGuard { opened: opened.into_iter().map(canonical).collect() }
    }

    /// Whether an address may be reached.
    pub fn check(&self, address: IpAddr) -> Result<(), Forbidden> {
        // `::ffff:127.0.0.1` is 127.0.0.1 by another name.
        let address = address.to_canonical();
        match special_range(address) {
            Some(range) if !self.opened.iter().any(|network| network.contains(&address)) => {
                Err(Forbidden { host: address.to_string(), range })
            }
            _ => Ok(()),
        }
    }

    /// Whether a URL's host may be reached, as far as can be said without resolving its name.
    pub(crate) fn check_url(&self, url: &WebhookUrl) -> Result<(), Forbidden> {
        match url.host() {
            Host::Ipv4(address) => self.check((*address).into()),
            Host::Ipv6(address) => self.check((*address).into()),
            Host::Domain(name) => {
                // RFC 6761 §6.3: these are loopback addresses whatever a resolver says.
                let name = name.strip_suffix('.').unwrap_or(name);
                let local = name == "localhost" || name.ends_with(".localhost");
                let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                if local && loopback.iter().all(|address| self.check(*address).is_err()) {
                    return Err(Forbidden { host: name.to_owned(), range: "a loopback address" });
                }
                Ok(())
            }
        }
    }
}

/// The address is none that a webhook may reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is {range}, which webhooks may not reach unless allow_network (--allow-network) opens it")]
pub struct Forbidden {
    host: String,
    range: &'static str,
}

impl Forbidden {
    /// The same, with the name that the address came from.
    pub(super) fn resolved_from(self, name: &str) -> Self {
        Forbidden { host: format!("{name} ({})", self.host), ..self }
    }
}

/// A network of v4-mapped addresses, as the IPv4 network that it means.
fn canonical(network: IpNet) -> IpNet {
    match network {
        IpNet::V6(mapped) if mapped.prefix_len() >= 96 => mapped
            .addr()
            .to_ipv4_mapped()
            .and_then(|address| Ipv4Net::new(address, mapped.prefix_len() - 96).ok())
            .map_or(network, IpNet::V4),
        _ => network,
    }
}

/// What an address is for, when it is not for the internet.
fn special_range(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, range)| *range),
        IpAddr::V6(address) => V6.iter().find(|(network, _)| network.contains(&address)).map(|(_, range)| *range),
    }
}

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// The IANA IPv4 special-purpose address registry, multicast, and the 6to4 relays.
const V4: [(Ipv4Net, &str); 16] = [
    (v4(0, 0, 0, 8), "an address of this network (0.0.0.0/8)"),
    (v4(10, 0, 0, 8), "a private address"),
    (v4(100, 64, 0, 10), "a shared address of a provider (100.64.0.0/10)"),
    (v4(127, 0, 0, 8), "a loopback address"),
    (v4(169, 254, 0, 16), "a link-local address"),
    (v4(172, 16, 0, 12), "a private address"),
    (v4(192, 0, 0, 24), "an address for protocols (192.0.0.0/24)"),
    (v4(192, 0, 2, 24), "an address for documentation"),
    (v4(192, 88, 99, 24), "an address of 6to4 relays (192.88.99.0/24)"),
    (v4(192, 168, 0, 16), "a private address"),
    (v4(198, 18, 0, 15), "an address for benchmarks (198.18.0.0/15)"),
    (v4(198, 51, 100, 24), "an address for documentation"),
    (v4(203, 0, 113, 24), "an address for documentation"),
    (v4(224, 0, 0, 4), "a multicast address"),
    (Ipv4Net::new_assert(Ipv4Addr::BROADCAST, 32), "the broadcast address"),
    (v4(240, 0, 0, 4), "a reserved address (240.0.0.0/4)"),
];

/// The IANA IPv6 special-purpose address registry, multicast, and what IPv4 addresses hide in.
const V6: [(Ipv6Net, &str); 15] = [
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), "the unspecified address"),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), "a loopback address"),
    (v6(0, 0, 0, 96), "an IPv4-compatible address (::/96)"),
    (v6(0x64, 0xff9b, 0, 96), "an address of NAT64 (64:ff9b::/96)"),
    (v6(0x64, 0xff9b, 1, 48), "an address of NAT64 (64:ff9b:1::/48)"),
    (v6(0x100, 0, 0, 64), "an address that discards (100::/64)"),
    (v6(0x2001, 0, 0, 32), "an address of Teredo (2001::/32)"),
    (v6(0x2001, 0xdb8, 0, 32), "an address for documentation"),
    (v6(0x2002, 0, 0, 16), "an address of 6to4 (2002::/16)"),
    (v6(0x3fff, 0, 0, 20), "an address for documentation"),
    (v6(0x5f00, 0, 0, 16), "an address of segment routing (5f00::/16)"),
    (v6(0xfc00, 0, 0, 7), "a private address"),
    (v6(0xfe80, 0, 0, 10), "a link-local address"),
    (v6(0xfec0, 0, 0, 10), "a site-local address (fec0::/10)"),
    (v6(0xff00, 0, 0, 8), "a multicast address"),
];
