//! Which addresses webhooks may reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookseal_health::Severity;
use hookseal_notifier::{Channels, Form, IntegrationType, NetworkGuard, Outcome, Secret};
use hookseal_tests::KEY;
use proptest::prelude::*;

use crate::fake::Fake;
use crate::setting::{PATIENT, configured, message, options, retry, webhook};

fn is_closed(address: IpAddr) -> bool {
    NetworkGuard::default().check(address).is_err()
}

#[test]
fn the_first_and_last_addresses_of_every_special_range_are_closed_and_their_neighbours_are_not() {
    for (first, last, before, after) in [
        ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
        ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
        ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
        ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
        ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
        ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
        ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
        ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
        ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
        ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
        ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
        ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
        ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
        ("224.0.0.0", "255.255.255.255", Some("223.255.255.255"), None),
        ("::", "::1", None, None),
        ("64:ff9b::", "64:ff9b::ffff:ffff", None, Some("64:ff9b::1:0:0")),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", None, Some("64:ff9b:2::")),
        ("100::", "100::ffff:ffff:ffff:ffff", None, Some("100:0:0:1::")),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000:ffff::"), Some("2001:1::")),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db7:ffff::"), Some("2001:db9::")),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:ffff::"), Some("2003::")),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe:ffff::"), Some("3fff:1000::")),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("5eff:ffff::"), Some("5f01::")),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("fbff:ffff::"), Some("fe00::")),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("fe7f:ffff::"), None),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
    ] {
        for closed in [first, last] {
            assert!(is_closed(closed.parse().unwrap()), "{closed}");
        }
        for open in [before, after].into_iter().flatten() {
            assert!(!is_closed(open.parse().unwrap()), "{open}");
        }
    }
}

proptest! {
    #[test]
    fn an_ipv4_address_is_the_same_in_every_dress(octets: [u8; 4]) {
        let address = Ipv4Addr::from(octets);
        let mapped = address.to_ipv6_mapped();
        prop_assert_eq!(is_closed(mapped.into()), is_closed(address.into()));
        // Every other way to put one into an IPv6 address is closed altogether.
        let [a, b] = [u16::from_be_bytes([octets[0], octets[1]]), u16::from_be_bytes([octets[2], octets[3]])];
        for dressed in [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, a, b),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
            Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1),
        ] {
            prop_assert!(is_closed(dressed.into()), "{}", dressed);
        }
    }

    #[test]
    fn what_is_opened_is_open_and_nothing_else(octets: [u8; 4], prefix in 0..=32_u8, other: [u8; 4]) {
        let network = ipnet::Ipv4Net::new(octets.into(), prefix).unwrap();
        let mapped = ipnet::Ipv6Net::new(Ipv4Addr::from(octets).to_ipv6_mapped(), prefix + 96).unwrap();
        for opened in [network.into(), mapped.into()] {
            let guard = NetworkGuard::new(vec![opened]);
            let other = Ipv4Addr::from(other);
            let open = !is_closed(other.into()) || network.contains(&other);
            prop_assert_eq!(guard.check(other.into()).is_ok(), open);
            prop_assert_eq!(guard.check(other.to_ipv6_mapped().into()).is_ok(), open);
            prop_assert!(guard.check(octets.into()).is_ok());
        }
    }

    #[test]
    fn a_url_is_refused_however_its_address_is_written(octets: [u8; 4]) {
        let address = Ipv4Addr::from(octets);
        let number = u32::from(address);
        let [a, b, c, d] = octets;
        for host in [
            address.to_string(),
            format!("{number}"),
            format!("{number:#x}"),
            format!("{a:#o}.{b}.{c}.{d:#x}").replace("0o", "0"),
            format!("{a}.{}", number & 0x00ff_ffff),
            format!("[{}]", address.to_ipv6_mapped()),
            format!("{address}."),
        ] {
            let form = Form { url: Some(format!("http://{host}/")), ..Form::default() };
            let refused = form.create(IntegrationType::Webhook, &NetworkGuard::default()).is_err();
            prop_assert_eq!(refused, is_closed(address.into()), "{}", host);
        }
    }
}

#[test]
fn localhost_is_this_machine_whatever_it_resolves_to() {
    for host in ["localhost", "LOCALHOST", "localhost.", "app.localhost", "[::1]", "[::]"] {
        let form = || Form { url: Some(format!("http://{host}:8787/health")), ..Form::default() };
        let errors = form().create(IntegrationType::Webhook, &NetworkGuard::default()).unwrap_err().to_string();
        assert!(
            errors.starts_with("url: ") && errors.ends_with("unless allow_network (--allow-network) opens it"),
            "{errors}"
        );
        if host != "[::]" {
            form().create(IntegrationType::Webhook, &options(PATIENT).network).unwrap();
        }
    }
}

/// Added while the network was open, or resolved to an address that is not: nobody is connected to.
#[tokio::test]
async fn closed_addresses_are_not_connected_to() {
    let receiver = Fake::always(200, &[], "").await;
    let port = receiver.address.port();
    let closed = Channels::new(configured("")).unwrap();
    for (host, named) in [("127.0.0.1", "127.0.0.1"), ("[::ffff:127.0.0.1]", "127.0.0.1"), ("localhost", "localhost (")]
    {
        let integration = webhook(&format!("http://{host}:{port}/"), Some(KEY));
        let sent = closed.send(&integration, None, &message(Severity::Critical)).await;
        assert_eq!((sent.outcome, sent.exchange.status), (retry(None, true), None), "{host}");
        let error = sent.exchange.error.unwrap();
        assert!(error.starts_with(&format!("cannot connect: {named}")) && error.contains("loopback"), "{error}");
        assert!(closed.validate(&integration).await.is_err());
    }
    assert!(receiver.seen().is_empty());
    let open = Channels::new(options(PATIENT)).unwrap();
    let integration = webhook(&format!("http://localhost:{port}/"), None);
    assert_eq!(open.send(&integration, None, &message(Severity::Critical)).await.outcome, Outcome::Delivered);
}

/// A proxy resolves names itself; literal addresses are checked all the same.
#[tokio::test]
async fn closed_literal_addresses_are_not_asked_of_a_proxy() {
    let proxy = Fake::always(200, &[], "").await;
    let channels = Channels::new(configured(&format!(r#"proxy = "http://{}""#, proxy.address))).unwrap();
    for scheme in ["http", "https"] {
        let integration = webhook(&format!("{scheme}://127.0.0.1/"), None);
        let sent = channels.send(&integration, None, &message(Severity::Critical)).await;
        assert_eq!(sent.outcome, retry(None, true));
        assert!(sent.exchange.error.unwrap().contains("127.0.0.1 is a loopback address"));
    }
    assert!(proxy.seen().is_empty());
}

#[test]
fn forms_show_no_secret_in_any_error() {
    let secret = "s3cret s3cret s3cret";
    let forms = [
        (IntegrationType::Slack, Form { token: Some(Secret::new(secret)), ..Form::default() }),
        (IntegrationType::PagerDuty, Form { routing_key: Some(Secret::new(secret)), ..Form::default() }),
        (IntegrationType::Webhook, Form { shared_key: Some(Secret::new(secret)), ..Form::default() }),
        (IntegrationType::Email, Form { shared_key: Some(Secret::new(secret)), ..Form::default() }),
    ];
    for (kind, form) in forms {
        let shown = format!("{form:?}");
        let errors = form.create(kind, &NetworkGuard::default()).unwrap_err();
        assert!(!format!("{shown}{errors}{errors:?}").contains("s3cret"), "{errors}");
    }
}
